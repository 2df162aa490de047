import { assert, equalBytes, fail, viewOf } from "@rialto/base";
import { commandBytes, decodeEvents } from "@rialto/protocol";
import type { Engine } from "../engine.ts";
import { createHotEngine, type SnapshotEngine } from "../hot/hot-engine.ts";
import { createOracle } from "../oracle/oracle.ts";
import { createCommandSource } from "./random-commands.ts";

// The oracle and the hot core side by side on the same random commands: every event, every stopping place
// and the whole state must be the same to the byte.

/** How often, in batches, the whole state is compared and audited. */
const COMPARE_STATE_EVERY = 32;

export interface Agreement {
  readonly commandCount: number;
  readonly fillCount: number;
}

/**
 * Runs at least `commandsMin` commands of a seed through both engines.
 *
 * Effects  throws, naming seed and command, at the first difference; after every single command the hot
 *          core's money is counted.
 */
export function checkAgreement(seed: number, commandsMin: number): Agreement {
  const source = createCommandSource(seed);
  const oracle = createOracle(source.limits);
  const hashKey = BigInt(seed) * 0x9e37_79b9_7f4a_7c15n;
  const hot = createHotEngine({ limits: source.limits, hashKey });
  const observe: Observe = (events) => source.observe(events);
  let fillCount = 0;
  for (let batch = 1; oracle.counts().commands < commandsMin; batch++) {
    const end = source.nextBatch(viewOf(oracle.commands));
    hot.commands.set(oracle.commands.subarray(0, end));
    // Half of the seeds compare where both stop for want of event room, half count the money between
    // any two commands.
    fillCount +=
      seed % 2 === 0
        ? runBatch(seed, oracle, hot, end, source.nowMs, observe)
        : runSteps(seed, oracle, hot, end, source.nowMs, observe);
    if (batch % COMPARE_STATE_EVERY === 0) compareState(seed, oracle, hot);
  }
  compareState(seed, oracle, hot);
  return { commandCount: oracle.counts().commands, fillCount };
}

type Observe = (events: Uint8Array) => void;

function runBatch(
  seed: number,
  oracle: Engine,
  hot: SnapshotEngine,
  end: number,
  nowMs: number,
  observe: Observe,
): number {
  let fillCount = 0;
  for (let start = 0; start < end;) {
    const stopped = oracle.execute(start, end, nowMs);
    if (hot.execute(start, end, nowMs) !== stopped) fail(`seed ${seed}: engines stop apart`);
    hot.auditBalances();
    fillCount += compareEvents(seed, oracle, hot);
    observe(oracle.events.subarray(0, oracle.eventBytes));
    start = stopped;
  }
  return fillCount;
}

function runSteps(
  seed: number,
  oracle: Engine,
  hot: SnapshotEngine,
  end: number,
  nowMs: number,
  observe: Observe,
): number {
  let fillCount = 0;
  for (let start = 0; start < end;) {
    const next = start + commandBytes(oracle.commands[start]!);
    assert(oracle.execute(start, next, nowMs) === next, "an engine executes at least one command");
    assert(hot.execute(start, next, nowMs) === next, "an engine executes at least one command");
    hot.auditBalances();
    fillCount += compareEvents(seed, oracle, hot);
    observe(oracle.events.subarray(0, oracle.eventBytes));
    start = next;
  }
  return fillCount;
}

const FILL_KIND = 3;

/** Returns the number of fills. */
function compareEvents(seed: number, oracle: Engine, hot: Engine): number {
  const expected = oracle.events.subarray(0, oracle.eventBytes);
  const actual = hot.events.subarray(0, hot.eventBytes);
  if (!equalBytes(expected, actual)) {
    const show = (bytes: Uint8Array): string => decodeEvents(bytes).map(showEvent).join("\n  ");
    fail(
      `seed ${seed}, after ${oracle.counts().commands} commands: events differ\n` +
        `oracle\n  ${show(expected)}\nhot core\n  ${show(actual)}\n` +
        `replay: npm run fuzz -- engine --first-seed ${seed} --seeds 1`,
    );
  }
  let fillCount = 0;
  for (let at = 0; at < expected.length; at += expected[at + 1]! * 8) {
    if (expected[at] === FILL_KIND) fillCount++;
  }
  return fillCount;
}

function showEvent(event: object): string {
  return JSON.stringify(event, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

function compareState(seed: number, oracle: Engine, hot: SnapshotEngine): void {
  if (!equalBytes(stateBytes(oracle), stateBytes(hot))) {
    fail(`seed ${seed}, after ${oracle.counts().commands} commands: states differ`);
  }
  hot.audit();
}

/** The whole state stream, joined. */
export function stateBytes(engine: Engine): Uint8Array {
  const pieces: Uint8Array[] = [];
  engine.writeState((bytes) => void pieces.push(bytes.slice()));
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
