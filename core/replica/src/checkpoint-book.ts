import { encodeHex } from "@rialto/base";
import {
  AuthorSet,
  type Certificate,
  type Checkpoint,
  checkpointSignMessage,
  type CheckpointSignature,
  type Committee,
} from "@rialto/consensus";

/** Checkpoints that are open at once: votes farther ahead come again when this member gets there. */
const OPEN_MAX = 16;

interface Vote extends CheckpointSignature {
  /** The text of what was signed: votes are for the same only if every byte is. */
  readonly key: string;
  readonly checkpoint: Checkpoint;
}

interface Open {
  readonly index: number;
  own: Vote | undefined;
  /** The first vote of each author. */
  readonly votes: (Vote | undefined)[];
  isCertified: boolean;
}

/** What a vote has brought about. */
export type CheckpointOutcome =
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
  readonly #open = new Map<number, Open>();
  #lastOwn: Vote | undefined;
  #lastCertified = 0;

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  get lastCertified(): number {
    return this.#lastCertified;
  }

  /** The newest own vote, while no certificate has it: to be said again to those who may have missed it. */
  get unanswered(): Vote | undefined {
    const own = this.#lastOwn;
    return own !== undefined && own.checkpoint.commitIndex > this.#lastCertified ? own : undefined;
  }

  /** Notes a vote whose signature has been verified. */
  note(
    author: number,
    checkpoint: Checkpoint,
    signature: Uint8Array,
    isOwn: boolean,
  ): CheckpointOutcome | undefined {
    const index = checkpoint.commitIndex;
    const open = this.#find(index);
    if (open === undefined || open.votes[author] !== undefined) return undefined;
    const key = encodeHex(checkpointSignMessage(checkpoint));
    const vote = { author, signature, key, checkpoint };
    open.votes[author] = vote;
    if (isOwn) {
      open.own = vote;
      this.#lastOwn = vote;
    }
    return this.#judge(open);
  }

  #find(index: number): Open | undefined {
    const known = this.#open.get(index);
    if (known !== undefined) return known;
    const executed = this.#lastOwn?.checkpoint.commitIndex ?? 0;
    if (index <= this.#lastCertified || index < executed) return undefined;
    if (this.#open.size >= OPEN_MAX && !this.#makeRoom(index)) return undefined;
    const votes = this.#committee.weights.map(() => undefined);
    const open: Open = { index, own: undefined, votes, isCertified: false };
    this.#open.set(index, open);
    return open;
  }

  /** The farthest goes first: it will be spoken of again. */
  #makeRoom(index: number): boolean {
    let farthest = index;
    for (const each of this.#open.keys()) farthest = Math.max(farthest, each);
    return farthest !== index && this.#open.delete(farthest);
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
    if (same.weight < quorum || open.isCertified) return undefined;
    return { kind: "certified", certificate: this.#certify(open, own) };
  }

  #certify(open: Open, own: Vote): Certificate {
    open.isCertified = true;
    this.#lastCertified = Math.max(this.#lastCertified, open.index);
    for (const index of this.#open.keys()) {
      if (index < this.#lastCertified) this.#open.delete(index);
    }
    const signatures = open.votes
      .filter((vote) => vote?.key === own.key)
      .map((vote) => ({ author: vote!.author, signature: vote!.signature }));
    return { checkpoint: own.checkpoint, signatures };
  }
}
