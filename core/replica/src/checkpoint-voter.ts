import { equalBytes } from "@rialto/base";
import {
  type Certificate,
  type Checkpoint,
  checkpointSignMessage,
  encodeCheckpoint,
  isClosing,
  NO_DIGEST,
  type Roster,
  rosterDigest,
} from "@rialto/consensus";
import type { CheckpointBook, CheckpointOutcome } from "./checkpoint-book.ts";
import type { HaltReason, Outbox } from "./effects.ts";
import { type CheckpointVote, encodeCheckpointVote } from "./messages.ts";
import { OBSERVER, type ReplicaOptions } from "./replica-options.ts";
import type { OrderState } from "./snapshot/order-state.ts";

/** Where a checkpoint stands, and what it says. */
type CheckpointState = Pick<OrderState, "at" | "resultsRoot" | "stateRoot">;

type VoterOptions = Pick<ReplicaOptions, "committee" | "self" | "hash" | "sign" | "signQuantum">;

/**
 * Signs the checkpoints that this member comes to, and follows up on what its votes and those of the others amount to.
 *
 * Source   docs/protocol/finality.md.
 */
export class CheckpointVoter {
  readonly #options: VoterOptions;
  readonly #book: CheckpointBook;
  /** The epoch's last commit, once it is decided, and whom the next epoch has. */
  #last: { readonly index: number; readonly next: Roster } | undefined;
  #closed: Certificate | undefined;

  constructor(options: VoterOptions, book: CheckpointBook) {
    this.#options = options;
    this.#book = book;
  }

  /** What closes the epoch, once a quorum has signed it. */
  get closed(): Certificate | undefined {
    return this.#closed;
  }

  /** The commit with this index is the epoch's last: its checkpoint says who is in the next. */
  noteLast(index: number, next: Roster): void {
    this.#last = { index, next };
  }

  /** What is signed of the state after a commit. Pure. */
  checkpointOf({ at, resultsRoot, stateRoot }: CheckpointState): Checkpoint {
    const { committee, hash } = this.#options;
    const isClose = at.index === this.#last?.index;
    return {
      chainId: committee.chainId,
      epoch: committee.epoch,
      committeeHash: committee.hash,
      profile: committee.profile,
      commitIndex: at.index,
      commitDigest: at.digest,
      resultsRoot,
      stateRoot,
      tsMs: at.tsMs,
      nextRoster: isClose ? rosterDigest(this.#last!.next, hash) : NO_DIGEST,
    };
  }

  /** Stands by what it signed of a snapshot's state before it began again: others may not have it yet. */
  resume(state: CheckpointState): void {
    this.#book.note(this.#sign(state, true), true);
  }

  /**
   * Votes for the state after a commit, with ML-DSA-65 too where `isQuantum`.
   *
   * Returns  why to halt, if the others have come to another one.
   */
  vote(state: CheckpointState, isQuantum: boolean, outbox: Outbox): HaltReason | undefined {
    if (this.#options.self === OBSERVER) {
      this.#book.observe(this.checkpointOf(state));
      return undefined;
    }
    const vote = this.#sign(state, isQuantum);
    const { committee, self } = this.#options;
    outbox.broadcast(encodeCheckpointVote(vote), committee.weights.length, self);
    return this.#settle(this.#book.note(vote, true), outbox);
  }

  /** Takes the vote of another member. Returns why to halt, as `vote` does. */
  note(vote: CheckpointVote, outbox: Outbox): HaltReason | undefined {
    return this.#settle(this.#book.note(vote, false), outbox);
  }

  /** Takes a certificate that has been checked as what closes the epoch. Returns why to halt, as `vote` does. */
  close(certificate: Certificate): HaltReason | undefined {
    const own = this.#book.closing;
    if (own === undefined || this.#closed !== undefined) return undefined;
    const { checkpoint: theirs } = certificate;
    if (equalBytes(encodeCheckpoint(own), encodeCheckpoint(theirs))) {
      this.#closed = certificate;
      return undefined;
    }
    const authors = certificate.signatures.map(({ author }) => author);
    return divergence({ own, theirs, authors });
  }

  #sign(state: CheckpointState, isQuantum: boolean): CheckpointVote {
    const { self, sign, signQuantum } = this.#options;
    const checkpoint = this.checkpointOf(state);
    const message = checkpointSignMessage(checkpoint);
    const signature = sign(message);
    const quantumSignature = isQuantum ? signQuantum?.(message) : undefined;
    return { author: self, checkpoint, signature, quantumSignature };
  }

  #settle(outcome: CheckpointOutcome | undefined, outbox: Outbox): HaltReason | undefined {
    if (outcome === undefined) return undefined;
    if (outcome.kind === "diverged") return divergence(outcome);
    const { certificate } = outcome;
    if (isClosing(certificate.checkpoint)) this.#closed ??= certificate;
    outbox.push({ kind: "certificate", certificate });
    return undefined;
  }
}

/** More members than may lie have come to `theirs`, and this one to `own`. */
function divergence(between: {
  readonly own: Checkpoint;
  readonly theirs: Checkpoint;
  readonly authors: readonly number[];
}): HaltReason {
  const { own, theirs, authors } = between;
  return {
    code: "STATE_DIVERGED",
    commitIndex: own.commitIndex,
    own: own.stateRoot,
    theirs: theirs.stateRoot,
    authors,
  };
}
