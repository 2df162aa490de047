import { encodeHex, TurnoverMap } from "@rialto/base";
import {
  AuthorSet,
  type Certificate,
  type Checkpoint,
  checkpointSignMessage,
  type CheckpointSignature,
  type Committee,
  isClosing,
  standingOf,
} from "@rialto/consensus";
import type { CheckpointVote } from "./messages.ts";

/**
 * Votes of one author that are kept for commits which this member has not executed yet. Which of them are checkpoints it
 * does not know before; a vote that does not find room is said again.
 */
const AHEAD_MAX = 16;
/** Of these, certified ones that are kept open: late signatures raise the level of what is final. */
const CERTIFIED_MAX = 4;

interface Vote extends CheckpointVote {
  /** The text of what was signed: votes are for the same only if every byte is. */
  readonly key: string;
}

interface Open {
  readonly index: number;
  own: Vote | undefined;
  /** The first vote of each author. */
  readonly votes: (Vote | undefined)[];
  /** Grows with what its certificate is worth; 0 before there is one. */
  standing: number;
}

/** What a vote has brought about. */
export type CheckpointOutcome =
  /** There is a certificate, or a better one: of a higher level, or of a quorum with ML-DSA-65. */
  | { readonly kind: "certified"; readonly certificate: Certificate }
  /** More members than may lie have signed something else than this one has computed. */
  | {
      readonly kind: "diverged";
      readonly own: Checkpoint;
      readonly theirs: Checkpoint;
      readonly authors: readonly number[];
    };

/** Gathers the votes for checkpoints into certificates, and notices when this member stands alone. */
export class CheckpointBook {
  readonly #committee: Committee;
  /** By commit index, in order of opening. */
  readonly #open = new TurnoverMap<number, Open>();
  #lastOwn: Vote | undefined;
  #lastCertified = 0;
  /** What closes the epoch, once this member knows. */
  #closing: Checkpoint | undefined;
  /** Votes of others for the close, of each author the newest, until then: they know already. */
  readonly #early: (CheckpointVote | undefined)[];

  constructor(committee: Committee) {
    this.#committee = committee;
    this.#early = committee.weights.map(() => undefined);
  }

  get lastCertified(): number {
    return this.#lastCertified;
  }

  /** The newest own vote, while no certificate has it: to be said again to those who may have missed it. */
  get unanswered(): CheckpointVote | undefined {
    const own = this.#lastOwn;
    return own !== undefined && own.checkpoint.commitIndex > this.#lastCertified ? own : undefined;
  }

  /** What closes the epoch, as this member has come to it. */
  get closing(): Checkpoint | undefined {
    return this.#closing;
  }

  /** True where nothing that the author signs about the commit of this checkpoint changes anything any more. */
  isSettled(author: number, checkpoint: Checkpoint): boolean {
    const isEarly = isClosing(checkpoint) && this.#closing === undefined;
    if (isEarly && this.#early[author] === undefined) return false;
    const open = this.#open.get(checkpoint.commitIndex);
    if (open !== undefined) return open.votes[author] !== undefined;
    return this.#isPassed(checkpoint.commitIndex);
  }

  /** True where one more vote of the author for a commit to come would take the place of another one, or find no room. */
  isCrowded(author: number): boolean {
    let count = 0;
    for (const open of this.#open.values()) {
      if (open.own === undefined && open.votes[author] !== undefined) count++;
    }
    return count >= AHEAD_MAX;
  }

  /** Notes what this member has come to where it does not vote. */
  observe(checkpoint: Checkpoint): void {
    if (isClosing(checkpoint)) this.#closing = checkpoint;
  }

  /** Notes a vote whose signatures have been verified. */
  note(signed: CheckpointVote, isOwn: boolean): CheckpointOutcome | undefined {
    if (!isClosing(signed.checkpoint)) return this.#count(signed, isOwn);
    if (isOwn) {
      this.#closing = signed.checkpoint;
      const outcomes = [signed, ...this.#early].map(
        (vote) => vote && this.#count(vote, vote === signed),
      );
      return outcomes.findLast((outcome) => outcome !== undefined);
    }
    if (this.#closing === undefined) this.#early[signed.author] = signed;
    return this.#count(signed, false);
  }

  #count(signed: CheckpointVote, isOwn: boolean): CheckpointOutcome | undefined {
    const { author, checkpoint } = signed;
    const open = this.#find(checkpoint.commitIndex, isOwn ? undefined : author);
    if (open === undefined || open.votes[author] !== undefined) return undefined;
    const vote = { ...signed, key: encodeHex(checkpointSignMessage(checkpoint)) };
    open.votes[author] = vote;
    if (isOwn) {
      open.own = vote;
      this.#lastOwn = vote;
      this.#dropPassed(open.index);
    }
    return this.#judge(open);
  }

  /** Where a vote belongs, if it is kept. `author` is undefined for our own. */
  #find(index: number, author: number | undefined): Open | undefined {
    const known = this.#open.get(index);
    const hasOwn = known?.own !== undefined;
    const hasVoted = author !== undefined && known?.votes[author] !== undefined;
    if (!hasOwn && author !== undefined && (hasVoted || !this.#hasRoomFor(author, index))) {
      return undefined;
    }
    if (known !== undefined) return known;
    const votes = this.#committee.weights.map(() => undefined);
    const open: Open = { index, own: undefined, votes, standing: 0 };
    this.#open.set(index, open);
    return open;
  }

  #isPassed(index: number): boolean {
    const executed = this.#lastOwn?.checkpoint.commitIndex ?? 0;
    return index <= this.#lastCertified || index < executed;
  }

  /** Each author has room of its own: a liar's votes for commits that are no checkpoints keep nobody's out. */
  #hasRoomFor(author: number, index: number): boolean {
    if (this.#isPassed(index)) return false;
    let count = 0;
    let farthest: Open | undefined;
    for (const open of this.#open.values()) {
      if (open.own !== undefined || open.votes[author] === undefined) continue;
      count++;
      if (farthest === undefined || open.index > farthest.index) farthest = open;
    }
    if (count < AHEAD_MAX) return true;
    // The farthest goes first: it will be spoken of again.
    if (farthest === undefined || farthest.index <= index) return false;
    farthest.votes[author] = undefined;
    if (farthest.votes.every((vote) => vote === undefined)) this.#open.delete(farthest.index);
    return true;
  }

  /** We have come to a checkpoint: votes for commits before it that were none are about nothing. */
  #dropPassed(index: number): void {
    for (const open of this.#open.values()) {
      if (open.index < index && open.own === undefined) this.#open.delete(open.index);
    }
  }

  #judge(open: Open): CheckpointOutcome | undefined {
    const { own } = open;
    if (own === undefined) return undefined;
    const same = new AuthorSet(this.#committee.weights);
    const other = new AuthorSet(this.#committee.weights);
    const strangers: Vote[] = [];
    for (const vote of open.votes) {
      if (vote === undefined) continue;
      if (vote.key === own.key) same.add(vote.author);
      else {
        other.add(vote.author);
        strangers.push(vote);
      }
    }
    const { quorum, liars } = this.#committee.thresholds;
    if (other.weight > liars) {
      const authors = strangers.map((vote) => vote.author);
      const theirs = strangers[0]!.checkpoint;
      return { kind: "diverged", own: own.checkpoint, theirs, authors };
    }
    if (same.weight < quorum) return undefined;
    const certificate = certificateOf(open, own);
    const { level, isQuantum } = standingOf(certificate, this.#committee);
    const standing = 2 * level + (isQuantum ? 1 : 0);
    if (standing <= open.standing) return undefined;
    open.standing = standing;
    this.#lastCertified = Math.max(this.#lastCertified, open.index);
    this.#close();
    return { kind: "certified", certificate };
  }

  /** Forgets what a later certificate covers, but for the newest that may yet become worth more. */
  #close(): void {
    const certified = [...this.#open.values()].filter((each) => each.standing > 0);
    certified.sort((left, right) => right.index - left.index);
    const oldest = certified[CERTIFIED_MAX - 1]?.index ?? 0;
    for (const { index, standing } of this.#open.values()) {
      if (index < oldest || (standing === 0 && index < this.#lastCertified)) {
        this.#open.delete(index);
      }
    }
  }
}

function certificateOf(open: Open, own: Vote): Certificate {
  const signatures: CheckpointSignature[] = [];
  const quantumSignatures: CheckpointSignature[] = [];
  for (const vote of open.votes) {
    if (vote?.key !== own.key) continue;
    const { author, signature, quantumSignature } = vote;
    signatures.push({ author, signature });
    if (quantumSignature !== undefined) {
      quantumSignatures.push({ author, signature: quantumSignature });
    }
  }
  return { checkpoint: own.checkpoint, signatures, quantumSignatures };
}
