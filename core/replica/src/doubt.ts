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
  /** The least newest quorum round of each member that has no block of this one, as it has said. */
  readonly #clear = new Map<number, number>();

  constructor(committee: Committee, self: number, nonce: number) {
    this.#committee = committee;
    this.#self = self;
    this.#nonce = nonce;
    this.#inquiry = new Inquiry(committee, self, encodeOwnQuery(committee.epoch, nonce));
  }

  /** Asks everybody whose answer does not count, at this newest quorum round of its own. */
  ask(quorumRound: number, outbox: Outbox): void {
    this.#inquiry.ask((member) => this.#isClear(member, quorumRound), outbox);
  }

  #isClear(member: number, quorumRound: number): boolean {
    const round = this.#clear.get(member);
    // A liar that is far ahead is as good as silent: it counts when this member is there.
    return round !== undefined && round <= quorumRound;
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
    if (nonce !== this.#nonce) return;
    // Each answer is worth the same. Who has said more may have lost that in a crash, and come to it never again without this member.
    this.#clear.set(from, Math.min(quorumRound, this.#clear.get(from) ?? quorumRound));
  }

  /** True where so many have none that one of them would have one, had there been any that this member has not come beyond. */
  isOver(quorumRound: number): boolean {
    const { weights, thresholds } = this.#committee;
    const clear = new AuthorSet(weights);
    clear.add(this.#self);
    for (const member of this.#clear.keys()) {
      if (this.#isClear(member, quorumRound)) clear.add(member);
    }
    return clear.weight >= thresholds.quorum;
  }
}
