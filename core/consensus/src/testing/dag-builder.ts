import type { BlockHeader, BlockRef, VerifiedBlock } from "../block.ts";
import { computeBlockDigest, encodeHeader } from "../block-codec.ts";
import type { Committee } from "../committee.ts";
import { NO_DIGEST, SIGNATURE_BYTES } from "../hash.ts";
import { testHash } from "./test-hash.ts";

export interface BlockSketch {
  readonly author: number;
  readonly round: number;
  /** Blocks of the round before; the author's own among them if it has one there. */
  readonly strong: readonly BlockRef[];
  readonly weak?: readonly BlockRef[];
  readonly tsMs?: number;
  /** Tells twins apart. */
  readonly twin?: number;
}

/** Makes blocks without signatures or payload, in any shape: for tests of what follows admission. */
export function sketchBlock(committee: Committee, sketch: BlockSketch): VerifiedBlock {
  const { author, round } = sketch;
  const ownFirst = (a: BlockRef, b: BlockRef): number =>
    Number(b.author === author) - Number(a.author === author) || a.author - b.author;
  const header: BlockHeader = {
    chainId: committee.chainId,
    committeeHash: committee.hash,
    epoch: committee.epoch,
    round,
    author,
    tsMs: sketch.tsMs ?? round * 100 + author,
    strong: [...sketch.strong].sort(ownFirst),
    weak: [...(sketch.weak ?? [])].sort(ownFirst),
    payloadRoot: NO_DIGEST,
    payloadBytes: 0,
    frameCount: 0,
    isEpochClose: sketch.twin !== undefined && sketch.twin % 2 === 1,
    commitVotes: sketch.twin === undefined ? [] : [{ index: sketch.twin + 1, digest: NO_DIGEST }],
    evidence: [],
  };
  const headerBytes = encodeHeader(header);
  const block = {
    ...header,
    digest: computeBlockDigest(headerBytes, testHash),
    signature: new Uint8Array(SIGNATURE_BYTES),
    payload: new Uint8Array(0),
    bytes: headerBytes,
    frames: [],
  };
  return block as unknown as VerifiedBlock;
}

/** References to the blocks of round 0. */
export function genesisRefs(committee: Committee): BlockRef[] {
  return committee.genesis.map((digest, author) => ({ round: 0, author, digest }));
}

/** `refs` without those by any of `authors`. */
export function without(refs: readonly BlockRef[], ...authors: readonly number[]): BlockRef[] {
  return refs.filter((ref) => !authors.includes(ref.author));
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, each) => each);
