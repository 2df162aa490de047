import { assert } from "@rialto/base";
import { describe, expect, test } from "vitest";
import { leaderOf } from "./committee.ts";
import { type Pace, Pacemaker } from "./pacemaker.ts";
import { chooseReferences, markOwnHistory } from "./references.ts";
import { sketchBlock } from "./testing/dag-builder.ts";
import { ScenarioWorld } from "./testing/scenario-world.ts";

const SETTINGS = {
  leaderTimeoutMs: 20,
  leaderTimeoutMaxMs: 100,
  roundDelayMs: 5,
  heartbeatMs: 500,
};

function pacemakerOf(world: ScenarioWorld, self = 0): Pacemaker {
  const { dag, committer, evidence } = world.consensus;
  return new Pacemaker({ dag, committer, evidence, settings: SETTINGS, self });
}

const busy = (pacemaker: Pacemaker, nowMs: number, lastProposed: number): Pace =>
  pacemaker.next({ nowMs, lastProposed, hasWork: true, isAllRead: true, isCrowded: false });

describe("of four, byzantine", () => {
  test("with the leader there a block is made at once, then not before the least delay", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    expect(busy(pacemaker, 0, 0)).toEqual({ kind: "propose", round: 1, isLate: false });
    pacemaker.noteProposed(0, false);
    world.round(1, { authors: [0, 1, 2] });
    expect(busy(pacemaker, 1, 1)).toEqual({ kind: "wait", untilMs: 5 });
    expect(busy(pacemaker, 5, 1)).toEqual({ kind: "propose", round: 2, isLate: false });
  });

  test("a leader that is missing is waited for, longer each time, and less after a commit", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 10, 1)).toEqual({ kind: "wait", untilMs: 30 });
    expect(busy(pacemaker, 30, 1)).toEqual({ kind: "propose", round: 2, isLate: true });
    pacemaker.noteProposed(30, true);
    world.round(2, { authors: [0, 1, 3] });
    expect(busy(pacemaker, 31, 2)).toEqual({ kind: "wait", untilMs: 71 });
    pacemaker.noteCommit(1);
    expect(busy(pacemaker, 31, 2)).toEqual({ kind: "wait", untilMs: 61 });
    // Another leader of the same round.
    pacemaker.noteCommit(1);
    expect(busy(pacemaker, 31, 2)).toEqual({ kind: "wait", untilMs: 61 });
  });

  test("where rounds take long a leader is waited for as long as three of them have taken", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    for (let round = 0; round <= 60; round++) pacemaker.noteProposed(30 * round, false);
    world.round(1, { authors: [0, 2, 3] });
    const untilMs = 1_800 + 3 * 30;
    const waited = busy(pacemaker, 1_800, 1);
    expect(waited.kind).toBe("wait");
    expect(Math.abs((waited as { untilMs: number }).untilMs - untilMs)).toBeLessThan(10);
    const settled = pacemakerOf(world);
    for (let round = 0; round <= 60; round++) settled.noteProposed(3_000 * round, false);
    expect(busy(settled, 180_000, 1)).toEqual({ kind: "wait", untilMs: 180_100 });
  });

  test("a leader is late only where all that came in has been read", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1, { authors: [0, 2, 3] });
    const at = (nowMs: number, isAllRead: boolean): Pace =>
      pacemaker.next({ nowMs, lastProposed: 1, hasWork: true, isAllRead, isCrowded: false });
    expect(at(10, true)).toEqual({ kind: "wait", untilMs: 30 });
    // Held up for long: its block may be among what has not been read.
    expect(at(500, false)).toEqual({ kind: "wait", untilMs: 30 });
    expect(at(500, true)).toEqual({ kind: "propose", round: 2, isLate: true });
  });

  test("while more waits than a block takes a leader is waited for twice as long, and no longer once it does not", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1, { authors: [0, 2, 3] });
    const at = (nowMs: number, isCrowded: boolean): Pace =>
      pacemaker.next({ nowMs, lastProposed: 1, hasWork: true, isAllRead: true, isCrowded });
    expect(at(10, false)).toEqual({ kind: "wait", untilMs: 30 });
    expect(at(30, true)).toEqual({ kind: "wait", untilMs: 50 });
    expect(at(40, false)).toEqual({ kind: "propose", round: 2, isLate: true });
    expect(at(50, true)).toEqual({ kind: "propose", round: 2, isLate: true });
    for (let late = 0; late < 5; late++) pacemaker.noteProposed(60, true);
    expect(at(110, true).kind).toBe("propose"); // after leaderTimeoutMaxMs, whatever waits
  });

  test("after a slow round a leader is waited for as long as two of these, less with each quick one", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    expect(busy(pacemaker, 0, 0).kind).toBe("propose");
    pacemaker.noteProposed(0, false);
    world.round(1);
    expect(busy(pacemaker, 40, 1).kind).toBe("propose");
    pacemaker.noteProposed(40, false);
    world.round(2, { authors: [0, 1, 3] });
    expect(busy(pacemaker, 41, 2)).toEqual({ kind: "wait", untilMs: 41 + 2 * 40 });
    world.round(2, { authors: [2] });
    expect(busy(pacemaker, 45, 2).kind).toBe("propose");
    pacemaker.noteProposed(45, false);
    world.round(3, { authors: [0, 1, 2] });
    expect(busy(pacemaker, 46, 3)).toEqual({ kind: "wait", untilMs: 46 + 2 * 35 });
  });

  test("a member that was stopped for a minute waits no longer than others after some rounds", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    const step = SETTINGS.roundDelayMs;
    let nowMs = 0;
    for (let round = 1; round <= 12; round++) {
      expect(busy(pacemaker, nowMs, round - 1).kind).toBe("propose");
      pacemaker.noteProposed(nowMs, false);
      world.round(round);
      nowMs += round === 1 ? 60_000 : step;
    }
    expect(busy(pacemaker, nowMs, 12).kind).toBe("propose");
    pacemaker.noteProposed(nowMs, false);
    const leader = leaderOf(world.committee, 13, 0);
    world.round(13, { authors: world.authors.filter((author) => author !== leader) });
    const pace = busy(pacemaker, nowMs, 13);
    assert(pace.kind === "wait", "the leader is not there");
    expect(pace.untilMs - nowMs).toBeLessThan(SETTINGS.leaderTimeoutMaxMs / 2);
  });

  test("a leader that comes just before its time is over, each time that it leads, is not waited for longer and longer", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const { dag, committer, evidence } = world.consensus;
    const settings = { ...SETTINGS, leaderTimeoutMaxMs: 10_000 };
    const pacemaker = new Pacemaker({ dag, committer, evidence, settings, self: 0 });
    const [liar, ...honest] = world.authors;
    const waits: number[] = [];
    let nowMs = 0;
    for (let round = 1; round <= 80; round++) {
      expect(busy(pacemaker, nowMs, round - 1).kind).toBe("propose");
      pacemaker.noteProposed(nowMs, false);
      const isItsTurn = leaderOf(world.committee, round, 0) === liar;
      world.round(round, { authors: isItsTurn ? honest : world.authors });
      nowMs += SETTINGS.roundDelayMs;
      if (!isItsTurn) continue;
      const pace = busy(pacemaker, nowMs, round);
      assert(pace.kind === "wait", "its block is not there");
      waits.push(pace.untilMs - nowMs);
      nowMs = pace.untilMs - 1;
      world.round(round, { authors: [liar!] });
    }
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2 * SETTINGS.leaderTimeoutMs);
  });

  test.each([
    ["they are enough", []],
    ["they are split, two of four, and three it takes", [1]],
  ])("votes for the leader before are waited for too, until %s", (_, without) => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1);
    world.round(2, { authors: [1, 2] });
    world.round(2, { authors: [3], without: [1] });
    expect(busy(pacemaker, 0, 2).kind).toBe("wait");
    world.round(2, { authors: [0], without });
    expect(busy(pacemaker, 0, 2)).toEqual({ kind: "propose", round: 3, isLate: false });
  });

  test("where the others are there already nothing is waited for", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1);
    world.round(2, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 0, 1)).toEqual({ kind: "propose", round: 2, isLate: false });
  });

  test("no round is left out before all that it could vote on is decided", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const others = [1, 2, 3];
    for (let round = 1; round <= 9; round++) world.round(round, { authors: others });
    const decided = world.consensus.committer.decidedRound;
    expect(decided).toBeGreaterThan(3);
    const led = leaderOf(world.committee, decided + 1, 0);
    const follower = world.authors.find((author) => author !== led);
    expect(pacemakerOf(world, follower).nextRound(0)).toBe(Math.min(10, decided + 2));
    expect(pacemakerOf(world, led).nextRound(0)).toBe(decided + 1);
    // Not where that must not be signed any more.
    expect(pacemakerOf(world, led).nextRound(decided + 1)).toBe(decided + 2);
    expect(pacemakerOf(world, led).nextRound(10)).toBeUndefined();
    const young = new ScenarioWorld({ profile: 3, count: 4 });
    for (let round = 1; round <= 2; round++) young.round(round, { authors: others });
    expect(young.consensus.committer.decidedRound).toBe(0);
    const first = leaderOf(young.committee, 1, 0);
    const second = young.authors.find((author) => author !== first);
    expect(pacemakerOf(young, second).nextRound(0)).toBe(2);
  });

  test("a leader that lied or has been away for a turn is not waited for", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    for (let round = 1; round <= 5; round++) world.round(round, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 0, 5).kind).toBe("propose");
    const lied = new ScenarioWorld({ profile: 3, count: 4 });
    lied.round(1, { authors: [0, 1, 2, 3] });
    lied.round(2, { authors: [0, 1, 3] });
    expect(busy(pacemakerOf(lied), 0, 2).kind).toBe("wait");
    lied.offer(sketchBlock(lied.committee, { author: 2, round: 1, strong: lied.refs(0), twin: 1 }));
    expect(busy(pacemakerOf(lied), 0, 2).kind).toBe("propose");
  });

  test("where all lead, who has been away for a round is not waited for", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4, leadersPerRound: 4 });
    const pacemaker = pacemakerOf(world);
    world.round(1);
    world.round(2, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 0, 2)).toEqual({ kind: "wait", untilMs: 20 });
    expect(busy(pacemaker, 20, 2)).toEqual({ kind: "propose", round: 3, isLate: true });
    pacemaker.noteProposed(20, true);
    world.round(3, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 30, 3)).toEqual({ kind: "propose", round: 4, isLate: false });
    world.round(2, { authors: [1] });
    world.round(3, { authors: [1] });
    pacemaker.noteProposed(30, false);
    world.round(4, { authors: [0, 2, 3] });
    expect(busy(pacemaker, 40, 4).kind).toBe("wait");
  });

  test("without work there are heartbeats, and answers to what others make", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const pacemaker = pacemakerOf(world);
    const idle = (nowMs: number): Pace =>
      pacemaker.next({ nowMs, lastProposed: 1, hasWork: false, isAllRead: true, isCrowded: false });
    pacemaker.noteProposed(0, false);
    world.round(1);
    expect(idle(10)).toEqual({ kind: "wait", untilMs: 500 });
    expect(idle(500).kind).toBe("propose");
    world.round(2, { authors: [2] });
    expect(idle(20).kind).toBe("propose");
  });
});

describe("of three, crash", () => {
  test("a leader that is behind the others does not leave out its own round, for which all of them wait", () => {
    const world = new ScenarioWorld({ profile: 2, count: 3 });
    const leader = leaderOf(world.committee, 2, 0);
    const others = world.authors.filter((author) => author !== leader);
    world.round(1);
    world.round(2, { authors: others });
    expect(world.consensus.committer.decidedRound).toBe(1);
    expect(busy(pacemakerOf(world, leader), 0, 1)).toMatchObject({ kind: "propose", round: 2 });
    expect(busy(pacemakerOf(world, others[0]), 0, 2).kind).toBe("wait");
    world.round(2, { authors: [leader] });
    expect(busy(pacemakerOf(world, others[0]), 0, 2)).toMatchObject({ kind: "propose", round: 3 });
    // Who leads nothing there leaves it out as before.
    expect(pacemakerOf(world, others[0]).nextRound(1)).toBe(3);
  });
});

describe("references", () => {
  test("are the round before, and what no own block leads to yet", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const { dag, evidence } = world.consensus;
    world.round(1);
    world.round(2, { authors: [0, 1, 2], without: [3] });
    const first = chooseReferences(dag, evidence, 0, 3)!;
    expect(first.strong.map((ref) => ref.author)).toEqual([0, 1, 2]);
    expect(first.weak.map((ref) => [ref.round, ref.author])).toEqual([[1, 3]]);
    markOwnHistory(dag.first(1, 3)!);
    expect(chooseReferences(dag, evidence, 0, 3)!.weak).toEqual([]);
  });

  test("leave a known liar out, unless there is no quorum without it", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4 });
    const { dag, evidence } = world.consensus;
    world.round(1);
    world.offer(
      sketchBlock(world.committee, { author: 2, round: 1, strong: world.refs(0), twin: 1 }),
    );
    expect(chooseReferences(dag, evidence, 0, 2)!.strong.map((ref) => ref.author)).toEqual([
      0, 1, 3,
    ]);
    world.round(2, { authors: [0, 1, 2] });
    expect(chooseReferences(dag, evidence, 0, 3)!.strong.map((ref) => ref.author)).toEqual([
      0, 1, 2,
    ]);
    expect(chooseReferences(dag, evidence, 0, 4)).toBeUndefined();
  });

  test("of one that was away for long its own block of round 0", () => {
    const world = new ScenarioWorld({ profile: 3, count: 4, gcDepth: 6 });
    const { dag, evidence } = world.consensus;
    world.round(1);
    for (let round = 2; round <= 12; round++) world.round(round, { authors: [1, 2, 3] });
    expect(chooseReferences(dag, evidence, 0, 6)!.weak[0]).toMatchObject({ round: 1, author: 0 });
    expect(chooseReferences(dag, evidence, 0, 12)!.weak[0]).toMatchObject({ round: 0, author: 0 });
  });
});
