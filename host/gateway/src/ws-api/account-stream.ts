import type { AccountIndex } from "@rialto/protocol";
import type { Services } from "../api/operation.ts";
import type { AccountListener, AccountReport } from "../read-model/happenings.ts";
import type { Time } from "../streams/stream-messages.ts";
import {
  balanceMessage,
  executionMessage,
  listMessage,
  positionMessage,
} from "./user-data-messages.ts";

/** One subscription to an account: gets every message about it as JSON, in order. */
export interface AccountSubscriber {
  readonly time: Time;
  send(event: string): void;
}

/**
 * Follows an account for one subscriber, until the function that is returned is called. After the reports
 * of a batch comes what the account has now of the assets that were touched.
 */
export function followAccount(
  services: Services,
  account: AccountIndex,
  subscriber: AccountSubscriber,
): () => void {
  const listener: AccountListener = {
    reported(reports, assets, timeMs) {
      const eventMs = services.exchange.nowMs();
      for (const report of reports) {
        const message = messageOf(services, report, eventMs, subscriber.time);
        if (message !== undefined) subscriber.send(JSON.stringify(message));
      }
      const rows = services.exchange.engine
        .balances(account)
        .filter(({ asset }) => assets.includes(asset))
        .map(({ asset, availableQuanta, reservedQuanta }) => ({
          asset: services.catalog.assets[asset],
          free: availableQuanta,
          locked: reservedQuanta,
        }))
        .filter((row) => row.asset !== undefined) as Parameters<typeof positionMessage>[0];
      const position = positionMessage(rows, timeMs, eventMs, subscriber.time);
      subscriber.send(JSON.stringify(position));
    },
  };
  return services.model.followAccount(account, listener);
}

/** Undefined for what has no name here: a market that the network's configuration does not know. */
function messageOf(
  services: Services,
  report: AccountReport,
  eventMs: number,
  time: Time,
): object | undefined {
  if (report.kind === "balance") {
    const asset = services.catalog.assets[report.asset];
    return asset && balanceMessage(asset, report, eventMs, time);
  }
  if (report.kind === "list") {
    const market = services.catalog.markets[report.orders[0]!.market];
    return market && listMessage(market, report, eventMs, time);
  }
  const market = services.catalog.markets[report.order.market];
  return market && executionMessage(market, report, eventMs, time);
}
