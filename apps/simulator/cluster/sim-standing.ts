import { type GuardMark, MessageKind, peekBlockRecord } from "@rialto/replica";
import { isFloor } from "@rialto/signing";
import type { SimKeyRing } from "./sim-key-ring.ts";

/** What a process has let out and what it has forgotten, through all its lives: by it the checker tells what is promised for it. */
export class SimStanding {
  readonly #keys: SimKeyRing;
  readonly #sent = new Map<number, number>();
  /** The newest epoch that it has come to, as its disk had it. */
  #reachedEpoch = 0;
  /** Something on its disk is lost, and it has signed nothing since. */
  hasForgotten = false;
  /** Its disk was set back: it may sign twice and not know. */
  isMisled = false;
  /** It was started with another first epoch than the others'. */
  isMismatched = false;

  constructor(keys: SimKeyRing) {
    this.#keys = keys;
  }

  /** Highest round of an own block of an epoch that has left this member; 0 without one. */
  sentIn(epoch: number): number {
    return this.#sent.get(epoch) ?? 0;
  }

  /** The newest epoch in which it has signed anything, sent or not, as far as that is known outside of its memory. */
  get lastEpoch(): number {
    return Math.max(this.#keys.lastMarkedEpoch, ...this.#sent.keys());
  }

  get reachedEpoch(): number {
    return this.#reachedEpoch;
  }

  noteReached(epoch: number): void {
    this.#reachedEpoch = Math.max(this.#reachedEpoch, epoch);
  }

  noteSent(message: Uint8Array): void {
    if (message[0] !== MessageKind.Block) return;
    const { epoch, round, author } = peekBlockRecord(message);
    if (this.#keys.signerIn(epoch)?.author !== author) return;
    this.#sent.set(epoch, Math.max(this.sentIn(epoch), round));
  }

  /** A mark is durable. That of a rejoining member names no block. */
  noteGuarded(mark: GuardMark): void {
    if (!isFloor(mark) && mark.epoch >= this.lastEpoch) this.hasForgotten = false;
  }
}
