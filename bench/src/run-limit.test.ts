import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "@rialto/base";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { encodeLob1, Lob1Op, packLob1Word, type Workload } from "./lob1.ts";
import { smokeProfile } from "./profiles.ts";
import { replayReference } from "./reference-book.ts";
import { buildLimit, type LimitResult, runLimit } from "./run-limit.ts";
import { best, median } from "./statistics.ts";
import { formatChecksum } from "./trade-checksum.ts";
import { cacheName, loadOrGenerate } from "./workload-cache.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rialto-bench-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const isBuildable = buildLimit() !== undefined;

test("without a compiler there is no limit", () => {
  vi.stubEnv("PATH", directory);
  expect(runLimit("any file")).toBeUndefined();
  vi.unstubAllEnvs();
});

test.runIf(isBuildable).each([
  { name: "p1", prefetch: false },
  { name: "p1", prefetch: true },
  { name: "p2", prefetch: false },
  { name: "p2", prefetch: true },
  { name: "p3", prefetch: false },
  { name: "p3", prefetch: true },
] as const)("the limit makes the trades of a small workload: %j", ({ name, prefetch }) => {
  const loaded = loadOrGenerate({ profile: smokeProfile(name), seed: 11 }, directory);
  if (loaded instanceof Fault) throw loaded;
  const { header } = loaded.workload;
  const result = runLimit(loaded.path, { runs: 3, prefetch }) as LimitResult;
  expect(result).toMatchObject({
    trades: header.trades,
    checksum: formatChecksum(header.checksum1, header.checksum2),
    runs: 3,
    prefetch,
  });
  expect(result.samples).toHaveLength(3);
  expect(result.nsPerCommandBest).toBe(best(result.samples));
  expect(result.nsPerCommandMedian).toBe(median(result.samples));
});

test.runIf(isBuildable).each([3, 64, 1_025, 70_000, 262_144])(
  "the limit sweeps a ladder of %d prices as the reference does",
  (pricesMax) => {
    const path = join(directory, `sweeps-${pricesMax}.lob1`);
    const workload = createSweeps(pricesMax);
    writeFileSync(path, encodeLob1(workload));
    expect(runLimit(path, { runs: 1 })).toMatchObject({ trades: workload.header.trades });
  },
);

/** Orders at the ends and at the edges of bitmap words, swept from either side, in two symbols. */
function createSweeps(pricesMax: number): Workload {
  const edges = [1, 2, 63, 64, 65, 4_095, 4_096, 4_160, 65_535, pricesMax - 1];
  const prices = edges.filter((price) => price < pricesMax);
  const words: number[] = [];
  let ids = 0;
  for (const symbol of [0, 1]) {
    for (const side of [0, 1] as const) {
      for (const price of prices)
        words.push(packLob1Word(Lob1Op.New, side, symbol), ids++, price, 3);
      const sweep = side === 0 ? 1 : pricesMax - 1;
      const other = side === 0 ? 1 : 0;
      words.push(packLob1Word(Lob1Op.Ioc, other, symbol), ids++, sweep, 2 + 3 * prices.length);
    }
  }
  const records = Uint32Array.from(words);
  const header = {
    symbols: 2,
    prefillCommands: 0,
    timedCommands: records.length / 4,
    ids,
    pricesMax,
    trades: 0,
    checksum1: 0,
    checksum2: 0,
    liveOrdersMax: 0,
    levelsAtEnd: 0,
  };
  return { header: { ...header, ...replayReference({ header, records }) }, records };
}

test.runIf(isBuildable)("the limit refuses a header that promises other trades", () => {
  const loaded = loadOrGenerate({ profile: smokeProfile("p1"), seed: 11 }, directory);
  if (loaded instanceof Fault) throw loaded;
  const { header, records } = loaded.workload;
  const path = join(directory, "wrong.lob1");
  writeFileSync(path, encodeLob1({ header: { ...header, checksum2: 0 }, records }));
  expect(runLimit(path)).toMatchObject({ detail: { code: "LIMIT_RUN", exitCode: 1 } });
  writeFileSync(path, "short");
  expect(runLimit(path)).toMatchObject({ detail: { code: "LIMIT_RUN", exitCode: 2 } });
});

test("a workload is generated once and then read from the cache", () => {
  const profile = { ...smokeProfile("p1"), timedCommands: 500 };
  const first = loadOrGenerate({ profile, seed: 5 }, directory);
  const second = loadOrGenerate({ profile, seed: 5 }, directory);
  if (first instanceof Fault) throw first;
  expect(second).toEqual(first);
  writeFileSync(first.path, "damaged");
  expect(loadOrGenerate({ profile, seed: 5 }, directory)).toEqual(first);
  expect(loadOrGenerate({ file: first.path })).toEqual(first);
  expect(cacheName(profile, 5)).not.toBe(cacheName({ ...profile, distanceMax: 9 }, 5));
});

test("a file that cannot be read is a fault", () => {
  const missing = loadOrGenerate({ file: join(directory, "none.lob1") });
  expect(missing).toMatchObject({ detail: { code: "WORKLOAD_READ" } });
  expect(loadOrGenerate({ file: directory })).toMatchObject({ detail: { code: "WORKLOAD_READ" } });
  // Some devices have no end.
  expect(loadOrGenerate({ file: "/dev/null" })).toMatchObject({
    detail: { code: "WORKLOAD_READ" },
    message: "cannot read /dev/null: it is no file",
  });
});
