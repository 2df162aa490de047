import { createMemo, type JSX } from "solid-js";
import { clockText, glance, grouped, trimmed } from "../market/amount-text.ts";
import type { Trade } from "../market/trade-tape.ts";
import { Panel } from "./panel.tsx";
import { type Column, RowTable } from "./row-table.tsx";
import { useTerminal } from "./terminal.ts";

/** The public trades, newest first, each in the colour of who began it. */
export function TradesPanel(): JSX.Element {
  const { feed } = useTerminal();
  // The tape's list is a new one when it has changed, of the same trades as before where they are.
  const trades = createMemo(() => feed().tape.trades);
  const empty = (): string => (feed().health.state === "live" ? "No trades yet." : "");
  const columns = createColumns();
  let box: HTMLDivElement | undefined;
  return (
    <Panel area="trades" title="Trades" isStale={feed().health.state === "reconnecting"}>
      <div
        ref={(element) => (box = element)}
        class="min-h-0 flex-1 overflow-y-auto [overflow-anchor:none]"
        tabindex="0"
        role="group"
        aria-label="Last trades"
      >
        <RowTable
          label="Last trades"
          rows={trades()}
          columns={columns}
          keyOf={({ id }) => id}
          empty={empty()}
          box={() => box!}
          isDense
        />
      </div>
    </Panel>
  );
}

function createColumns(): readonly Column<Trade>[] {
  const { market } = useTerminal();
  const priceOf = ({ price }: Trade): string => grouped(trimmed(price, market().priceDecimals));
  return [
    {
      name: "Price",
      kind: "text",
      text: (trade) => `▲ ${priceOf(trade)}`,
      cell: (trade) => (
        <span class={trade().isBuy ? "text-up" : "text-down"} data-trade={trade().id}>
          <span class="text-[0.7em]" role="img" aria-label={trade().isBuy ? "buy" : "sell"}>
            {trade().isBuy ? "▲" : "▼"}
          </span>{" "}
          {priceOf(trade())}
        </span>
      ),
    },
    {
      name: "Amount",
      text: ({ quantity }) => glance(trimmed(quantity, market().quantityDecimals)),
    },
    {
      name: "Time",
      text: ({ timeMs }) => clockText(timeMs),
      cell: (trade) => <span class="text-muted">{clockText(trade().timeMs)}</span>,
    },
  ];
}
