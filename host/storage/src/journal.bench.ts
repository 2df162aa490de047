/*
 * How fast the file journal and snapshots are on this disk. Prints one JSON document.
 * Usage: node journal.bench.ts [--directory DIR] [--rounds 5] [--smoke]
 *
 * Every round writes to a new journal, closes it, opens it with full verification and reads all
 * records back against what was appended; a difference ends the program. Rounds of all scenarios
 * are interleaved. Not a power-loss test: what a sync means is up to the disk underneath.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { assert, encodeHex, equalBytes } from "@rialto/base";
import { openFileJournal } from "./file-journal.ts";
import { type FileOperations, nodeFiles } from "./file-operations.ts";
import { openFileSnapshots } from "./file-snapshots.ts";
import type { Journal, JournalMode } from "./journal.ts";
import { isStorageFault } from "./storage-fault.ts";

interface Scenario {
  readonly mode: JournalMode;
  readonly recordBytes: number;
  readonly recordCount: number;
  /** Appends that are waited for at a time. */
  readonly waiterCount: number;
}

/** One round of a scenario. Latency is that of an append, from call to resolution. */
interface Round {
  readonly recordsPerSecond: number;
  readonly flushesPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly latencyUsP50: number;
  readonly latencyUsP99: number;
  readonly latencyUsMax: number;
  readonly lastHash: string;
}

const NETWORK_HASH = new Uint8Array(32).fill(1);

const { values: options } = parseArgs({
  options: {
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    smoke: { type: "boolean", default: false },
  },
});
const root = mkdtempSync(join(options.directory, "rialto-bench-"));
try {
  const report = await runAll(options.smoke ? 1 : Number(options.rounds), options.smoke ? 100 : 1);
  console.log(JSON.stringify(report, null, 1).replace(/\n {3,}/g, " "));
} finally {
  rmSync(root, { recursive: true });
}

async function runAll(roundCount: number, divisor: number): Promise<unknown> {
  const scenarios = makeScenarios(divisor);
  const rounds = scenarios.map((): Round[] => []);
  for (let round = 0; round < roundCount; round++) {
    for (const [index, scenario] of scenarios.entries()) {
      rounds[index]!.push(await runRound(scenario));
    }
  }
  return {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    directory: options.directory,
    rounds: roundCount,
    journal: scenarios.map((scenario, index) => summarize(scenario, rounds[index]!)),
    replay: await measureReplay(Math.ceil(39_063 / divisor), Math.min(3, roundCount)),
    snapshot: await measureSnapshot(Math.ceil(0x1000_0000 / divisor)),
  };
}

function makeScenarios(divisor: number): Scenario[] {
  const scenario = (
    mode: JournalMode,
    recordBytes: number,
    recordCount: number,
    waiterCount: number,
  ): Scenario => ({
    mode,
    recordBytes,
    recordCount: Math.ceil(recordCount / divisor),
    waiterCount,
  });
  return [
    scenario("strict", 100, 3_000, 1),
    scenario("strict", 10_240, 3_000, 1),
    scenario("strict", 102_400, 1_500, 1),
    scenario("group", 100, 100_000, 256),
    scenario("group", 10_240, 20_000, 256),
    scenario("group", 102_400, 2_500, 64),
    scenario("memory", 100, 100_000, 1),
    scenario("memory", 10_240, 20_000, 1),
    scenario("memory", 102_400, 2_500, 1),
  ];
}

async function runRound(scenario: Scenario): Promise<Round> {
  const { mode, recordBytes, recordCount, waiterCount } = scenario;
  const directory = mkdtempSync(join(root, "journal-"));
  const counted = countFlushes();
  const journal = await openFileJournal({
    directory,
    networkHash: NETWORK_HASH,
    mode,
    files: counted.files,
  });
  const latenciesUs = new Float64Array(recordCount);
  const payload = new Uint8Array(recordBytes);
  let next = 0;
  const keepAppending = async (): Promise<void> => {
    while (next < recordCount) {
      const index = next++;
      stamp(payload, index + 1);
      const beganMs = performance.now();
      assert((await appendWhenRoom(journal, payload)) === index + 1, "sequences follow the calls");
      latenciesUs[index] = (performance.now() - beganMs) * 1_000;
    }
  };
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: waiterCount }, keepAppending));
  await journal.flush();
  const seconds = (performance.now() - beganMs) / 1_000;
  const lastHash = encodeHex(journal.lastHash);
  await journal.close();
  await verify(directory, scenario, lastHash);
  rmSync(directory, { recursive: true });
  latenciesUs.sort();
  return {
    recordsPerSecond: Math.round(recordCount / seconds),
    flushesPerSecond: Math.round(counted.flushCount / seconds),
    megabytesPerSecond: Math.round((recordCount * recordBytes) / seconds / 1e5) / 10,
    latencyUsP50: Math.round(latenciesUs[Math.floor(recordCount * 0.5)]!),
    latencyUsP99: Math.round(latenciesUs[Math.floor(recordCount * 0.99)]!),
    latencyUsMax: Math.round(latenciesUs[recordCount - 1]!),
    lastHash,
  };
}

/** In memory mode the queue is what limits; the other modes never fill it here. */
async function appendWhenRoom(journal: Journal, payload: Uint8Array): Promise<number> {
  try {
    return await journal.append(payload);
  } catch (error) {
    if (!isStorageFault(error) || error.detail.code !== "JOURNAL_BUSY") throw error;
    await journal.flush();
    return journal.append(payload);
  }
}

/** Makes the payload of a record: its sequence in the first bytes and a byte of it at the end. */
function stamp(payload: Uint8Array, sequence: number): void {
  new DataView(payload.buffer).setUint32(0, sequence, true);
  payload[payload.length - 1] = sequence & 255;
}

async function verify(directory: string, scenario: Scenario, lastHash: string): Promise<void> {
  const { mode, recordBytes, recordCount } = scenario;
  await using journal = await openFileJournal({ directory, networkHash: NETWORK_HASH, mode });
  assert(encodeHex(journal.lastHash) === lastHash, "the journal read is the journal written");
  const expected = new Uint8Array(recordBytes);
  let sequence = 0;
  for await (const record of journal.read(1)) {
    stamp(expected, ++sequence);
    assert(equalBytes(record.payload, expected), "a record reads back as it was appended");
  }
  assert(sequence === recordCount, "every record reads back");
}

function countFlushes(): { readonly files: FileOperations; readonly flushCount: number } {
  const counted = {
    flushCount: 0,
    files: {
      ...nodeFiles,
      open: async (path: string, access: Parameters<FileOperations["open"]>[1]) => {
        const file = await nodeFiles.open(path, access);
        if (access !== "durable") return file;
        return {
          path,
          read: file.read.bind(file),
          sync: file.sync.bind(file),
          close: file.close.bind(file),
          write: (buffer: Uint8Array, bytes: number, position: number) => {
            counted.flushCount++;
            return file.write(buffer, bytes, position);
          },
        };
      },
    },
  };
  return counted;
}

/** 10 million commands of 32 bytes, 256 to a record, as after a restart. */
async function measureReplay(recordCount: number, roundCount: number): Promise<unknown> {
  const directory = mkdtempSync(join(root, "replay-"));
  const payload = new Uint8Array(256 * 32).fill(7);
  {
    await using journal = await openFileJournal({
      directory,
      networkHash: NETWORK_HASH,
      mode: "memory",
    });
    for (let index = 0; index < recordCount; index++) await appendWhenRoom(journal, payload);
  }
  const measure = async (check: "all" | "tail"): Promise<number[]> => {
    const beganMs = performance.now();
    await using journal = await openFileJournal({
      directory,
      networkHash: NETWORK_HASH,
      mode: "group",
      verify: check,
    });
    const openedMs = performance.now();
    let bytes = 0;
    for await (const record of journal.read(1)) bytes += record.payload.length;
    assert(bytes === recordCount * payload.length, "every record is replayed");
    return [openedMs - beganMs, performance.now() - openedMs];
  };
  const all: number[][] = [];
  const tail: number[][] = [];
  for (let round = 0; round < roundCount; round++) {
    tail.push(await measure("tail"));
    all.push(await measure("all"));
  }
  rmSync(directory, { recursive: true });
  const median = (rows: number[][], column: number): number =>
    Math.round(medianOf(rows.map((row) => row[column]!)));
  return {
    commands: recordCount * 256,
    openTailMs: median(tail, 0),
    openAllMs: median(all, 0),
    readMs: median([...tail, ...all], 1),
  };
}

/** Half of the content is zeros, in runs of 1 MiB. */
async function measureSnapshot(contentBytes: number): Promise<unknown> {
  const directory = mkdtempSync(join(root, "snapshots-"));
  const snapshots = await openFileSnapshots({ directory, networkHash: NETWORK_HASH });
  const content = new Uint8Array(contentBytes);
  for (let begin = 0; begin < contentBytes; begin += 0x20_0000) {
    content.fill(3, begin, begin + 0x10_0000);
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const beganMs = performance.now();
  const hashes = { stateHash: NETWORK_HASH, journalHash: NETWORK_HASH };
  await snapshots.save({ sequence: 1, ...hashes }, [content]);
  const savedMs = performance.now();
  delay.disable();
  const { snapshot } = await snapshots.latest();
  const loadedMs = performance.now();
  assert(Buffer.compare(snapshot!.content, content) === 0, "a snapshot reads back as it was saved");
  return {
    contentBytes,
    saveMs: Math.round(savedMs - beganMs),
    loadMs: Math.round(loadedMs - savedMs),
    eventLoopDelayMsP99: Math.round(delay.percentile(99) / 1e5) / 10,
    eventLoopDelayMsMax: Math.round(delay.max / 1e5) / 10,
  };
}

function summarize(scenario: Scenario, rounds: readonly Round[]): unknown {
  const metrics = [
    "recordsPerSecond",
    "flushesPerSecond",
    "megabytesPerSecond",
    "latencyUsP50",
    "latencyUsP99",
    "latencyUsMax",
  ] as const;
  const summary = metrics.map((metric) => {
    const values = rounds.map((round) => round[metric]);
    const spread = [Math.min(...values), Math.max(...values)];
    return [metric, { median: medianOf(values), spread }] as const;
  });
  const hashes = new Set(rounds.map(({ lastHash }) => lastHash));
  assert(hashes.size === 1, "every round writes the same journal");
  return { ...scenario, ...Object.fromEntries(summary), lastHash: [...hashes][0] };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}
