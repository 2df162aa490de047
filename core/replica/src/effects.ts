import type {
  BrokenAssumption,
  Certificate,
  Committee,
  CommittedBatch,
  Evidence,
  Roster,
  VerifiedBlock,
} from "@rialto/consensus";

/** Why a replica stops for good. Nothing it holds is lost, but it takes no further part. */
export type HaltReason =
  | { readonly code: "ASSUMPTION_BROKEN"; readonly broken: BrokenAssumption }
  | { readonly code: "CRASH_PROFILE_LIE"; readonly evidence: Evidence }
  | {
      readonly code: "STATE_DIVERGED" | "COMMIT_DIVERGED";
      readonly commitIndex: number;
      readonly own: Uint8Array;
      readonly theirs: Uint8Array;
      readonly authors: readonly number[];
    };

/** No own block of `round` or before, but the one with this digest, may be signed in `epoch`. */
export interface GuardMark {
  readonly epoch: number;
  readonly round: number;
  /** Zeros where nothing was signed and the mark is a floor: what follows a rejoin, or, of round 0, ends a doubt. */
  readonly digest: Uint8Array;
}

/** An epoch, and what closed the one before. */
export interface BegunEpoch {
  readonly committee: Committee;
  readonly roster: Roster;
  /** Closes the epoch before; undefined for the first. */
  readonly certificate: Certificate | undefined;
  /** Numbers of its members among all that ever were, by author: what messages are sent to. */
  readonly peers: readonly number[];
  /** Author number of this member; undefined where it is none. */
  readonly self: number | undefined;
}

/** What a step asks of the host, to be performed in order. */
export type Effect =
  /** Add to the journal. Durable only after the next `flush`. */
  | { readonly kind: "append"; readonly record: Uint8Array }
  /** Everything appended before must be on disk before anything that follows is done. */
  | { readonly kind: "flush" }
  /** Write the signing guard, durably, before anything that follows is done. */
  | { readonly kind: "guard"; readonly mark: GuardMark }
  | { readonly kind: "send"; readonly to: number; readonly message: Uint8Array }
  /** To be executed now, by `Replica.execute`: whoever asks the executor sees nothing that is not durable. */
  | { readonly kind: "commit"; readonly batch: CommittedBatch }
  | { readonly kind: "certificate"; readonly certificate: Certificate }
  | { readonly kind: "evidence"; readonly evidence: Evidence }
  /** An epoch has begun. What is sent from here on goes to its members. */
  | { readonly kind: "epoch"; readonly begun: BegunEpoch }
  /** The members of a later epoch are known, before this member is in it: they can be asked, too. */
  | { readonly kind: "ahead"; readonly roster: Roster }
  | { readonly kind: "halt"; readonly reason: HaltReason }
  /** The guard says that nothing was ever signed, and here is an own block: somebody has put an old guard back. */
  | { readonly kind: "forgotten"; readonly shown: VerifiedBlock }
  /** Call again with a tick at this time, or earlier. */
  | { readonly kind: "wake"; readonly atMs: number };

/**
 * Collects the effects of a step and puts them into the order that safety needs: journal, flush, guard, and only
 * then what others may see. What is not promised to anybody needs no flush of its own.
 *
 * What others wait for goes out before commits are executed, on which no message of the same step rests: while this member
 * executes, the others make the next round.
 */
export class Outbox {
  readonly #records: Uint8Array[] = [];
  /** What comes before the epoch that began in this step, and that. */
  readonly #before: Effect[] = [];
  readonly #sends: Effect[] = [];
  readonly #after: Effect[] = [];
  /** The newest of each epoch: with keys that change, each epoch's may be kept by a guard of its own. */
  #marks: GuardMark[] = [];
  #needsFlush = false;
  #wakeMs = Infinity;
  /** Peers by author, where these are not the same: whoever pushes speaks of authors of an epoch. */
  routes: readonly number[] | undefined;

  append(record: Uint8Array): void {
    this.#records.push(record);
  }

  /** What follows may leave this machine only when all that was appended is durable. */
  requireFlush(): void {
    this.#needsFlush = true;
  }

  /** True while something is to be flushed that was asked for since the last `take`. */
  get needsFlush(): boolean {
    return this.#needsFlush;
  }

  /** True while an own block, which all others may wait for, has yet to be written and sent. */
  get hasOwnBlock(): boolean {
    return this.#marks.length > 0;
  }

  /** True while the end of a doubt has yet to be written: an own block comes after it. */
  get endsDoubt(): boolean {
    return this.#marks.some(({ round }) => round === 0);
  }

  guard(mark: GuardMark): void {
    this.#marks = [...this.#marks.filter(({ epoch }) => epoch !== mark.epoch), mark];
    this.#needsFlush = true;
  }

  push(effect: Exclude<Effect, { kind: "append" | "flush" | "guard" | "wake" }>): void {
    if (effect.kind === "send") {
      const to = this.routes === undefined ? effect.to : this.routes[effect.to]!;
      this.#sends.push({ ...effect, to });
    } else if (effect.kind === "epoch") {
      // What is sent from here on goes to others.
      this.#before.push(...this.#sends.splice(0), ...this.#after.splice(0), effect);
    } else this.#after.push(effect);
  }

  /** Sends a message to all `members` of the epoch but `self`. */
  broadcast(message: Uint8Array, members: number, self: number): void {
    for (let to = 0; to < members; to++) {
      if (to !== self) this.push({ kind: "send", to, message });
    }
  }

  wake(atMs: number): void {
    this.#wakeMs = Math.min(this.#wakeMs, atMs);
  }

  /** The earliest time that is wanted by now; Infinity for none. */
  get wakeMs(): number {
    return this.#wakeMs;
  }

  /** The effects of the step in the order to perform them; the outbox is empty again. */
  take(): Effect[] {
    const effects: Effect[] = [];
    for (const record of this.#records) effects.push({ kind: "append", record });
    if (this.#needsFlush) effects.push({ kind: "flush" });
    for (const mark of this.#marks) effects.push({ kind: "guard", mark });
    for (const part of [this.#before, this.#sends, this.#after]) {
      for (const effect of part) effects.push(effect);
      part.length = 0;
    }
    this.#records.length = 0;
    this.#marks.length = 0;
    if (this.#wakeMs < Infinity) effects.push({ kind: "wake", atMs: this.#wakeMs });
    this.#needsFlush = false;
    this.#wakeMs = Infinity;
    return effects;
  }
}
