import { encodeHex, equalBytes } from "@rialto/base";
import { describe, expect, test } from "vitest";
import { computeRecordHash } from "./journal-layout.ts";
import type { Journal, JournalMode } from "./journal.ts";
import { isStorageFault } from "./storage-fault.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";

export { describeHistoryCompliance, type HistoryHarness } from "./history/history-compliance.ts";
export { describeSnapshotsCompliance, type SnapshotsHarness } from "./snapshots-compliance.ts";

/** One durable medium and the journals opened on it, one after the other. */
export interface JournalHarness extends AsyncDisposable {
  /** 32 bytes. */
  readonly networkHash: Uint8Array;
  open(options: { readonly mode: JournalMode; readonly queueBytes?: number }): Promise<Journal>;
  /** Leaves the medium as a kill at this instant would; what was open on it is dead. */
  crash(): Promise<void>;
}

const MODES: readonly JournalMode[] = ["strict", "group", "memory"];

/** Registers the tests that every `Journal` passes, for an adapter that `createHarness` brings. */
export function describeJournalCompliance(
  adapter: string,
  createHarness: () => Promise<JournalHarness>,
): void {
  for (const mode of MODES) {
    describe(`${adapter} journal in ${mode} mode`, () => {
      describeOrder(mode, createHarness);
      describeReading(mode, createHarness);
      describeReadingBeside(mode, createHarness);
      describeLimits(mode, createHarness);
      describeEnds(mode, createHarness);
      describePruning(mode, createHarness);
    });
  }
}

type CreateHarness = () => Promise<JournalHarness>;

function describeOrder(mode: JournalMode, createHarness: CreateHarness): void {
  test("an empty journal starts its chain at the network hash", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    expect(journal.mode).toBe(mode);
    expect(journal.lastSequence).toBe(0);
    expect(journal.lastHash).toEqual(harness.networkHash);
    expect(await readAll(journal)).toEqual([]);
  });

  test("appends resolve in order with sequences from 1, without gaps", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const resolved: number[] = [];
    const appends = payloads(50).map(async (payload) => {
      resolved.push(await journal.append(payload));
    });
    await Promise.all(appends);
    expect(resolved).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(journal.lastSequence).toBe(50);
  });

  test("a record's hash covers its sequence, its payload and all records before", async () => {
    await using harness = await createHarness();
    const written = payloads(20);
    {
      await using journal = await harness.open({ mode });
      for (const payload of written) await journal.append(payload);
    }
    await using journal = await harness.open({ mode });
    let hash = harness.networkHash;
    for await (const record of journal.read(1)) {
      hash = computeRecordHash(hash, record.sequence, written[record.sequence - 1]!);
      expect(Buffer.from(record.hash)).toEqual(Buffer.from(hash));
    }
    expect(Buffer.from(journal.lastHash)).toEqual(Buffer.from(hash));
  });

  test("the payload is copied before append returns", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    // A Buffer too: its slices share memory where those of other arrays are copies.
    for (const payload of [new Uint8Array(1_000).fill(1), Buffer.alloc(1_000, 1)]) {
      const appended = journal.append(payload);
      payload.fill(2);
      await appended;
    }
    const records = await readAll(journal);
    expect(records.map(({ payload }) => payload.every((byte) => byte === 1))).toEqual([true, true]);
  });
}

function describeReading(mode: JournalMode, createHarness: CreateHarness): void {
  test("reads back payloads of every shape, also after reopening", async () => {
    await using harness = await createHarness();
    const written = payloads(60);
    {
      await using journal = await harness.open({ mode });
      await Promise.all(written.map((payload) => journal.append(payload)));
      expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(written));
    }
    await using journal = await harness.open({ mode });
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(written));
    expect(await journal.append(written[0]!)).toBe(61);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads([...written, written[0]!]));
  });

  test("reads from any sequence, and nothing from the one after the last", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const written = payloads(40);
    await Promise.all(written.map((payload) => journal.append(payload)));
    for (let from = 1; from <= 41; from++) {
      expect(textsOf(await readAll(journal, from))).toEqual(
        textsOfPayloads(written.slice(from - 1), from),
      );
    }
  });

  test("refuses to read from beyond the end, which would hide a loss", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    await journal.append(new Uint8Array(3));
    expect(await faultOf(readAll(journal, 3))).toMatchObject({
      code: "JOURNAL_SEQUENCE_ABSENT",
      sequence: 3,
      lastSequence: 1,
    });
  });

  test("what is read belongs to the reader", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const written = payloads(10);
    await Promise.all(written.map((payload) => journal.append(payload)));
    const lastHash = encodeHex(journal.lastHash);
    journal.lastHash.fill(0);
    for await (const record of journal.read(1)) {
      record.payload.fill(0xee);
      record.hash.fill(0xee);
    }
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(written));
    expect(encodeHex(journal.lastHash)).toBe(lastHash);
  });
}

function describeReadingBeside(mode: JournalMode, createHarness: CreateHarness): void {
  test("a reader ends with the last record acknowledged before its first step", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const appends = payloads(3).map((payload) => journal.append(payload));
    const { lastSequence } = journal;
    const reading = readAll(journal);
    appends.push(...payloads(2).map((payload) => journal.append(payload)));
    expect((await reading).length).toBe(lastSequence);
    await Promise.all(appends);
    expect((await readAll(journal)).length).toBe(5);
  });

  test("readers beside appends see a prefix that holds all that was acknowledged", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const written = payloads(120);
    const appending = (async (): Promise<void> => {
      for (let index = 0; index < written.length; index += 4) {
        const batch = written.slice(index, index + 4);
        await Promise.all(batch.map((payload) => journal.append(payload)));
      }
    })();
    for (let isAppending = true; isAppending;) {
      const acknowledged = journal.lastSequence;
      const seen = await readAll(journal);
      expect(seen.length).toBeGreaterThanOrEqual(acknowledged);
      expect(textsOf(seen)).toEqual(textsOfPayloads(written.slice(0, seen.length)));
      const pause = new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(true), 1);
      });
      isAppending = await Promise.race([appending.then(() => false), pause]);
    }
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(written));
  });
}

function describeLimits(mode: JournalMode, createHarness: CreateHarness): void {
  test("a full queue refuses with JOURNAL_BUSY and takes more once it is flushed", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode, queueBytes: 4_096 });
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => journal.append(new Uint8Array(300))),
    );
    const accepted = results.filter(({ status }) => status === "fulfilled");
    expect(accepted.map((result) => (result as PromiseFulfilledResult<number>).value)).toEqual(
      Array.from({ length: accepted.length }, (_, index) => index + 1),
    );
    expect(accepted.length).toBeGreaterThan(5);
    expect(accepted.length).toBeLessThan(15);
    const refused = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(refused.reason).toSatisfy(isStorageFault);
    expect(refused.reason.detail).toMatchObject({ code: "JOURNAL_BUSY", limitBytes: 4_096 });
    await journal.flush();
    expect(await journal.append(new Uint8Array(300))).toBe(accepted.length + 1);
    expect((await readAll(journal)).length).toBe(accepted.length + 1);
  });

  test("a record that can never fit is refused and leaves no gap", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode, queueBytes: 1_044 });
    expect(await faultOf(journal.append(new Uint8Array(1_001)))).toMatchObject({
      code: "JOURNAL_RECORD_TOO_LARGE",
      payloadBytes: 1_001,
      limitBytes: 1_000,
    });
    expect(await journal.append(new Uint8Array(1_000))).toBe(1);
  });
}

function describeEnds(mode: JournalMode, createHarness: CreateHarness): void {
  test("close writes what is queued, may be repeated, and ends all use", async () => {
    await using harness = await createHarness();
    const written = payloads(30);
    const journal = await harness.open({ mode });
    const appends = Promise.all(written.map((payload) => journal.append(payload)));
    const closes = [journal.close(), journal.close()];
    expect(await faultOf(journal.append(new Uint8Array(1)))).toMatchObject({
      code: "JOURNAL_CLOSED",
    });
    await Promise.all([...closes, appends]);
    await journal.close();
    expect(await faultOf(readAll(journal))).toMatchObject({ code: "JOURNAL_CLOSED" });
    await using reopened = await harness.open({ mode });
    expect(textsOf(await readAll(reopened))).toEqual(textsOfPayloads(written));
  });

  test("a second writer is refused until the first has closed", async () => {
    await using harness = await createHarness();
    const journal = await harness.open({ mode });
    expect(await faultOf(harness.open({ mode }))).toMatchObject({
      code: "JOURNAL_LOCKED",
      pid: process.pid,
    });
    await journal.close();
    await using next = await harness.open({ mode });
    expect(await next.append(new Uint8Array(1))).toBe(1);
  });

  test("a crash leaves a prefix that holds every durable record", async () => {
    await using harness = await createHarness();
    const written = payloads(60);
    const first = await harness.open({ mode });
    for (const payload of written.slice(0, 20)) await first.append(payload);
    await first.flush();
    const unfinished = written.slice(20, 40).map((payload) => first.append(payload));
    for (const append of unfinished) void append.catch(() => {});
    await harness.crash();
    await using journal = await harness.open({ mode });
    const count = journal.lastSequence;
    expect(count).toBeGreaterThanOrEqual(20);
    expect(textsOf(await readAll(journal))).toEqual(textsOfPayloads(written.slice(0, count)));
    expect(await journal.append(written[50]!)).toBe(count + 1);
    expect(textsOf(await readAll(journal))).toEqual(
      textsOfPayloads([...written.slice(0, count), written[50]!]),
    );
  });
}

/** `count` payloads of sizes around every boundary of the format, up to 3,000 bytes. */
function payloads(count: number): Uint8Array[] {
  const sizes = [0, 1, 32, 451, 452, 453, 496, 900, 948, 949, 1_300, 3_000];
  return Array.from({ length: count }, (_, index) =>
    new Uint8Array(sizes[index % sizes.length]!).fill(index + 1),
  );
}

function describePruning(mode: JournalMode, createHarness: CreateHarness): void {
  test("what is let go is gone after reopening, and all else is there with its sequences", async () => {
    await using harness = await createHarness();
    const all = longPayloads();
    let first = 0;
    {
      await using journal = await harness.open({ mode });
      for (const payload of all) await journal.append(payload);
      expect(journal.firstSequence).toBe(1);
      // What was acknowledged from memory may lie in no segment yet.
      await journal.flush();
      await journal.prune(750);
      first = journal.firstSequence;
      expect(first).toBeGreaterThan(1);
      expect(first).toBeLessThanOrEqual(750);
      await expectFrom(journal, first, all);
      expect(await faultOf(readAll(journal))).toMatchObject({
        code: "JOURNAL_SEQUENCE_ABSENT",
        firstSequence: first,
      });
    }
    await using again = await harness.open({ mode });
    expect(again.firstSequence).toBe(first);
    await expectFrom(again, first, all);
    expect(await again.append(new Uint8Array(10))).toBe(801);
  });

  test("the newest record stays, whatever is let go", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    for (const payload of payloads(30)) await journal.append(payload);
    await journal.prune(1_000);
    expect(journal.lastSequence).toBe(30);
    expect(journal.firstSequence).toBeLessThanOrEqual(30);
    expect(await journal.append(new Uint8Array(3))).toBe(31);
  });

  test("what is being read is not let go", async () => {
    await using harness = await createHarness();
    await using journal = await harness.open({ mode });
    const all = longPayloads();
    for (const payload of all) await journal.append(payload);
    let count = 0;
    for await (const { payload } of journal.read(1)) {
      if (count === 0) await journal.prune(790);
      expect(equalBytes(payload, all[count]!)).toBe(true);
      count++;
    }
    expect(count).toBe(800);
  });
}

/** More than a segment of any harness holds. */
function longPayloads(): Uint8Array[] {
  return Array.from({ length: 800 }, (_, index) => new Uint8Array(2_000).fill(index));
}

async function expectFrom(
  journal: Journal,
  first: number,
  all: readonly Uint8Array[],
): Promise<void> {
  const read: string[] = [];
  for await (const { sequence, payload } of journal.read(first)) {
    expect(sequence).toBe(first + read.length);
    read.push(encodeHex(payload));
  }
  expect(read).toEqual(all.slice(first - 1).map((payload) => encodeHex(payload)));
}
