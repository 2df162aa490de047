import { Fault, type Prng } from "@rialto/base";
import {
  type Block,
  ByteReader,
  checkpointSignMessage,
  type Committee,
  parseBlock,
  readCheckpoint,
  sealBlock,
  type SignFunction,
} from "@rialto/consensus";
import {
  encodeBlockMessage,
  encodeCheckpointVote,
  encodeStatus,
  MessageKind,
} from "@rialto/replica";
import { firstHeader } from "./foreign-messages.ts";
import { sha256 } from "./keys.ts";

/**
 * What a lying member says of epochs: early that one ends, or never; to some another block; that the next has other members;
 * of epochs that are not there, closed with certificates of its own making. What it runs is true; what it says is bent and
 * signed with its own key alone.
 */
export class EpochLies {
  readonly #committee: Committee;
  readonly #author: number;
  readonly #sign: SignFunction;
  readonly #prng: Prng;

  constructor(options: {
    readonly committee: Committee;
    readonly author: number;
    readonly sign: SignFunction;
    readonly prng: Prng;
  }) {
    this.#committee = options.committee;
    this.#author = options.author;
    this.#sign = options.sign;
    this.#prng = options.prng;
  }

  /** What becomes of a message: the same, another, or nothing. */
  bend(to: number, message: Uint8Array): Uint8Array | undefined {
    switch (message[0]) {
      case MessageKind.Block:
        return this.#bendBlock(message, to);
      case MessageKind.CheckpointVote:
        return this.#bendVote(message);
      case MessageKind.Status: {
        const far = this.#prng.below(2_000);
        const epoch = this.#committee.epoch + this.#prng.below(3);
        return encodeStatus(epoch, { quorumRound: far, decidedRound: far, commitIndex: far });
      }
      case MessageKind.EpochClosed: {
        const other = Uint8Array.from(message);
        // Behind kind and epoch: members, or signatures, that the others have not decided on.
        other[5 + this.#prng.below(message.length - 5)]! ^= 1 + this.#prng.below(255);
        return other;
      }
      case undefined:
      default:
        return this.#prng.chance(1, 4) ? undefined : message;
    }
  }

  #bendBlock(message: Uint8Array, to: number): Uint8Array | undefined {
    const block = parseBlock(message.subarray(1), sha256);
    if (block instanceof Fault || block.author !== this.#author) return message;
    switch (this.#prng.below(4)) {
      case 0:
        return undefined;
      case 1:
        return this.#sealed(block, { isEpochClose: !block.isEpochClose });
      case 2:
        // One for those on this side, another for those on that.
        return to % 2 === 0 ? message : this.#sealed(block, { tsMs: block.tsMs + 1 });
      default:
        return this.#sealed(block, { epoch: block.epoch + 1 });
    }
  }

  #sealed(block: Block, change: Partial<Block>): Uint8Array {
    const header = { ...block, ...change };
    return encodeBlockMessage(sealBlock(header, [block.payload], sha256, this.#sign));
  }

  /** Signs that other members follow, or that an epoch ends where it does not. */
  #bendVote(message: Uint8Array): Uint8Array {
    const checkpoint = readCheckpoint(new ByteReader(message, 1));
    const forged = { ...checkpoint, nextRoster: sha256(checkpoint.nextRoster) };
    const signature = this.#sign(checkpointSignMessage(forged));
    return encodeCheckpointVote({ checkpoint: forged, signature, quantumSignature: undefined });
  }

  /** What one that has left says in an epoch in which it has no seat: as if its key were still worth something. */
  haunt(newer: Committee): Uint8Array {
    const author = this.#author % newer.weights.length;
    const header = firstHeader(newer, author);
    return encodeBlockMessage(sealBlock(header, [], sha256, this.#sign));
  }
}
