import { type Block, NO_DIGEST, sealBlock, SIGNATURE_BYTES } from "@rialto/consensus";
import { sha256 } from "../sha256.ts";

/** A block without parents or content, signed by nobody: for what looks at places only. */
export function smallBlock(round: number, author: number): Block {
  const header = {
    chainId: NO_DIGEST,
    committeeHash: NO_DIGEST,
    epoch: 1,
    round,
    author,
    tsMs: round,
    strong: [],
    weak: [],
    payloadRoot: NO_DIGEST,
    payloadBytes: 0,
    frameCount: 0,
    isEpochClose: false,
    commitVotes: [],
    evidence: [],
  };
  return sealBlock(header, [], sha256, () => new Uint8Array(SIGNATURE_BYTES));
}
