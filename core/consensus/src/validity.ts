import { equalBytes, Fault } from "@rialto/base";
import type { Block, BlockRef, Frame, VerifiedBlock } from "./block.ts";
import {
  type BlockFaultDetail,
  blockSignMessage,
  parseBlock,
  parsePayload,
} from "./block-codec.ts";
import type { Committee } from "./committee.ts";
import { computePayloadRoot, isFrame, openFrame } from "./frame.ts";
import type { HashFunction, VerifyFunction } from "./hash.ts";
import { ROUND_MAX } from "./limits.ts";

// Whether a block is valid is a function of its own bytes and the committee: nothing that a member may or may
// not hold, have pruned or have decided can change the answer. That is why timestamps are not compared with
// those of parents: a parent below the horizon may be absent. Commit times are medians instead (§7).

/** What judging a block needs of the outside. */
export interface BlockChecks {
  readonly committee: Committee;
  readonly hash: HashFunction;
  readonly verify: VerifyFunction;
  /** Of ML-DSA-65. Without it quantum signatures are refused: only a committee that makes none needs none. */
  readonly verifyQuantum?: VerifyFunction;
  /**
   * What is wrong with a frame of a block, if anything is: a function of its bytes that all members have alike. Left out
   * where who makes a block is believed about its frames.
   */
  readonly findFrameProblem?: (frame: Uint8Array) => string | undefined;
  /** True for frames that are judged at the cost of many: a block holds one of them at most. Left out where none are. */
  readonly isSingular?: (frame: Uint8Array) => boolean;
}

/**
 * Turns hostile bytes into a block whose form, signature and payload are right.
 *
 * Effects  pure but for `verify`, and the slow part of admission: hosts may run it on another thread.
 * Errors   BLOCK_MALFORMED, BLOCK_INVALID, returned.
 * Source   docs/protocol/consensus.md §4.
 */
export function verifyBlock(
  bytes: Uint8Array,
  checks: BlockChecks,
): VerifiedBlock | Fault<BlockFaultDetail> {
  const block = parseBlock(bytes, checks.hash);
  if (block instanceof Fault) return block;
  const problem = findBlockProblem(block, checks.committee);
  if (problem !== undefined) return invalid(problem);
  const message = blockSignMessage(block.digest);
  if (!checks.verify(block.author, message, block.signature)) {
    return invalid("its author has not signed it");
  }
  const frames = openPayload(block, checks);
  if (typeof frames === "string") return invalid(frames);
  let frameSignatures = 0;
  for (const { bytes: frame } of frames) {
    // What is judged at the cost of many, every member may have signed.
    frameSignatures += checks.isSingular?.(frame) === true ? checks.committee.weights.length : 1;
    const refusal = checks.findFrameProblem?.(frame);
    if (refusal !== undefined)
      return invalid(`a frame of it is refused: ${refusal}`, frameSignatures);
  }
  return { ...block, frames } as VerifiedBlock;
}

function invalid(problem: string, frameSignatures = 0): Fault<BlockFaultDetail> {
  return new Fault<BlockFaultDetail>({ code: "BLOCK_INVALID", problem, frameSignatures }, "warn");
}

/** The first thing wrong with a block's header, or undefined. */
function findBlockProblem(block: Block, committee: Committee): string | undefined {
  if (!equalBytes(block.chainId, committee.chainId)) return "of another chain";
  if (!equalBytes(block.committeeHash, committee.hash)) return "of another committee";
  if (block.epoch !== committee.epoch) return "of another epoch";
  if (block.author >= committee.weights.length) return "its author is no member";
  if (block.round < 1 || block.round > ROUND_MAX) return "its round is out of range";
  return (
    findReferenceProblem(block, committee) ?? findVoteProblem(block) ?? findEvidenceProblem(block)
  );
}

function findReferenceProblem(block: Block, committee: Committee): string | undefined {
  const { weights, thresholds } = committee;
  if (!isInOrder(block.strong, block.author) || !isInOrder(block.weak, block.author)) {
    return "its references are not in their order";
  }
  const seen = new Uint8Array(weights.length);
  let strongWeight = 0;
  let selfCount = 0;
  for (const ref of [...block.strong, ...block.weak]) {
    if (ref.author >= weights.length) return "a reference's author is no member";
    if (seen[ref.author] === 1) return "two references to one author";
    seen[ref.author] = 1;
    if (ref.author === block.author) selfCount++;
  }
  if (selfCount !== 1) return "no reference to its author's block before";
  for (const ref of block.strong) {
    if (ref.round !== block.round - 1) return "a strong reference to another round";
    strongWeight += weights[ref.author]!;
  }
  if (strongWeight < thresholds.quorum) return "its strong references are no quorum";
  for (const ref of block.weak) {
    const isOwnGenesis = ref.round === 0 && ref.author === block.author;
    if (ref.round >= block.round - 1) return "a weak reference to a round too new";
    if (!isOwnGenesis && ref.round < Math.max(1, block.round - committee.gcDepth)) {
      return "a weak reference to a round too old";
    }
  }
  return findGenesisProblem(block, committee);
}

/** Own first, then ascending: one order for one set of references. */
function isInOrder(refs: readonly BlockRef[], self: number): boolean {
  for (let index = 1; index < refs.length; index++) {
    const before = refs[index - 1]!.author;
    const author = refs[index]!.author;
    if (author === self || (before !== self && author <= before)) return false;
  }
  return true;
}

/** Blocks of round 0 exist by definition: a reference to one must be to that one. */
function findGenesisProblem(block: Block, committee: Committee): string | undefined {
  for (const ref of [...block.strong, ...block.weak]) {
    if (ref.round === 0 && !equalBytes(ref.digest, committee.genesis[ref.author]!)) {
      return "a reference to a block of round 0 that does not exist";
    }
  }
  return undefined;
}

function findVoteProblem(block: Block): string | undefined {
  let before = 0;
  for (const vote of block.commitVotes) {
    if (vote.index <= before) return "its commit votes do not ascend";
    before = vote.index;
  }
  return undefined;
}

function findEvidenceProblem(block: Block): string | undefined {
  const same = block.evidence.some((pair) => equalBytes(pair.first, pair.second));
  return same ? "its evidence names one block twice" : undefined;
}

/** The frames of a block, not judged yet, or what is wrong with them together. */
function openPayload(block: Block, { hash, isSingular }: BlockChecks): readonly Frame[] | string {
  const parts = parsePayload(block.payload, block.frameCount);
  if (parts === undefined) return "its payload is not made of its frames";
  if (!parts.every((part) => isFrame(part))) return "a frame of it is none";
  const isCostly = isSingular !== undefined && parts.filter(isSingular).length > 1;
  if (isCostly) return "it holds two frames of a kind of which one is the most";
  const frames = parts.map((part) => openFrame(part, hash));
  if (new Set(frames.map((frame) => frame.key)).size !== frames.length)
    return "it holds a frame twice";
  const root = computePayloadRoot(frames, hash);
  return equalBytes(root, block.payloadRoot) ? frames : "its payload is not the one it signed";
}
