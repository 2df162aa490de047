import { AuthorSet, type Committee } from "@rialto/consensus";
import type { Outbox } from "./effects.ts";
import { Inquiry } from "./inquiry.ts";
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
  readonly #inquiry: Inquiry;
  readonly #committee: Committee;
  #greatest = 0;

  constructor(committee: Committee, self: number, nonce: number) {
    this.#committee = committee;
    this.#nonce = nonce;
    this.#inquiry = new Inquiry(committee, self, encodeRejoinQuery(committee.epoch, nonce));
    this.#answered = new AuthorSet(committee.weights);
  }

  ask(outbox: Outbox): void {
    this.#inquiry.ask((member) => this.#answered.has(member), outbox);
  }

  awaits(member: number): boolean {
    return this.#inquiry.awaits(member);
  }

  noteHeard(from: number): void {
    this.#inquiry.noteHeard(from);
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
