import { encodeHex, Fault } from "@rialto/base";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import {
  type GenesisFile,
  loadGenesis,
  makeGenesis,
  type MemberCard,
  openGenesis,
} from "./genesis.ts";

function card(index: number): MemberCard {
  const publicKey = index.toString(16).padStart(64, "0");
  return { publicKey, linkKey: publicKey, address: `tcp://127.0.0.1:${5_000 + index}`, weight: 1 };
}

function fileOf(count: number, more: Partial<GenesisFile> = {}, leaders = 0): GenesisFile {
  const profile = count < 4 ? "crash" : "byzantine";
  const members = Array.from({ length: count }, (_, index) => card(index + 1));
  const choices = {
    network: SMALL_NETWORK,
    profile,
    voteThreshold: 0.65,
    members,
    leaders,
  } as const;
  const made = makeGenesis(choices);
  return { ...made, createdMs: 1_700_000_000_000, ...more };
}

function problemsOf(value: unknown): readonly string[] {
  const fault = openGenesis(value);
  if (!(fault instanceof Fault) || fault.detail.code !== "GENESIS_INVALID") return [];
  return fault.detail.problems;
}

const chainOf = (file: GenesisFile): string => {
  const genesis = openGenesis(file);
  if (genesis instanceof Fault) throw genesis;
  return encodeHex(genesis.committee.chainId);
};

test("a genesis gives every member the same committee", () => {
  const file = fileOf(3);
  const [one, other] = [file, JSON.parse(JSON.stringify(file)) as unknown].map(openGenesis);
  if (one instanceof Fault || other instanceof Fault) throw new Error("it is whole");
  expect(other!.committee.hash).toEqual(one!.committee.hash);
  expect(one!.committee.thresholds).toMatchObject({ quorum: 2, wave: 2, liars: 0 });
});

test("who leads is a matter of size and trust, unless somebody chose, and what counts commits goes by it", () => {
  const leadersOf = (count: number, leaders?: number): readonly unknown[] => {
    const { leadersPerRound, checkpointEvery, snapshotCommits } = fileOf(count, {}, leaders);
    return [leadersPerRound, checkpointEvery, snapshotCommits];
  };
  expect(leadersOf(3)).toEqual([3, 3 * 48, 3 * 4_096]);
  expect(leadersOf(3, 1)).toEqual([1, 48, 4_096]);
  expect(leadersOf(4)).toEqual([1, 48, 4_096]);
  expect(leadersOf(4, 2)).toEqual([2, 2 * 48, 2 * 4_096]);
  const tooMany = openGenesis(fileOf(3, {}, 4));
  expect((tooMany as Fault<never>).message).toContain(
    "4 leaders in a round are more than the 3 members",
  );
});

test.each([
  ["the time of its beginning", { createdMs: 1 }],
  ["how long frames live", { frameLifetimeMs: 30_000 }],
  ["the distance of checkpoints", { checkpointEvery: 8 }],
  ["the time between checkpoints", { checkpointMs: 8 }],
  ["the time between checkpoints that are signed with ML-DSA-65 too", { quantumMs: 8 }],
  ["the distance of snapshots", { snapshotCommits: 8 }],
  ["the network", { network: { ...SMALL_NETWORK, name: "other" } }],
])("another chain has another name: %s", (_, change) => {
  expect(chainOf(fileOf(3, change))).not.toBe(chainOf(fileOf(3)));
});

test("where members are reached does not change the chain, nor how they are linked", () => {
  expect(fileOf(3).links).toBe("tls");
  expect(chainOf(fileOf(3, { links: "zeromq" }))).toBe(chainOf(fileOf(3)));
  const members = fileOf(3).members.map((each) => ({ ...each, address: "tcp://10.0.0.1:9" }));
  expect(chainOf(fileOf(3, { members }))).toBe(chainOf(fileOf(3)));
});

describe("a threshold is an assertion", () => {
  test.each([
    [3, 0.65, true],
    [4, 0.65, true],
    [6, 0.65, false],
    [6, 0.67, true],
    [3, 0.3, false],
  ])("of %i members, %f: %s", (count, voteThreshold, isSafe) => {
    const genesis = openGenesis(fileOf(count, { voteThreshold }));
    const code = genesis instanceof Fault ? genesis.detail.code : "";
    expect(code).toBe(isSafe ? "" : "VOTE_THRESHOLD_UNSAFE");
  });

  test("and says what would be safe", () => {
    const fault = openGenesis(fileOf(6)) as Fault<{ readonly code: string }>;
    expect(fault.message).toBe(
      "vote threshold 0.65 is unsafe: 5 of 6 decide, so it must be above 4/6",
    );
  });
});

test("everything that is wrong is said at once", () => {
  const member = { publicKey: "xy", linkKey: card(1).linkKey, address: "localhost", weight: 0 };
  const file = {
    ...fileOf(3),
    format: "old",
    profile: "fast",
    gcDepth: 1,
    links: "tcp",
    members: [member],
  };
  expect(problemsOf({ ...file, network: {} })).toEqual([
    'format is not "rialto-genesis/1"',
    "network: name is missing",
    "network: assets is not a list",
    "network: markets is not a list",
    "network: capacities is not an object",
    "profile is none of solo, crash, byzantine",
    "gcDepth is not an integer from 4 to 4096",
    "links is none of tls, zeromq",
    "members[0]: publicKey is not 64 hexadecimal digits",
    "members[0]: address is not like tcp://10.0.0.1:5000",
    "members[0]: weight is not a positive integer",
  ]);
  expect(problemsOf({ ...fileOf(3), members: [card(1), card(1)] })).toEqual([
    "two members have the same publicKey",
    "two members have the same linkKey",
  ]);
  // Who signs for two members must not count as two in a quorum.
  const quantumKey = "ab".repeat(1_952);
  const members = [card(1), { ...card(2), quantumKey }, { ...card(3), quantumKey }];
  expect(problemsOf(fileOf(3, { members }))).toEqual(["two members have the same quantumKey"]);
  expect(problemsOf(7)).toEqual(["the file does not hold an object"]);
});

test("a file that holds none is named with what is wrong in it", () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "genesis.json");
  for (const [text, problem] of [
    ["{", `the genesis file ${path} cannot be read: `],
    ["7", `${path}: the genesis file is invalid:\n  the file does not hold an object`],
  ] as const) {
    writeFileSync(path, text);
    const genesis = loadGenesis(path);
    expect(genesis instanceof Fault && genesis.message).toContain(problem);
  }
});

test("a profile that does not fit its members is refused", () => {
  const genesis = openGenesis(fileOf(3, { profile: "byzantine" }));
  expect(genesis).toMatchObject({ detail: { code: "COMMITTEE_INVALID" } });
});

describe("what reads like the right text and is none is named, not stumbled over", () => {
  const [first, ...others] = fileOf(4).members;
  const key = "5".repeat(64);
  const odd = { toString: 1 };
  test.each([
    ["members[0]: publicKey", { members: [{ ...first, publicKey: [key] }, ...others] }],
    ["members[0]: publicKey", { members: [{ ...first, publicKey: odd }, ...others] }],
    ["members[0]: linkKey", { members: [{ ...first, linkKey: [key] }, ...others] }],
    ["members[0]: address", { members: [{ ...first, address: [first!.address] }, ...others] }],
    ["signers[0]: publicKey", { signers: [{ publicKey: [key], account: 1 }] }],
    ["tableSecrets", { tableSecrets: [1, 2, 3, 4].map(() => ["5".repeat(160)]) }],
    ["profile", { profile: ["byzantine"] }],
    ["profile", { profile: odd }],
  ])("%s", (place, change) => {
    const [problem, ...more] = problemsOf({ ...fileOf(4, { voteThreshold: 0.75 }), ...change });
    expect(problem).toContain(place);
    expect(more).toEqual([]);
  });
});

test.each([
  ["a point of small order", "0".repeat(64)],
  ["the neutral point", `01${"0".repeat(62)}`],
  ["a second encoding", `ee${"f".repeat(60)}7f`],
])("a key under which no signature can hold is refused: %s", (_, publicKey) => {
  const problem =
    "publicKey is one under which no signature holds: of small order, or not canonical";
  const [first, ...others] = fileOf(4).members;
  const voteThreshold = 0.75;
  const members = [{ ...first!, publicKey }, ...others];
  expect(problemsOf(fileOf(4, { members, voteThreshold }))).toEqual([`members[0]: ${problem}`]);
  const signers = [{ publicKey, account: 1 }];
  expect(problemsOf(fileOf(4, { signers, voteThreshold }))).toEqual([`signers[0]: ${problem}`]);
});

test("two members cannot share what their links are known by", () => {
  const [first, second, ...others] = fileOf(4).members;
  const members = [first!, { ...second!, linkKey: first!.linkKey }, ...others];
  expect(problemsOf(fileOf(4, { members, voteThreshold: 0.75 }))).toEqual([
    "two members have the same linkKey",
  ]);
});
