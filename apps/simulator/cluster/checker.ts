import { encodeHex, equalBytes, Fault } from "@rialto/base";
import {
  type Block,
  type BlockHeader,
  type BlockRef,
  type Certificate,
  type CheckpointSignature,
  checkCertificate,
  type CommittedBatch,
  type Committee,
  type DagBlock,
  encodeHeader,
  equalRefs,
  type Evidence,
  frameExpiresMs,
  Profile,
  SIGNATURE_BYTES,
} from "@rialto/consensus";
import {
  type BegunEpoch,
  type CommitResult,
  type ConductLimits,
  type GuardMark,
  type HaltReason,
  type MemberConduct,
  type MessageFaultDetail,
  MessageKind,
  peekEpoch,
  type Replica,
} from "@rialto/replica";
import type { EpochBook, SimEpoch } from "./epoch-book.ts";
import { EpochRecord } from "./epoch-record.ts";
import { sha256 } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { SimNode } from "./sim-node.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";
import type { FetchedSnapshot } from "./snapshot-life.ts";
import { findTwinExcess, type TwinBound } from "./twin-bound.ts";

/** Something that may never happen has happened. */
export interface Violation {
  readonly invariant: string;
  /** Who did it; undefined where it is nobody's. */
  readonly member: number | undefined;
  readonly detail: string;
}

/** What is given last may go beyond the allowance: at most an epoch's end, or a manifest, with the ML-DSA-65 keys and signatures of all. */
const ANSWER_SLACK_BYTES = 100_000;

interface CommitFact {
  readonly epoch: number;
  readonly digest: string;
  readonly eventsRoot: string;
  /** Results root and state root, where there is a checkpoint. */
  readonly checkpoint: string | undefined;
  readonly tsMs: number;
}

interface NodeFacts {
  epoch: number;
  nextIndex: number;
  lastTsMs: number;
  commitIndexMax: number;
  lastProposed: number;
  isAsking: boolean;
}

/**
 * Watches what honest members do and compares it with what they did before and with each other. Shares no rule
 * with what it watches: it only remembers and compares.
 */
export class Checker {
  readonly violations: Violation[] = [];
  /** What was seen of epochs. */
  readonly epochs: EpochRecord;
  readonly #book: EpochBook;
  readonly #limits: {
    readonly pendingPerAuthor: number;
    readonly mempoolFrames: number;
    readonly lifetimeMsMax: number;
  };
  /** The one order, by index from 1, as the first honest member told it. */
  readonly #order: CommitFact[] = [];
  /** `process/epoch/round` of every block that an honest member has let out. */
  readonly #sent = new Map<string, string>();
  /** Digests of the blocks that were committed as leaders, by anybody honest. */
  readonly leaders: Set<string> = new Set();
  readonly #committedSlots = new Map<string, string>();
  readonly #executed = new Map<string, number>();
  readonly #certified = new Map<number, string>();
  /** Digests of snapshots, by the indexes of their commits. */
  readonly #snapshots = new Map<number, string>();
  readonly #facts = new Map<SimNode, NodeFacts>();
  readonly #honest = new Set<number>();
  readonly #maxDriftMs: number;
  readonly #isClear: boolean;
  /** A broadcast is the same bytes to everybody: one look is enough. */
  #lastSent: Uint8Array | undefined;
  halts: HaltReason[] = [];
  commitsCompared = 0;
  readonly installed: FetchedSnapshot[] = [];
  certificateCount = 0;
  quantumCount = 0;

  constructor(options: {
    readonly book: EpochBook;
    readonly pendingPerAuthor: number;
    readonly mempoolFrames: number;
    /** How far in the future a frame may end when a client hands it in. */
    readonly lifetimeMsMax: number;
    /** How far an honest clock may be off. */
    readonly maxDriftMs: number;
    /** True where nothing makes rubbish of what honest members say. */
    readonly isClear: boolean;
  }) {
    this.#book = options.book;
    this.#limits = options;
    this.#maxDriftMs = options.maxDriftMs;
    this.#isClear = options.isClear;
    this.epochs = new EpochRecord(options.book, (node, invariant, detail) =>
      this.#violate(invariant, node, detail),
    );
  }

  get orderLength(): number {
    return this.#order.length;
  }

  /** Commit index in which a frame was executed, if any. */
  executedIn(key: string): number | undefined {
    return this.#executed.get(key);
  }

  #violate(invariant: string, node: SimNode, detail: string): void {
    if (this.violations.length < 10) {
      this.violations.push({
        invariant,
        member: node.number,
        detail: `member ${node.number}: ${detail}`,
      });
    }
  }

  /** A life begins, before its journal is read again. `hasLost`: its disk does not hold any more what it had said it holds. */
  noteStart(node: SimNode, ledger: Ledger, hasLost: boolean): void {
    if (node.isHonest) this.#honest.add(node.number);
    else this.#honest.delete(node.number);
    const { consensus, lastProposed } = node.replica!;
    const isAsking = asksOthers(node.replica!);
    // A life that begins with a snapshot goes on after it.
    const nextIndex = consensus.sequencer.lastIndex + 1;
    this.#checkBase(node, consensus.sequencer, ledger);
    const commitIndexMax = hasLost ? 0 : (this.#facts.get(node)?.commitIndexMax ?? 0);
    const { epoch } = node;
    this.#facts.set(node, {
      epoch,
      nextIndex,
      lastTsMs: 0,
      commitIndexMax,
      lastProposed: isAsking ? 0 : lastProposed,
      isAsking,
    });
  }

  /** A life has gone through its journal. */
  noteReplayed(node: SimNode): void {
    this.#checkRecall(node);
    this.#checkReturn(node);
    this.#begin(node);
    this.#book.noteBegun(node.number, node.epoch);
  }

  /** I21: what a member knows of what it signed covers all that was ever let out, or it knows that it does not. */
  #checkRecall(node: SimNode): void {
    const { lastProposed: known } = node.replica!;
    const signed = node.sentIn(node.epoch);
    if (!node.isHonest || asksOthers(node.replica!) || known >= signed) return;
    const { epoch } = node;
    this.#violate("I21", node, `goes on at ${epoch}/${known}, and has signed ${epoch}/${signed}`);
  }

  /** I6: what a member has executed, and may have told its clients of, its next life knows without anybody's help. */
  #checkReturn(node: SimNode): void {
    const { lastIndex } = node.replica!.consensus.sequencer;
    const { commitIndexMax } = this.#facts.get(node)!;
    if (!node.isHonest || lastIndex >= commitIndexMax) return;
    this.#violate(
      "I6",
      node,
      `comes back at commit ${lastIndex}, and has executed ${commitIndexMax}`,
    );
  }

  /** What follows is of the epoch that a member is in now. */
  #begin(node: SimNode): void {
    const facts = this.#facts.get(node)!;
    const { lastProposed } = node.replica!;
    facts.epoch = node.epoch;
    facts.isAsking = asksOthers(node.replica!);
    facts.lastProposed = facts.isAsking ? 0 : lastProposed;
  }

  /** E2, I21: an epoch has begun at a member, perhaps again. */
  noteEpoch(node: SimNode, begun: BegunEpoch): void {
    if (!node.isHonest) return;
    this.epochs.noteBegun(node, begun);
    this.#checkRecall(node);
    this.#begin(node);
  }

  noteSigned(node: SimNode, epoch: number, key: number): void {
    if (node.isHonest) this.epochs.noteSigned(node, epoch, key);
  }

  /** I18: a snapshot that a life begins with, perhaps of others, is of the one order, and of its state. */
  #checkBase(
    node: SimNode,
    { lastIndex, lastDigest }: Replica["consensus"]["sequencer"],
    ledger: Ledger,
  ): void {
    const known = this.#order[lastIndex - 1];
    if (!node.isHonest || known === undefined) return;
    if (known.digest !== encodeHex(lastDigest)) {
      this.#violate("I18", node, `begins with a snapshot of another commit ${lastIndex}`);
    }
    const root = encodeHex(ledger.stateRoot());
    if (known.checkpoint?.endsWith(root) !== true) {
      this.#violate("I18", node, `begins with another state than that of commit ${lastIndex}`);
    }
  }

  /** I18: who takes a snapshot of a commit takes the one that all others do, to the last byte: else nobody could be given it by several. */
  noteSnapshot(node: SimNode, { commitIndex, content }: StoredSnapshot): void {
    if (!node.isHonest) return;
    const digest = encodeHex(sha256(content));
    const known = this.#snapshots.get(commitIndex) ?? digest;
    this.#snapshots.set(commitIndex, known);
    if (known === digest) return;
    this.#violate("I18", node, `its snapshot of commit ${commitIndex} is not that of the others`);
  }

  /** A member has installed a snapshot of the others. */
  noteInstalled(fetched: FetchedSnapshot): void {
    this.installed.push(fetched);
  }

  noteStep(node: SimNode): void {
    const { replica } = node;
    if (!node.isHonest || replica === undefined) return;
    const facts = this.#facts.get(node)!;
    if (node.epoch === facts.epoch) this.#noteProgress(node, replica, facts);
    const { count } = replica.consensus.pending;
    const { length: members } = replica.consensus.dag.committee.weights;
    // consensus.md §8: what is needed by others is bounded as what is not.
    if (count > 2 * members * (this.#limits.pendingPerAuthor + members)) {
      this.#violate("I13", node, `${count} blocks are pending`);
    }
    if (replica.mempool.frameCount > this.#limits.mempoolFrames) {
      this.#violate("I13", node, `${replica.mempool.frameCount} frames wait`);
    }
  }

  #noteProgress(node: SimNode, replica: Replica, facts: NodeFacts): void {
    const { lastProposed } = replica;
    if (lastProposed < facts.lastProposed) {
      this.#violate("I6", node, "the last signed round goes back");
    }
    const isAsking = asksOthers(replica);
    if (facts.isAsking && !isAsking) this.#checkRejoined(node, lastProposed);
    if (!facts.isAsking) this.#noteRounds(node, replica, facts.lastProposed);
    facts.lastProposed = lastProposed;
    facts.isAsking = isAsking;
  }

  #checkRejoined(node: SimNode, lastProposed: number): void {
    const signed = node.sentIn(node.epoch);
    if (lastProposed >= signed) return;
    const { epoch } = node;
    this.#violate("I2", node, `rejoins at ${epoch}/${lastProposed}, and has signed ${signed}`);
  }

  /** J: no round is left out while a vote of it could still matter. What the published protocol stalls for. */
  #noteRounds(node: SimNode, replica: Replica, before: number): void {
    const { dag, committer } = replica.consensus;
    const { self } = node.chain!;
    if (self === undefined) return;
    for (let round = before + 1; round < replica.lastProposed; round++) {
      if (committer.decidedRound >= round - 1 || dag.first(round, self) !== undefined) continue;
      this.#violate("J", node, `leaves out round ${round}, decided is ${committer.decidedRound}`);
    }
  }

  /** I22: what a member executes, and may tell anybody who asks, rests on nothing that its disk has not said that it has. */
  noteExecution(node: SimNode): void {
    if (node.isHonest && !node.disk.isFlushed) {
      this.#violate("I22", node, "executes a commit before the journal is flushed");
    }
  }

  /** I1, I5, I10, I18, I21: every member goes through the same commits, in each of its lives from the first on. */
  noteCommit(
    node: SimNode,
    committee: Committee,
    batch: CommittedBatch,
    result: CommitResult,
  ): void {
    if (!node.isHonest) return;
    const { commit } = batch;
    const { epoch } = committee;
    this.epochs.noteCommit(node, epoch, commit.index);
    const facts = this.#facts.get(node)!;
    this.commitsCompared++;
    this.leaders.add(encodeHex(commit.leader.digest));
    if (commit.index !== facts.nextIndex)
      this.#violate("I1", node, `commit ${commit.index} is out of turn`);
    facts.nextIndex = commit.index + 1;
    facts.commitIndexMax = Math.max(facts.commitIndexMax, commit.index);
    if (commit.tsMs < facts.lastTsMs) this.#violate("I10", node, "commit time goes back");
    facts.lastTsMs = commit.tsMs;
    if (commit.tsMs > node.nowMs() + 2 * this.#maxDriftMs + 60_000) {
      this.#violate("I10", node, "commit time is in the future of every honest clock");
    }
    const fact: CommitFact = {
      epoch,
      digest: encodeHex(batch.digest),
      eventsRoot: encodeHex(result.eventsRoot),
      checkpoint: result.checkpoint && Object.values(result.checkpoint).map(encodeHex).join("/"),
      tsMs: commit.tsMs,
    };
    const known = this.#order[commit.index - 1];
    if (known === undefined) {
      this.#order.push(fact);
      this.#noteContents(node, committee, batch, result);
      return;
    }
    if (known.digest !== fact.digest || known.epoch !== epoch)
      this.#violate("I1", node, `commit ${commit.index} differs`);
    else if (known.eventsRoot !== fact.eventsRoot || known.checkpoint !== fact.checkpoint) {
      this.#violate("I18", node, `commit ${commit.index} is the same, its outcome is not`);
    }
  }

  /** I4, I5, I13: what the first teller of a commit put into it. */
  #noteContents(
    node: SimNode,
    committee: Committee,
    batch: CommittedBatch,
    result: CommitResult,
  ): void {
    const { commit } = batch;
    const { epoch } = committee;
    this.#checkTime(node, committee, batch);
    for (const ref of commit.refs) {
      const slot = slotOf(epoch, ref);
      if (this.#committedSlots.has(slot))
        this.#violate("I5", node, `two blocks of ${slot} are committed`);
      this.#committedSlots.set(slot, encodeHex(ref.digest));
      if (ref.round <= commit.gcRound)
        this.#violate("I4", node, `what is of ${slot} lies below the commit's horizon`);
    }
    for (const { block } of batch.blocks) {
      if (!hasQuorum(block!, committee))
        this.#violate("I4", node, "a block without a quorum of parents is committed");
      if (!isCanonical(block!, committee))
        this.#violate("I4", node, "a block of elsewhere, or with more than itself, is committed");
      for (const ref of [...block!.strong, ...block!.weak]) {
        const slot = slotOf(epoch, ref);
        if (ref.round > commit.gcRound && !this.#committedSlots.has(slot)) {
          this.#violate(
            "I4",
            node,
            `what is of ${slot} is a parent of what is committed, and is not`,
          );
        }
      }
    }
    for (const { frame, verdict } of result.frames) {
      if (verdict !== "execute") continue;
      if (this.#executed.has(frame.key)) this.#violate("I5", node, "a frame executes twice");
      if (frameExpiresMs(frame.bytes) <= commit.tsMs) {
        this.#violate("I5", node, "a frame executes after its end");
      }
      if (frameExpiresMs(frame.bytes) > commit.tsMs + 2 * this.#limits.lifetimeMsMax) {
        this.#violate("I13", node, "a frame executes that has to be remembered for too long");
      }
      this.#executed.set(frame.key, commit.index);
    }
  }

  /** I13: what a member has cost is within its allowance: a burst for each time that the clock was set, and its rate. */
  noteConduct(node: SimNode, conduct: MemberConduct, limits: ConductLimits): void {
    const bursts = 1 + node.clock.setCount;
    // A clock may run a tenth too fast.
    const seconds = (node.upMs * 1.1) / 1_000;
    const answers = bursts * limits.answerBytesBurst + seconds * limits.answerBytesPerSecond;
    if (conduct.answeredBytes > answers + ANSWER_SLACK_BYTES) {
      this.#violate("I13", node, `member ${conduct.member} got ${conduct.answeredBytes} bytes`);
    }
    const faults = bursts * limits.faultsBurst + seconds * limits.faultsPerSecond;
    const { malformed, invalid } = conduct;
    if (malformed + invalid > faults + 1) {
      this.#violate("I13", node, `member ${conduct.member} had ${malformed + invalid} faults read`);
    }
  }

  /** I13: what a member holds of second blocks is what honest members took for the first, and what liars may cost. */
  noteTwins(node: SimNode, bound: TwinBound): void {
    const excess = findTwinExcess(node.replica!.consensus.dag, bound);
    if (node.isHonest && excess !== undefined) this.#violate("I13", node, excess);
  }

  /** I10: the time of a commit is one that honest parents of its leader have said, or else that of the commit before. */
  #checkTime(node: SimNode, committee: Committee, { commit, blocks }: CommittedBatch): void {
    const { seats } = this.#book.find(committee.epoch)!;
    const { liars, wave } = committee.thresholds;
    const leader = blocks.find((block) => equalRefs(block, commit.leader))!;
    // Where nobody may lie, all are believed; alone, the leader says what time it is.
    const isBelieved = ({ author }: DagBlock): boolean =>
      liars === 0 || this.#honest.has(seats[author]!.process);
    const parents = wave === 1 ? [leader] : leader.strong.filter((each) => each !== undefined);
    // While the commit waited for the disk they may have been let go of.
    if (parents.length === 0) return;
    const times = parents.filter(isBelieved).map(({ tsMs }) => tsMs);
    const beforeMs = this.#order[commit.index - 2]?.tsMs ?? 0;
    if (commit.tsMs < Math.min(...times))
      this.#violate("I10", node, "commit time is before that of every honest parent of its leader");
    if (commit.tsMs > Math.max(beforeMs, ...times))
      this.#violate("I10", node, "commit time is after that of every honest parent of its leader");
  }

  /** I2, E4: no honest member ever lets out two blocks for one round, or what does not hold in its epoch. */
  noteSend(node: SimNode, message: Uint8Array): void {
    if (!node.isHonest || message[0] !== MessageKind.Block || message === this.#lastSent) return;
    this.#lastSent = message;
    const epoch = this.#book.find(peekEpoch(message) ?? 0);
    const judged = epoch && this.#book.judgedBy(this.#book.checksOf(epoch)).judge(message);
    if (judged === undefined || judged instanceof Fault)
      return this.#violate("I2", node, "an honest member sends what is no block");
    const { round, author } = judged;
    if (epoch!.seats[author]!.process !== node.number) return;
    const slot = `${node.number}/${judged.epoch}/${round}`;
    const digest = encodeHex(judged.digest);
    const known = this.#sent.get(slot);
    if (known !== undefined && known !== digest)
      this.#violate("I2", node, `signed twice for round ${round} of epoch ${judged.epoch}`);
    this.#sent.set(slot, digest);
  }

  /** I2, a step earlier: nobody honest asks its guard for what a guard refuses. */
  noteGuardConflict(node: SimNode, mark: GuardMark, last: GuardMark | undefined): void {
    if (!node.isHonest) return;
    const asked = `${mark.epoch}/${mark.round}`;
    const signed = last === undefined ? "nothing" : `${last.epoch}/${last.round}`;
    this.#violate("GUARD", node, `asks to sign ${asked}, and has signed ${signed}`);
  }

  /** I8, I9: certificates hold, and there is one for an index. */
  noteCertificate(node: SimNode, certificate: Certificate): void {
    if (!node.isHonest) return;
    this.certificateCount++;
    const epoch = this.#book.find(certificate.checkpoint.epoch);
    const standing = epoch && checkCertificate(certificate, this.#book.checksOf(epoch));
    if (standing === undefined || standing instanceof Fault)
      this.#violate("I8", node, "a certificate does not hold");
    else if (standing.isQuantum) this.quantumCount++;
    if (
      !isQuorum(
        certificate.signatures.map(({ author }) => author),
        epoch!.committee,
      )
    )
      this.#violate("I8", node, "a certificate of no quorum");
    const { commitIndex, commitDigest, stateRoot, resultsRoot } = certificate.checkpoint;
    const text = [commitDigest, stateRoot, resultsRoot].map(encodeHex).join("/");
    const known = this.#certified.get(commitIndex);
    if (known !== undefined && known !== text)
      this.#violate("I9", node, `two certificates for ${commitIndex}`);
    this.#certified.set(commitIndex, text);
    const fact = this.#order[commitIndex - 1];
    if (fact !== undefined && fact.digest !== encodeHex(commitDigest)) {
      this.#violate("I9", node, "a certificate is for another commit");
    }
    this.#checkQuantum(node, certificate, epoch!);
  }

  /** I8: which checkpoints are signed with ML-DSA-65 too the order says, the same to everybody. */
  #checkQuantum(node: SimNode, certificate: Certificate, { seats }: SimEpoch): void {
    const countHonest = (signatures: readonly CheckpointSignature[]): number =>
      signatures.filter(({ author }) => this.#honest.has(seats[author]!.process)).length;
    const quantum = countHonest(certificate.quantumSignatures);
    if (quantum > 0 && quantum < countHonest(certificate.signatures))
      this.#violate("I8", node, "some signed a checkpoint with ML-DSA-65 too, some did not");
  }

  /** With no more faults than the profile allows, nobody honest has a reason to stop. */
  noteHalt(node: SimNode, reason: HaltReason): void {
    if (!node.isHonest) return;
    this.halts.push(reason);
    this.#violate("HALT", node, `stops: ${reason.code}`);
  }

  /** Nobody honest can be made to look like a liar. */
  noteEvidence(node: SimNode, evidence: Evidence): void {
    const accused = this.#book.find(evidence.first.epoch)?.seats[evidence.first.author];
    if (node.isHonest && accused !== undefined && this.#honest.has(accused.process)) {
      this.#violate("I2", node, `holds evidence against honest member ${accused.process}`);
    }
  }

  /** E6: where nothing garbles what is said, nobody honest is taken for a sender of rubbish. */
  noteFault(node: SimNode, from: number, fault: MessageFaultDetail): void {
    if (!this.#isClear || !node.isHonest || !this.#honest.has(from)) return;
    this.#violate("E6", node, `takes a message of ${from} for rubbish: ${fault.code}`);
  }

  get executedCount(): number {
    return this.#executed.size;
  }

  /** I14: what the same blocks lead to in another order of arrival, from the commit after `before` on. */
  compareOrder(node: SimNode, digests: readonly string[], before: number, last: number): void {
    if (before + digests.length !== last) {
      const detail = `${before + digests.length} commits in another order of arrival, not ${last}`;
      this.#violate("I14", node, detail);
    }
    for (const [at, digest] of digests.entries()) {
      const fact = this.#order[before + at];
      if (fact !== undefined && fact.epoch === node.epoch && fact.digest !== digest) {
        this.#violate("I14", node, `commit ${before + at + 1} differs in another order of arrival`);
      }
    }
  }
}

/** True while a member signs nothing, since the others have to tell it first what it has signed. */
function asksOthers({ isRejoining, isDoubtful }: Replica): boolean {
  return isRejoining || isDoubtful;
}

/** The place of a block, as a picture of the DAG has it too. */
function slotOf(epoch: number, { round, author }: BlockRef): string {
  return `member ${author} for round ${round} of epoch ${epoch}`;
}

/** Of this committee, and not a byte more than what its digest and its payload root cover. */
function isCanonical(block: Block, committee: Committee): boolean {
  const bytes = encodeHeader(block).length + SIGNATURE_BYTES + block.payload.length;
  return equalBytes(block.committeeHash, committee.hash) && block.bytes.length === bytes;
}

function hasQuorum(block: BlockHeader, committee: Committee): boolean {
  return isQuorum(
    block.strong.map((ref) => ref.author),
    committee,
  );
}

/** Counted anew: more than half of the weight, or more than two thirds. */
function isQuorum(authors: readonly number[], { weights, profile }: Committee): boolean {
  const weightOf = (each: readonly number[]): number =>
    [...new Set(each)].reduce((sum, author) => sum + (weights[author] ?? 0), 0);
  const weight = weightOf(authors);
  const total = weightOf(weights.map((_, author) => author));
  return profile >= Profile.Byzantine ? 3 * weight > 2 * total : 2 * weight > total;
}
