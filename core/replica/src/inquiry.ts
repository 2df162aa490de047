import type { Committee } from "@rialto/consensus";
import type { Outbox } from "./effects.ts";

/** A question to all other members of an epoch, asked again and again of who has not answered. */
export class Inquiry {
  readonly #memberCount: number;
  readonly #self: number;
  readonly #question: Uint8Array;
  /** Who has been asked, and has said nothing since. */
  readonly #awaited = new Set<number>();

  constructor({ weights }: Committee, self: number, question: Uint8Array) {
    this.#memberCount = weights.length;
    this.#self = self;
    this.#question = question;
  }

  /** Asks everybody who has not answered. */
  ask(hasAnswered: (member: number) => boolean, outbox: Outbox): void {
    for (let to = 0; to < this.#memberCount; to++) {
      if (to === this.#self || hasAnswered(to)) continue;
      this.#awaited.add(to);
      outbox.push({ kind: "send", to, message: this.#question });
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
}
