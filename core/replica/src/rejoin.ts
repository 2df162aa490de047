import { AuthorSet, type Committee } from "@rialto/consensus";
import type { Outbox } from "./effects.ts";
import { encodeRejoinQuery } from "./messages.ts";

/**
 * How a member that has forgotten what it signed comes back: it asks the others how far they have come, and signs
 * nothing before a round that no lost block of its own can have reached.
 *
 * A lost block at r had a quorum of parents at r - 1. The quorum of others that answers shares an honest author
 * with them, who durably signed a block of r - 1 or later before its answer. So the greatest answer is at least
 * r - 1, and two more is beyond r.
 *
 * Source   docs/protocol/consensus.md §9.
 */
export class Rejoin {
  readonly #nonce: number;
  readonly #answered: AuthorSet;
  /** Who has been asked, and has said nothing since. */
  readonly #awaited = new Set<number>();
  readonly #committee: Committee;
  #greatest = 0;

  constructor(committee: Committee, nonce: number) {
    this.#committee = committee;
    this.#nonce = nonce;
    this.#answered = new AuthorSet(committee.weights);
  }

  /** Asks everybody who has not answered. */
  ask(self: number, outbox: Outbox): void {
    for (let to = 0; to < this.#committee.weights.length; to++) {
      if (to === self || this.#answered.has(to)) continue;
      this.#awaited.add(to);
      outbox.push({
        kind: "send",
        to,
        message: encodeRejoinQuery(this.#committee.epoch, this.#nonce),
      });
    }
  }

  /** True where a member has been asked and has not answered since: what it says is worth the signatures of a block. */
  awaits(member: number): boolean {
    return this.#awaited.has(member);
  }

  /** A member has answered, whatever it is worth. */
  noteHeard(from: number): void {
    this.#awaited.delete(from);
  }

  /** Notes an answer. `round` is that of the sender's newest own block, which came with it. */
  note(from: number, nonce: number, round: number): void {
    // An answer to an earlier start may be older than what was signed since.
    if (nonce !== this.#nonce) return;
    this.#answered.add(from);
    this.#greatest = Math.max(this.#greatest, round);
  }

  /** The last round that must not be signed, once a quorum of others has answered. */
  get lastForbidden(): number | undefined {
    const isEnough = this.#answered.weight >= this.#committee.thresholds.quorum;
    return isEnough ? this.#greatest + 1 : undefined;
  }
}
