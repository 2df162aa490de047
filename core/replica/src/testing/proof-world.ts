import { fail, Fault } from "@rialto/base";
import { computeMerkleRoot } from "@rialto/crypto";
import {
  type Certificate,
  type Checkpoint,
  checkpointSignMessage,
  type Commit,
  type Committee,
  computeCommitDigest,
  createCommittee,
  type HashFunction,
  NO_DIGEST,
  Profile,
  type Roster,
} from "@rialto/consensus";
import {
  CancelReason,
  encodeEvent,
  type EngineEvent,
  eventBytes,
  EventKind,
  type MarketIndex,
  type OrderId,
  Side,
} from "@rialto/protocol";
import { generateKeyPairSync, hash, type KeyObject, sign, verify } from "node:crypto";
import type { ChainTrust } from "../epoch/epoch-chain.ts";
import type { CheckpointRecord, CommitRecord } from "../proof/checkpoint-record.ts";
import { ResultsChain, resultLeaves, splitEvents } from "../results.ts";

// A committee with real keys, and a few checkpoints full of trades: what proofs are made of.

export const sha256: HashFunction = (bytes) => hash("sha256", bytes, "buffer");

interface Keys {
  readonly ed25519: KeyObject;
  readonly mlDsa: KeyObject;
  readonly committee: { readonly publicKey: Uint8Array; readonly quantumKey: Uint8Array };
}

function makeKeys(): Keys {
  const ed25519 = generateKeyPairSync("ed25519");
  const mlDsa = generateKeyPairSync("ml-dsa-65");
  const raw = (key: KeyObject): Uint8Array =>
    new Uint8Array(key.export({ format: "raw-public" } as never) as unknown as Buffer);
  return {
    ed25519: ed25519.privateKey,
    mlDsa: mlDsa.privateKey,
    committee: { publicKey: raw(ed25519.publicKey), quantumKey: raw(mlDsa.publicKey) },
  };
}

export interface ProofWorld {
  readonly committee: Committee;
  readonly trust: ChainTrust;
  readonly records: readonly CheckpointRecord[];
  /** The certificate of the checkpoint after record `at`, signed by `signers`. */
  certify(
    at: number,
    signers: readonly number[],
    change?: (checkpoint: Checkpoint) => Checkpoint,
  ): Certificate;
}

export function createProofWorld(profile: Profile, weights: readonly number[]): ProofWorld {
  const keys = weights.map(() => makeKeys());
  const committee = createCommittee(
    {
      chainId: sha256(Uint8Array.of(1)),
      epoch: 0,
      profile,
      members: weights.map((weight, author) => ({ ...keys[author]!.committee, weight })),
      gcDepth: 64,
      leadersPerRound: 1,
      epochSeed: NO_DIGEST,
    },
    sha256,
  );
  if (committee instanceof Fault) fail(committee.message);
  const records = makeRecords();
  const certify: ProofWorld["certify"] = (at, signers, change = (each) => each) => {
    const { commits, resultsRoot } = records[at]!;
    const { commit, digest } = commits.at(-1)!;
    const checkpoint = change({
      chainId: committee.chainId,
      epoch: committee.epoch,
      committeeHash: committee.hash,
      profile: committee.profile,
      commitIndex: commit.index,
      commitDigest: digest,
      resultsRoot,
      stateRoot: sha256(Uint8Array.of(9, at)),
      tsMs: commit.tsMs,
      nextRoster: NO_DIGEST,
    });
    const message = checkpointSignMessage(checkpoint);
    const signWith = (name: "ed25519" | "mlDsa") =>
      signers.map((author) => ({
        author,
        signature: new Uint8Array(sign(null, message, keys[author]![name])),
      }));
    return { checkpoint, signatures: signWith("ed25519"), quantumSignatures: signWith("mlDsa") };
  };
  const verifyWith =
    (name: "ed25519" | "mlDsa") => (author: number, message: Uint8Array, signature: Uint8Array) =>
      verify(null, message, keys[author]![name], signature);
  const checks = { verify: verifyWith("ed25519"), verifyQuantum: verifyWith("mlDsa") };
  const { members, chainId, epoch, gcDepth, leadersPerRound } = committee;
  const roster: Roster = {
    chainId,
    epoch,
    profile,
    gcDepth,
    leadersPerRound,
    voteThresholdPpm: 1_000_000,
    members: members.map((each, author) => ({
      ...each,
      linkKey: sha256(each.publicKey),
      address: `tcp://127.0.0.1:${5_000 + author}`,
    })),
  };
  const trust: ChainTrust = {
    genesis: { committee, roster },
    hash: sha256,
    checksOf: (each) => ({ committee: each, ...checks }),
  };
  return { committee, trust, records, certify };
}

const CHECKPOINTS = 4;
const COMMITS_PER_CHECKPOINT = 3;
const FRAMES_PER_COMMIT = 3;
/** In the last frame of each commit so many that its events are several pieces. */
const FILLS_LONG = 150;

/** Trades of market 0 and 1 in turn, numbered from 1 in each. */
function makeRecords(): CheckpointRecord[] {
  const chain = new ResultsChain(sha256);
  const nextTrade = [1, 1];
  let previous = NO_DIGEST;
  let previousRoot = NO_DIGEST;
  let index = 0;
  return Array.from({ length: CHECKPOINTS }, () => {
    const commits = Array.from({ length: COMMITS_PER_CHECKPOINT }, (): CommitRecord => {
      index++;
      const commit = commitOf(index, previous);
      const digest = computeCommitDigest(commit, sha256);
      previous = digest;
      const leaves = Array.from({ length: FRAMES_PER_COMMIT }, (_, frame) => {
        const frameId = sha256(Uint8Array.of(3, index, frame));
        const fills = frame === FRAMES_PER_COMMIT - 1 ? FILLS_LONG : frame;
        return resultLeaves(frameId, splitEvents(encodeFills(index, fills, nextTrade)));
      }).flat();
      const eventsRoot = computeMerkleRoot(leaves, sha256);
      chain.add({ index, digest, eventsRoot });
      return { commit, digest, eventsRoot, leaves };
    });
    const record = { resultsRoot: chain.close(), previousRoot, commits };
    previousRoot = record.resultsRoot;
    return record;
  });
}

function commitOf(index: number, previous: Uint8Array): Commit {
  const leader = { round: index, author: 0, digest: sha256(Uint8Array.of(2, index)) };
  const tsMs = 1_700_000_000_000 + index;
  return { index, previous, leader, tsMs, gcRound: 0, framesRoot: leader.digest, refs: [leader] };
}

/** An ACCEPTED, fills of both markets, an uncrossing's trade among them, and a CANCELED. */
function encodeFills(command: number, count: number, nextTrade: number[]): Uint8Array {
  const orderId = (command * 1_000) as OrderId;
  const { Accepted, Fill, Auctioned, Canceled } = EventKind;
  const events: EngineEvent[] = [
    { kind: Accepted, command, orderId, restingLots: 0, waits: false },
  ];
  for (let fill = 0; fill < count; fill++) {
    const market = (fill % 2) as MarketIndex;
    const common = {
      command,
      market,
      priceTicks: 100 + fill,
      tradeId: nextTrade[market]!++,
      lots: 7,
    };
    const makerOrderId = (fill + 1) as OrderId;
    if (fill % 5 === 4) {
      const sides = { buyOrderId: orderId, sellOrderId: makerOrderId };
      const fees = { buyFeeQuanta: 1n, sellFeeQuanta: 2n };
      events.push({
        kind: Auctioned,
        ...common,
        ...sides,
        ...fees,
        buyDone: true,
        sellDone: false,
      });
      continue;
    }
    const parties = { takerSide: Side.Buy, makerDone: false, makerOrderId, takerOrderId: orderId };
    const fees = { makerRebate: false, makerFeeQuanta: 1n, takerFeeQuanta: 2n };
    events.push({ kind: Fill, ...common, ...parties, ...fees });
  }
  events.push({ kind: Canceled, command, reason: CancelReason.Immediate, orderId, remaining: 3n });
  const bytes = new Uint8Array(events.reduce((sum, { kind }) => sum + eventBytes(kind), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const event of events) at = encodeEvent(view, at, event);
  return bytes;
}
