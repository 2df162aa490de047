import { expect, test } from "vitest";
import { KeptSnapshots, SNAPSHOTS_HELD_MAX, SNAPSHOTS_KEPT } from "./kept-snapshots.ts";

const SETTINGS = { idleMs: 100, heldMsMax: 1_000 };
const [LIAR, FETCHER, OTHER] = [1, 2, 3];

/** A member's disk, to which snapshots come one after the other. */
class Disk {
  readonly kept = new KeptSnapshots(SETTINGS);
  stored: readonly number[] = [];

  /** Returns what is there then. */
  save(commitIndex: number, nowMs: number): readonly number[] {
    this.stored = this.kept.choose([...this.stored, commitIndex], nowMs);
    return this.stored;
  }
}

test("of snapshots that nobody asks for the newest are kept, in whatever order they are named", () => {
  const disk = new Disk();
  for (const index of [10, 20, 30]) disk.save(index, index);
  expect(disk.stored).toEqual([30, 20]);
  expect(new KeptSnapshots(SETTINGS).choose([20, 40, 10, 30], 0)).toEqual([40, 30]);
  expect(new KeptSnapshots(SETTINGS).choose([], 0)).toEqual([]);
});

test("one that somebody is fetching is kept while newer ones come, and goes when it is asked for no more", () => {
  const disk = new Disk();
  disk.save(10, 0);
  for (const index of [20, 30, 40, 50]) {
    disk.kept.noteAsked(FETCHER, 10, index);
    expect(disk.save(index, index)).toContain(10);
  }
  expect(disk.save(60, 149)).toEqual([60, 50, 10]);
  expect(disk.save(70, 150)).toEqual([70, 60]);
});

test("whoever asks on and on, it is kept for so long and no longer", () => {
  const disk = new Disk();
  disk.save(10, 0);
  disk.save(20, 0);
  let keptMs = 0;
  for (let nowMs = 50; nowMs < 3_000; nowMs += 50) {
    disk.kept.noteAsked(LIAR, 10, nowMs);
    if (disk.save(20 + nowMs, nowMs).includes(10)) keptMs = nowMs;
  }
  // From the first save after it had been asked for.
  expect(keptMs).toBe(SETTINGS.heldMsMax);
});

test("however many ask, and for however many, no more are there than are borne", () => {
  const disk = new Disk();
  for (let index = 1; index < 50; index++) {
    disk.save(index, index);
    disk.kept.noteAsked(index, index, index);
    expect(disk.stored.length).toBeLessThanOrEqual(SNAPSHOTS_KEPT + SNAPSHOTS_HELD_MAX);
    expect(disk.stored).toContain(Math.max(1, index - 1));
  }
  expect(disk.stored.length).toBe(SNAPSHOTS_KEPT + SNAPSHOTS_HELD_MAX);
});

test("a peer fetches one at a time: what it asked for before is not kept for it", () => {
  const disk = new Disk();
  disk.save(10, 0);
  disk.save(20, 0);
  disk.kept.noteAsked(FETCHER, 10, 1);
  expect(disk.save(30, 2)).toEqual([30, 20, 10]);
  disk.kept.noteAsked(FETCHER, 20, 3);
  expect(disk.save(40, 4)).toEqual([40, 30, 20]);
});

test("who has had none before pushes nobody out who has had none before either", () => {
  const disk = new Disk();
  disk.save(1, 0);
  for (let index = 2; index < 10; index++) {
    disk.kept.noteAsked(FETCHER, 1, index);
    disk.kept.noteAsked(100 + index, index - 1, index);
    expect(disk.save(index, index)).toContain(1);
  }
});

test("liars that have had all there is for others come after whoever has had less", () => {
  const disk = new Disk();
  const liars = Array.from({ length: SNAPSHOTS_HELD_MAX }, (_, at) => 100 + at);
  let index = 1;
  disk.save(index, 0);
  // Each asks for the newest, and for another one as soon as that has gone.
  const wants = new Map<number, number>();
  const lie = (nowMs: number): void => {
    for (const liar of liars) {
      const wanted = wants.get(liar);
      const others = [...wants.values()];
      const next = disk.stored.find((each) => !others.includes(each));
      if (wanted === undefined || !disk.stored.includes(wanted)) {
        if (next !== undefined) wants.set(liar, next);
      }
      disk.kept.noteAsked(liar, wants.get(liar) ?? index, nowMs);
    }
  };
  for (let nowMs = 10; nowMs < 5_000; nowMs += 10) {
    lie(nowMs);
    disk.save(++index, nowMs);
  }
  // All that there is for others is theirs.
  expect(new Set(disk.stored.slice(SNAPSHOTS_KEPT))).toEqual(new Set(wants.values()));
  const fetched = index;
  for (let nowMs = 5_000; nowMs < 5_900; nowMs += 10) {
    lie(nowMs);
    disk.kept.noteAsked(FETCHER, fetched, nowMs);
    expect(disk.save(++index, nowMs)).toContain(fetched);
  }
});

test("members that are asked for the same keep the same, whatever a liar asks of some of them", () => {
  const disks = [new Disk(), new Disk(), new Disk()];
  disks.forEach((disk) => disk.save(10, 0));
  for (let index = 20; index < 200; index += 10) {
    for (const [at, disk] of disks.entries()) {
      if (at === 0) disk.kept.noteAsked(LIAR, index - 10, index);
      disk.kept.noteAsked(FETCHER, 10, index);
      disk.kept.noteAsked(OTHER, 10, index);
      expect(disk.save(index, index)).toContain(10);
    }
  }
});
