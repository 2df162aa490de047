import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "@rialto/base";
import { afterAll, expect, test, vi } from "vitest";
import { benchEngine } from "./bench-engine.ts";
import type { IdMode } from "./driver-script.ts";
import { EngineDriver } from "./engine-driver.ts";
import { generateWorkload } from "./generate-workload.ts";
import { encodeLob1, Lob1Op, Lob1Side, packLob1Word, type Workload } from "./lob1.ts";
import { smokeProfile } from "./profiles.ts";
import { replayReference } from "./reference-book.ts";
import { formatChecksum } from "./trade-checksum.ts";

const folder = mkdtempSync(join(tmpdir(), "rialto-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, workload: Workload): string {
  const path = join(folder, name);
  writeFileSync(path, encodeLob1(workload));
  return path;
}

function run(
  file: string,
  ids: IdMode = "handles",
  isBare = false,
): ReturnType<typeof benchEngine> {
  const way = { ids, isBare };
  return benchEngine({ source: { file }, way, runs: 2, withLimit: false, withLatency: true });
}

test.each([
  ["p1", "handles", "all"],
  ["p1", "client", "all"],
  ["p1", "handles", "bare"],
  ["p2", "handles", "all"],
  ["p2", "client", "all"],
  ["p2", "handles", "bare"],
  ["p3", "handles", "all"],
  ["p3", "client", "all"],
  ["p3", "handles", "bare"],
] as const)("the engine reproduces a small %s through ids by %s, %s", (name, ids, variant) => {
  const workload = generateWorkload(smokeProfile(name), 5);
  const result = run(fileOf(`${name}.lob1`, workload), ids, variant === "bare");
  if (result instanceof Fault) throw result;
  expect(result.trades).toBe(workload.header.trades);
  const { checksum1, checksum2 } = workload.header;
  expect(result.checksum).toBe(formatChecksum(checksum1, checksum2));
  expect(result.nsPerCommandBest).toBeGreaterThan(0);
  expect(result.latency.map((row) => row.commandsMax)).toEqual([1, 16, 256]);
  for (const {
    commandsMax,
    commandsMean,
    batches,
    nsP50,
    nsP99,
    nsP999,
    nsMax,
  } of result.latency) {
    expect(commandsMean * batches).toBeCloseTo(workload.header.timedCommands, 3);
    expect(commandsMean).toBeLessThanOrEqual(commandsMax);
    // A client that names its orders by its own ids has no reason to end a batch early, but for the last one.
    const batchesMin = Math.ceil(workload.header.timedCommands / commandsMax);
    expect(batches).toBeGreaterThanOrEqual(batchesMin);
    expect(batches === batchesMin || ids === "handles").toBe(true);
    expect(nsP50).toBeGreaterThan(0);
    expect([nsP50, nsP99, nsP999, nsMax]).toEqual([nsP50, nsP99, nsP999, nsMax].sort(ascending));
  }
});

const ascending = (left: number, right: number): number => left - right;

test("a wrong checksum, a wrong count of trades and a workload without trades fail", () => {
  const workload = generateWorkload(smokeProfile("p1"), 6);
  const { header, records } = workload;
  const wrong = { header: { ...header, checksum2: header.checksum2 ^ 1 }, records };
  expect(run(fileOf("wrong.lob1", wrong))).toBeInstanceOf(Fault);
  const fewer = { header: { ...header, trades: header.trades - 1 }, records };
  expect(run(fileOf("fewer.lob1", fewer))).toBeInstanceOf(Fault);
  const bids = Array.from({ length: 8 }, (_, id): Row => [Lob1Op.New, Lob1Side.Buy, id, 10, 5]);
  const quiet = handmade(bids);
  const fault = run(fileOf("quiet.lob1", quiet));
  if (!(fault instanceof Fault)) throw new Error("a workload without trades passed");
  expect(fault.message).toContain("no trades");
});

test("dead ids, moves of dead ids and moves that trade are driven as LOB1 says", () => {
  const { Buy, Sell } = Lob1Side;
  const workload = handmade([
    [Lob1Op.New, Buy, 0, 100, 5],
    [Lob1Op.New, Sell, 1, 105, 5],
    [Lob1Op.Cancel, Buy, 7, 0, 0], // never placed
    [Lob1Op.Move, Buy, 0, 105, 3], // crosses: trades 3 with id 1
    [Lob1Op.Move, Buy, 0, 106, 9], // dead: nothing
    [Lob1Op.Cancel, Buy, 0, 0, 0], // dead: nothing
    [Lob1Op.Move, Sell, 1, 104, 8],
    [Lob1Op.Ioc, Buy, 2, 110, 20], // trades 8, the rest is cancelled
    [Lob1Op.Cancel, Buy, 2, 0, 0],
  ]);
  expect(workload.header.trades).toBe(2);
  expect(run(fileOf("handmade.lob1", workload))).not.toBeInstanceOf(Fault);
  expect(run(fileOf("handmade.lob1", workload), "client")).not.toBeInstanceOf(Fault);
});

type Row = readonly [op: Lob1Op, side: Lob1Side, id: number, price: number, quantity: number];

/** A workload of these commands, judged by the reference book. */
function handmade(rows: readonly Row[]): Workload {
  const records = Uint32Array.from(
    rows.flatMap(([op, side, id, price, quantity]) => [
      packLob1Word(op, side, 0),
      id,
      price,
      quantity,
    ]),
  );
  const header = {
    symbols: 1,
    prefillCommands: 0,
    timedCommands: rows.length,
    ids: 8,
    pricesMax: 200,
    trades: 0,
    checksum1: 0,
    checksum2: 0,
    liveOrdersMax: 8,
    levelsAtEnd: 0,
  };
  const { trades, checksum1, checksum2 } = replayReference({ header, records });
  return { header: { ...header, trades, checksum1, checksum2 }, records };
}

test.each([
  [1, "run 1 ended in another state"],
  [3, "the run in batches of 1 ended in another state"],
])("a run that does something else than the %i before it is found", (rightRuns, problem) => {
  const file = fileOf("other.lob1", generateWorkload(smokeProfile("p1"), 5));
  const right = Object.getOwnPropertyDescriptor(EngineDriver.prototype, "trades")!;
  const drivers = new Set<EngineDriver>();
  const wrong = vi.spyOn(EngineDriver.prototype, "trades", "get").mockImplementation(function (
    this: EngineDriver,
  ): number {
    drivers.add(this);
    return (right.get!.call(this) as number) + (drivers.size > rightRuns ? 1 : 0);
  });
  try {
    const found = expect.stringContaining(problem);
    expect(run(file)).toMatchObject({ detail: { code: "ENGINE_MISMATCH", problem: found } });
  } finally {
    wrong.mockRestore();
  }
});
