import { describe, expect, test } from "vitest";
import type { KeepRule } from "./keep-rule.ts";
import type { Snapshots } from "./snapshots.ts";

/** One durable medium for snapshots. */
export interface SnapshotsHarness extends AsyncDisposable {
  /** Opens it, again if it was open before. */
  open(options: { readonly keep?: number | KeepRule }): Promise<Snapshots>;
}

const BLOCK_BYTES = 65_536;

/** Registers the tests that all `Snapshots` pass, for an adapter that `createHarness` brings. */
export function describeSnapshotsCompliance(
  adapter: string,
  createHarness: () => Promise<SnapshotsHarness>,
): void {
  describe(`${adapter} snapshots`, () => {
    describeContent(createHarness);
    describeSaving(createHarness);
    describeKeeping(createHarness);
  });
}

type CreateHarness = () => Promise<SnapshotsHarness>;

function describeContent(createHarness: CreateHarness): void {
  test("nothing saved is no snapshot and no warning", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    expect(await snapshots.latest()).toEqual({ snapshot: undefined, warnings: [] });
  });

  test("content of every shape comes back joined", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    for (const [index, chunks] of shapes().entries()) {
      await snapshots.save(markOf(index), chunks);
      const { snapshot, warnings } = await snapshots.latest();
      expect(warnings).toEqual([]);
      expect(snapshot).toMatchObject(markOf(index));
      expect(Buffer.compare(snapshot!.content, Buffer.concat(chunks))).toBe(0);
    }
  });

  test("content is read in parts, across blocks that are stored and blocks of zeros", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    for (const [index, chunks] of shapes().entries()) {
      await snapshots.save(markOf(index), chunks);
      const whole = Buffer.concat(chunks);
      await using content = (await snapshots.open(markOf(index).sequence))!;
      expect(content.contentBytes).toBe(whole.length);
      for (const [position, bytes] of [
        [0, whole.length],
        [0, 1],
        [BLOCK_BYTES - 1, 2],
        [BLOCK_BYTES, BLOCK_BYTES],
        [whole.length - 1, 1],
      ] as const) {
        if (position < 0 || bytes === 0 || position + bytes > whole.length) continue;
        const target = new Uint8Array(bytes).fill(0xaa);
        await content.read(target, position);
        expect(Buffer.compare(target, whole.subarray(position, position + bytes))).toBe(0);
      }
      const beyond = content.read(new Uint8Array(2), Math.max(0, whole.length - 1));
      await expect(beyond).rejects.toMatchObject({ detail: { code: "SNAPSHOT_CORRUPT" } });
    }
    expect(await snapshots.open(9_999)).toBeUndefined();
  });

  test("chunks may arrive over time", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    await snapshots.save(
      markOf(1),
      (async function* arrive(): AsyncGenerator<Uint8Array> {
        for (let part = 1; part <= 3; part++) {
          await Promise.resolve();
          yield new Uint8Array(10).fill(part);
        }
      })(),
    );
    const { snapshot } = await snapshots.latest();
    expect([...snapshot!.content]).toEqual([1, 2, 3].flatMap((part) => Array(10).fill(part)));
  });
}

function describeKeeping(createHarness: CreateHarness): void {
  test("a rule says which are kept, of those that are there when one has been saved", async () => {
    await using harness = await createHarness();
    const asked: (readonly number[])[] = [];
    let held = 10;
    const keep = (sequences: readonly number[]): number[] => {
      asked.push(sequences);
      return sequences.filter((sequence, at) => at < 1 || sequence === held);
    };
    const snapshots = await harness.open({ keep });
    for (const sequence of [10, 20, 30]) {
      await snapshots.save(markOf(sequence), [Uint8Array.of(sequence)]);
    }
    expect(await snapshots.list()).toEqual([30, 10]);
    held = 0;
    await snapshots.save(markOf(40), [Uint8Array.of(40)]);
    expect(await snapshots.list()).toEqual([40]);
    expect(asked).toEqual([[10], [20, 10], [30, 20, 10], [40, 30, 10]]);
  });
}

function describeSaving(createHarness: CreateHarness): void {
  test("the highest sequence is the latest, also after reopening", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    await snapshots.save(markOf(20), [Uint8Array.of(20)]);
    await snapshots.save(markOf(10), [Uint8Array.of(10)]);
    expect((await snapshots.latest()).snapshot?.sequence).toBe(20);
    const reopened = await harness.open({});
    expect((await reopened.latest()).snapshot?.sequence).toBe(20);
  });

  test("what is kept is listed, the highest sequence first", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    expect(await snapshots.list()).toEqual([]);
    for (const sequence of [20, 10, 30]) {
      await snapshots.save(markOf(sequence), [Uint8Array.of(sequence)]);
    }
    expect(await snapshots.list()).toEqual([30, 20]);
  });

  test("saving a sequence again replaces it", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    await snapshots.save(markOf(5), [Uint8Array.of(1)]);
    await snapshots.save(markOf(5), [Uint8Array.of(2)]);
    expect([...(await snapshots.latest()).snapshot!.content]).toEqual([2]);
  });

  test("a save that fails on the way leaves the one before", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    await snapshots.save(markOf(1), [Uint8Array.of(1)]);
    const failing = snapshots.save(
      markOf(2),
      (function* fail(): Generator<Uint8Array> {
        yield new Uint8Array(2_000_000).fill(1);
        throw new Error("the engine stopped");
      })(),
    );
    await expect(failing).rejects.toThrow("the engine stopped");
    expect([...(await snapshots.latest()).snapshot!.content]).toEqual([1]);
  });

  test("saves that overlap are carried out one after the other", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({ keep: 1 });
    const saves = [1, 2, 3].map((sequence) =>
      snapshots.save(markOf(sequence), [new Uint8Array(100_000).fill(sequence)]),
    );
    await Promise.all(saves);
    const { snapshot } = await snapshots.latest();
    expect(snapshot?.sequence).toBe(3);
    expect(snapshot?.content.every((byte) => byte === 3)).toBe(true);
  });

  test("a loaded snapshot belongs to its reader", async () => {
    await using harness = await createHarness();
    const snapshots = await harness.open({});
    await snapshots.save(markOf(1), [Uint8Array.of(1, 2, 3)]);
    const { snapshot } = await snapshots.latest();
    snapshot!.content.fill(9);
    snapshot!.stateHash.fill(9);
    expect((await snapshots.latest()).snapshot).toMatchObject(markOf(1));
    expect([...(await snapshots.latest()).snapshot!.content]).toEqual([1, 2, 3]);
  });
}

function markOf(sequence: number): {
  readonly sequence: number;
  readonly stateHash: Uint8Array;
  readonly journalHash: Uint8Array;
} {
  return {
    sequence,
    stateHash: new Uint8Array(32).fill(sequence + 1),
    journalHash: new Uint8Array(32).fill(sequence + 2),
  };
}

/** Lists of chunks: empty, aligned and not, with runs of zeros at the start, middle and end. */
function shapes(): Uint8Array[][] {
  const filled = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
  const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
  return [
    [],
    [zeros(0)],
    [filled(1)],
    [zeros(1)],
    [filled(BLOCK_BYTES)],
    [zeros(BLOCK_BYTES)],
    [filled(BLOCK_BYTES - 1), zeros(2), filled(BLOCK_BYTES + 5)],
    [zeros(9 * BLOCK_BYTES), filled(3), zeros(40 * BLOCK_BYTES)],
    [filled(17 * BLOCK_BYTES + 11), zeros(20 * BLOCK_BYTES), filled(1)],
    Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? zeros(1_000) : filled(997))),
  ];
}
