import { assert, equalBytes } from "@rialto/base";
import {
  type Certificate,
  chooseReferences,
  type CommittedBatch,
  type Committee,
  type Checkpoint,
  checkpointSignMessage,
  Consensus,
  type DagBlock,
  encodeCheckpoint,
  type Frame,
  type HashFunction,
  isClosing,
  isFrame,
  markOwnHistory,
  NO_DIGEST,
  openFrame,
  ORDER_BEGINNING,
  type OrderStart,
  computePayloadRoot,
  Pacemaker,
  type PacemakerSettings,
  type PendingLimits,
  type References,
  type Roster,
  rosterDigest,
  ROUND_MAX,
  payloadParts,
  sealBlock,
  sumOfLengths,
  type SignFunction,
  type VerifiedBlock,
} from "@rialto/consensus";
import { CheckpointBook, type CheckpointOutcome } from "./checkpoint-book.ts";
import type { CheckpointSpacing } from "./checkpoint-rule.ts";
import { CommitVotes } from "./commit-votes.ts";
import { ConductBook, type ConductLimits, type MemberConduct } from "./conduct.ts";
import type { HaltReason, Outbox } from "./effects.ts";
import { type EpochRules, isEpochChange } from "./epoch/epoch-change.ts";
import { EpochEnd } from "./epoch/epoch-end.ts";
import { type CommitResult, Execution, type Executor } from "./execution.ts";
import { HeldCommits } from "./held-commits.ts";
import { type FrameRefusal, Mempool, type MempoolLimits } from "./mempool.ts";
import {
  type CheckpointVote,
  BLOCK_MESSAGE_HEAD,
  encodeBlockMessage,
  encodeCheckpointVote,
  encodeRejoinAnswer,
  encodeStatus,
  type MessageFaultDetail,
  MessageKind,
  type PeerMessage,
} from "./messages.ts";
import { encodeBlockRecord, type RecoveredState } from "./recovery.ts";
import { encodeSnapshotHead } from "./snapshot/content.ts";
import type { OrderState } from "./snapshot/order-state.ts";
import { Rejoin } from "./rejoin.ts";
import { SteadyClock } from "./steady-clock.ts";
import { Synchroniser, type SyncSettings } from "./synchroniser.ts";

export interface ReplicaSettings {
  readonly pacemaker: PacemakerSettings;
  readonly pending: PendingLimits;
  readonly mempool: MempoolLimits;
  readonly sync: SyncSettings;
  /** What one other member may cost; default: CONDUCT_LIMITS_DEFAULT. */
  readonly conduct?: ConductLimits;
  /** Bytes of payload that an own block takes at most. */
  readonly payloadBytesMax: number;
  /** Frames that an own block takes at most: what the others have to verify before they can vote. Default: no bound. */
  readonly payloadFramesMax?: number;
  /** Rounds that stay in memory below the horizon, to serve those who lag. */
  readonly retainRounds: number;
  /** Where checkpoints and snapshots are. The same for all members. */
  readonly spacing: CheckpointSpacing;
  /** How often others are told how far this member has come. */
  readonly statusMs: number;
}

export interface ReplicaOptions {
  readonly committee: Committee;
  /** Author number of this member. */
  readonly self: number;
  readonly hash: HashFunction;
  readonly sign: SignFunction;
  /** Signs checkpoints with ML-DSA-65. Only where the committee has a key for it of this member. */
  readonly signQuantum?: SignFunction;
  readonly executor: Executor;
  readonly settings: ReplicaSettings;
  readonly recovered: RecoveredState;
  /** Different at every start: tells answers to this start from late ones to an earlier. */
  readonly startNonce: number;
  /** Who the members are and what may change them; absent where nothing ever does. */
  readonly change?: { readonly roster: Roster; readonly rules: EpochRules };
  /** What the epoch before has left; absent in the first, and after a snapshot. */
  readonly carried?: Carried;
  /** Where the epoch before has ended, after a snapshot of one that is not the first. */
  readonly start?: OrderStart;
}

/** Author number of who is no member: it takes part in nothing, and executes what the others decide. */
export const OBSERVER = -1;

/** What goes over from one epoch into the next. */
export interface Carried {
  readonly order: OrderStart;
  readonly mempool: Mempool;
  readonly execution: Execution;
}

/**
 * What a replica is told. Time comes with every input, and from nowhere else: that of the machine's clock, which may be
 * set forward and back.
 *
 * A tick is given when all messages that have come are given: what has not come by then is late.
 */
export type Input =
  | { readonly kind: "tick"; readonly nowMs: number }
  | {
      readonly kind: "message";
      readonly nowMs: number;
      readonly from: number;
      readonly message: PeerMessage;
    }
  /** A client's frame, its signature verified by the host. */
  | {
      readonly kind: "frame";
      readonly nowMs: number;
      readonly frame: Uint8Array;
      /** The same frame with its id, where the host has found that out already. */
      readonly opened?: Frame;
      /** True where another frame is given at once: what this one makes due is left to that one's step. */
      readonly hasMore?: boolean;
    };

/** True for all frames but the last of those that are given at once. */
export function hasMore(input: Input): boolean {
  return input.kind === "frame" && input.hasMore === true;
}

/** Where a checkpoint stands, and what it says. */
type CheckpointState = Pick<OrderState, "at" | "resultsRoot" | "stateRoot">;

export type StepFault =
  | FrameRefusal
  | "FRAME_MALFORMED"
  | "REPLICA_HALTED"
  /** This member has no part in the epoch: nothing that it takes would be proposed. */
  | "NOT_A_MEMBER"
  /** A change that may not be made: not signed by a quorum, unsafe, or of another epoch. */
  | "EPOCH_CHANGE_REFUSED"
  | undefined;

/** Own blocks that one step makes at most when it catches up. */
const BLOCKS_PER_STEP_MAX = 64;
/** A member keeps up whose newest block stands at most so far below the newest quorum. */
const KEEPING_UP_ROUNDS = 16;

/**
 * One voting member: consensus, mempool, execution, checkpoints and catching up behind one step function. Pure:
 * the same inputs yield the same effects, in the node and in the simulator alike.
 */
export class Replica {
  readonly consensus: Consensus;
  readonly mempool: Mempool;
  readonly checkpoints: CheckpointBook;
  readonly #options: ReplicaOptions;
  readonly #pacemaker: Pacemaker;
  readonly #execution: Execution;
  readonly #synchroniser: Synchroniser;
  readonly #commitVotes: CommitVotes;
  readonly #held: HeldCommits = new HeldCommits();
  readonly #conduct: ConductBook;
  readonly #clock: SteadyClock = new SteadyClock();
  /** Accepted blocks with frames that no commit has swept up yet. */
  #openPayloads: DagBlock[] = [];
  #rejoin: Rejoin | undefined;
  #lastProposed: number;
  #lastOwn: VerifiedBlock | undefined;
  #lastPayloadRound = 0;
  #statusMs = -Infinity;
  #statusRound = -1;
  #halted: HaltReason | undefined;
  readonly #end: EpochEnd | undefined;
  /** The epoch's last commit, once it is decided. */
  #last: CommittedBatch | undefined;
  #closed: Certificate | undefined;

  constructor(options: ReplicaOptions) {
    const { committee, hash, settings, executor, recovered } = options;
    this.#options = options;
    const { pending: pendingLimits, retainRounds } = settings;
    const { change, carried } = options;
    const { order } = recovered;
    const base = order?.base;
    const start = carried?.order ?? options.start ?? ORDER_BEGINNING;
    this.consensus = new Consensus({ committee, hash, pendingLimits, retainRounds, base, start });
    this.mempool = carried?.mempool ?? new Mempool(settings.mempool);
    this.#end = change && new EpochEnd({ committee, roster: change.roster }, change.rules);
    this.checkpoints = new CheckpointBook(committee);
    const { dag, committer, evidence } = this.consensus;
    this.#pacemaker = new Pacemaker({
      dag,
      committer,
      evidence,
      settings: settings.pacemaker,
      self: options.self,
    });
    const { lifetimeMsMax } = settings.mempool;
    const { spacing } = settings;
    this.#execution =
      carried?.execution ?? new Execution({ executor, hash, lifetimeMsMax, spacing, start: order });
    this.#conduct = new ConductBook(committee.weights.length, settings.conduct, (member) =>
      this.#keepsUp(member),
    );
    const conduct = this.#conduct;
    const { consensus } = this;
    this.#synchroniser = new Synchroniser({ consensus, conduct, settings: settings.sync });
    this.#commitVotes = new CommitVotes(committee);
    this.#lastProposed = recovered.lastSigned;
    if (recovered.isAmnesiac) this.#rejoin = new Rejoin(committee, options.startNonce);
    if (order !== undefined) this.#resume(order);
  }

  /** Stands by what it signed about the commit that it goes on from: others may not have it yet. */
  #resume(order: OrderState): void {
    // The end of an epoch is signed in that epoch, not in the one that begins behind it.
    if (order.base === undefined) return;
    const { index, digest } = order.at;
    this.#commitVotes.noteOwn({ index, digest });
    // Who is no member signed nothing.
    if (this.#options.self === OBSERVER) return;
    this.checkpoints.note(this.#signCheckpoint(order), true);
  }

  /**
   * The head of a snapshot, right after `execute` has come to a checkpoint: with the state of the executor behind it, all
   * that another life, or another member, needs to go on from here, besides what leads from the genesis to this epoch.
   *
   * Returns  undefined while the epoch ends: who has wished for that is in no snapshot, and the one at its last commit is near.
   */
  captureOrder(): { readonly head: Uint8Array; readonly checkpoint: Checkpoint } | undefined {
    const { state } = this.#execution;
    assert(state !== undefined, "an order is captured at a checkpoint");
    if (state.base !== undefined && this.next !== undefined) return undefined;
    const checkpoint = this.#checkpointOf(state);
    return { head: encodeSnapshotHead(checkpoint, state), checkpoint };
  }

  /** Why it takes no part any more; undefined while it does. */
  get halted(): HaltReason | undefined {
    return this.#halted;
  }

  /** Round up to which this member has signed, or must not sign. */
  get lastProposed(): number {
    return this.#lastProposed;
  }

  /** True while more weight than may lie is farther ahead than a horizon, as far as the others have said. */
  get isTooFarBehind(): boolean {
    return this.#synchroniser.isTooFarBehind(this.consensus.dag.quorumRound);
  }

  /** How often a leader was waited for in vain. */
  get leaderTimeouts(): number {
    return this.#pacemaker.lateCount;
  }

  get isRejoining(): boolean {
    return this.#rejoin !== undefined;
  }

  /** The members of the next epoch, once a change stands in the order. */
  get next(): Roster | undefined {
    return this.#end?.next;
  }

  /** True once the last commit of the epoch is decided: nothing is proposed or accepted any more. */
  get isOver(): boolean {
    return this.#last !== undefined;
  }

  /** What closes the epoch, once a quorum has signed it. */
  get closed(): Certificate | undefined {
    return this.#closed;
  }

  /** What the next epoch goes on from. Call it once, when this one is over and executed. */
  handOver(): Carried {
    const { commit, digest } = this.#last!;
    const order = { index: commit.index, digest, tsMs: commit.tsMs };
    // A change was meant for this epoch, and can do nothing in the next.
    this.mempool.reopen(({ bytes }) => !isEpochChange(bytes));
    return { order, mempool: this.mempool, execution: this.#execution };
  }

  /**
   * Takes a certificate that has been checked as what closes this epoch. Where this member has come to something else, it
   * halts.
   */
  close(certificate: Certificate, outbox: Outbox): void {
    const own = this.checkpoints.closing;
    if (own === undefined || this.#closed !== undefined) return;
    const { checkpoint: theirs } = certificate;
    if (equalBytes(encodeCheckpoint(own), encodeCheckpoint(theirs))) {
      this.#closed = certificate;
      return;
    }
    const authors = certificate.signatures.map(({ author }) => author);
    this.#settleCheckpoint({ kind: "diverged", own, theirs, authors }, outbox);
  }

  /**
   * Feeds blocks of the journal back, in the order in which they were accepted: all at once by `recover`, or part by
   * part before it, for a journal that is longer than memory.
   *
   * Effects  commits come out again, from the first, to be executed again.
   */
  restore(blocks: Iterable<VerifiedBlock>, outbox: Outbox): void {
    for (const block of blocks) this.#offer(block, outbox, undefined);
  }

  /** Restores the recovered blocks and begins to take part. Call it once, before any step. */
  recover(nowMs: number, outbox: Outbox): void {
    this.restore(this.#options.recovered.blocks, outbox);
    const isMuted = this.#lastProposed === ROUND_MAX;
    if (this.#rejoin === undefined && !isMuted && this.#lastProposed > 0) {
      // The crash may have come between journal and guard: what goes out again must stand in both, or the loss of the
      // journal's end would let its round be signed a second time. Where the newest own block waits for others that the
      // journal lacks, only its round is known here: a floor, which a guard that has more than that leaves as it is. A member that
      // rejoins leaves its mark alone: it may be beyond the last block that is left.
      const isHere = this.#lastOwn?.round === this.#lastProposed;
      const digest = isHere ? this.#lastOwn!.digest : NO_DIGEST;
      outbox.guard({ epoch: this.#options.committee.epoch, round: this.#lastProposed, digest });
    }
    this.#advance(this.#clock.read(nowMs), outbox, false);
    const { lastOwnSent } = this;
    // The others may never have got it, and nothing else may be signed for its round.
    if (lastOwnSent !== undefined) this.#broadcast(encodeBlockMessage(lastOwnSent), outbox);
  }

  /** A vote that comes after the epoch has ended may still raise the level of what it has certified. */
  noteLateVote(vote: CheckpointVote, outbox: Outbox): void {
    if (this.#halted === undefined)
      this.#settleCheckpoint(this.checkpoints.note(vote, false), outbox);
  }

  /** Whether a member's question may still be answered; then `chargeAnswer` takes what it was given from its allowance. */
  mayAnswer(member: number, bytes: number, nowMs: number): boolean {
    return this.#conduct.mayAnswer(member, bytes, this.#clock.read(nowMs));
  }

  /** The newest own block. */
  get lastOwnSent(): VerifiedBlock | undefined {
    return this.#lastOwn;
  }

  /**
   * Whether the next message of a member is worth reading: not while too many of its last were none, or were not
   * signed. The host asks before it spends anything on a message, and drops it where the answer is no.
   */
  mayRead(from: number, nowMs: number): boolean {
    return this.#conduct.mayRead(from, this.#clock.read(nowMs));
  }

  /** Puts a message that `isHeard` (heard.ts) on its sender's account. Returns whether to look if it `isNews`. */
  noteRepeat(from: number, cost: number, nowMs: number): boolean {
    return this.#conduct.noteRepeat(from, cost, this.#clock.read(nowMs));
  }

  /** A member has sent what `readPeerMessage` refuses. */
  noteFault(from: number, fault: MessageFaultDetail): void {
    const isMalformed = fault.code === "MESSAGE_MALFORMED" || fault.code === "BLOCK_MALFORMED";
    this.#conduct.noteFault(from, isMalformed);
  }

  #keepsUp(member: number): boolean {
    const { dag } = this.consensus;
    const newest = dag.newest(member);
    return newest !== undefined && newest.round + KEEPING_UP_ROUNDS >= dag.quorumRound;
  }

  /** Puts bytes that the host has read to answer a member on its account. Returns whether it may ask for more. */
  chargeAnswer(member: number, bytes: number, nowMs: number): boolean {
    return this.#conduct.noteAnswer(member, bytes, this.#clock.read(nowMs));
  }

  /** What each other member has cost so far, for metrics. Who floods is named here. */
  conduct(nowMs: number): MemberConduct[] {
    const steadyMs = this.#clock.read(nowMs);
    const { weights } = this.#options.committee;
    const others = weights.map((_, member) => member).filter((each) => each !== this.#options.self);
    return others.map((member) => this.#conduct.of(member, steadyMs));
  }

  /** Takes one input. Returns why a frame was refused; messages that say nothing new are no fault. */
  step(input: Input, outbox: Outbox): StepFault {
    if (this.#halted !== undefined) return "REPLICA_HALTED";
    const nowMs = this.#clock.read(input.nowMs);
    let fault: StepFault;
    if (input.kind === "frame") fault = this.#admit(input, outbox);
    if (input.kind === "message") this.#receive(input.from, input.message, nowMs, outbox);
    if (hasMore(input)) return fault;
    this.#advance(nowMs, outbox, input.kind === "tick");
    return fault;
  }

  /** What frames that were given with `hasMore` make due, where the last of them is none for this replica. */
  settle(nowMs: number, outbox: Outbox): void {
    this.#advance(this.#clock.read(nowMs), outbox, false);
  }

  #admit(
    { frame: bytes, opened, nowMs }: Extract<Input, { readonly kind: "frame" }>,
    outbox: Outbox,
  ): StepFault {
    if (this.#options.self === OBSERVER) return "NOT_A_MEMBER";
    if (!isFrame(bytes)) return "FRAME_MALFORMED";
    const frame = opened ?? openFrame(bytes, this.#options.hash);
    const refusal = this.mempool.admit(frame, nowMs);
    if (refusal !== undefined) return refusal;
    const { self: validator } = this.#options;
    const round = this.#lastProposed + 1;
    outbox.push({ kind: "receipt", receipt: { frameId: frame.id, validator, round, tsMs: nowMs } });
    return undefined;
  }

  #receive(from: number, message: PeerMessage, nowMs: number, outbox: Outbox): void {
    switch (message.kind) {
      case MessageKind.Block:
        return this.#receiveBlock(from, message.block, nowMs, outbox);
      case MessageKind.FetchBlocks:
        return this.#synchroniser.answerBlocks(from, message.refs, nowMs, outbox);
      case MessageKind.FetchRounds:
        return this.#synchroniser.answerRounds(from, message, nowMs, outbox);
      case MessageKind.Status:
        return this.#synchroniser.noteStatus(from, message, nowMs);
      case MessageKind.CheckpointVote: {
        const outcome = this.checkpoints.note(message.vote, false);
        return this.#settleCheckpoint(outcome, outbox);
      }
      case MessageKind.RejoinQuery:
        return this.#answerRejoin(from, message.nonce, nowMs, outbox);
      case MessageKind.RejoinAnswer:
        return this.#noteAnswer(from, message.nonce, message.newest, outbox);
      default:
        // Of snapshots: the host's, which has the disk that they lie on. What closes an epoch: its signatures have to be
        // checked first, by whoever calls `close`.
        return undefined;
    }
  }

  #receiveBlock(from: number, block: VerifiedBlock, nowMs: number, outbox: Outbox): void {
    // The journal goes on with the next epoch.
    if (this.isOver) return;
    const { pending } = this.consensus;
    this.#offer(block, outbox, nowMs, from);
    if (pending.has(block)) this.#synchroniser.noteParked(from, block);
    this.#conduct.notePushedOut(block.author, pending.pushedOut(block.author), nowMs);
  }

  #answerRejoin(from: number, nonce: number, nowMs: number, outbox: Outbox): void {
    // Who asks may have signed in the next epoch, and must not be told that this one is all there is.
    if (this.isOver) return;
    const message = encodeRejoinAnswer(this.#options.committee.epoch, nonce, this.#lastOwn);
    if (this.#conduct.mayAnswer(from, message.length, nowMs)) {
      outbox.push({ kind: "send", to: from, message });
    }
  }

  #noteAnswer(
    from: number,
    nonce: number,
    newest: VerifiedBlock | undefined,
    outbox: Outbox,
  ): void {
    if (this.#rejoin === undefined) return;
    const { dag } = this.consensus;
    const round = newest?.round ?? 0;
    // A liar can sign any round, and one far ahead would silence us for good. Who speaks the truth is asked again, and
    // counts once we have come after.
    if (round > dag.quorumRound + dag.committee.gcDepth) return;
    this.#rejoin.note(from, nonce, round);
    const { lastForbidden } = this.#rejoin;
    if (lastForbidden === undefined) return;
    this.#rejoin = undefined;
    this.#lastProposed = Math.max(this.#lastProposed, lastForbidden);
    const { epoch } = this.#options.committee;
    outbox.guard({ epoch, round: this.#lastProposed, digest: NO_DIGEST });
  }

  /** Hands a block to the consensus and follows up on what comes of it. One of the journal has no time; `from` brought it. */
  #offer(block: VerifiedBlock, outbox: Outbox, nowMs: number | undefined, from?: number): void {
    const isNew = nowMs !== undefined;
    const evidenceBefore = this.consensus.evidence.all().length;
    const { inserted, batches } = this.consensus.offer(
      block,
      from,
      (voucher, { author, bytes }) =>
        isNew && this.#conduct.mayTakeTwin(voucher, author, bytes.length, nowMs),
    );
    for (const each of inserted) this.#noteInserted(each, outbox, isNew);
    for (const batch of batches) this.#applyCommit(batch, outbox, nowMs);
    for (const evidence of this.consensus.evidence.all().slice(evidenceBefore)) {
      outbox.push({ kind: "evidence", evidence });
      // Nobody may lie in this profile: going on could fork.
      if (this.#options.committee.thresholds.liars === 0) {
        this.#halt({ code: "CRASH_PROFILE_LIE", evidence }, outbox);
      }
    }
    const { broken } = this.consensus;
    if (broken !== undefined) this.#halt({ code: "ASSUMPTION_BROKEN", broken }, outbox);
  }

  #noteInserted(inserted: DagBlock, outbox: Outbox, isNew: boolean): void {
    const block = inserted.block!;
    if (isNew) outbox.append(encodeBlockRecord(block));
    if (block.author === this.#options.self) {
      markOwnHistory(inserted);
      if (block.round > (this.#lastOwn?.round ?? 0)) this.#lastOwn = block;
      // An own block that comes from others tells of a disk that was set back: its round is spoken for.
      this.#lastProposed = Math.max(this.#lastProposed, block.round);
    }
    if (block.frames.length > 0) {
      // A commit that the order went on from may have it already.
      if (inserted.commitIndex === 0) this.#openPayloads.push(inserted);
      this.#lastPayloadRound = Math.max(this.#lastPayloadRound, block.round);
    }
    const conflict = this.#commitVotes.noteBlock(block);
    if (conflict === undefined) return;
    const { index: commitIndex, own, theirs, authors } = conflict;
    this.#halt({ code: "COMMIT_DIVERGED", commitIndex, own, theirs, authors }, outbox);
  }

  /** `nowMs` is undefined for what comes of the journal's blocks: these are durable, and nobody waits. */
  #applyCommit(batch: CommittedBatch, outbox: Outbox, nowMs: number | undefined): void {
    if (this.#halted !== undefined || this.isOver) return;
    this.#end?.note(batch);
    if (this.#end?.isOver === true) this.#last = batch;
    let isAwaited = false;
    for (const { author, block } of batch.blocks) {
      const { frames } = block!;
      isAwaited ||= author === this.#options.self && frames.length > 0;
      for (const { key } of frames) this.mempool.remove(key);
    }
    this.#commitVotes.noteOwn({ index: batch.commit.index, digest: batch.digest });
    this.#pacemaker.noteCommit(batch.commit.leader.round);
    this.#closePayloads();
    if (nowMs === undefined) return outbox.push({ kind: "commit", batch });
    this.#held.hold(batch, nowMs);
    if (isAwaited || outbox.needsFlush || !this.#makesBlocks) this.#release(outbox);
  }

  /** Has the commits that are held executed behind a flush. */
  #release(outbox: Outbox): void {
    const batches = this.#held.take();
    if (batches.length === 0) return;
    outbox.requireFlush();
    for (const batch of batches) outbox.push({ kind: "commit", batch });
  }

  /** False for who makes no blocks, and so has no flushes but those of commits. */
  get #makesBlocks(): boolean {
    return this.#options.self !== OBSERVER && !this.isOver && this.#rejoin === undefined;
  }

  /**
   * Executes a commit. The host calls it for each commit effect, in their order and in their turn: what the commit
   * rests on is durable then.
   *
   * Effects  votes for checkpoints, into `outbox`.
   * Returns  undefined once it has halted: a state that may be wrong is not built upon.
   */
  execute(batch: CommittedBatch, outbox: Outbox): CommitResult | undefined {
    if (this.#halted !== undefined) return undefined;
    const result = this.#execution.apply(batch, batch === this.#last);
    if (result.checkpoint !== undefined) {
      this.mempool.expire(batch.commit.tsMs);
      this.#voteCheckpoint(this.#execution.state!, outbox);
    }
    return result;
  }

  /** Of the payloads that a commit has left behind for good, our own wait again. */
  #closePayloads(): void {
    const { horizon } = this.consensus.dag;
    const open: DagBlock[] = [];
    for (const each of this.#openPayloads) {
      if (each.commitIndex > 0) continue;
      if (each.round > horizon) open.push(each);
      else if (each.author === this.#options.self && each.block !== undefined) {
        this.mempool.putBack(each.block.frames);
      }
    }
    this.#openPayloads = open;
  }

  #voteCheckpoint(state: CheckpointState, outbox: Outbox): void {
    if (this.#options.self === OBSERVER) {
      return this.checkpoints.observe(this.#checkpointOf(state));
    }
    const vote = this.#signCheckpoint(state);
    this.#broadcast(encodeCheckpointVote(vote), outbox);
    this.#settleCheckpoint(this.checkpoints.note(vote, true), outbox);
  }

  #signCheckpoint(state: CheckpointState): CheckpointVote {
    const { self, sign, signQuantum } = this.#options;
    const checkpoint = this.#checkpointOf(state);
    const message = checkpointSignMessage(checkpoint);
    const signature = sign(message);
    return { author: self, checkpoint, signature, quantumSignature: signQuantum?.(message) };
  }

  #checkpointOf({ at, resultsRoot, stateRoot }: CheckpointState): Checkpoint {
    const { committee, hash } = this.#options;
    const isClose = at.index === this.#last?.commit.index;
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
      nextRoster: isClose ? rosterDigest(this.#end!.next!, hash) : NO_DIGEST,
    };
  }

  #settleCheckpoint(outcome: CheckpointOutcome | undefined, outbox: Outbox): void {
    if (outcome === undefined) return;
    if (outcome.kind === "certified") {
      if (isClosing(outcome.certificate.checkpoint)) this.#closed ??= outcome.certificate;
      return outbox.push({ kind: "certificate", certificate: outcome.certificate });
    }
    const { own, theirs, authors } = outcome;
    this.#halt(
      {
        code: "STATE_DIVERGED",
        commitIndex: own.commitIndex,
        own: own.stateRoot,
        theirs: theirs.stateRoot,
        authors,
      },
      outbox,
    );
  }

  #halt(reason: HaltReason, outbox: Outbox): void {
    if (this.#halted !== undefined) return;
    this.#halted = reason;
    // What shows it has to be there when this member begins again.
    outbox.requireFlush();
    outbox.push({ kind: "halt", reason });
  }

  /** Everything that time or a changed DAG may have made due. From here on times are steady. */
  #advance(nowMs: number, outbox: Outbox, isAllRead: boolean): void {
    if (this.#halted !== undefined) return;
    if (this.#makesBlocks) this.#propose(nowMs, outbox, isAllRead);
    if (this.#halted !== undefined) return;
    if (nowMs >= this.#held.untilMs) this.#release(outbox);
    outbox.wake(this.#clock.leadMs + this.#held.untilMs);
    const { quorumRound } = this.consensus.dag;
    const { decidedRound } = this.consensus.committer;
    const commitIndex = this.consensus.sequencer.lastIndex;
    const status = { quorumRound, decidedRound, commitIndex };
    if (nowMs >= this.#statusMs + this.#options.settings.statusMs) {
      this.#tellStatus(status, outbox);
      this.#statusMs = nowMs;
    }
    const { leadMs } = this.#clock;
    outbox.wake(leadMs + this.#statusMs + this.#options.settings.statusMs);
    if (this.isOver) return;
    const own = { ...status, self: this.#options.self };
    outbox.wake(leadMs + this.#synchroniser.poll(nowMs, own, outbox));
  }

  /** Says how far we are; and, where nothing has moved since, what the others may have missed of us. */
  #tellStatus(
    status: {
      readonly quorumRound: number;
      readonly decidedRound: number;
      readonly commitIndex: number;
    },
    outbox: Outbox,
  ): void {
    this.#broadcast(encodeStatus(this.#options.committee.epoch, status), outbox);
    this.#rejoin?.ask(this.#options.self, outbox);
    if (this.#statusRound === status.quorumRound && this.#lastOwn !== undefined) {
      this.#broadcast(encodeBlockMessage(this.#lastOwn), outbox);
    }
    this.#statusRound = status.quorumRound;
    const { unanswered } = this.checkpoints;
    if (unanswered === undefined) return;
    this.#broadcast(encodeCheckpointVote(unanswered), outbox);
  }

  #propose(nowMs: number, outbox: Outbox, isAllRead: boolean): void {
    // First what the others have; blocks that nobody takes would only slow that down.
    if (this.#synchroniser.isTooFarBehind(this.consensus.dag.quorumRound)) return;
    for (let made = 0; made < BLOCKS_PER_STEP_MAX && this.#halted === undefined; made++) {
      const hasWork = this.#hasWork();
      const lastProposed = this.#lastProposed;
      const pace = this.#pacemaker.next({ nowMs, lastProposed, hasWork, isAllRead });
      if (pace.kind === "wait") outbox.wake(this.#clock.leadMs + pace.untilMs);
      if (pace.kind !== "propose") return;
      const { dag, evidence } = this.consensus;
      const references = chooseReferences(dag, evidence, this.#options.self, pace.round);
      if (references === undefined) return;
      this.#make(pace.round, references, nowMs, outbox);
      this.#pacemaker.noteProposed(nowMs, pace.isLate);
    }
    // More to make up than one step may do: go on at once.
    outbox.wake(this.#clock.leadMs + nowMs);
  }

  #hasWork(): boolean {
    // Nobody waits for a heartbeat while an epoch ends.
    if (this.#end?.next !== undefined) return true;
    if (this.mempool.waitingCount > 0 || this.#openPayloads.length > 0) return true;
    // A few rounds more, so that those who voted learn what came of it. One alone knows at once.
    const { wave } = this.#options.committee.thresholds;
    const more = wave === 1 ? 0 : wave + 2;
    return this.#lastPayloadRound > 0 && this.#lastProposed < this.#lastPayloadRound + more;
  }

  #make(round: number, references: References, nowMs: number, outbox: Outbox): void {
    const { committee, self, hash, sign } = this.#options;
    assert(round > this.#lastProposed, "no round is signed twice");
    const frames = this.#takeFrames(round);
    const payload = payloadParts(frames.map((frame) => frame.bytes));
    const sealed = sealBlock(
      {
        chainId: committee.chainId,
        committeeHash: committee.hash,
        epoch: committee.epoch,
        round,
        author: self,
        tsMs: this.#clock.leadMs + nowMs,
        ...references,
        payloadRoot: computePayloadRoot(frames, hash),
        payloadBytes: sumOfLengths(payload),
        frameCount: frames.length,
        isEpochClose: this.#end?.next !== undefined,
        commitVotes: this.#commitVotes.forHeader(),
        evidence: this.consensus.evidence
          .all()
          .slice(-2)
          .map((each) => ({ first: each.first.digest, second: each.second.digest })),
      },
      payload,
      hash,
      sign,
      BLOCK_MESSAGE_HEAD,
    );
    this.#lastProposed = round;
    outbox.guard({ epoch: committee.epoch, round, digest: sealed.digest });
    this.#release(outbox);
    this.#offer({ ...sealed, frames } as VerifiedBlock, outbox, nowMs);
    // What is kept and journaled is the memory of the message: blocks are nearly all that a member holds.
    this.#broadcast(new Uint8Array(sealed.bytes.buffer), outbox);
  }

  /**
   * The frames of the next own block. In the first round of a committee there are none: the time of its commit is that
   * of round 0, and no frame could execute then.
   */
  #takeFrames(round: number): readonly Frame[] {
    const { committee, settings } = this.#options;
    if (round === 1 && committee.thresholds.wave > 1) return [];
    return this.mempool.take(settings.payloadBytesMax, settings.payloadFramesMax);
  }

  #broadcast(message: Uint8Array, outbox: Outbox): void {
    const { committee, self } = this.#options;
    for (let to = 0; to < committee.weights.length; to++) {
      if (to !== self) outbox.push({ kind: "send", to, message });
    }
  }
}
