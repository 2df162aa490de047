import { AuthorSet, type Committee } from "@rialto/consensus";
import type { Outbox } from "./effects.ts";
import { Inquiry } from "./inquiry.ts";
import { encodeOwnQuery } from "./messages.ts";

/**
 * How a member begins whose guard says that nothing was ever signed: the guard may be that of the key ceremony, put back. It asks
 * the others for blocks of its own, and signs nothing before a quorum, itself counted, has none.
 *
 * Source   docs/protocol/consensus.md §9, docs/decisions/020-unused-guards.md.
 */
export class Doubt {
  readonly #committee: Committee;
  readonly #self: number;
  readonly #nonce: number;
  readonly #inquiry: Inquiry;
  /** The newest quorum round of each member that has no block of this one, as it has said. */
  readonly #clear = new Map<number, number>();

  constructor(committee: Committee, self: number, nonce: number) {
    this.#committee = committee;
    this.#self = self;
    this.#nonce = nonce;
    this.#inquiry = new Inquiry(committee, self, encodeOwnQuery(committee.epoch, nonce));
  }

  ask(outbox: Outbox): void {
    this.#inquiry.ask((member) => this.#clear.has(member), outbox);
  }

  awaits(member: number): boolean {
    return this.#inquiry.awaits(member);
  }

  noteHeard(from: number): void {
    this.#inquiry.noteHeard(from);
  }

  /** Notes that a member has no block of this one. */
  note(from: number, nonce: number, quorumRound: number): void {
    // What was answered at an earlier start says nothing of what was signed since.
    if (nonce === this.#nonce) this.#clear.set(from, quorumRound);
  }

  /** True where so many have none that one of them would have one, had there been any that this member has not come beyond. */
  isOver(quorumRound: number): boolean {
    const { weights, thresholds } = this.#committee;
    const clear = new AuthorSet(weights);
    clear.add(this.#self);
    // A liar that is far ahead is as good as silent: it counts when this member is there.
    for (const [member, round] of this.#clear) if (round <= quorumRound) clear.add(member);
    return clear.weight >= thresholds.quorum;
  }
}
