import { ApiError, NetworkError } from "@rialto/client";
import { createSignal, type JSX, onCleanup, Show } from "solid-js";
import { type NodeInfo, readNode } from "../session.ts";
import { BalancesPanel } from "./balances-panel.tsx";
import { BookPanel } from "./book-panel.tsx";
import { ChartPanel } from "./chart-panel.tsx";
import { MarketBar } from "./market-bar.tsx";
import { OrdersPanel } from "./orders-panel.tsx";
import { StatusLine } from "./status-line.tsx";
import { createTerminal, TerminalContext } from "./terminal.ts";
import { TicketPanel } from "./ticket-panel.tsx";
import { TradesPanel } from "./trades-panel.tsx";

const RETRY_MS = 1_000;

/** The page: it asks its node what it is, as often as that takes, and then shows the terminal. */
export function App(props: { readonly url: string }): JSX.Element {
  const [node, setNode] = createSignal<NodeInfo>();
  const [problem, setProblem] = createSignal("");
  let timer: ReturnType<typeof setTimeout>;
  const become = (known: NodeInfo): void => {
    if (known.markets.length > 0) setNode(known);
  };
  const load = async (): Promise<void> => {
    try {
      become(await readNode(props.url));
      if (node() !== undefined) return;
      setProblem("It is there, and has no market so far.");
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      setProblem(error.message);
    }
    timer = setTimeout(() => void load(), RETRY_MS);
  };
  void load();
  onCleanup(() => clearTimeout(timer));
  return (
    <Show when={node()} keyed fallback={<Waiting problem={problem()} />}>
      {(known) => <TerminalPage node={known} onOther={become} />}
    </Show>
  );
}

function Waiting(props: { readonly problem: string }): JSX.Element {
  return (
    <main class="grid h-dvh place-items-center p-8 text-center" role="status">
      <div>
        <p class="text-lg">Connecting to the node…</p>
        <p class="mt-2 text-muted">{props.problem}</p>
      </div>
    </main>
  );
}

/** The page of one node, made anew when that has become another one. */
function TerminalPage(props: {
  readonly node: NodeInfo;
  readonly onOther: (node: NodeInfo) => void;
}): JSX.Element {
  const terminal = createTerminal(props.node, (node) => props.onOther(node));
  return (
    <TerminalContext.Provider value={terminal}>
      <div class="terminal">
        <MarketBar />
        <main class="contents">
          <ChartPanel />
          <BookPanel />
          <TicketPanel />
          <OrdersPanel />
          <TradesPanel />
          <BalancesPanel />
        </main>
        <StatusLine />
      </div>
    </TerminalContext.Provider>
  );
}
