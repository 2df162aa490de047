import { encodeHex, equalBytes, Fault } from "@rialto/base";
import {
  type Block,
  type BlockChecks,
  type BlockHeader,
  type Certificate,
  checkCertificate,
  type CommittedBatch,
  encodeHeader,
  type Evidence,
  Profile,
  SIGNATURE_BYTES,
} from "@rialto/consensus";
import {
  type CommitResult,
  type ConductLimits,
  type GuardMark,
  type HaltReason,
  type MemberConduct,
  MessageKind,
  type Replica,
} from "@rialto/replica";
import type { JudgedBlocks } from "./judged-blocks.ts";
import type { SimNode } from "./sim-node.ts";

/** Something that may never happen has happened. */
export interface Violation {
  readonly invariant: string;
  /** Who did it; undefined where it is nobody's. */
  readonly member: number | undefined;
  readonly detail: string;
}

/** The last block of an answer may go beyond the allowance, and so may a request's own bytes. */
const ANSWER_SLACK_BYTES = 20_000;

interface CommitFact {
  readonly digest: string;
  readonly eventsRoot: string;
  /** Results root and state root, where there is a checkpoint. */
  readonly checkpoint: string | undefined;
  readonly tsMs: number;
}

interface NodeFacts {
  nextIndex: number;
  lastTsMs: number;
  commitIndexMax: number;
  lastProposed: number;
  isRejoining: boolean;
}

/**
 * Watches what honest members do and compares it with what they did before and with each other. Shares no rule
 * with what it watches: it only remembers and compares.
 */
export class Checker {
  readonly violations: Violation[] = [];
  readonly #checks: BlockChecks;
  readonly #judged: JudgedBlocks;
  readonly #limits: { readonly pendingBlocks: number; readonly mempoolFrames: number };
  /** The one order, by index from 1, as the first honest member told it. */
  readonly #order: CommitFact[] = [];
  /** `author/round` of every block that an honest member has let out. */
  readonly #sent = new Map<string, string>();
  /** Digests of the blocks that were committed as leaders, by anybody honest. */
  readonly leaders: Set<string> = new Set();
  readonly #committedSlots = new Map<string, string>();
  readonly #executed = new Map<string, number>();
  readonly #certified = new Map<number, string>();
  readonly #facts = new Map<SimNode, NodeFacts>();
  readonly #honestAuthors = new Set<number>();
  readonly #maxDriftMs: number;
  /** A broadcast is the same bytes to everybody: one look is enough. */
  #lastSent: Uint8Array | undefined;
  halts: HaltReason[] = [];
  commitsCompared = 0;
  installedCount = 0;
  certificateCount = 0;
  quantumCount = 0;

  constructor(options: {
    readonly checks: BlockChecks;
    readonly judged: JudgedBlocks;
    readonly pendingBlocks: number;
    readonly mempoolFrames: number;
    /** How far an honest clock may be off. */
    readonly maxDriftMs: number;
  }) {
    this.#checks = options.checks;
    this.#judged = options.judged;
    this.#limits = options;
    this.#maxDriftMs = options.maxDriftMs;
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
        member: node.author,
        detail: `member ${node.author}: ${detail}`,
      });
    }
  }

  /** I21: what a start has read of the disk covers all that was ever let out, or it knows that it does not. */
  noteStart(node: SimNode): void {
    if (node.isHonest) this.#honestAuthors.add(node.author);
    else this.#honestAuthors.delete(node.author);
    const { lastProposed: known, isRejoining: isAware } = node.replica!;
    if (node.isHonest && !isAware && known < node.sentRound) {
      this.#violate("I21", node, `starts at round ${known}, and has signed ${node.sentRound}`);
    }
    const before = this.#facts.get(node);
    const commitIndexMax = before?.commitIndexMax ?? 0;
    const lastProposed = node.replica!.isRejoining ? 0 : node.replica!.lastProposed;
    const { isRejoining, consensus } = node.replica!;
    // A life that begins with a snapshot goes on after it.
    const nextIndex = consensus.sequencer.lastIndex + 1;
    this.#checkBase(node, consensus.sequencer);
    this.#facts.set(node, { nextIndex, lastTsMs: 0, commitIndexMax, lastProposed, isRejoining });
  }

  /** I18: a snapshot that a life begins with, perhaps of others, is of the one order. */
  #checkBase(node: SimNode, { lastIndex, lastDigest }: Replica["consensus"]["sequencer"]): void {
    const known = this.#order[lastIndex - 1];
    if (!node.isHonest || known === undefined) return;
    if (known.digest !== encodeHex(lastDigest)) {
      this.#violate("I18", node, `begins with a snapshot of another commit ${lastIndex}`);
    }
  }

  /** A member has installed a snapshot of the others. */
  noteInstalled(): void {
    this.installedCount++;
  }

  noteStep(node: SimNode): void {
    const { replica } = node;
    if (!node.isHonest || replica === undefined) return;
    const facts = this.#facts.get(node)!;
    if (replica.lastProposed < facts.lastProposed) {
      this.#violate("I6", node, "the last signed round goes back");
    }
    if (facts.isRejoining && !replica.isRejoining && replica.lastProposed < node.sentRound) {
      const { lastProposed } = replica;
      this.#violate("I2", node, `rejoins at ${lastProposed}, and has signed ${node.sentRound}`);
    }
    if (!facts.isRejoining) this.#noteRounds(node, replica, facts.lastProposed);
    facts.lastProposed = replica.lastProposed;
    facts.isRejoining = replica.isRejoining;
    if (replica.consensus.pending.count > this.#limits.pendingBlocks) {
      this.#violate("I13", node, `${replica.consensus.pending.count} blocks are pending`);
    }
    if (replica.mempool.frameCount > this.#limits.mempoolFrames) {
      this.#violate("I13", node, `${replica.mempool.frameCount} frames wait`);
    }
  }

  /** J: no round is left out while a vote of it could still matter. What the published protocol stalls for. */
  #noteRounds(node: SimNode, replica: Replica, before: number): void {
    const { dag, committer } = replica.consensus;
    for (let round = before + 1; round < replica.lastProposed; round++) {
      if (committer.decidedRound >= round - 1 || dag.first(round, node.author) !== undefined)
        continue;
      this.#violate("J", node, `leaves out round ${round}, decided is ${committer.decidedRound}`);
    }
  }

  /** I1, I5, I10, I18, I21: every member goes through the same commits, in each of its lives from the first on. */
  noteCommit(node: SimNode, batch: CommittedBatch, result: CommitResult): void {
    if (!node.isHonest) return;
    const { commit } = batch;
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
      digest: encodeHex(batch.digest),
      eventsRoot: encodeHex(result.eventsRoot),
      checkpoint: result.checkpoint && Object.values(result.checkpoint).map(encodeHex).join("/"),
      tsMs: commit.tsMs,
    };
    const known = this.#order[commit.index - 1];
    if (known === undefined) {
      this.#order.push(fact);
      this.#noteContents(node, batch, result);
      return;
    }
    if (known.digest !== fact.digest) this.#violate("I1", node, `commit ${commit.index} differs`);
    else if (known.eventsRoot !== fact.eventsRoot || known.checkpoint !== fact.checkpoint) {
      this.#violate("I18", node, `commit ${commit.index} is the same, its outcome is not`);
    }
  }

  /** I4, I5: what the first teller of a commit put into it. */
  #noteContents(node: SimNode, batch: CommittedBatch, result: CommitResult): void {
    const { commit } = batch;
    for (const ref of commit.refs) {
      const slot = `${ref.round}/${ref.author}`;
      if (this.#committedSlots.has(slot))
        this.#violate("I5", node, `two blocks of ${slot} are committed`);
      this.#committedSlots.set(slot, encodeHex(ref.digest));
      if (ref.round <= commit.gcRound)
        this.#violate("I4", node, `${slot} lies below the commit's horizon`);
    }
    for (const { block } of batch.blocks) {
      if (!this.#hasQuorum(block!))
        this.#violate("I4", node, "a block without a quorum of parents is committed");
      if (!this.#isCanonical(block!))
        this.#violate("I4", node, "a block of elsewhere, or with more than itself, is committed");
      for (const ref of [...block!.strong, ...block!.weak]) {
        const slot = `${ref.round}/${ref.author}`;
        if (ref.round > commit.gcRound && !this.#committedSlots.has(slot)) {
          this.#violate("I4", node, `${slot} is a parent of what is committed, and is not`);
        }
      }
    }
    for (const { frame, verdict } of result.frames) {
      if (verdict !== "execute") continue;
      if (this.#executed.has(frame.key)) this.#violate("I5", node, "a frame executes twice");
      this.#executed.set(frame.key, commit.index);
    }
  }

  /** Of this committee, and not a byte more than what its digest and its payload root cover. */
  #isCanonical(block: Block): boolean {
    const { committee } = this.#checks;
    const bytes = encodeHeader(block).length + SIGNATURE_BYTES + block.payload.length;
    return equalBytes(block.committeeHash, committee.hash) && block.bytes.length === bytes;
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

  /** Counted anew: more than half of the weight, or more than two thirds. */
  #hasQuorum(block: BlockHeader): boolean {
    const { weights, profile } = this.#checks.committee;
    const weightOf = (authors: readonly number[]): number =>
      [...new Set(authors)].reduce((sum, author) => sum + weights[author]!, 0);
    const strong = weightOf(block.strong.map((ref) => ref.author));
    const total = weightOf(weights.map((_, author) => author));
    return profile >= Profile.Byzantine ? 3 * strong > 2 * total : 2 * strong > total;
  }

  /** I2: no honest member ever lets out two blocks for one round. */
  noteSend(node: SimNode, message: Uint8Array): void {
    if (!node.isHonest || message[0] !== MessageKind.Block || message === this.#lastSent) return;
    this.#lastSent = message;
    const block = this.#judged.judge(message);
    if (block instanceof Fault)
      return this.#violate("I2", node, "an honest member sends what is no block");
    if (block.author !== node.author) return;
    const slot = `${block.author}/${block.round}`;
    const digest = encodeHex(block.digest);
    const known = this.#sent.get(slot);
    if (known !== undefined && known !== digest)
      this.#violate("I2", node, `signed twice for round ${block.round}`);
    this.#sent.set(slot, digest);
  }

  /** I2, a step earlier: nobody honest asks its guard for what a guard refuses. */
  noteGuardConflict(node: SimNode, mark: GuardMark, last: GuardMark | undefined): void {
    if (!node.isHonest) return;
    const { round } = mark;
    this.#violate("GUARD", node, `asks to sign round ${round}, and has signed ${last?.round ?? 0}`);
  }

  /** I8, I9: certificates hold, and there is one for an index. */
  noteCertificate(node: SimNode, certificate: Certificate): void {
    if (!node.isHonest) return;
    this.certificateCount++;
    const standing = checkCertificate(certificate, this.#checks);
    if (standing instanceof Fault) this.#violate("I8", node, "a certificate does not hold");
    else if (standing.isQuantum) this.quantumCount++;
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
  }

  /** With no more faults than the profile allows, nobody honest has a reason to stop. */
  noteHalt(node: SimNode, reason: HaltReason): void {
    if (!node.isHonest) return;
    this.halts.push(reason);
    this.#violate("HALT", node, `stops: ${reason.code}`);
  }

  /** Nobody honest can be made to look like a liar. */
  noteEvidence(node: SimNode, evidence: Evidence): void {
    if (node.isHonest && this.#honestAuthors.has(evidence.first.author)) {
      this.#violate("I2", node, `holds evidence against honest member ${evidence.first.author}`);
    }
  }

  get executedCount(): number {
    return this.#executed.size;
  }

  /** I14: what the same blocks lead to in another order of arrival. */
  compareOrder(node: SimNode, digests: readonly string[], length: number): void {
    if (digests.length !== length) {
      const detail = `${digests.length} commits in another order of arrival, not ${length}`;
      this.#violate("I14", node, detail);
    }
    for (const [at, digest] of digests.entries()) {
      const fact = this.#order[at];
      if (fact !== undefined && fact.digest !== digest) {
        this.#violate("I14", node, `commit ${at + 1} differs in another order of arrival`);
      }
    }
  }
}
