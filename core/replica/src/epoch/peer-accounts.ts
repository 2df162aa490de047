import { ConductBook, type ConductLimits } from "../conduct.ts";
import { faultCost, isMalformed, type MessageFaultDetail } from "../messages.ts";
import type { SteadyClock } from "../steady-clock.ts";
import { authorOf, type Stage } from "./stage.ts";

/**
 * What each peer may cost. Members of the present epoch are its replica's affair; for all others, who join and have to ask, or have
 * left and may not know it yet, there are accounts here.
 */
export class PeerAccounts {
  readonly #clock: SteadyClock;
  readonly #limits: ConductLimits | undefined;
  readonly #present: () => Stage;
  #others: ConductBook;

  constructor(options: {
    readonly clock: SteadyClock;
    readonly limits: ConductLimits | undefined;
    readonly present: () => Stage;
    readonly peerCount: number;
  }) {
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#present = options.present;
    this.#others = new ConductBook(options.peerCount, options.limits);
  }

  /** Begins anew with those who are no members, as their number or the epoch has changed. */
  reopen(peerCount: number): void {
    this.#others = new ConductBook(peerCount, this.#limits);
  }

  /** Whether the next message of a peer is worth reading. */
  mayRead(peer: number, nowMs: number): boolean {
    const stage = this.#present();
    const author = authorOf(stage, peer);
    if (author === undefined) return this.#others.mayRead(peer, this.#clock.read(nowMs));
    return stage.replica.mayRead(author, nowMs);
  }

  noteFault(peer: number, fault: MessageFaultDetail): void {
    const stage = this.#present();
    const author = authorOf(stage, peer);
    if (author !== undefined) return stage.replica.noteFault(author, fault);
    this.#others.noteFault(peer, isMalformed(fault), faultCost(fault));
  }

  noteRepeat(peer: number, cost: number, nowMs: number): boolean {
    const stage = this.#present();
    const author = authorOf(stage, peer);
    if (author !== undefined) return stage.replica.noteRepeat(author, cost, nowMs);
    return this.#others.noteRepeat(peer, cost, this.#clock.read(nowMs));
  }

  /** Takes an answer of so many bytes off what a peer may have. Returns false where that is used up. */
  charge(peer: number, bytes: number, nowMs: number): boolean {
    const stage = this.#present();
    const author = authorOf(stage, peer);
    if (author === undefined) return this.#others.noteAnswer(peer, bytes, this.#clock.read(nowMs));
    return stage.replica.chargeAnswer(author, bytes, nowMs);
  }

  mayAnswer(peer: number, bytes: number, nowMs: number): boolean {
    const stage = this.#present();
    const author = authorOf(stage, peer);
    if (author === undefined) return this.#others.mayAnswer(peer, bytes, this.#clock.read(nowMs));
    return stage.replica.mayAnswer(author, bytes, nowMs);
  }
}
