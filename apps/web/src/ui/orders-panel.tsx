import { ApiError, NetworkError } from "@rialto/client";
import {
  type Accessor,
  createMemo,
  createSignal,
  For,
  type JSX,
  Match,
  Show,
  Switch,
} from "solid-js";
import type { OrderRow } from "../account/order-row.ts";
import { failedOutcome } from "../ticket/outcome-text.ts";
import { ExportButton } from "./export-button.tsx";
import { ignoreHeldKey, isSecondClick } from "./hasty-hands.ts";
import { FillsTable, OpenOrdersTable, OrderHistoryTable } from "./order-tables.tsx";
import { useTerminal } from "./terminal.ts";

const TABS = ["open", "history", "fills"] as const;
type Tab = (typeof TABS)[number];
const TITLES: Readonly<Record<Tab, string>> = {
  open: "Open orders",
  history: "Order history",
  fills: "Fills",
};

/** The account's orders: open ones of all markets, ended ones and fills of the market that is shown. */
export function OrdersPanel(): JSX.Element {
  const { account, linkHealth } = useTerminal();
  const [tab, setTab] = createSignal<Tab>("open");
  const [problem, setProblem] = createSignal("");
  const pastTab = (): Exclude<Tab, "open"> | undefined => {
    const chosen = tab();
    return chosen === "open" ? undefined : chosen;
  };
  const open = createMemo(() => account().state.openOrders());
  const request = async (method: string, parameters: Record<string, string | number>) => {
    try {
      setProblem("");
      await account().signed(method, parameters);
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      setProblem(failedOutcome(error).text);
    }
  };
  let rows: HTMLDivElement | undefined;
  const cancel = ({ symbol, orderId }: OrderRow, event: MouseEvent): void => {
    // By then another order may be where the first one was.
    if (isSecondClick(event)) return;
    // The button goes with its order, and would take the focus of who presses keys along.
    if (event.detail === 0) rows?.focus();
    void request("order.cancel", { symbol, orderId });
  };
  const cancelAll = (): void => {
    for (const symbol of new Set(open().map((order) => order.symbol))) {
      void request("openOrders.cancelAll", { symbol });
    }
  };
  return (
    <section
      class="panel"
      data-area="orders"
      data-stale={linkHealth().state === "reconnecting"}
      style={{ "grid-area": "orders" }}
      aria-label="Orders"
    >
      <header class="flex min-h-9 shrink-0 flex-wrap items-center gap-1 border-b border-line px-1.5">
        <TabList tab={tab()} onChoose={setTab} openCount={open().length} />
        <p class="ml-auto min-w-0 truncate text-down" role="alert">
          {problem()}
        </p>
        <Show when={pastTab()}>{(past) => <ExportButton of={past()} />}</Show>
        <Show when={tab() === "open" && open().length > 0}>
          <button
            type="button"
            class="rounded px-2 py-0.5 whitespace-nowrap text-muted hover:bg-raised hover:text-text"
            onClick={cancelAll}
          >
            Cancel all
          </button>
        </Show>
      </header>
      <div
        ref={(element) => (rows = element)}
        class="min-h-0 flex-1 overflow-auto [overflow-anchor:none]"
        onKeyDown={ignoreHeldKey}
        role="tabpanel"
        id="orders-tab-panel"
        aria-labelledby={`tab-${tab()}`}
        tabindex="0"
      >
        <OrdersTable tab={tab()} open={open()} onCancel={cancel} box={() => rows!} />
      </div>
    </section>
  );
}

function OrdersTable(props: {
  readonly tab: Tab;
  readonly open: readonly OrderRow[];
  readonly onCancel: (order: OrderRow, event: MouseEvent) => void;
  /** What scrolls them. */
  readonly box: Accessor<HTMLElement>;
}): JSX.Element {
  const { account, linkHealth, market } = useTerminal();
  /** What an empty list means: nothing is there, or nothing is known. */
  const empty = (text: string, isKnown: boolean): string => {
    if (linkHealth().state !== "live") return "Not known yet: waiting for the node.";
    if (!account().hasAccount) return "No account: give an API key to trade.";
    return isKnown ? text : "Not known yet: waiting for the history.";
  };
  const emptyHistory = (text: string): string =>
    empty(text, account().knowsHistory(market().symbol));
  return (
    <Switch>
      <Match when={props.tab === "open"}>
        <OpenOrdersTable
          orders={props.open}
          onCancel={props.onCancel}
          empty={empty("No open orders.", true)}
          box={props.box}
        />
      </Match>
      <Match when={props.tab === "history"}>
        <OrderHistoryTable
          orders={account().state.endedOrders(market().symbol)}
          empty={emptyHistory("No ended orders in this market.")}
          box={props.box}
        />
      </Match>
      <Match when={props.tab === "fills"}>
        <FillsTable
          fills={account().state.fills(market().symbol)}
          empty={emptyHistory("No fills in this market.")}
          box={props.box}
        />
      </Match>
    </Switch>
  );
}

function TabList(props: {
  readonly tab: Tab;
  readonly onChoose: (tab: Tab) => void;
  readonly openCount: number;
}): JSX.Element {
  let list: HTMLDivElement | undefined;
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const next = TABS[(TABS.indexOf(props.tab) + step + TABS.length) % TABS.length]!;
    props.onChoose(next);
    list?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div
      ref={(element) => (list = element)}
      class="flex"
      role="tablist"
      aria-label="Orders"
      onKeyDown={onKeyDown}
    >
      <For each={TABS}>
        {(each) => (
          <button
            type="button"
            id={`tab-${each}`}
            class="rounded px-2 py-1 font-medium whitespace-nowrap text-muted hover:text-text aria-selected:text-text"
            role="tab"
            aria-selected={each === props.tab}
            aria-controls="orders-tab-panel"
            tabindex={each === props.tab ? 0 : -1}
            onClick={() => props.onChoose(each)}
          >
            {TITLES[each]}
            <Show when={each === "open" && props.openCount > 0}> ({props.openCount})</Show>
          </button>
        )}
      </For>
    </div>
  );
}
