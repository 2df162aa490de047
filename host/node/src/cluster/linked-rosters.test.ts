import { Profile, type Roster } from "@rialto/consensus";
import { expect, test } from "vitest";
import { linkedRosters } from "./linked-rosters.ts";

const keyOf = (process: number): Uint8Array => new Uint8Array(32).fill(process + 1);

const roster = (epoch: number, processes: readonly number[]): Roster => ({
  chainId: new Uint8Array(32),
  epoch,
  profile: Profile.Crash,
  gcDepth: 64,
  leadersPerRound: 1,
  voteThresholdPpm: 750_000,
  members: processes.map((process) => ({
    publicKey: keyOf(process),
    linkKey: keyOf(process),
    address: `tcp://127.0.0.1:${5_000 + process}`,
    weight: 1,
  })),
});
const rosters = [roster(1, [0, 1, 2, 3]), roster(2, [0, 1, 2]), roster(3, [0, 1, 2, 4])];
const linkedOf = (process: number, known = rosters): number[] =>
  linkedRosters(known, keyOf(process)).map(({ epoch }) => epoch);

test("a member is linked with those of the newest epoch that it knows, and of the one before", () => {
  expect(linkedOf(0)).toEqual([2, 3]);
  expect(linkedOf(4)).toEqual([2, 3]);
  expect(linkedOf(3, rosters.slice(0, 2))).toEqual([1, 2]);
});

test("who was left out two epochs ago is linked as the one that it was: links without its own end there are none", () => {
  expect(linkedOf(3)).toEqual([1, 2, 3]);
});
