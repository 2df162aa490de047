import { createMemo, For, type JSX, Show } from "solid-js";
import { clockText, glance, grouped, trimmed } from "../market/amount-text.ts";
import type { Trade } from "../market/trade-tape.ts";
import { Panel } from "./panel.tsx";
import { useTerminal } from "./terminal.ts";

/** The public trades, newest first, each in the colour of who began it. */
export function TradesPanel(): JSX.Element {
  const { feed } = useTerminal();
  // The tape's list is a new one when it has changed, of the same trades as before where they are.
  const trades = createMemo(() => feed().tape.trades);
  return (
    <Panel area="trades" title="Trades" isStale={feed().health.state === "reconnecting"}>
      <div
        class="min-h-0 flex-1 overflow-y-auto"
        tabindex="0"
        role="group"
        aria-label="Last trades"
      >
        <table class="table w-full">
          <thead>
            <tr>
              <th class="start" scope="col">
                Price
              </th>
              <th scope="col">Amount</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            <For each={trades()}>{(trade) => <TradeLine trade={trade} />}</For>
          </tbody>
        </table>
        <Show when={trades().length === 0 && feed().health.state === "live"}>
          <p class="p-3 text-muted">No trades yet.</p>
        </Show>
      </div>
    </Panel>
  );
}

function TradeLine(props: { readonly trade: Trade }): JSX.Element {
  const { market } = useTerminal();
  const word = (): string => (props.trade.isBuy ? "buy" : "sell");
  return (
    <tr data-trade={props.trade.id}>
      <td class={`start py-0.5! ${props.trade.isBuy ? "text-up" : "text-down"}`}>
        <span class="text-[0.7em]" role="img" aria-label={word()}>
          {props.trade.isBuy ? "▲" : "▼"}
        </span>{" "}
        {grouped(trimmed(props.trade.price, market().priceDecimals))}
      </td>
      <td class="py-0.5!">{glance(trimmed(props.trade.quantity, market().quantityDecimals))}</td>
      <td class="py-0.5! text-muted">{clockText(props.trade.timeMs)}</td>
    </tr>
  );
}
