import type { AccountIndex } from "@rialto/protocol";
import type { Services } from "../api/operation.ts";
import type { AccountListener, AccountReport } from "../read-model/happenings.ts";
import {
  balanceMessage,
  executionMessage,
  listMessage,
  positionMessage,
  type PositionRow,
} from "../ws-api/user-data-messages.ts";
import type { ClientSocket } from "./client-socket.ts";
import { EventBacklog, EventLog, type EventReader } from "./event-log.ts";
import { timeIn, type Time } from "./stream-messages.ts";

/** One who is to hear of an account. */
export interface AccountClient {
  readonly socket: ClientSocket;
  readonly isMicroseconds: boolean;
  /** The message that brings an event, as this client wants it. */
  readonly wrap: (event: string) => string;
}

/** What happens to the accounts that somebody follows, written once for all who follow the same one. */
export class AccountFeeds {
  readonly #services: Services;
  readonly #backlog: EventBacklog;
  readonly #logs = new Map<string, EventLog>();

  /** `backlogBytesMax` is how much may wait for clients. */
  constructor(services: Services, backlogBytesMax: number) {
    this.#services = services;
    this.#backlog = new EventBacklog(backlogBytesMax);
  }

  /** Bytes of events that wait for clients. */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** Sends a client every message about an account, in order, until the reader that is returned is ended. */
  follow(account: AccountIndex, { socket, isMicroseconds, wrap }: AccountClient): EventReader {
    const name = `${account} ${isMicroseconds}`;
    const log = this.#logs.get(name) ?? this.#open(name, account, timeIn(isMicroseconds));
    return log.read(socket, wrap);
  }

  /** After the reports of a batch comes what the account has now of the assets that were touched. */
  #open(name: string, account: AccountIndex, time: Time): EventLog {
    const services = this.#services;
    const listener: AccountListener = {
      reported(reports, assets, timeMs) {
        const eventMs = services.exchange.nowMs();
        const events: string[] = [];
        for (const report of reports) {
          const message = messageOf(services, report, eventMs, time);
          if (message !== undefined) events.push(JSON.stringify(message));
        }
        const rows = positionRows(services, account, assets);
        events.push(JSON.stringify(positionMessage(rows, timeMs, eventMs, time)));
        log.append(events);
      },
    };
    const unfollow = services.model.followAccount(account, listener);
    const log = new EventLog(this.#backlog, () => {
      this.#logs.delete(name);
      unfollow();
    });
    this.#logs.set(name, log);
    return log;
  }
}

/** What the account has of those assets that have a name here. */
function positionRows(
  { exchange, catalog }: Services,
  account: AccountIndex,
  assets: readonly number[],
): PositionRow[] {
  const rows: PositionRow[] = [];
  for (const { asset: index, availableQuanta, reservedQuanta } of exchange.engine.balances(
    account,
  )) {
    const asset = assets.includes(index) ? catalog.assetAt(index) : undefined;
    if (asset !== undefined) rows.push({ asset, free: availableQuanta, locked: reservedQuanta });
  }
  return rows;
}

/** Undefined for what has no name here. */
function messageOf(
  services: Services,
  report: AccountReport,
  eventMs: number,
  time: Time,
): object | undefined {
  if (report.kind === "balance") {
    const asset = services.catalog.assetAt(report.asset);
    return asset && balanceMessage(asset, report, eventMs, time);
  }
  if (report.kind === "list") {
    const market = services.catalog.marketAt(report.orders[0]!.market);
    return market && listMessage(market, report, eventMs, time);
  }
  const market = services.catalog.marketAt(report.order.market);
  return market && executionMessage(market, report, eventMs, time);
}
