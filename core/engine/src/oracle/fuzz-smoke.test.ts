import { viewOf } from "@rialto/base";
import { commandBytes, type AccountIndex, type AssetIndex } from "@rialto/protocol";
import { expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { createCommandSource } from "../testing/random-commands.ts";
import { createOracle } from "./oracle.ts";

const SEED_COUNT = 20;
const COMMANDS_PER_SEED = 2_000;
const COMMANDS_PER_AUDIT = 50;

/** True if balances and fees add up to the issue, of every asset (matching.md §1). */
function isConserved(engine: Engine): boolean {
  const { assets, accounts } = engine.counts();
  const held = Array.from({ length: assets }, () => 0n);
  for (let account = 1; account <= accounts; account++) {
    for (const row of engine.balances(account as AccountIndex)) {
      if (row.availableQuanta < 0n || row.reservedQuanta < 0n) return false;
      held[row.asset]! += row.availableQuanta + row.reservedQuanta;
    }
  }
  return held.every((quanta, asset) => {
    const { issuedQuanta, feesQuanta } = engine.assetTotals(asset as AssetIndex);
    return quanta + feesQuanta === issuedQuanta;
  });
}

const seeds = Array.from({ length: SEED_COUNT }, (_, index) => index + 1);

test.each(seeds)("random commands of seed %i keep every invariant", (seed) => {
  const source = createCommandSource(seed);
  const engine = createOracle(source.limits);
  const view = viewOf(engine.commands);
  let commandCount = 0;
  while (commandCount < COMMANDS_PER_SEED) {
    const end = source.nextBatch(view);
    for (let offset = 0; offset < end; commandCount++) {
      const next = offset + commandBytes(view.getUint8(offset));
      expect(engine.execute(offset, next, source.nowMs)).toBe(next);
      source.observe(engine.events.subarray(0, engine.eventBytes));
      expect(isConserved(engine)).toBe(true);
      if (commandCount % COMMANDS_PER_AUDIT === 0) engine.audit();
      offset = next;
    }
  }
  engine.audit();
  expect(engine.counts().commands).toBe(commandCount);
});
