import { encodeHex, Fault, parseHex, setSafeU64, viewOf } from "@rialto/base";
import {
  checkVoteThreshold,
  type Committee,
  type CommitteeFaultDetail,
  createCommittee,
  isMemberAddress,
  GC_DEPTH_DEFAULT,
  Profile,
  type Roster,
  type RosterMember,
} from "@rialto/consensus";
import { isStrictPublicKey } from "@rialto/crypto";
import { ACCOUNTS_MAX, type NetworkConfig } from "@rialto/protocol";
import type { FrameSigner } from "@rialto/replica";
import { createHash } from "node:crypto";
import { type Network, networkOf, shapeProblems } from "../config/network-file.ts";
import { readText, TEXT_BYTES_MAX } from "../read-text.ts";
import { sha256 } from "../sha256.ts";

// The genesis file of a cluster: what all its members must agree on before the first block, and where they are
// reached. It holds no secret.

const GENESIS_FORMAT = "rialto-genesis/1";

/** Long enough for any decision; short, since the ids of frames are remembered twice as long. */
const FRAME_LIFETIME_MS = 60_000;
/** A state is hashed whole at a checkpoint: seldom enough to cost little, at least every half minute. */
const CHECKPOINT_ROUNDS = 48;
/** A fill's certificate is there within about so long, also where nothing else happens. */
const CHECKPOINT_MS = 1_000;
/** A signature with ML-DSA-65 takes a member a millisecond of every round it is in, and what holds longest may come later. */
const QUANTUM_MS = 1_000;
/** Half an hour of an idle cluster; under load bytes come first (member-settings.ts). */
const SNAPSHOT_ROUNDS = 4_096;

/** Members of a crash cluster up to which all lead every round (decision 019). */
const ALL_LEAD_MAX = 3;

export const PROFILES = { solo: Profile.Solo, crash: Profile.Crash, byzantine: Profile.Byzantine };
export type ProfileName = keyof typeof PROFILES;

/** How members are linked: decision 010. */
export const LINKS = ["tls", "zeromq"] as const;
export type LinksName = (typeof LINKS)[number];

/** What a profile is called. */
export function profileName(profile: Profile): string {
  return Object.entries(PROFILES).find(([, each]) => each === profile)?.[0] ?? String(profile);
}

/** A member as everybody knows it. */
export interface MemberCard {
  /** Ed25519, in hexadecimal: signs blocks. */
  readonly publicKey: string;
  /** ML-DSA-65, in hexadecimal: signs checkpoints too. Absent where the member makes no quantum signatures. */
  readonly quantumKey?: string;
  /** X25519, in hexadecimal: secures the links. */
  readonly linkKey: string;
  /** Where the others reach it: tcp://10.0.0.1:5000. */
  readonly address: string;
  readonly weight: number;
}

/** Whose signed frames are taken (docs/protocol/entry.md). */
export interface SignerCard {
  /** Ed25519, in hexadecimal. */
  readonly publicKey: string;
  /** Row of the account that it trades for; 0 for an operator, who may command anything. */
  readonly account: number;
}

export interface GenesisFile {
  readonly format: typeof GENESIS_FORMAT;
  readonly network: NetworkConfig;
  /** The time at which the network's own commands execute. */
  readonly createdMs: number;
  readonly profile: ProfileName;
  /** An assertion about the committee, checked at every start; the profile's quorum is what decides. */
  readonly voteThreshold: number;
  /** How long a frame may wait to be ordered. */
  readonly frameLifetimeMs: number;
  /** Commits from one checkpoint to the next. */
  readonly checkpointEvery: number;
  /** Time from one checkpoint to the next where something was executed; absent: by commits alone. */
  readonly checkpointMs?: number;
  /** Time from one checkpoint that is signed with ML-DSA-65 too to the next; absent: all are. */
  readonly quantumMs?: number;
  /** Commits from one snapshot to the next; absent: there are none, and journals grow without end. */
  readonly snapshotCommits?: number;
  readonly gcDepth: number;
  readonly leadersPerRound: number;
  /** Absent: zeromq, which was all that there was. */
  readonly links?: LinksName;
  /** In the order of their author numbers. */
  readonly members: readonly MemberCard[];
  /** In the order of the members: the secret that keys their hash tables, sealed for each (table-secret.ts). */
  readonly tableSecrets?: readonly string[];
  /** Absent where all orders come through gateways. A frame names its signer by its place here. */
  readonly signers?: readonly SignerCard[];
}

/**
 * Makes the content of a genesis file, with what is not for the operator to choose filled in. With 0 for
 * `snapshotCommits` there are no snapshots; with 0 for `leaders` there are as many as fit the committee's size.
 */
export function makeGenesis(
  choices: Pick<
    GenesisFile,
    "network" | "profile" | "voteThreshold" | "members" | "signers" | "snapshotCommits" | "links"
  > & { readonly leaders?: number },
): GenesisFile {
  const { profile, members, signers, leaders = 0 } = choices;
  const leadersPerRound = leaders === 0 ? leadersFor(PROFILES[profile], members.length) : leaders;
  const { snapshotCommits = SNAPSHOT_ROUNDS * leadersPerRound } = choices;
  return {
    ...(signers === undefined ? {} : { signers }),
    format: GENESIS_FORMAT,
    network: choices.network,
    createdMs: Date.now(),
    profile,
    voteThreshold: choices.voteThreshold,
    frameLifetimeMs: FRAME_LIFETIME_MS,
    checkpointEvery: CHECKPOINT_ROUNDS * leadersPerRound,
    checkpointMs: CHECKPOINT_MS,
    quantumMs: QUANTUM_MS,
    ...(snapshotCommits === 0 ? {} : { snapshotCommits }),
    gcDepth: GC_DEPTH_DEFAULT,
    leadersPerRound,
    links: choices.links ?? "tls",
    members,
  };
}

/** Leaders of a round, where nobody chose: everybody in a small committee that trusts each other, else one. */
export function leadersFor(profile: Profile, members: number): number {
  return profile === Profile.Crash && members <= ALL_LEAD_MAX ? members : 1;
}

/** A genesis file ready for use. */
export interface Genesis {
  readonly file: GenesisFile;
  readonly network: Network;
  readonly committee: Committee;
  /** The members of the first epoch, with their addresses. */
  readonly roster: Roster;
  readonly signers: readonly FrameSigner[];
}

export type GenesisFaultDetail =
  | { readonly code: "GENESIS_UNREADABLE"; readonly path: string }
  | { readonly code: "GENESIS_INVALID"; readonly problems: readonly string[] }
  | CommitteeFaultDetail;

const FAULT_CODES: readonly string[] = [
  "GENESIS_UNREADABLE",
  "GENESIS_INVALID",
  "COMMITTEE_INVALID",
  "VOTE_THRESHOLD_UNSAFE",
] as const satisfies readonly GenesisFaultDetail["code"][];

export function isGenesisFault(error: unknown): error is Fault<GenesisFaultDetail> {
  return error instanceof Fault && FAULT_CODES.includes(error.detail.code);
}

/** Reads the genesis file at `path`. Errors: returned, every problem of its shape at once. */
export function loadGenesis(path: string): Genesis | Fault<GenesisFaultDetail> {
  let value: unknown;
  try {
    value = JSON.parse(readText(path, TEXT_BYTES_MAX));
  } catch (cause) {
    const message = `the genesis file ${path} cannot be read: ${(cause as Error).message}`;
    return new Fault({ code: "GENESIS_UNREADABLE", path }, "fatal", message, cause);
  }
  const genesis = openGenesis(value);
  if (!(genesis instanceof Fault)) return genesis;
  return new Fault(genesis.detail, genesis.severity, `${path}: ${genesis.message}`, genesis);
}

/** Checks the content of a genesis file and derives network and committee. Errors: returned. */
export function openGenesis(value: unknown): Genesis | Fault<GenesisFaultDetail> {
  const problems = genesisProblems(value);
  if (problems.length > 0) return invalid(problems);
  const file = value as GenesisFile;
  const network = networkOf(file.network);
  if (network instanceof Fault) return invalid(network.detail.problems);
  const chainId = chainIdOf(file, network);
  const committee = createCommittee(
    {
      chainId,
      epoch: 1,
      profile: PROFILES[file.profile],
      members: file.members.map(({ publicKey, quantumKey, weight }) => ({
        publicKey: parseHex(publicKey)!,
        ...(quantumKey === undefined ? {} : { quantumKey: parseHex(quantumKey)! }),
        weight,
      })),
      gcDepth: file.gcDepth,
      leadersPerRound: file.leadersPerRound,
      epochSeed: createHash("sha256").update("rialto/epoch-seed/1\0").update(chainId).digest(),
    },
    sha256,
  );
  if (committee instanceof Fault) return committee;
  const unsafe = checkVoteThreshold(file.voteThreshold, committee.thresholds);
  const signers = (file.signers ?? []).map(({ publicKey, account }) => ({
    publicKey: parseHex(publicKey)!,
    account,
  }));
  return unsafe ?? { file, network, committee, roster: rosterOf(file, committee), signers };
}

function rosterOf(file: GenesisFile, committee: Committee): Roster {
  const { chainId, epoch, profile, gcDepth, leadersPerRound } = committee;
  return {
    chainId,
    epoch,
    profile,
    gcDepth,
    leadersPerRound,
    voteThresholdPpm: thresholdPpm(file.voteThreshold),
    members: file.members.map((card) => rosterMember(card)),
  };
}

/** A fraction in whole millionths. */
export function thresholdPpm(threshold: number): number {
  return Math.round(threshold * 1_000_000);
}

/** A member's card as a roster has it. */
export function rosterMember(card: MemberCard): RosterMember {
  const { publicKey, quantumKey, linkKey, address, weight } = card;
  return {
    publicKey: parseHex(publicKey)!,
    ...(quantumKey === undefined ? {} : { quantumKey: parseHex(quantumKey)! }),
    linkKey: parseHex(linkKey)!,
    address,
    weight,
  };
}

/** Names the chain: the network, and all that decides how its frames execute. */
function chainIdOf(file: GenesisFile, network: Network): Uint8Array {
  const numbers = new Uint8Array(24);
  const view = viewOf(numbers);
  setSafeU64(view, 0, file.createdMs);
  setSafeU64(view, 8, file.frameLifetimeMs);
  setSafeU64(view, 16, file.checkpointEvery);
  const digest = createHash("sha256").update("rialto/chain/1\0").update(network.hash);
  digest.update(numbers);
  // Behind a tag each: a chain that was named before there were these keeps its name.
  for (const name of ["checkpointMs", "snapshotCommits", "quantumMs"] as const) {
    const value = file[name];
    if (value === undefined) continue;
    setSafeU64(view, 0, value);
    digest.update(`${name}\0`).update(numbers.subarray(0, 8));
  }
  for (const { publicKey, account } of file.signers ?? []) {
    digest.update(parseHex(publicKey)!).update(Uint32Array.of(account));
  }
  return digest.digest();
}

/** What may be absent from a genesis file. */
const OPTIONAL_COUNTS = {
  checkpointMs: [1, 3_600_000],
  quantumMs: [1, 3_600_000],
  snapshotCommits: [1, 1_000_000_000],
} as const;

const COUNTS = {
  createdMs: [0, 2 ** 45],
  frameLifetimeMs: [1_000, 3_600_000],
  checkpointEvery: [1, 1_000_000],
  gcDepth: [4, 4_096],
  leadersPerRound: [1, 128],
} as const;

/** What is missing or of the wrong shape. What the values mean together, the committee's own check says. */
function genesisProblems(value: unknown): string[] {
  if (!isRecord(value)) return ["the file does not hold an object"];
  const problems: string[] = [];
  if (value["format"] !== GENESIS_FORMAT) problems.push(`format is not "${GENESIS_FORMAT}"`);
  problems.push(...shapeProblems(value["network"]).map((problem) => `network: ${problem}`));
  const { profile } = value;
  if (typeof profile !== "string" || !Object.hasOwn(PROFILES, profile)) {
    problems.push(`profile is none of ${Object.keys(PROFILES).join(", ")}`);
  }
  const threshold = value["voteThreshold"];
  if (typeof threshold !== "number" || !(threshold > 0 && threshold <= 1)) {
    problems.push("voteThreshold is not above 0 and at most 1");
  }
  for (const [name, [least, most]] of Object.entries({ ...COUNTS, ...OPTIONAL_COUNTS })) {
    const count = value[name];
    if (count === undefined && Object.hasOwn(OPTIONAL_COUNTS, name)) continue;
    const isGood = Number.isSafeInteger(count) && Number(count) >= least && Number(count) <= most;
    if (!isGood) problems.push(`${name} is not an integer from ${least} to ${most}`);
  }
  const links = value["links"];
  if (links !== undefined && !LINKS.some((each) => each === links)) {
    problems.push(`links is none of ${LINKS.join(", ")}`);
  }
  const members = value["members"];
  if (!Array.isArray(members)) return [...problems, "members is not a list"];
  members.forEach((each, at) => {
    problems.push(...cardProblems(each).map((problem) => `members[${at}]: ${problem}`));
  });
  problems.push(...signerProblems(value["signers"] ?? []));
  problems.push(...tableSecretProblems(value["tableSecrets"], members.length));
  for (const name of ["publicKey", "linkKey", "quantumKey"] as const) {
    const keys = members.flatMap((each) => (isRecord(each) ? (each[name] ?? []) : []));
    if (new Set(keys).size !== keys.length) problems.push(`two members have the same ${name}`);
  }
  return problems;
}

function tableSecretProblems(value: unknown, membersCount: number): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length === membersCount;
  const isSealed = isList && value.every((each) => isHex(each, 160));
  return isSealed ? [] : ["tableSecrets is not a list of 160 hexadecimal digits for each member"];
}

/** Frames name their signer with 32 bits; nobody reads a longer list by hand. */
const SIGNERS_MAX = 65_536;

function signerProblems(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > SIGNERS_MAX) {
    return [`signers is not a list of at most ${SIGNERS_MAX}`];
  }
  return value.flatMap((each: unknown, at) => {
    if (!isRecord(each)) return [`signers[${at}]: it is not an object`];
    const wrong = publicKeyProblem(each["publicKey"]);
    if (wrong !== undefined) return [`signers[${at}]: ${wrong}`];
    const { account } = each;
    const isRow = Number.isSafeInteger(account) && Number(account) >= 0;
    return isRow && Number(account) <= ACCOUNTS_MAX
      ? []
      : [`signers[${at}]: account is not an integer from 0 to ${ACCOUNTS_MAX}`];
  });
}

/** What is wrong with a member's card. */
export function cardProblems(value: unknown): string[] {
  if (!isRecord(value)) return ["it is not an object"];
  const problems: string[] = [];
  const wrong = publicKeyProblem(value["publicKey"]);
  if (wrong !== undefined) problems.push(wrong);
  if (!isHex(value["linkKey"], 64)) problems.push("linkKey is not 64 hexadecimal digits");
  const { quantumKey, address, weight } = value;
  if (quantumKey !== undefined && !isHex(quantumKey, 3_904)) {
    problems.push("quantumKey is not 3904 hexadecimal digits");
  }
  if (typeof address !== "string" || !isMemberAddress(address)) {
    problems.push("address is not like tcp://10.0.0.1:5000");
  }
  if (!Number.isSafeInteger(weight) || Number(weight) < 1) {
    problems.push("weight is not a positive integer");
  }
  return problems;
}

/** Whoever had such a key could sign nothing. */
function publicKeyProblem(value: unknown): string | undefined {
  if (!isHex(value, 64)) return "publicKey is not 64 hexadecimal digits";
  if (isStrictPublicKey(parseHex(value)!)) return undefined;
  return "publicKey is one under which no signature holds: of small order, or not canonical";
}

/** Text, and not what reads like it: a list of one key becomes the same text. */
function isHex(value: unknown, digits: number): value is string {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(problems: readonly string[]): Fault<GenesisFaultDetail> {
  const message = `the genesis file is invalid:\n  ${problems.join("\n  ")}`;
  return new Fault({ code: "GENESIS_INVALID", problems }, "fatal", message);
}

/** What names a chain for people and files, in hexadecimal. */
export function chainName({ committee }: Genesis): string {
  return encodeHex(committee.chainId);
}
