import {
  type BlockHeader,
  type Committee,
  NO_DIGEST,
  sealBlock,
  type SignFunction,
} from "@rialto/consensus";
import { encodeBlockMessage, MessageKind } from "@rialto/replica";
import { sha256 } from "./keys.ts";

// Messages that true members have signed, and that nobody here may take: of another time, or in another language.

/** A block of round 1 of each member of an earlier epoch. */
export function oldEpochMessages(
  committee: Committee,
  sign: (author: number) => SignFunction,
): Uint8Array[] {
  return committee.genesis.map((_, author) => {
    const header = firstHeader(committee, author);
    return encodeBlockMessage(sealBlock(header, [], sha256, sign(author)));
  });
}

/** The header of a block of round 1 that is as it should be. */
export function firstHeader(committee: Committee, author: number): BlockHeader {
  const { chainId, hash: committeeHash, epoch, genesis } = committee;
  const others = genesis.map((_, other) => other).filter((other) => other !== author);
  return {
    chainId,
    committeeHash,
    epoch,
    round: 1,
    author,
    tsMs: 1,
    strong: [author, ...others].map((other) => ({
      round: 0,
      author: other,
      digest: genesis[other]!,
    })),
    weak: [],
    payloadRoot: NO_DIGEST,
    payloadBytes: 0,
    frameCount: 0,
    isEpochClose: false,
    commitVotes: [],
    evidence: [],
  };
}

/** The same message as a later version would say it: a block of the next format, any other message a field longer. */
export function inNewerLanguage(message: Uint8Array): Uint8Array {
  if (message[0] !== MessageKind.Block) {
    const longer = new Uint8Array(message.length + 4);
    longer.set(message);
    return longer;
  }
  const newer = Uint8Array.from(message);
  newer[1]!++;
  return newer;
}
