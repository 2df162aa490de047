import { assert } from "@rialto/base";
import {
  type Certificate,
  type Checkpoint,
  chooseReferences,
  type CommittedBatch,
  Consensus,
  type DagBlock,
  isFrame,
  markOwnHistory,
  NO_DIGEST,
  openFrame,
  ORDER_BEGINNING,
  Pacemaker,
  type References,
  type Roster,
  ROUND_MAX,
  type VerifiedBlock,
} from "@rialto/consensus";
import { BlockMaker, messageOf } from "./block-maker.ts";
import { CheckpointBook } from "./checkpoint-book.ts";
import { CheckpointVoter } from "./checkpoint-voter.ts";
import { CommitVotes } from "./commit-votes.ts";
import { ConductBook, type MemberConduct } from "./conduct.ts";
import { Doubt } from "./doubt.ts";
import type { HaltReason, Outbox } from "./effects.ts";
import { isEpochChange } from "./epoch/epoch-change.ts";
import { EpochEnd } from "./epoch/epoch-end.ts";
import { type CommitResult, Execution } from "./execution.ts";
import { HeldCommits } from "./held-commits.ts";
import { hasMore, type Input, type StepFault } from "./input.ts";
import { Mempool } from "./mempool.ts";
import {
  type AnswerKind,
  type CheckpointVote,
  encodeBlockMessage,
  encodeCheckpointVote,
  encodeOwnAnswer,
  encodeRejoinAnswer,
  encodeStatus,
  faultCost,
  isMalformed,
  type MessageFaultDetail,
  MessageKind,
  type OwnAnswer,
  type PeerMessage,
} from "./messages.ts";
import { OpenPayloads } from "./open-payloads.ts";
import { encodeBlockRecord } from "./recovery.ts";
import { Rejoin } from "./rejoin.ts";
import { type Carried, OBSERVER, type ReplicaOptions } from "./replica-options.ts";
import { encodeSnapshotHead } from "./snapshot/content.ts";
import type { OrderState } from "./snapshot/order-state.ts";
import { SteadyClock } from "./steady-clock.ts";
import { Synchroniser } from "./synchroniser.ts";

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
  readonly #payloads: OpenPayloads = new OpenPayloads();
  readonly #maker: BlockMaker;
  readonly #voter: CheckpointVoter;
  #rejoin: Rejoin | undefined;
  #doubt: Doubt | undefined;
  #lastProposed: number;
  #lastOwn: VerifiedBlock | undefined;
  #statusMs = -Infinity;
  #statusRound = -1;
  #halted: HaltReason | undefined;
  readonly #end: EpochEnd | undefined;
  /** The epoch's last commit, once it is decided. */
  #last: CommittedBatch | undefined;

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
    this.#voter = new CheckpointVoter(options, this.checkpoints);
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
    this.#maker = new BlockMaker({
      options,
      consensus,
      mempool: this.mempool,
      commitVotes: this.#commitVotes,
      end: this.#end,
    });
    this.#lastProposed = recovered.lastSigned;
    if (recovered.isAmnesiac) this.#rejoin = this.#createRejoin();
    else if (recovered.isDoubtful) {
      this.#doubt = new Doubt(committee, options.self, options.startNonce);
    }
    if (order !== undefined) this.#resume(order);
  }

  #createRejoin(): Rejoin {
    const { committee, self, startNonce } = this.#options;
    return new Rejoin(committee, self, startNonce);
  }

  /** Stands by what it signed about the commit that it goes on from: others may not have it yet. */
  #resume(order: OrderState): void {
    // The end of an epoch is signed in that epoch, not in the one that begins behind it.
    if (order.base === undefined) return;
    const { index, digest } = order.at;
    this.#commitVotes.noteOwn({ index, digest });
    // Who is no member signed nothing.
    if (this.#options.self === OBSERVER) return;
    this.#voter.resume(order);
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
    const checkpoint = this.#voter.checkpointOf(state);
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

  /** True until the others have said that they have nothing of this member, whose guard was never used. */
  get isDoubtful(): boolean {
    return this.#doubt !== undefined;
  }

  /** Whether a member has been asked for an answer of this kind about what this one has signed, and has not given it since. */
  awaitsAnswer(member: number, kind: AnswerKind): boolean {
    // Of the other kind none ends the waiting: they would be verified one after the other.
    const asked = kind === MessageKind.RejoinAnswer ? this.#rejoin : this.#doubt;
    return asked?.awaits(member) === true;
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
    return this.#voter.closed;
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
    this.#haltIf(this.#voter.close(certificate), outbox);
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
    if (this.#halted === undefined) this.#haltIf(this.#voter.note(vote, outbox), outbox);
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
    this.#conduct.noteFault(from, isMalformed(fault), faultCost(fault));
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
    if (input.kind === "frame") fault = this.#admit(input);
    if (input.kind === "message") this.#receive(input.from, input.message, nowMs, outbox);
    if (hasMore(input)) return fault;
    this.#advance(nowMs, outbox, input.kind === "tick");
    return fault;
  }

  /** What frames that were given with `hasMore` make due, where the last of them is none for this replica. */
  settle(nowMs: number, outbox: Outbox): void {
    this.#advance(this.#clock.read(nowMs), outbox, false);
  }

  #admit({ frame: bytes, opened, nowMs }: Extract<Input, { readonly kind: "frame" }>): StepFault {
    if (this.#options.self === OBSERVER) return "NOT_A_MEMBER";
    if (!isFrame(bytes)) return "FRAME_MALFORMED";
    const frame = opened ?? openFrame(bytes, this.#options.hash);
    return this.mempool.admit(frame, nowMs);
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
      case MessageKind.CheckpointVote:
        return this.#haltIf(this.#voter.note(message.vote, outbox), outbox);
      case MessageKind.RejoinQuery:
        return this.#answerRejoin(from, message.nonce, nowMs, outbox);
      case MessageKind.RejoinAnswer:
        return this.#noteAnswer(from, message.nonce, message.newest, outbox);
      case MessageKind.OwnQuery:
        return this.#answerOwn(from, message.nonce, nowMs, outbox);
      case MessageKind.OwnAnswer:
        return this.#noteOwn(from, message, outbox);
      default:
        // Of snapshots: the host's, which has the disk that they lie on. What closes an epoch: its signatures have to be
        // checked first, by whoever calls `close`.
        return undefined;
    }
  }

  #receiveBlock(from: number, block: VerifiedBlock, nowMs: number, outbox: Outbox): void {
    // The journal goes on with the next epoch.
    if (this.isOver) return;
    this.#findForgotten(block, outbox);
    const { pending } = this.consensus;
    this.#offer(block, outbox, nowMs, from);
    if (pending.has(block)) this.#synchroniser.noteParked(from, block);
    this.#conduct.notePushedOut(block.author, pending.pushedOut(block.author), nowMs);
  }

  #answerRejoin(from: number, nonce: number, nowMs: number, outbox: Outbox): void {
    // Who asks may have signed in the next epoch, and must not be told that this one is all there is.
    if (this.isOver) return;
    const newest = this.#lastOwn;
    // Asked before a block is copied for who gets none.
    if (!this.#conduct.mayAnswer(from, newest?.bytes.length ?? 0, nowMs)) return;
    const message = encodeRejoinAnswer(this.#options.committee.epoch, nonce, newest);
    outbox.push({ kind: "send", to: from, message });
  }

  #noteAnswer(
    from: number,
    nonce: number,
    newest: VerifiedBlock | undefined,
    outbox: Outbox,
  ): void {
    if (this.#rejoin === undefined) return;
    this.#rejoin.noteHeard(from);
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

  #answerOwn(from: number, nonce: number, nowMs: number, outbox: Outbox): void {
    // As above; and who has forgotten does not know what it had.
    if (this.isOver || this.isRejoining) return;
    const { dag, committer } = this.consensus;
    // Nor who has taken a snapshot in the place of its blocks, before it has the rounds up to there from the others: the asker's
    // may be in them.
    if (dag.quorumRound < committer.decidedRound) return;
    const newest = dag.newest(from)?.block;
    if (!this.#conduct.mayAnswer(from, newest?.bytes.length ?? 0, nowMs)) return;
    const { epoch } = this.#options.committee;
    const { quorumRound } = dag;
    const message = encodeOwnAnswer({ epoch, nonce, quorumRound, newest });
    outbox.push({ kind: "send", to: from, message });
  }

  #noteOwn(from: number, { nonce, quorumRound, newest }: OwnAnswer, outbox: Outbox): void {
    this.#doubt?.noteHeard(from);
    if (newest === undefined) this.#doubt?.note(from, nonce, quorumRound);
    else this.#findForgotten(newest, outbox);
  }

  /** In doubt nothing is signed: an own block is of a life that the guard does not know. */
  #findForgotten(shown: VerifiedBlock, outbox: Outbox): void {
    if (this.#doubt === undefined || shown.author !== this.#options.self) return;
    this.#doubt = undefined;
    this.#rejoin = this.#createRejoin();
    this.#rejoin.ask(outbox);
    outbox.push({ kind: "forgotten", shown });
  }

  #endDoubt(nowMs: number, outbox: Outbox): void {
    const { quorumRound } = this.consensus.dag;
    if (this.#doubt?.isOver(quorumRound) !== true) return;
    this.#doubt = undefined;
    this.#lastProposed = Math.max(this.#lastProposed, quorumRound);
    const { epoch } = this.#options.committee;
    outbox.guard({ epoch, round: 0, digest: NO_DIGEST });
    // When that is written.
    outbox.wake(this.#clock.leadMs + nowMs);
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
    this.#payloads.note(inserted);
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
    if (this.isOver) this.#voter.noteLast(batch.commit.index, this.next!);
    let isAwaited = false;
    for (const { author, block } of batch.blocks) {
      const { frames } = block!;
      isAwaited ||= author === this.#options.self && frames.length > 0;
      for (const { key } of frames) this.mempool.remove(key);
    }
    this.#commitVotes.noteOwn({ index: batch.commit.index, digest: batch.digest });
    this.#pacemaker.noteCommit(batch.commit.leader.round);
    this.#sweepPayloads();
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
    const isAsking = this.#rejoin !== undefined || this.#doubt !== undefined;
    return this.#options.self !== OBSERVER && !this.isOver && !isAsking;
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
      const { isQuantum } = result;
      this.#haltIf(this.#voter.vote(this.#execution.state!, isQuantum, outbox), outbox);
    }
    return result;
  }

  /** Of the payloads that a commit has left behind for good, our own wait again. */
  #sweepPayloads(): void {
    for (const each of this.#payloads.sweep(this.consensus.dag.horizon)) {
      if (each.author !== this.#options.self || each.block === undefined) continue;
      this.mempool.putBack(each.block.frames);
    }
  }

  #haltIf(reason: HaltReason | undefined, outbox: Outbox): void {
    if (reason !== undefined) this.#halt(reason, outbox);
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
    if (this.#makesBlocks && !outbox.endsDoubt) this.#propose(nowMs, outbox, isAllRead);
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
    this.#endDoubt(nowMs, outbox);
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
    this.#rejoin?.ask(outbox);
    this.#doubt?.ask(status.quorumRound, outbox);
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
      const { isCrowded } = this.#maker;
      const pace = this.#pacemaker.next({ nowMs, lastProposed, hasWork, isAllRead, isCrowded });
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
    if (this.mempool.waitingCount > 0 || !this.#payloads.isEmpty) return true;
    // A few rounds more, so that those who voted learn what came of it. One alone knows at once.
    const { wave } = this.#options.committee.thresholds;
    const more = wave === 1 ? 0 : wave + 2;
    const { lastRound } = this.#payloads;
    return lastRound > 0 && this.#lastProposed < lastRound + more;
  }

  #make(round: number, references: References, nowMs: number, outbox: Outbox): void {
    assert(round > this.#lastProposed, "no round is signed twice");
    const block = this.#maker.make(round, references, this.#clock.leadMs + nowMs);
    this.#lastProposed = round;
    const { epoch } = this.#options.committee;
    outbox.guard({ epoch, round, digest: block.digest });
    this.#release(outbox);
    this.#offer(block, outbox, nowMs);
    this.#broadcast(messageOf(block), outbox);
  }

  #broadcast(message: Uint8Array, outbox: Outbox): void {
    const { committee, self } = this.#options;
    outbox.broadcast(message, committee.weights.length, self);
  }
}
