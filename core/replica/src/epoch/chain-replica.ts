import { assert, fail, Fault } from "@rialto/base";
import {
  type BlockChecks,
  type Certificate,
  checkCertificate,
  type CommittedBatch,
  type Consensus,
  type HashFunction,
  isClosing,
  type SignFunction,
  type VerifiedBlock,
} from "@rialto/consensus";
import { ConductBook, type MemberConduct } from "../conduct.ts";
import type { BegunEpoch, HaltReason, Outbox } from "../effects.ts";
import type { CommitResult, Executor } from "../execution.ts";
import type { Mempool } from "../mempool.ts";
import {
  encodeBlockMessage,
  encodeEpochClosed,
  type MemberStatus,
  type MessageFaultDetail,
  MessageKind,
  peekEpoch,
  type PeerMessage,
  readPeerMessage,
} from "../messages.ts";
import {
  encodeEpochRecord,
  isBlockRecord,
  readBlockRecord,
  readEpochRecord,
  type RecoveredState,
  type RecoveryFaultDetail,
} from "../recovery.ts";
import {
  type Carried,
  hasMore,
  type Input,
  OBSERVER,
  Replica,
  type ReplicaSettings,
  type StepFault,
} from "../replica.ts";
import { SteadyClock } from "../steady-clock.ts";
import { Chaser } from "./chaser.ts";
import type { OrderState } from "../snapshot/order-state.ts";
import { beginEpoch, encodeEpochSteps, type EpochStep } from "./epoch-chain.ts";
import {
  type Epoch,
  type EpochRules,
  findEpochChangeProblem,
  isEpochChange,
  parseEpochChange,
} from "./epoch-change.ts";
import { PeerTable } from "./peers.ts";

/** Blocks that one question of somebody who is no member of the epoch is answered with at most. */
const BLOCKS_PER_ANSWER_MAX = 256;

/** Where this process sits among the members of an epoch. */
export interface Seat {
  readonly author: number;
  readonly sign: SignFunction;
  /** Only where the committee has an ML-DSA-65 key of this member. */
  readonly signQuantum?: SignFunction | undefined;
}

export interface ChainReplicaOptions {
  readonly genesis: Epoch;
  /** X25519 key of this process: by it rosters name it. */
  readonly linkKey: Uint8Array;
  /** This process's seat in an epoch, if it has the keys of one. */
  readonly seatOf: (epoch: Epoch) => Seat | undefined;
  /** What this process may still sign in an epoch that begins, by guard and journal. */
  readonly recall: (
    epoch: number,
    author: number,
  ) => Pick<RecoveredState, "lastSigned" | "isAmnesiac">;
  readonly checksOf: (epoch: Epoch) => BlockChecks;
  readonly rules: EpochRules;
  readonly hash: HashFunction;
  readonly executor: Executor;
  readonly settings: ReplicaSettings;
  /** Different at every start. */
  readonly startNonce: number;
  /** Epochs whose blocks stay in memory after their end, to serve those who lag. */
  readonly pastKept: number;
  /** Ends of epochs that are known before they are reached, checked: of a member that joins. */
  readonly known?: readonly EpochStep[];
  /** The snapshot that the executor has been restored from, if any. */
  readonly start?: ChainStart | undefined;
}

/** Where a snapshot lets a chain go on. */
export interface ChainStart {
  /** Ends of the epochs before the one that it is of. */
  readonly steps: readonly EpochStep[];
  readonly order: OrderState;
}

/** An epoch as this process lives through it. */
interface Stage {
  readonly epoch: Epoch;
  readonly replica: Replica;
  readonly checks: BlockChecks;
  /** Peers by author. */
  readonly peers: readonly number[];
  /** The same, where the numbers differ. */
  readonly routes: readonly number[] | undefined;
  readonly seat: Seat | undefined;
}

/** How a process stands to the present epoch. */
export type Membership =
  | "member"
  /** It will be a member of a later epoch, and follows until then. */
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
  readonly #past: Stage[] = [];
  readonly #steps: EpochStep[] = [];
  #current: Stage;
  /** What peers cost that are no members of the present epoch: who joins has to ask, who left may not know yet. */
  #outside: ConductBook;
  readonly #clock = new SteadyClock();
  #isRecovering = true;
  /** As the machine's clock showed with the last input. */
  #nowMs = 0;

  constructor(options: ChainReplicaOptions) {
    this.#options = options;
    this.#chaser = new Chaser(options.settings.sync.fetchTimeoutMs);
    const { genesis, start, hash } = options;
    // Numbers of peers are those of who was a member first: also of epochs that this process goes past.
    this.peers.add(genesis.roster);
    for (const step of start?.steps ?? []) {
      this.peers.add(step.roster);
      this.#steps.push(step);
    }
    const last = start?.steps.at(-1);
    const epoch = last === undefined ? genesis : beginEpoch(last, hash);
    this.#current = this.#stage(epoch, undefined, false, start?.order);
    // Numbers of peers are the same for everybody: those of epochs that this member has yet to reach, too.
    for (const { roster } of options.known ?? []) this.peers.add(roster);
    this.#outside = this.#openAccounts();
  }

  #openAccounts(): ConductBook {
    return new ConductBook(this.peers.size, this.#options.settings.conduct);
  }

  #stage(
    epoch: Epoch,
    carried: Carried | undefined,
    isAmnesiac: boolean,
    order?: OrderState,
  ): Stage {
    const { hash, executor, settings, startNonce, rules, seatOf, recall, checksOf } = this.#options;
    const { committee, roster } = epoch;
    const seat = seatOf(epoch);
    const marks =
      seat === undefined
        ? { lastSigned: 0, isAmnesiac: false }
        : recall(committee.epoch, seat.author);
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
        lastSigned: marks.lastSigned,
        isAmnesiac: marks.isAmnesiac || (isAmnesiac && seat !== undefined),
      },
      startNonce,
      change: { roster, rules },
      ...(carried === undefined ? {} : { carried }),
    });
    const peers = this.peers.add(roster);
    const routes = peers.every((peer, author) => peer === author) ? undefined : peers;
    return { epoch, replica, checks: checksOf(epoch), peers, routes, seat };
  }

  /** The head of a snapshot, right after a checkpoint, with what leads to this epoch. See `Replica.captureOrder`. */
  captureOrder(): ReturnType<Replica["captureOrder"]> {
    return this.replica.captureOrder(encodeEpochSteps(this.#options.genesis.roster, this.#steps));
  }

  /** True while more weight than may lie is farther ahead in this epoch than a horizon. */
  get isTooFarBehind(): boolean {
    return this.replica.isTooFarBehind;
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
    return this.#steps;
  }

  get membership(): Membership {
    if (this.#current.seat !== undefined) return "member";
    return this.#isExpected() ? "observer" : "removed";
  }

  /** The present epoch, as the effect that began it tells of it. */
  get begun(): BegunEpoch {
    const { epoch, peers, seat } = this.#current;
    const certificate = this.#steps.at(-1)?.certificate;
    return { ...epoch, certificate, peers, self: seat?.author };
  }

  get halted(): HaltReason | undefined {
    return this.replica.halted ?? this.#past.at(-1)?.replica.halted;
  }

  get isRejoining(): boolean {
    return this.replica.isRejoining;
  }

  #isExpected(): boolean {
    const { known, linkKey } = this.#options;
    return (known ?? []).some(
      ({ roster }) =>
        roster.epoch > this.epoch.committee.epoch &&
        roster.members.some((member) => member.linkKey.every((byte, at) => byte === linkKey[at])),
    );
  }

  #authorOf({ peers }: Stage, peer: number): number | undefined {
    const author = peers.indexOf(peer);
    return author < 0 ? undefined : author;
  }

  /** Whether the next message of a peer is worth reading. */
  mayRead(peer: number, nowMs: number): boolean {
    // Of an epoch that this member has yet to reach: it will be heard then.
    if (peer >= this.peers.size) return false;
    const author = this.#authorOf(this.#current, peer);
    if (author === undefined) return this.#outside.mayRead(peer, this.#clock.read(nowMs));
    return this.replica.mayRead(author, nowMs);
  }

  noteFault(peer: number, fault: MessageFaultDetail): void {
    const author = this.#authorOf(this.#current, peer);
    if (author !== undefined) return this.replica.noteFault(author, fault);
    this.#outside.noteFault(
      peer,
      fault.code === "MESSAGE_MALFORMED" || fault.code === "BLOCK_MALFORMED",
    );
  }

  chargeAnswer(peer: number, bytes: number, nowMs: number): boolean {
    const author = this.#authorOf(this.#current, peer);
    if (author === undefined) return this.#outside.noteAnswer(peer, bytes, this.#clock.read(nowMs));
    return this.replica.chargeAnswer(author, bytes, nowMs);
  }

  #mayAnswer(peer: number, bytes: number, nowMs: number): boolean {
    const author = this.#authorOf(this.#current, peer);
    if (author === undefined) return this.#outside.mayAnswer(peer, bytes, this.#clock.read(nowMs));
    return this.replica.mayAnswer(author, bytes, nowMs);
  }

  conduct(nowMs: number): MemberConduct[] {
    return this.replica.conduct(nowMs);
  }

  /**
   * Reads and verifies what a peer has sent.
   *
   * Returns  undefined for what speaks of an epoch in which there is nothing left to judge it by, and for a block that is
   *          known: its signatures are not looked at again.
   */
  read(peer: number, bytes: Uint8Array): PeerMessage | Fault<MessageFaultDetail> | undefined {
    const epoch = peekEpoch(bytes);
    const { epoch: own } = this.epoch.committee;
    if (epoch !== undefined && epoch > own) this.#chaser.note(peer, epoch);
    const stage = this.#stageOf(epoch) ?? this.#current;
    const isSigned =
      bytes[0] === MessageKind.Block ||
      bytes[0] === MessageKind.CheckpointVote ||
      bytes[0] === MessageKind.RejoinAnswer;
    if (isSigned && epoch !== stage.epoch.committee.epoch) return undefined;
    const author = this.#authorOf(stage, peer);
    if (isSigned && author === undefined) {
      // Blocks are worth the same whoever brings them: a member that has come since, or has left, may answer with them.
      if (bytes[0] !== MessageKind.Block) return undefined;
    }
    if (bytes[0] === MessageKind.Block && stage.replica.isStale(bytes)) return undefined;
    return readPeerMessage(author ?? OBSERVER, bytes, stage.checks);
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
    // The journal is chained by hashes, and holds only what was verified before it was written.
    const { findFrameProblem: _trusted, ...rest } = this.#current.checks;
    const checks = { ...rest, verify: believe };
    if (isBlockRecord(record)) {
      const block = readBlockRecord(record, index, checks);
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
  }

  /** Takes one input; messages of peers by their numbers. Returns why a frame was refused. */
  step(input: Input, outbox: Outbox): StepFault {
    this.#nowMs = input.nowMs;
    if (this.halted !== undefined) return "REPLICA_HALTED";
    const fault = this.#take(input, outbox);
    if (!hasMore(input)) this.#proceed(outbox);
    return fault;
  }

  #take(input: Input, outbox: Outbox): StepFault {
    if (input.kind === "message") {
      this.#receive(input.from, input.message, input.nowMs, outbox);
      return undefined;
    }
    if (this.membership === "removed") return input.kind === "frame" ? "NOT_A_MEMBER" : undefined;
    if (input.kind === "frame") {
      const refusal = this.#refuseFrame(input.frame);
      if (refusal !== undefined) return refusal;
    }
    return this.#within(outbox, () => this.replica.step(input, outbox));
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
    const { linkKey } = this.#options;
    return (
      next !== undefined &&
      !next.members.some((member) => member.linkKey.every((byte, at) => byte === linkKey[at]))
    );
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
    if (epoch > own) return;
    const author = this.#authorOf(this.#current, peer);
    if (epoch < own) return this.#answerLate(peer, epoch, message, nowMs, outbox);
    if (message.kind === MessageKind.EpochClosed)
      return this.#noteClosed(peer, message.certificate, outbox);
    if (author !== undefined && this.membership !== "removed") {
      const input = { kind: "message", nowMs, from: author, message } as const;
      this.#within(outbox, () => this.replica.step(input, outbox));
      return;
    }
    // Who is no member of this epoch may bring blocks, and ask for some.
    if (message.kind === MessageKind.Block) this.#bring(message.block, nowMs, outbox);
    else this.#serve(peer, this.#current, message, nowMs, outbox);
  }

  #bring(block: VerifiedBlock, nowMs: number, outbox: Outbox): void {
    if (this.membership === "removed") return;
    const input = {
      kind: "message",
      nowMs,
      from: block.author,
      message: { kind: MessageKind.Block, block },
    } as const;
    this.#within(outbox, () => this.replica.step(input, outbox));
  }

  /** A peer speaks of an epoch that is over here. */
  #answerLate(
    peer: number,
    epoch: number,
    message: PeerMessage,
    nowMs: number,
    outbox: Outbox,
  ): void {
    const stage = this.#stageOf(epoch);
    if (message.kind === MessageKind.CheckpointVote) {
      stage?.replica.noteLateVote(message.vote, outbox);
      return;
    }
    if (message.kind === MessageKind.Status) {
      const step = this.#steps.find(({ certificate }) => certificate.checkpoint.epoch === epoch);
      if (step === undefined) return;
      const answer = encodeEpochClosed(step.certificate);
      if (this.#mayAnswer(peer, answer.length, nowMs))
        outbox.push({ kind: "send", to: peer, message: answer });
      return;
    }
    if (stage !== undefined) this.#serve(peer, stage, message, nowMs, outbox);
  }

  /** Answers a question for blocks of an epoch, as far as they are in memory and the asker's allowance goes. */
  #serve(
    peer: number,
    { replica }: Stage,
    message: PeerMessage,
    nowMs: number,
    outbox: Outbox,
  ): void {
    const { dag } = replica.consensus;
    let left = BLOCKS_PER_ANSWER_MAX;
    const send = (block: VerifiedBlock | undefined): boolean => {
      if (block === undefined) return true;
      outbox.push({ kind: "send", to: peer, message: encodeBlockMessage(block) });
      return --left > 0 && this.chargeAnswer(peer, block.bytes.length, nowMs);
    };
    if (message.kind === MessageKind.FetchBlocks) {
      if (!this.#mayAnswer(peer, message.refs.length, nowMs)) return;
      for (const ref of message.refs) if (!send(dag.find(ref)?.block)) return;
    }
    if (message.kind !== MessageKind.FetchRounds) return;
    const { fromRound, roundCount } = message;
    if (!this.#mayAnswer(peer, roundCount, nowMs)) return;
    const last = Math.min(fromRound + roundCount - 1, dag.highestRound);
    for (let round = Math.max(fromRound, dag.lowestRound, 1); round <= last; round++) {
      for (const { block } of dag.round(round)) if (!send(block)) return;
    }
  }

  /** Somebody says that this epoch has been closed. Its signatures are looked at only where that is all that is missing. */
  #noteClosed(peer: number, certificate: Certificate, outbox: Outbox): void {
    const { replica, checks } = this.#current;
    this.#chaser.note(peer, certificate.checkpoint.epoch + 1);
    if (!replica.isOver || replica.checkpoints.closing === undefined) return;
    if (!isClosing(certificate.checkpoint)) return;
    const standing = checkCertificate(certificate, checks);
    if (standing instanceof Fault) return this.noteFault(peer, { code: "MESSAGE_UNSIGNED" });
    this.#within(outbox, () => replica.close(certificate, outbox));
  }

  /** Executes a commit, in its turn among the effects. */
  execute(batch: CommittedBatch, outbox: Outbox): CommitResult | undefined {
    const result = this.#within(outbox, () => this.replica.execute(batch, outbox));
    this.#proceed(outbox);
    return result;
  }

  /** Goes on into the next epoch, where this one is closed; asks those who are there already, where it is not. */
  #proceed(outbox: Outbox): void {
    if (this.#isRecovering || this.halted !== undefined) return;
    const { replica } = this;
    if (replica.closed === undefined && replica.checkpoints.closing !== undefined) {
      const known = this.#options.known?.find(
        ({ roster }) => roster.epoch === this.epoch.committee.epoch + 1,
      );
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

  #place(): MemberStatus & { readonly epoch: number; readonly isOver: boolean } {
    const { replica, epoch } = this.#current;
    const { dag, committer, sequencer } = replica.consensus;
    return {
      epoch: epoch.committee.epoch,
      isOver: replica.isOver,
      quorumRound: dag.quorumRound,
      decidedRound: committer.decidedRound,
      commitIndex: sequencer.lastIndex,
    };
  }

  #succeed(certificate: Certificate, outbox: Outbox): undefined {
    const before = this.#current;
    const { next } = before.replica;
    assert(next !== undefined, "an epoch that is closed knows what follows on it");
    const step = { roster: next, certificate };
    this.#steps.push(step);
    this.#past.push(before);
    if (this.#past.length > this.#options.pastKept) this.#past.shift();
    const { isRejoining } = before.replica;
    this.#current = this.#stage(
      beginEpoch(step, this.#options.hash),
      before.replica.handOver(),
      isRejoining,
    );
    this.#chaser.restart();
    this.#outside = this.#openAccounts();
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

const neverSign: SignFunction = () => fail("who is no member signs nothing");

function epochOf(message: PeerMessage): number {
  switch (message.kind) {
    case MessageKind.Block:
      return message.block.epoch;
    case MessageKind.CheckpointVote:
      return message.vote.checkpoint.epoch;
    case MessageKind.EpochClosed:
      return message.certificate.checkpoint.epoch;
    default:
      return message.epoch;
  }
}
