import { Fault, viewOf } from "@rialto/base";
import { type HashFunction, verifyInclusion } from "@rialto/crypto";
import {
  type CertificateStanding,
  checkCertificate,
  type Checkpoint,
  type Commit,
  type Committee,
  computeCommitDigest,
} from "@rialto/consensus";
import {
  decodeEvent,
  eventBytes,
  type EngineEvent,
  EventKind,
  EventOffset,
} from "@rialto/protocol";
import { type ChainTrust, readEpochSteps, walkEpochs } from "../epoch/epoch-chain.ts";
import { commitLeaf, resultLeaf } from "../results.ts";
import type { FillProof, ProofFaultDetail } from "./fill-proof.ts";

/** An event that is a trade: of a taker with an order in the book, or of two orders in an auction. */
export type TradeEvent = Extract<
  EngineEvent,
  { readonly kind: typeof EventKind.Fill | typeof EventKind.Auctioned }
>;

/** What a proof has shown. */
export interface ProvenFill {
  readonly event: TradeEvent;
  readonly frameId: Uint8Array;
  readonly commitIndex: number;
  readonly commitDigest: Uint8Array;
  /** When the commit executed, by the committee's time. */
  readonly tsMs: number;
  readonly checkpoint: Checkpoint;
  /** Who has certified it: the members of the checkpoint's epoch. */
  readonly committee: Committee;
  readonly standing: CertificateStanding;
  /** Author numbers of those who have signed with Ed25519, and with ML-DSA-65. */
  readonly signers: readonly number[];
  readonly quantumSigners: readonly number[];
}

/**
 * Judges a proof by nothing but the genesis: the epochs up to the certificate's, certificate, then results root, commit, events root, event.
 *
 * Effects  pure but for the functions that verify signatures.
 * Errors   PROOF_INVALID, returned.
 * Source   docs/protocol/finality.md §5.
 */
export function verifyFillProof(
  proof: FillProof,
  trust: ChainTrust,
): ProvenFill | Fault<ProofFaultDetail> {
  const { certificate, commit, frameId } = proof;
  const steps = readEpochSteps(trust.genesis.roster, proof.epochs);
  const epochs = steps instanceof Fault ? steps : walkEpochs(steps, trust);
  if (epochs instanceof Fault) return invalid(epochs.message);
  const { committee } = epochs.at(-1)!;
  const standing = checkCertificate(certificate, trust.checksOf(committee));
  if (standing instanceof Fault) return invalid(standing.message);
  const commitDigest = computeCommitDigest(commit, trust.hash);
  const problem =
    findPathProblem(proof, commitDigest, trust.hash) ??
    findOrderProblem(commit, certificate.checkpoint);
  if (problem !== undefined) return invalid(problem);
  const event = findTrade(proof);
  if (typeof event === "string") return invalid(event);
  return {
    event,
    frameId,
    commitIndex: commit.index,
    commitDigest,
    tsMs: commit.tsMs,
    checkpoint: certificate.checkpoint,
    committee,
    standing,
    signers: certificate.signatures.map(({ author }) => author),
    quantumSigners: certificate.quantumSignatures.map(({ author }) => author),
  };
}

function invalid(problem: string): Fault<ProofFaultDetail> {
  const message = `the proof is not valid: ${problem}`;
  return new Fault<ProofFaultDetail>({ code: "PROOF_INVALID", problem }, "error", message);
}

function findPathProblem(
  proof: FillProof,
  commitDigest: Uint8Array,
  hash: HashFunction,
): string | undefined {
  const { certificate, links, commit, eventsRoot, commitPath, eventPath } = proof;
  let { resultsRoot } = certificate.checkpoint;
  for (const { root, path } of links.toReversed()) {
    // Only the first leaf is the checkpoint before: the others are commits.
    if (path.leafIndex !== 0 || !verifyInclusion(resultsRoot, root, path, hash)) {
      return "a results root is not under the next one";
    }
    resultsRoot = root;
  }
  const leaf = commitLeaf({ index: commit.index, digest: commitDigest, eventsRoot });
  if (!verifyInclusion(resultsRoot, leaf, commitPath, hash)) {
    return "the commit is not under the results root";
  }
  const piece = resultLeaf(proof.frameId, proof.piece, proof.events);
  if (!verifyInclusion(eventsRoot, piece, eventPath, hash)) {
    return "the events are not under the commit's events root";
  }
  return undefined;
}

/** Milliseconds that are a time of the calendar of ECMA-262: what tells of them has to write them as one. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** A committee that has signed nonsense is shown up, not believed. */
function findOrderProblem(commit: Commit, checkpoint: Checkpoint): string | undefined {
  if (commit.index > checkpoint.commitIndex) return "the commit is after the checkpoint";
  if (commit.tsMs > checkpoint.tsMs) return "the commit is later than the checkpoint";
  return checkpoint.tsMs > TIME_MS_MAX ? "the checkpoint's time is out of range" : undefined;
}

/** Of FILL and AUCTIONED alike: trade id, both order ids, lots. */
const U64_FIELDS: readonly number[] = [
  EventOffset.fillTradeId,
  EventOffset.fillMakerOrderId,
  EventOffset.fillTakerOrderId,
  EventOffset.fillLots,
];

/** The trade that is claimed. The way to it goes from event to event, so that no middle of one is taken for another. */
function findTrade({ events, eventOffset, market, tradeId }: FillProof): TradeEvent | string {
  let at = 0;
  while (at < eventOffset && at < events.length) {
    const size = events[at + EventOffset.size] ?? 0;
    if (size === 0) return "an event without a size";
    at += size * 8;
  }
  const kind = events[at] as EventKind | undefined;
  if (kind !== EventKind.Fill && kind !== EventKind.Auctioned) return "no fill stands there";
  const isWhole = at === eventOffset && at + eventBytes(kind) <= events.length;
  if (!isWhole) return "no fill begins there";
  const view = viewOf(events);
  // Every number must be one.
  const isSafe = U64_FIELDS.every((field) => view.getUint32(at + field + 4, true) < 0x20_0000);
  if (!isSafe) return "the fill has a number out of range";
  const event = decodeEvent(view, at) as TradeEvent;
  if (event.market === market && event.tradeId === tradeId) return event;
  return "the fill there is another one";
}
