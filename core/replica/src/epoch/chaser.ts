import type { Outbox } from "../effects.ts";
import {
  encodeEpochQuery,
  encodeFetchRounds,
  FETCH_ROUNDS_MAX,
  type MemberStatus,
} from "../messages.ts";

/** Where a member stands in its epoch. */
export interface OwnPlace extends MemberStatus {
  readonly epoch: number;
  /** The newest that it knows of. */
  readonly newest: number;
  /** True where blocks are of no use: only the certificate that closes the epoch is missing, or a snapshot is waited for. */
  readonly isOver: boolean;
}

/**
 * Brings a member that is in an epoch which others have left to the end of it: asks them, one after the other, for whole
 * rounds, and for what has closed the newest epoch that it knows of, until it knows the one that they are in. They need not
 * be members of its epoch, nor it.
 */
export class Chaser {
  readonly #timeoutMs: number;
  /** The newest epoch that each peer has spoken of, by peer. */
  readonly #epochs = new Map<number, number>();
  #untilMs = -Infinity;
  #target = 0;
  #newest = 0;
  #count = 0;
  /** Each kind of question goes round by itself, for else one of those ahead may never be asked the one. */
  readonly #turns = { newest: 0, undecided: 0 };

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Whatever a peer says of an epoch is a hint whom to ask, and nothing more. */
  note(peer: number, epoch: number): void {
    if ((this.#epochs.get(peer) ?? 0) < epoch) this.#epochs.set(peer, epoch);
  }

  /** An epoch has begun. */
  restart(): void {
    this.#untilMs = -Infinity;
    this.#target = 0;
  }

  /** Asks, where it is due. Returns when to look again. */
  poll(nowMs: number, own: OwnPlace, outbox: Outbox): number {
    const ahead = [...this.#epochs].filter(([, epoch]) => epoch > own.epoch);
    if (ahead.length === 0) return Infinity;
    const isDone = !own.isOver && own.quorumRound >= this.#target;
    if (nowMs < this.#untilMs && !isDone && own.newest === this.#newest) return this.#untilMs;
    // As in the synchroniser: what decides the first undecided round may be something that nobody refers to.
    const kind = this.#count++ % 3 === 2 ? "undecided" : "newest";
    const [to, epoch] = ahead[this.#turns[kind]++ % ahead.length]!;
    if (epoch > own.newest) {
      outbox.push({ kind: "send", to, message: encodeEpochQuery(own.newest) });
    }
    if (!own.isOver) {
      const fromRound =
        kind === "undecided" ? own.decidedRound + 1 : Math.max(1, own.quorumRound - 1);
      const message = encodeFetchRounds(own.epoch, fromRound, FETCH_ROUNDS_MAX);
      outbox.push({ kind: "send", to, message });
    }
    this.#newest = own.newest;
    this.#target = own.quorumRound + FETCH_ROUNDS_MAX / 2;
    this.#untilMs = nowMs + this.#timeoutMs;
    return this.#untilMs;
  }
}
