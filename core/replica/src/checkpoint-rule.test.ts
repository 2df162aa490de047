import { expect, test } from "vitest";
import { CheckpointRule, type CheckpointSpacing } from "./checkpoint-rule.ts";

/** Indexes of the checkpoints among commits of [time, bytes of frames]; those with a snapshot are negative. */
function checkpointsOf(
  spacing: CheckpointSpacing,
  commits: readonly (readonly [tsMs: number, frameBytes: number])[],
): number[] {
  const rule = new CheckpointRule(spacing);
  return commits.flatMap(([tsMs, frameBytes], at) => {
    const { isCheckpoint, isSnapshot } = rule.note({ tsMs, frameBytes });
    if (!isCheckpoint) return [];
    return [isSnapshot ? -(at + 1) : at + 1];
  });
}

const heartbeats = (count: number, fromMs = 1_000_000): (readonly [number, number])[] =>
  Array.from({ length: count }, (_, at) => [fromMs + at * 500, 0]);

test("without frames a checkpoint comes after so many commits, and no sooner", () => {
  const spacing = { checkpointEvery: 8, checkpointMs: 1_000 };
  expect(checkpointsOf(spacing, heartbeats(30))).toEqual([8, 16, 24]);
});

test("in an idle cluster the commit that holds a frame is a checkpoint itself", () => {
  const commits = heartbeats(12);
  commits[10] = [commits[10]![0], 300];
  expect(checkpointsOf({ checkpointEvery: 8, checkpointMs: 1_000 }, commits)).toEqual([8, 11]);
});

test("a frame just after a checkpoint waits for the order's time, not for commits", () => {
  const commits: (readonly [number, number])[] = [
    [5_000, 10],
    [5_100, 10],
    [5_600, 0],
    [5_999, 0],
    [6_000, 0],
    [9_000, 0],
  ];
  expect(checkpointsOf({ checkpointEvery: 64, checkpointMs: 1_000 }, commits)).toEqual([1, 5]);
});

test("under load checkpoints are no nearer than their time, and no farther than their commits", () => {
  const busy = Array.from({ length: 100 }, (_, at) => [10_000 + at * 10, 5] as const);
  expect(checkpointsOf({ checkpointEvery: 64, checkpointMs: 400 }, busy)).toEqual([1, 41, 81]);
  expect(checkpointsOf({ checkpointEvery: 30, checkpointMs: 400 }, busy)).toEqual([1, 31, 61, 91]);
});

/** Indexes of the checkpoints among commits of [time, bytes of frames]; those that are signed with ML-DSA-65 too are negative. */
function quantumOf(
  spacing: CheckpointSpacing,
  commits: readonly (readonly [tsMs: number, frameBytes: number])[],
): number[] {
  const rule = new CheckpointRule(spacing);
  return commits.flatMap(([tsMs, frameBytes], at) => {
    const { isCheckpoint, isQuantum } = rule.note({ tsMs, frameBytes });
    expect(isCheckpoint || !isQuantum).toBe(true);
    if (!isCheckpoint) return [];
    return [isQuantum ? -(at + 1) : at + 1];
  });
}

test("under load some checkpoints are signed with ML-DSA-65 too, so far apart in time; without a time all", () => {
  const busy = Array.from({ length: 100 }, (_, at) => [10_000 + at * 10, 5] as const);
  const spacing = { checkpointEvery: 20, quantumMs: 500 };
  expect(quantumOf(spacing, busy)).toEqual([-1, 21, 41, -51, 71, 91]);
  expect(quantumOf({ checkpointEvery: 20 }, busy)).toEqual([-20, -40, -60, -80, -100]);
});

test("what came just after such a checkpoint has one of its own in time, also when nothing else happens", () => {
  const commits: (readonly [number, number])[] = [
    [5_000, 10],
    [5_100, 10],
    [5_400, 0],
    [5_999, 0],
    [6_000, 0],
    [9_000, 0],
    [9_100, 10],
  ];
  const spacing = { checkpointEvery: 64, checkpointMs: 300, quantumMs: 1_000 };
  expect(quantumOf(spacing, commits)).toEqual([-1, 3, -5, -7]);
});

test("in an idle cluster the commit that holds a frame is signed with ML-DSA-65 too", () => {
  const commits = heartbeats(12);
  commits[10] = [commits[10]![0], 300];
  const spacing = { checkpointEvery: 8, checkpointMs: 1_000, quantumMs: 1_000 };
  expect(quantumOf(spacing, commits)).toEqual([-8, -11]);
});

test("a snapshot is due at the first checkpoint after so many commits, or so many bytes", () => {
  const spacing = { checkpointEvery: 4, snapshotCommits: 10, snapshotBytes: 1_000 };
  expect(checkpointsOf(spacing, heartbeats(28))).toEqual([4, 8, -12, 16, 20, -24, 28]);
  const commits = heartbeats(12);
  commits[1] = [commits[1]![0], 1_000];
  expect(checkpointsOf(spacing, commits)).toEqual([-4, 8, 12]);
});

test("who begins at a snapshot comes to the same checkpoints as who was there before", () => {
  const spacing = {
    checkpointEvery: 5,
    checkpointMs: 1_200,
    quantumMs: 5_200,
    snapshotCommits: 12,
  };
  const commits = heartbeats(60).map(([tsMs], at) => ({ tsMs, frameBytes: at % 7 === 3 ? 50 : 0 }));
  const first = new CheckpointRule(spacing);
  const dues = commits.map((commit) => first.note(commit));
  const at = dues.findIndex(({ isSnapshot }) => isSnapshot);
  expect(at).toBeGreaterThan(0);
  const second = new CheckpointRule(spacing, commits[at]!.tsMs);
  const later = commits.slice(at + 1).map((commit) => second.note(commit));
  expect(later).toEqual(dues.slice(at + 1));
  expect(later.some(({ isSnapshot }) => isSnapshot)).toBe(true);
  expect(later.some(({ isCheckpoint, isQuantum }) => isCheckpoint && !isQuantum)).toBe(true);
});

test("the end of an epoch is a checkpoint and a snapshot, and what comes after it counts from there", () => {
  const spacing = { checkpointEvery: 4, quantumMs: 3_000, snapshotCommits: 10 };
  const rule = new CheckpointRule(spacing);
  for (const commit of heartbeats(2)) rule.note({ tsMs: commit[0], frameBytes: 0 });
  const [lastMs] = heartbeats(3)[2]!;
  expect(rule.note({ tsMs: lastMs, frameBytes: 0 }, true)).toEqual({
    isCheckpoint: true,
    isQuantum: true,
    isSnapshot: true,
  });
  // As for who begins there.
  const begun = new CheckpointRule(spacing, lastMs);
  for (const [tsMs, frameBytes] of heartbeats(30, lastMs + 500)) {
    const commit = { tsMs, frameBytes };
    expect(rule.note(commit)).toEqual(begun.note(commit));
  }
  const without = new CheckpointRule({ checkpointEvery: 4 });
  expect(without.note({ tsMs: 1, frameBytes: 0 }, true).isSnapshot).toBe(false);
});
