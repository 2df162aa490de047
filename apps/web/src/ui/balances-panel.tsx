import { createMemo, Index, type JSX, Show } from "solid-js";
import { brief } from "../market/amount-text.ts";
import { KeyDialog } from "./key-dialog.tsx";
import { Panel } from "./panel.tsx";
import { useTerminal } from "./terminal.ts";

/** What the account has of each asset. */
export function BalancesPanel(): JSX.Element {
  const { account, linkHealth } = useTerminal();
  const empty = (): string =>
    linkHealth().state === "live"
      ? "No account: give an API key to trade."
      : "Not known yet: waiting for the node.";
  const balances = createMemo(() => account().state.balances());
  return (
    <Panel
      area="balances"
      title="Balances"
      tools={<KeyDialog />}
      isStale={linkHealth().state === "reconnecting"}
    >
      <div class="min-h-0 flex-1 overflow-y-auto" tabindex="0" role="group" aria-label="Assets">
        <Show when={balances().length > 0} fallback={<p class="p-3 text-muted">{empty()}</p>}>
          <table class="table w-full">
            <thead>
              <tr>
                <th class="start" scope="col">
                  Asset
                </th>
                <th scope="col">Available</th>
                <th scope="col">In orders</th>
              </tr>
            </thead>
            <tbody>
              <Index each={balances()}>
                {(row) => (
                  <tr data-asset={row().asset}>
                    <th class="start static! text-text!" scope="row">
                      {row().asset}
                    </th>
                    <td title={row().available}>{brief(row().available)}</td>
                    <td class="text-muted" title={row().reserved}>
                      {brief(row().reserved)}
                    </td>
                  </tr>
                )}
              </Index>
            </tbody>
          </table>
        </Show>
      </div>
    </Panel>
  );
}
