import { encodeHex } from "@rialto/base";
import {
  type Checkpoint,
  checkpointSignMessage,
  type Commit,
  computeCommitDigest,
  tagBytes,
  NO_DIGEST,
} from "@rialto/consensus";
import { computeMerkleRoot, concatBytes } from "@rialto/crypto";
import type { DagView, ExecutedBatch } from "@rialto/gateway";
import { encodeLogRecord } from "@rialto/protocol";
import { type CommitRecord, ResultsChain, resultLeaves, splitEvents } from "@rialto/replica";
import { sha256 } from "../sha256.ts";
import type { FinalityKeeper } from "./finality-keeper.ts";
import type { ChainEnd } from "./proof-store.ts";
import type { SoloMember } from "./solo-member.ts";

// The log of a node alone, certified by the node itself: each log record is a commit of one block. What such a
// certificate shows is that this node has said so; nobody else has looked.

/** Bytes of results between two records of the proof store: what a proof reads at most. */
const RECORD_BYTES_MAX = 1_048_576;
/** A checkpoint hashes the whole state: no more than one part in so many of the time goes into it. */
const SHARE_OF_TIME = 50;
/** Commits that a picture of the log shows. */
const PICTURE_COMMITS = 100;
const BLOCK_TAG: Uint8Array = tagBytes("rialto/solo-record/1");

export interface SoloAttesterOptions {
  readonly member: SoloMember;
  readonly keeper: FinalityKeeper;
  /** Where the records that are kept end. */
  readonly end: ChainEnd;
  /** The last commit of those records, where no certificate covers it yet. */
  readonly uncertified: Commit | undefined;
  /** SHA-256 of the state after the last batch. */
  readonly stateRoot: () => Uint8Array;
  /** Time between checkpoints. */
  readonly checkpointMs: number;
}

/** Of the block that a log record is, and of its frame. */
export function digestOfRecord(bytes: Uint8Array): Uint8Array {
  return sha256(concatBytes(BLOCK_TAG, bytes));
}

export class SoloAttester {
  readonly #options: SoloAttesterOptions;
  readonly #chain: ResultsChain;
  readonly #picture: { readonly commit: Commit; readonly digest: Uint8Array }[] = [];
  #lastDigest: Uint8Array;
  #lastCommit: Commit | undefined;
  #certified = 0;
  /** Results root of the newest record. */
  #root: Uint8Array;
  #openCount = 0;
  #openBytes = 0;
  #isAbandoned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SoloAttesterOptions) {
    this.#options = options;
    this.#chain = new ResultsChain(sha256, options.end.resultsRoot);
    this.#lastDigest = options.end.commitDigest;
    this.#root = options.end.resultsRoot;
    this.#lastCommit = options.uncertified;
  }

  /** Up to which log record everything is kept: where a restart goes on. */
  get durableSequence(): number {
    return this.#options.end.commitIndex;
  }

  /** Begins to certify, at once what was executed again: a node that keeps being killed must come ahead all the same. */
  start(): void {
    this.#plan(0);
  }

  /** Keeps what has been executed, without a certificate: a snapshot is of use only to who is not behind it. */
  writeOut(): void {
    this.#close();
  }

  /** Takes note of a batch that has been executed. Those that are kept already are passed over. */
  apply(batch: ExecutedBatch): void {
    if (this.#options.keeper.isFailed || batch.sequence <= this.durableSequence) return;
    const record = this.#commitOf(batch);
    const { commit, digest, eventsRoot, leaves } = record;
    this.#chain.add({ index: commit.index, digest, eventsRoot });
    this.#options.keeper.noteCommit(record);
    this.#lastDigest = digest;
    this.#lastCommit = commit;
    this.#picture.push({ commit, digest });
    if (this.#picture.length > PICTURE_COMMITS) this.#picture.shift();
    this.#openCount++;
    this.#openBytes += leaves.reduce((sum, leaf) => sum + leaf.length, 0);
    if (this.#openBytes > RECORD_BYTES_MAX) this.#close();
  }

  #commitOf(batch: ExecutedBatch): CommitRecord {
    const { sequence, nowMs, commandCount, commands, notes, events } = batch;
    const block = digestOfRecord(encodeLogRecord({ nowMs, commandCount, commands, notes }));
    const leaves = resultLeaves(block, splitEvents(events));
    const leader = { round: sequence % 2 ** 32, author: 0, digest: block };
    const commit: Commit = {
      index: sequence,
      previous: this.#lastDigest,
      leader,
      tsMs: nowMs,
      gcRound: 0,
      framesRoot: computeMerkleRoot([block], sha256),
      refs: [leader],
    };
    const digest = computeCommitDigest(commit, sha256);
    return { commit, digest, eventsRoot: computeMerkleRoot(leaves, sha256), leaves };
  }

  /** The results root that all commits so far stand under. */
  #close(): Uint8Array {
    if (this.#openCount === 0) return this.#root;
    this.#root = this.#chain.close();
    this.#openCount = 0;
    this.#openBytes = 0;
    this.#options.keeper.noteCheckpoint(this.#root);
    return this.#root;
  }

  #plan(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const beganMs = performance.now();
      this.#certify();
      const costMs = performance.now() - beganMs;
      this.#plan(Math.max(this.#options.checkpointMs, costMs * SHARE_OF_TIME));
    }, delayMs).unref();
  }

  /** Signs what has been executed since the last checkpoint, if anything has. */
  #certify(): void {
    const commit = this.#lastCommit;
    const { member, keeper, stateRoot } = this.#options;
    if (commit === undefined || commit.index === this.#certified) return;
    if (keeper.isFailed || this.#isAbandoned) return;
    const { committee } = member.genesis;
    const checkpoint: Checkpoint = {
      chainId: committee.chainId,
      epoch: committee.epoch,
      committeeHash: committee.hash,
      profile: committee.profile,
      commitIndex: commit.index,
      commitDigest: this.#lastDigest,
      resultsRoot: this.#close(),
      stateRoot: stateRoot(),
      tsMs: commit.tsMs,
      nextRoster: NO_DIGEST,
    };
    const message = checkpointSignMessage(checkpoint);
    const signWith = (signer: SoloMember["signer"] | undefined) =>
      signer === undefined ? [] : [{ author: 0, signature: signer.sign(message) }];
    keeper.noteCertificate({
      checkpoint,
      signatures: signWith(member.signer),
      quantumSignatures: signWith(member.quantumSigner),
    });
    this.#certified = commit.index;
  }

  /** Certifies nothing any more: the state is that of no commit. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** Certifies what is left, and ends. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#certify();
  }

  /** The newest commits as a DAG of one member. */
  dag(roundsMax: number): DagView {
    const rounds = this.#picture.slice(-roundsMax).map(({ commit }) => ({
      round: commit.leader.round,
      blocks: [
        {
          author: 0,
          digest: encodeHex(commit.leader.digest),
          parents: this.#parentsOf(commit),
          frames: 1,
          commitIndex: commit.index,
          isLeader: true,
        },
      ],
    }));
    return { members: 1, rounds };
  }

  #parentsOf({ index }: Commit): string[] {
    const before = this.#picture.find(({ commit }) => commit.index === index - 1);
    return before === undefined ? [] : [encodeHex(before.commit.leader.digest)];
  }
}
