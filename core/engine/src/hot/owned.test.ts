import { createPrng, equalBytes } from "@rialto/base";
import {
  ALL_MARKETS,
  type Command,
  CommandKind,
  decodeEvents,
  EventKind,
  type OrderId,
  SideFilter,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { createOracle } from "../oracle/oracle.ts";
import { ALICE, execute, place, SMALL_LIMITS, SMALL_OPENING } from "../testing/small-exchange.ts";
import { createHotEngine } from "./hot-engine.ts";

const BATCH = 1_000;
const CANCEL_ALL: Command = {
  kind: CommandKind.CancelAll,
  account: ALICE,
  market: ALL_MARKETS,
  sides: SideFilter.Both,
  withFamily: 0,
};

/** Brings ids into no order, the same each time. */
function shuffle(ids: OrderId[]): void {
  const prng = createPrng(5);
  for (let last = ids.length - 1; last > 0; last--) {
    const other = prng.below(last + 1);
    [ids[last], ids[other]] = [ids[other]!, ids[last]!];
  }
}

test.each([40, 512, 513, 6_000])("%i orders in no order are cancelled by their slots", (orders) => {
  const engines = [
    createOracle(SMALL_LIMITS),
    createHotEngine({ limits: SMALL_LIMITS, hashKey: 7n }),
  ];
  const run = (commands: readonly Command[]): Uint8Array => {
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < commands.length; from += BATCH) {
      const batch = commands.slice(from, from + BATCH);
      const [expected, actual] = engines.map((engine) => execute(engine, batch, 1));
      expect(equalBytes(actual!, expected!)).toBe(true);
      pieces.push(actual!);
    }
    return Buffer.concat(pieces);
  };
  run(SMALL_OPENING);
  const places = Array.from({ length: orders }, () => place({ priceTicks: 3 }));
  const ids = decodeEvents(run(places)).flatMap((event) =>
    event.kind === EventKind.Accepted ? [event.orderId] : [],
  );
  shuffle(ids);
  // Slots are used again in this order.
  run(
    ids.map((orderId) => ({
      kind: CommandKind.Cancel,
      account: ALICE,
      target: { orderId, clientOrderId: 0n },
    })),
  );
  run(places);
  expect(decodeEvents(run([CANCEL_ALL])).at(-1)).toMatchObject({ count: orders, more: false });
});
