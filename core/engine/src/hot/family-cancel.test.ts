import {
  ACCOUNT_ORDERS_MAX,
  ALL_MARKETS,
  type Command,
  CommandKind,
  decodeEvents,
  EventKind,
  SideFilter,
  type AccountIndex,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { deposit } from "../commands.ts";
import {
  ALICE,
  BTC,
  execute,
  place,
  SMALL_LIMITS,
  SMALL_OPENING,
  USD,
} from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

const PART = 3 as AccountIndex;
const PART_ORDERS = 40_000;
const MASTER_ORDERS = 30_000;

test("a cancel-all of a family ends as many orders as an account may have, and says that there are more", () => {
  const limits = { ...SMALL_LIMITS, ordersMax: 100_000, accountOrdersMax: ACCOUNT_ORDERS_MAX };
  const engine = createHotEngine({ limits, hashKey: 7n });
  execute(engine, SMALL_OPENING, 1);
  execute(engine, [{ kind: CommandKind.OpenSubAccount, number: 33n, parent: ALICE }], 1);
  execute(
    engine,
    [ALICE, PART].flatMap((to) => [BTC, USD].map((of) => deposit(to, of, 1n << 40n))),
    1,
  );
  for (let placed = 0; placed < PART_ORDERS; placed += 1_000) {
    execute(
      engine,
      Array.from({ length: 1_000 }, () => place({ account: PART })),
      1,
    );
  }
  for (let placed = 0; placed < MASTER_ORDERS; placed += 1_000) {
    execute(
      engine,
      Array.from({ length: 1_000 }, () => place({})),
      1,
    );
  }
  const cancelAll: Command = {
    kind: CommandKind.CancelAll,
    account: ALICE,
    market: ALL_MARKETS,
    sides: SideFilter.Both,
    withFamily: 1,
  };
  const told = (): unknown => {
    const last = decodeEvents(execute(engine, [cancelAll], 1)).at(-1);
    return last?.kind === EventKind.CanceledAll ? { count: last.count, more: last.more } : last;
  };
  expect(told()).toEqual({ count: ACCOUNT_ORDERS_MAX, more: true });
  // The master's went first.
  expect(engine.openOrders(ALICE)).toHaveLength(0);
  const left = PART_ORDERS + MASTER_ORDERS - ACCOUNT_ORDERS_MAX;
  expect(engine.openOrders(PART)).toHaveLength(left);
  expect(told()).toEqual({ count: left, more: false });
  engine.audit();
});
