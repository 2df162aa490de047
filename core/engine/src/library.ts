import { fail, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  commandBytes,
  COMMAND_BUFFER_BYTES,
  CommandKind,
  decodeEvents,
  encodeCommand,
  type EngineEvent,
  type MarketIndex,
} from "@rialto/protocol";
import type { Engine, EngineLimits } from "./engine.ts";
import { createHotEngine, type SnapshotEngine } from "./hot/hot-engine.ts";

// The engine for programs that have nothing else of Rialto: typed commands in, typed events out. Whoever counts
// nanoseconds writes commands into `engine.commands` and calls `engine.execute` instead.

/** Capacities of an engine that is asked for no others: for one program's experiments, in some tens of megabytes. */
export const DEFAULT_LIMITS: EngineLimits = {
  ordersMax: 262_143,
  levelPagesMax: 65_535,
  accountsMax: 65_535,
  balancesMax: 262_143,
  assetsMax: 1_023,
  marketsMax: 1_023,
  ladderEntriesMax: 16_777_216,
  accountOrdersMax: 65_535,
  specialsMax: 65_535,
  volumesMax: 4_095,
};

export interface EngineOptions {
  /** Capacities that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<EngineLimits>;
  /** Keys the hash tables: a secret where strangers choose account numbers or client order ids. No answer depends on it. */
  readonly hashKey?: bigint;
}

/**
 * Makes an empty engine, in Node, in a browser or in a worker.
 *
 * Effects  reserves 1.9 GB of addresses, and what the ladders of its limits may take; memory is taken as it is used.
 * Errors   an `InvariantError` for limits beyond those of core/protocol; a `RangeError` where the platform has no more
 *          addresses for a memory.
 */
export function createEngine({ limits = {}, hashKey = 1n }: EngineOptions = {}): SnapshotEngine {
  if (typeof hashKey !== "bigint" || BigInt.asUintN(64, hashKey) !== hashKey) {
    fail(`hashKey is a bigint from 0n to 2n ** 64n - 1n, not ${String(hashKey)}`);
  }
  return createHotEngine({ limits: { ...DEFAULT_LIMITS, ...limits }, hashKey });
}

/**
 * Executes `commands` in order at time `nowMs`, and returns all their events. A command that is refused is a `Rejected`
 * event, and the others go on.
 *
 * Units    `nowMs`: whole milliseconds from 0 on, of any clock. Time does not go back: an earlier one is the same as the latest.
 * Effects  uses the engine's buffers; allocates the events.
 * Errors   an `InvariantError` that names the field, for a value that is not of its type or range: none of `commands`
 *          is executed then. One that names what broke, for an engine that is broken.
 */
export function sendCommands(
  engine: Engine,
  commands: readonly Command[],
  nowMs: number,
): EngineEvent[] {
  checkCommands(commands);
  const events: EngineEvent[] = [];
  const bytes = commands.reduce((sum, command) => sum + commandBytes(command.kind), 0);
  if (bytes <= COMMAND_BUFFER_BYTES) {
    encodeAll(commands, viewOf(engine.commands));
    if (bytes > 0) executeAll(engine, bytes, nowMs, events);
    return events;
  }
  // All are encoded before the first is executed: nothing is half done when the last cannot be encoded.
  const encoded = new Uint8Array(bytes);
  const ends = encodeAll(commands, viewOf(encoded));
  for (let start = 0; start < bytes;) {
    const end = ends.findLast((each) => each - start <= COMMAND_BUFFER_BYTES)!;
    engine.commands.set(encoded.subarray(start, end));
    executeAll(engine, end - start, nowMs, events);
    start = end;
  }
  return events;
}

/** For programs without types: what is no object has no field that the encoding could name. */
function checkCommands(commands: unknown): void {
  if (!Array.isArray(commands)) {
    fail(`commands is an array of commands, not ${String(commands)}`);
  }
  for (const [index, command] of commands.entries()) {
    if (!isObject(command)) fail(`commands[${index}] is a command, not ${String(command)}`);
    const { kind, target, legs } = command;
    if (TARGETED.has(kind) && !isObject(target)) {
      fail(`target of commands[${index}] is an object, not ${String(target)}`);
    }
    const isListed = Array.isArray(legs) && legs.every(isObject);
    if (kind === CommandKind.PlaceList && !isListed) {
      fail(`legs of commands[${index}] is an array of objects, not ${String(legs)}`);
    }
  }
}

/** The commands that name an order that is there. */
const TARGETED: ReadonlySet<unknown> = new Set([
  CommandKind.Cancel,
  CommandKind.Replace,
  CommandKind.Amend,
]);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Writes `commands` one behind the other. Returns where each ends. */
function encodeAll(commands: readonly Command[], view: DataView): number[] {
  let end = 0;
  return commands.map((command) => (end = encodeCommand(view, end, command)));
}

function executeAll(engine: Engine, end: number, nowMs: number, events: EngineEvent[]): void {
  for (let at = 0; at < end;) {
    at = engine.execute(at, end, nowMs);
    for (const event of decodeEvents(engine.events.subarray(0, engine.eventBytes))) {
      events.push(event);
    }
  }
}

/** The whole state as canonical bytes: the same ones for the same commands, everywhere. Source: matching.md §6. */
export function stateBytes(engine: Engine): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  engine.writeState((bytes) => void pieces.push(bytes.slice()));
  const state = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    state.set(piece, at);
    at += piece.length;
  }
  return state;
}

/** The account that was opened as the `row`-th, from 1. */
export function accountIndex(row: number): AccountIndex {
  return checkedRow("an account", row, 1) as AccountIndex;
}

/** The asset that was added as the `row`-th, from 0. */
export function assetIndex(row: number): AssetIndex {
  return checkedRow("an asset", row, 0) as AssetIndex;
}

/** The market that was listed as the `row`-th, from 0. */
export function marketIndex(row: number): MarketIndex {
  return checkedRow("a market", row, 0) as MarketIndex;
}

const ROW_MAX = 0xffff_fffe;

function checkedRow(what: string, row: number, least: number): number {
  if (!Number.isInteger(row) || row < least || row > ROW_MAX) {
    fail(`the row of ${what} is a whole number from ${least}, not ${String(row)}`);
  }
  return row;
}
