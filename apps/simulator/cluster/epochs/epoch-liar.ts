import { Fault, type Prng } from "@rialto/base";
import {
  type Block,
  checkpointSignMessage,
  ByteReader,
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
  peekEpoch,
} from "@rialto/replica";
import { sha256 } from "../keys.ts";
import type { EpochKeys } from "./epoch-keys.ts";
import type { EpochProcess } from "./epoch-process.ts";

/**
 * A member that lies about epochs: it says early that one ends, or never; shows some another block; signs that the next has
 * other members; tells of epochs that are not there, and closes them with certificates of its own making. What it runs is
 * true; what it says is bent and signed with its own keys alone.
 */
export class EpochLiar {
  readonly #keys: EpochKeys;
  readonly #prng: Prng;

  constructor(keys: EpochKeys, prng: Prng) {
    this.#keys = keys;
    this.#prng = prng;
  }

  /** What becomes of a message: the same, another, or nothing. */
  bend(process: EpochProcess, to: number, message: Uint8Array): Uint8Array | undefined {
    const sign = this.#signOf(process, peekEpoch(message));
    if (sign === undefined || this.#prng.chance(1, 3)) return message;
    switch (message[0]) {
      case MessageKind.Block:
        return this.#bendBlock(message, to, sign);
      case MessageKind.CheckpointVote:
        return this.#bendVote(message, sign);
      case MessageKind.Status: {
        const far = this.#prng.below(2_000);
        const epoch = (peekEpoch(message) ?? 0) + this.#prng.below(3);
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

  /** Only of the epoch that the process is in: for others it may not have a key any more. */
  #signOf(
    { chain, number, held }: EpochProcess,
    epoch: number | undefined,
  ): SignFunction | undefined {
    if (chain === undefined || chain.epoch.committee.epoch !== epoch) return undefined;
    return this.#keys.seatOf(chain.epoch, number, held)?.sign;
  }

  #bendBlock(message: Uint8Array, to: number, sign: SignFunction): Uint8Array | undefined {
    const block = parseBlock(message.subarray(1), sha256);
    if (block instanceof Fault) return message;
    switch (this.#prng.below(4)) {
      case 0:
        return undefined;
      case 1:
        return this.#sealed(block, { isEpochClose: !block.isEpochClose }, sign);
      case 2:
        // One for those on this side, another for those on that.
        return to % 2 === 0 ? message : this.#sealed(block, { tsMs: block.tsMs + 1 }, sign);
      default:
        return this.#sealed(block, { epoch: block.epoch + 1 }, sign);
    }
  }

  #sealed(block: Block, change: Partial<Block>, sign: SignFunction): Uint8Array {
    return encodeBlockMessage(sealBlock({ ...block, ...change }, block.payload, sha256, sign));
  }

  #bendVote(message: Uint8Array, sign: SignFunction): Uint8Array {
    const checkpoint = readCheckpoint(new ByteReader(message, 1));
    const forged = { ...checkpoint, nextRoster: sha256(checkpoint.nextRoster) };
    const signature = sign(checkpointSignMessage(forged));
    return encodeCheckpointVote({ checkpoint: forged, signature, quantumSignature: undefined });
  }
}
