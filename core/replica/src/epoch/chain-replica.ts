import { assert, equalBytes, fail, Fault } from "@rialto/base";
import {
  type Certificate,
  type CommittedBatch,
  type Consensus,
  type Roster,
  type SignFunction,
  type VerifiedBlock,
} from "@rialto/consensus";
import type { MemberConduct } from "../conduct.ts";
import type { BegunEpoch, HaltReason, Outbox } from "../effects.ts";
import type { CommitResult } from "../execution.ts";
import { isHeard, isNews, repeatCost } from "../heard.ts";
import { hasMore, type Input, type StepFault } from "../input.ts";
import type { Mempool } from "../mempool.ts";
import {
  type MessageFaultDetail,
  MessageKind,
  peekEpoch,
  type PeerMessage,
  readPeerMessage,
} from "../messages.ts";
import {
  encodeEpochRecord,
  isBlockRecord,
  peekBlockRecord,
  readBlockRecord,
  readEpochRecord,
  type RecoveryFaultDetail,
} from "../recovery.ts";
import { Replica } from "../replica.ts";
import { type Carried, OBSERVER } from "../replica-options.ts";
import { SteadyClock } from "../steady-clock.ts";
import type { ChainReplicaOptions } from "./chain-options.ts";
import { Chaser, type OwnPlace } from "./chaser.ts";
import type { OrderState } from "../snapshot/order-state.ts";
import type { EpochStep } from "./epoch-chain.ts";
import {
  type Epoch,
  findEpochChangeProblem,
  isEpochChange,
  parseEpochChange,
} from "./epoch-change.ts";
import { EpochPath } from "./epoch-path.ts";
import { LateAnswers } from "./late-answers.ts";
import { PeerAccounts } from "./peer-accounts.ts";
import { PeerTable } from "./peers.ts";
import { authorOf, type Stage } from "./stage.ts";

/** What a stage begins with, besides its epoch. */
interface StageStart {
  readonly carried?: Carried;
  readonly order?: OrderState | undefined;
  /** Whether it goes on asking what it has signed, from the epoch before. */
  readonly isAmnesiac?: boolean;
}

/** How a process stands to the present epoch. */
export type Membership =
  | "member"
  /** It will be a member of a later epoch, as far as it knows, and follows until then. */
  | "observer"
  /** It is none any more, as far as it knows: it signs nothing, takes nothing and asks for nothing. */
  | "removed";

/**
 * A member through all epochs: a replica for the present one, what is left of those before, and the way from one to the
 * next. Peers are numbered as in `PeerTable`, over all epochs.
 *
 * Source   docs/protocol/consensus.md §12.
 */
export class ChainReplica {
  readonly #options: ChainReplicaOptions;
  /** Numbers of all that are or were members, or are known to become some. */
  readonly peers: PeerTable = new PeerTable();
  readonly #chaser: Chaser;
  /** All epochs that are known, this one's and those before and behind it. */
  readonly path: EpochPath;
  readonly #past: Stage[] = [];
  #current: Stage;
  /** The replica of the epoch whose commit was executed last: behind the end of one it is not the present one. */
  #executed: Replica;
  readonly #clock = new SteadyClock();
  readonly #accounts: PeerAccounts;
  readonly #answers: LateAnswers;
  #isRecovering = true;
  /** As the machine's clock showed with the last input. */
  #nowMs = 0;
  /** When the present epoch's replica wants to be woken: it says so only when it looks at what is due. */
  #wakeMs = Infinity;
  #hasLooked = false;

  constructor(options: ChainReplicaOptions) {
    this.#options = options;
    this.#chaser = new Chaser(options.settings.sync.fetchTimeoutMs);
    const { genesis, start, hash, checksOf, known: steps } = options;
    this.path = new EpochPath({ genesis, hash, checksOf, steps });
    // Numbers of peers are those of who was a member first: also of epochs that this process goes past, or has yet to reach.
    for (const { roster } of this.path.epochs) this.peers.add(roster);
    const epoch = start === undefined ? genesis : this.path.epochAt(start.epoch);
    assert(epoch !== undefined, "what a snapshot is of is known before it is begun with");
    this.#current = this.#stage(epoch, { order: start?.order });
    this.#executed = this.#current.replica;
    this.#accounts = new PeerAccounts({
      clock: this.#clock,
      limits: options.settings.conduct,
      present: () => this.#current,
      peerCount: this.peers.size,
    });
    this.#answers = new LateAnswers({
      path: this.path,
      accounts: this.#accounts,
      stageOf: (number) => this.#stageOf(number),
    });
  }

  #stage(epoch: Epoch, { carried, order, isAmnesiac = false }: StageStart): Stage {
    const { hash, executor, settings, startNonce, rules, seatOf, recall, checksOf } = this.#options;
    const { committee, roster } = epoch;
    const seat = seatOf(epoch);
    const marks =
      seat === undefined
        ? { lastSigned: 0, isAmnesiac: false, isDoubtful: false }
        : recall(committee.epoch, seat.author, order?.base?.commits.at(-1)?.gcRound ?? 0);
    const replica = new Replica({
      committee,
      self: seat?.author ?? OBSERVER,
      hash,
      sign: seat?.sign ?? neverSign,
      ...(seat?.signQuantum === undefined ? {} : { signQuantum: seat.signQuantum }),
      executor,
      settings,
      recovered: {
        order,
        blocks: [],
        ...marks,
        isAmnesiac: marks.isAmnesiac || (isAmnesiac && seat !== undefined),
      },
      startNonce,
      change: { roster, rules },
      start: this.path.startOf(committee.epoch),
      ...(carried === undefined ? {} : { carried }),
    });
    const peers = this.peers.add(roster);
    const routes = peers.every((peer, author) => peer === author) ? undefined : peers;
    return { epoch, replica, checks: checksOf(epoch), peers, routes, seat };
  }

  /** The head of a snapshot, right after a checkpoint. See `Replica.captureOrder`. */
  captureOrder(): ReturnType<Replica["captureOrder"]> {
    return this.#executed.captureOrder();
  }

  /** True while this epoch is known to be over, or more weight than may lie is farther ahead in it than a horizon. */
  get isTooFarBehind(): boolean {
    return this.path.newest !== this.epoch || this.replica.isTooFarBehind;
  }

  /** True where this process has nothing, and takes no blocks until it has a snapshot. */
  get awaitsSnapshot(): boolean {
    return this.#options.awaitsSnapshot === true;
  }

  /** The replica of the present epoch. */
  get replica(): Replica {
    return this.#current.replica;
  }

  get consensus(): Consensus {
    return this.replica.consensus;
  }

  get mempool(): Mempool {
    return this.replica.mempool;
  }

  get epoch(): Epoch {
    return this.#current.epoch;
  }

  /** Author number in the present epoch. */
  get self(): number | undefined {
    return this.#current.seat?.author;
  }

  /** The ends of all epochs that have ended, in their order. */
  get steps(): readonly EpochStep[] {
    return this.path.stepsTo(this.epoch.committee.epoch);
  }

  get membership(): Membership {
    if (this.#current.seat !== undefined) return "member";
    return this.awaitsSnapshot || this.#isExpected() ? "observer" : "removed";
  }

  /** The present epoch, as the effect that began it tells of it. */
  get begun(): BegunEpoch {
    const { epoch, peers, seat } = this.#current;
    const certificate = this.path.stepFrom(epoch.committee.epoch - 1)?.certificate;
    return { ...epoch, certificate, peers, self: seat?.author };
  }

  get halted(): HaltReason | undefined {
    return this.replica.halted ?? this.#past.at(-1)?.replica.halted;
  }

  get isRejoining(): boolean {
    return this.replica.isRejoining;
  }

  get isDoubtful(): boolean {
    return this.replica.isDoubtful;
  }

  #isExpected(): boolean {
    const { epoch } = this.epoch.committee;
    return this.path.epochs.some(({ roster }) => roster.epoch > epoch && this.#isIn(roster));
  }

  #isIn({ members }: Roster): boolean {
    return members.some(({ linkKey }) => equalBytes(linkKey, this.#options.linkKey));
  }

  /** Whether the next message of a peer is worth reading. */
  mayRead(peer: number, nowMs: number): boolean {
    // Of an epoch that this member has yet to reach: it will be heard then.
    return peer < this.peers.size && this.#accounts.mayRead(peer, nowMs);
  }

  noteFault(peer: number, fault: MessageFaultDetail): void {
    this.#accounts.noteFault(peer, fault);
  }

  chargeAnswer(peer: number, bytes: number, nowMs: number): boolean {
    return this.#accounts.charge(peer, bytes, nowMs);
  }

  conduct(nowMs: number): MemberConduct[] {
    return this.replica.conduct(nowMs);
  }

  /**
   * Reads and verifies what a peer has sent.
   *
   * Returns  undefined for what speaks of an epoch in which there is nothing left to judge it by, and for what is known:
   *          its signatures are not looked at again.
   */
  read(
    peer: number,
    bytes: Uint8Array,
    nowMs: number,
  ): PeerMessage | Fault<MessageFaultDetail> | undefined {
    const epoch = peekEpoch(bytes);
    const { epoch: own } = this.epoch.committee;
    if (epoch !== undefined && epoch > own) this.#chaser.note(peer, epoch);
    const stage = this.#stageOf(epoch) ?? this.#current;
    const isSigned =
      bytes[0] === MessageKind.Block ||
      bytes[0] === MessageKind.CheckpointVote ||
      bytes[0] === MessageKind.RejoinAnswer ||
      bytes[0] === MessageKind.OwnAnswer;
    if (isSigned && epoch !== stage.epoch.committee.epoch) return undefined;
    const author = authorOf(stage, peer);
    if (isSigned && author === undefined) {
      // Blocks are worth the same whoever brings them: a member that has come since, or has left, may answer with them.
      if (bytes[0] !== MessageKind.Block) return undefined;
    }
    const from = author ?? OBSERVER;
    if (isSigned && isHeard(bytes, from, stage.replica)) {
      const isCompared = this.#accounts.noteRepeat(peer, repeatCost(bytes), nowMs);
      if (!isCompared || !isNews(bytes, from, stage.replica, this.#options.hash)) return undefined;
    }
    const { readMessage = readPeerMessage } = this.#options;
    return readMessage(from, bytes, stage.checks);
  }

  /** The lowest round of an epoch whose blocks are in memory; of one that has been forgotten there is none. */
  lowestRound(epoch: number): number {
    if (epoch > this.epoch.committee.epoch) return 0;
    return this.#stageOf(epoch)?.replica.consensus.dag.lowestRound ?? Infinity;
  }

  #stageOf(epoch: number | undefined): Stage | undefined {
    return [this.#current, ...this.#past].find((each) => each.epoch.committee.epoch === epoch);
  }

  /**
   * True for a record that the snapshot is beyond, or of an epoch that what stands before it does not lead to. Where a snapshot
   * of the others has once taken the place of blocks that this journal never had, and is not there any more, what stands before
   * the end of an epoch does not lead to that end: the others have to be asked again.
   */
  isPassed(record: Uint8Array, index: number): boolean {
    const { epoch } = this.epoch.committee;
    if (isBlockRecord(record)) {
      const place = peekBlockRecord(record);
      return place.epoch !== epoch || place.round <= this.consensus.dag.horizon;
    }
    const certificate = readEpochRecord(record, index);
    if (certificate instanceof Fault) return false;
    return certificate.checkpoint.epoch !== epoch || !this.replica.isOver;
  }

  /**
   * Takes a record of the journal, in the order in which they were written. Commits that come of it are executed before the
   * next record is given.
   *
   * Errors   REPLICA_RECORD_INVALID, returned.
   */
  restore(
    record: Uint8Array,
    index: number,
    outbox: Outbox,
  ): Fault<RecoveryFaultDetail> | undefined {
    const { replica } = this.#current;
    if (isBlockRecord(record)) {
      const { readRecord = readTrusted } = this.#options;
      const block = readRecord(record, index, this.#current.checks);
      if (block instanceof Fault) return block;
      replica.restore([block], outbox);
      return undefined;
    }
    const certificate = readEpochRecord(record, index);
    if (certificate instanceof Fault) return certificate;
    replica.close(certificate, outbox);
    if (replica.closed !== undefined) return this.#succeed(replica.closed, outbox);
    return new Fault<RecoveryFaultDetail>({ code: "REPLICA_RECORD_INVALID", index }, "fatal");
  }

  /** Begins to take part, when the journal has been read. */
  recover(nowMs: number, outbox: Outbox): void {
    this.#isRecovering = false;
    this.#nowMs = nowMs;
    if (this.membership !== "removed") {
      this.#within(outbox, () => this.replica.recover(nowMs, outbox));
    }
    this.#proceed(outbox);
    this.#wakeAgain(outbox);
  }

  /** Takes one input; messages of peers by their numbers. Returns why a frame was refused. */
  step(input: Input, outbox: Outbox): StepFault {
    this.#nowMs = input.nowMs;
    if (this.halted !== undefined) return "REPLICA_HALTED";
    // A tick is what was wanted, whatever comes of it.
    this.#hasLooked = input.kind === "tick";
    const fault = this.#take(input, outbox);
    if (hasMore(input)) return fault;
    this.#proceed(outbox);
    this.#wakeAgain(outbox);
    return fault;
  }

  /**
   * What is wanted last takes the place of what was wanted before: where a step never came to the replica, which is as a peer
   * chooses that speaks of other epochs, what that wants still counts.
   */
  #wakeAgain(outbox: Outbox): void {
    if (!this.#hasLooked) outbox.wake(this.#wakeMs);
    this.#wakeMs = outbox.wakeMs;
  }

  #look(input: Input, outbox: Outbox): StepFault {
    this.#hasLooked = true;
    return this.#within(outbox, () => this.replica.step(input, outbox));
  }

  #take(input: Input, outbox: Outbox): StepFault {
    if (input.kind === "message") {
      this.#receive(input.from, input.message, input.nowMs, outbox);
      return undefined;
    }
    if (this.membership === "removed") return input.kind === "frame" ? "NOT_A_MEMBER" : undefined;
    if (input.kind === "frame") {
      const refusal = this.#refuseFrame(input.frame);
      if (refusal !== undefined) {
        // Those given with it have left to it what they make due.
        if (!hasMore(input)) this.#settle(input.nowMs, outbox);
        return refusal;
      }
    }
    return this.#look(input, outbox);
  }

  #settle(nowMs: number, outbox: Outbox): void {
    this.#hasLooked = true;
    this.#within(outbox, () => this.replica.settle(nowMs, outbox));
  }

  /** What the replica of one epoch cannot know of a frame. */
  #refuseFrame(frame: Uint8Array): StepFault {
    if (this.isLeaving) return "NOT_A_MEMBER";
    if (!isEpochChange(frame)) return undefined;
    return this.findChangeProblem(frame) === undefined ? undefined : "EPOCH_CHANGE_REFUSED";
  }

  /** True where a change is in the order that leaves this member out. */
  get isLeaving(): boolean {
    const { next } = this.replica;
    return next !== undefined && !this.#isIn(next);
  }

  /** Why a frame that says it is an epoch change may not be ordered now; undefined where it may. */
  findChangeProblem(frame: Uint8Array): string | undefined {
    if (this.replica.next !== undefined) return "another change is under way";
    const change = parseEpochChange(frame, this.epoch.roster);
    if (change === undefined) return "it is no epoch change, or of another epoch";
    if (change.validUntilMs <= this.#nowMs) return "it is not valid any more";
    return findEpochChangeProblem(change, this.epoch, this.#options.rules);
  }

  #receive(peer: number, message: PeerMessage, nowMs: number, outbox: Outbox): void {
    const epoch = epochOf(message);
    const { epoch: own } = this.epoch.committee;
    if (message.kind === MessageKind.EpochClosed) return this.#noteClosed(peer, message, outbox);
    if (message.kind === MessageKind.EpochQuery) {
      return this.#answers.tellClosed(peer, epoch, nowMs, outbox);
    }
    if (epoch > own || this.awaitsSnapshot) return;
    const author = authorOf(this.#current, peer);
    if (epoch < own) return this.#answers.answerLate(peer, epoch, message, nowMs, outbox);
    if (author !== undefined && this.membership !== "removed") {
      this.#look({ kind: "message", nowMs, from: author, message }, outbox);
      return;
    }
    // Who is no member of this epoch may bring blocks, and ask for some.
    if (message.kind === MessageKind.Block) this.#bring(message.block, nowMs, outbox);
    else this.#answers.serve(peer, this.#current, message, nowMs, outbox);
  }

  #bring(block: VerifiedBlock, nowMs: number, outbox: Outbox): void {
    if (this.membership === "removed") return;
    const message = { kind: MessageKind.Block, block } as const;
    this.#look({ kind: "message", nowMs, from: block.author, message }, outbox);
  }

  /** Somebody says what has closed an epoch. It is looked at only where it leads on from the newest that is known. */
  #noteClosed(
    peer: number,
    { epoch, bytes }: { readonly epoch: number; readonly bytes: Uint8Array },
    outbox: Outbox,
  ): void {
    this.#chaser.note(peer, epoch + 1);
    if (epoch !== this.path.newest.committee.epoch) return;
    if (this.path.take(bytes) !== undefined) {
      return this.noteFault(peer, { code: "MESSAGE_UNSIGNED" });
    }
    const { roster } = this.path.newest;
    this.peers.add(roster);
    this.#accounts.reopen(this.peers.size);
    outbox.push({ kind: "ahead", roster });
  }

  /** Executes a commit, in its turn among the effects. */
  execute(batch: CommittedBatch, outbox: Outbox): CommitResult | undefined {
    this.#executed = this.replica;
    const result = this.#within(outbox, () => this.replica.execute(batch, outbox));
    this.#proceed(outbox);
    // An epoch that begins with it wants something, and the step that decided it did.
    this.#hasLooked = false;
    this.#wakeAgain(outbox);
    return result;
  }

  /** Goes on into the next epoch, where this one is closed; asks those who are there already, where it is not. */
  #proceed(outbox: Outbox): void {
    if (this.#isRecovering || this.halted !== undefined) return;
    const { replica } = this;
    if (replica.closed === undefined && replica.checkpoints.closing !== undefined) {
      const known = this.path.stepFrom(this.epoch.committee.epoch);
      if (known !== undefined) this.#within(outbox, () => replica.close(known.certificate, outbox));
    }
    if (replica.closed !== undefined) {
      outbox.append(encodeEpochRecord(replica.closed));
      outbox.requireFlush();
      this.#succeed(replica.closed, outbox);
      if (this.membership !== "removed") {
        this.#within(outbox, () => this.replica.recover(this.#nowMs, outbox));
      }
    }
    if (this.membership === "removed") return;
    const nextMs = this.#chaser.poll(this.#clock.read(this.#nowMs), this.#place(), outbox);
    outbox.wake(this.#clock.leadMs + nextMs);
  }

  #place(): OwnPlace {
    const { replica, epoch } = this.#current;
    const { dag, committer, sequencer } = replica.consensus;
    return {
      epoch: epoch.committee.epoch,
      newest: this.path.newest.committee.epoch,
      isOver: replica.isOver || this.awaitsSnapshot,
      quorumRound: dag.quorumRound,
      decidedRound: committer.decidedRound,
      commitIndex: sequencer.lastIndex,
    };
  }

  #succeed(certificate: Certificate, outbox: Outbox): undefined {
    const before = this.#current;
    const { next } = before.replica;
    assert(next !== undefined, "an epoch that is closed knows what follows on it");
    const { epoch } = before.epoch.committee;
    if (this.path.stepFrom(epoch) === undefined) this.path.add({ roster: next, certificate });
    this.#past.push(before);
    if (this.#past.length > this.#options.pastKept) this.#past.shift();
    const { isRejoining: isAmnesiac } = before.replica;
    const carried = before.replica.handOver();
    this.#current = this.#stage(this.path.epochAt(epoch + 1)!, { carried, isAmnesiac });
    this.#chaser.restart();
    this.#accounts.reopen(this.peers.size);
    outbox.push({ kind: "epoch", begun: this.begun });
    return undefined;
  }

  /** Runs something of the present epoch's replica, which speaks of authors. */
  #within<Result>(outbox: Outbox, run: () => Result): Result {
    // In the first epoch, and in most, they are numbered alike.
    outbox.routes = this.#current.routes;
    try {
      return run();
    } finally {
      outbox.routes = undefined;
    }
  }
}

const believe = (): boolean => true;

/** The journal is chained by hashes, and holds only what was verified before it was written. */
const readTrusted: typeof readBlockRecord = (record, index, checks) => {
  const { findFrameProblem: _trusted, ...rest } = checks;
  return readBlockRecord(record, index, { ...rest, verify: believe });
};

const neverSign: SignFunction = () => fail("who is no member signs nothing");

function epochOf(message: PeerMessage): number {
  switch (message.kind) {
    case MessageKind.Block:
      return message.block.epoch;
    case MessageKind.CheckpointVote:
      return message.vote.checkpoint.epoch;
    default:
      return message.epoch;
  }
}
