import { createMemo, type JSX, Show } from "solid-js";
import { useTerminal } from "./terminal.ts";

/** The foot of the page: how good the connections are, what runs there, and whose chart this is. */
export function StatusLine(): JSX.Element {
  const { node, feed, linkHealth } = useTerminal();
  const health = createMemo(() => feed().health);
  const updateId = createMemo(() => feed().book.updateId);
  return (
    <footer
      class="panel flex-row! flex-wrap items-center gap-x-5 gap-y-1 px-3 py-1.5 text-xs text-muted"
      style={{ "grid-area": "status" }}
      aria-label="Status"
    >
      <span title="The last update of the book, and how often one was missed and the book fetched anew">
        Book {health().state}, update {updateId()},{" "}
        <span data-gaps={health().gapCount}>{count(health().gapCount, "gap")}</span>
      </span>
      <span class="max-xl:hidden">{count(health().reconnectCount, "reconnection")}</span>
      <Show when={linkHealth().roundTripMs}>
        {(roundTripMs) => <span>Round trip {roundTripMs().toFixed(1)} ms</span>}
      </Show>
      <Show when={linkHealth().clockAheadMs !== undefined}>
        <span class="max-xl:hidden">Node's clock {clockText(linkHealth().clockAheadMs ?? 0)}</span>
      </Show>
      <span class="ml-auto max-xl:hidden">
        Rialto {node.version}, network {node.network}
      </span>
      <span>
        Chart:{" "}
        <a
          class="underline hover:text-text"
          href="https://www.tradingview.com/"
          target="_blank"
          rel="noreferrer"
        >
          TradingView Lightweight Charts™
        </a>
        , © 2025 TradingView, Inc.
      </span>
    </footer>
  );
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}

function clockText(aheadMs: number): string {
  if (aheadMs === 0) return "exact";
  return `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead"}`;
}
