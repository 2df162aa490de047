import { equalBytes, Fault } from "@rialto/base";
import {
  type Certificate,
  type CertificateStanding,
  checkCertificate,
  type Committee,
  encodeCertificate,
  FINALITY_NAMES,
  type HashFunction,
  NO_DIGEST,
  parseCertificate,
  profileLabel,
  standingOf,
} from "@rialto/consensus";
import type {
  DagView,
  FinalityAnswer,
  FinalityPort,
  FinalityStatistics,
  ProofAnswer,
} from "@rialto/gateway";
import {
  buildFillProof,
  type CommitRecord,
  FinalityIndex,
  lastTrades,
  writeFillProof,
} from "@rialto/replica";
import { certificateChecks } from "./certificate-checks.ts";
import { ProofWriter, type ProofWriterOptions } from "./proof-writer.ts";

/** A certificate as it is kept, and the commit whose checkpoint it is said to be of. */
interface Unread {
  readonly bytes: Uint8Array;
  readonly index: number;
  readonly digest: Uint8Array;
}

/** Checkpoints that the index is filled from after a start. */
const LOADED_CHECKPOINTS = 1_000;

export interface FinalityKeeperOptions extends ProofWriterOptions {
  /** Of the epoch that it begins with; `enter` names others. */
  readonly committee: Committee;
  readonly hash: HashFunction;
  /** Text of the genesis file. */
  readonly genesis: string;
  /** Hashes that can be asked for; the oldest are forgotten. */
  readonly hashesMax: number;
  /** A secret of the process, 64 bits. */
  readonly hashKey: bigint;
  /** The newest rounds, for pictures. */
  readonly dag: (roundsMax: number) => DagView;
  /** What leads from the genesis to an epoch, for proofs; none by default: a node alone has one epoch. */
  readonly epochSteps?: (epoch: number) => readonly Uint8Array[];
}

/**
 * Keeps what certifies the commits of this node, and answers how final something is. Whoever decides the order tells it
 * of every commit, of every checkpoint and of every certificate: a replica by its effects, or the log of one node.
 */
export class FinalityKeeper implements FinalityPort {
  readonly genesis: string;
  #committee: Committee;
  /** By epoch. */
  readonly #committees = new Map<number, Committee>();
  readonly #options: FinalityKeeperOptions;
  readonly #index: FinalityIndex;
  readonly #writer: ProofWriter;
  /** Commits since the last checkpoint. */
  #open: CommitRecord[] = [];
  /** Certificates that lay there at the start, of epochs that this node has yet to come to again. */
  #unread: Unread[] = [];

  constructor(options: FinalityKeeperOptions) {
    this.#options = options;
    this.#writer = new ProofWriter(options);
    this.genesis = options.genesis;
    this.#committee = options.committee;
    this.#committees.set(options.committee.epoch, options.committee);
    this.#index = new FinalityIndex(options.hashesMax, options.hashKey);
    for (const { record, certificate } of options.store.newest(LOADED_CHECKPOINTS).toReversed()) {
      for (const commit of record.commits) this.#indexCommit(commit);
      if (certificate === undefined) continue;
      const { commit, digest } = record.commits.at(-1)!;
      this.#unread.push({ bytes: certificate, index: commit.index, digest });
    }
    this.#raiseUnread();
  }

  get guarantee(): string {
    return profileLabel(this.#committee.profile, this.#committee.thresholds);
  }

  /** An epoch has begun: what its members have certified before counts now. */
  enter(committee: Committee): void {
    this.#committee = committee;
    this.#committees.set(committee.epoch, committee);
    this.#raiseUnread();
  }

  #raiseUnread(): void {
    this.#unread = this.#unread.filter(({ bytes, index, digest }) => {
      const kept = this.#readKept(bytes);
      if (kept === undefined) return true;
      const { commitIndex, commitDigest } = kept.checkpoint;
      // A damaged disk must not make more final than is.
      if (commitIndex === index && equalBytes(commitDigest, digest)) this.#raise(kept);
      return false;
    });
  }

  /** The newest commit that is kept, or was. A replica that recovers tells of older ones again. */
  get lastCommit(): number {
    return this.#open.at(-1)?.commit.index ?? this.#writer.end.commitIndex;
  }

  /** Notes a commit, right after it has been executed. */
  noteCommit(record: CommitRecord): void {
    this.#indexCommit(record);
    if (!this.isFailed && record.commit.index > this.lastCommit) this.#open.push(record);
  }

  /** Notes that the commits so far stand under a results root. */
  noteCheckpoint(resultsRoot: Uint8Array): void {
    if (this.#open.length === 0) return;
    const { resultsRoot: previousRoot } = this.#writer.end;
    this.#writer.put({ resultsRoot, previousRoot, commits: this.#open });
    this.#open = [];
  }

  /** Notes a certificate. The one that is kept for its checkpoint gives way to none that is worth less. */
  noteCertificate(certificate: Certificate): void {
    const { store } = this.#options;
    const { weight, quantumWeight, isQuantum } = this.#raise(certificate);
    const { commitIndex } = certificate.checkpoint;
    const bytes = encodeCertificate(certificate);
    this.#writer.change(() => {
      // After a start of all members the newest checkpoint's votes come in again, one by one.
      const kept = this.#readKept(store.certificateOf(commitIndex));
      const before = kept && standingOf(kept, this.#committeeOf(kept)!);
      const isLess =
        before !== undefined && (weight < before.weight || quantumWeight < before.quantumWeight);
      if (!isLess) store.certify(commitIndex, bytes, isQuantum);
    }, bytes.length);
  }

  /** A certificate of the store; undefined where there is none, or a damaged disk has left what is none. */
  #readKept(bytes: Uint8Array | undefined): Certificate | undefined {
    const certificate = bytes && parseCertificate(bytes);
    if (certificate === undefined || certificate instanceof Fault) return undefined;
    const { signatures, quantumSignatures } = certificate;
    const membersCount = this.#committeeOf(certificate)?.weights.length ?? 0;
    const isOfMembers = [...signatures, ...quantumSignatures].every(
      ({ author }) => author < membersCount,
    );
    return isOfMembers ? certificate : undefined;
  }

  /** Whether a certificate of the store is what its members have signed still: a proof with one that is not would look like a lie. */
  #holds(certificate: Certificate): boolean {
    const committee = this.#committeeOf(certificate)!;
    return !(checkCertificate(certificate, certificateChecks(committee)) instanceof Fault);
  }

  /** True when the disk has taken nothing for too long: what is missing then is made again after the next start. */
  get isFailed(): boolean {
    return this.#writer.isLost;
  }

  /** Undefined for an epoch that this node has not come to again since its start. */
  #committeeOf({ checkpoint }: Certificate): Committee | undefined {
    return this.#committees.get(checkpoint.epoch);
  }

  #raise(certificate: Certificate): CertificateStanding {
    const standing = standingOf(certificate, this.#committeeOf(certificate)!);
    this.#index.raise(certificate.checkpoint.commitIndex, standing);
    return standing;
  }

  /** By its own digest, its blocks' and its frames'. */
  #indexCommit({ commit, digest, leaves }: CommitRecord): void {
    this.#index.add(digest, commit.index);
    for (const { digest: block } of commit.refs) this.#index.add(block, commit.index);
    for (const leaf of leaves) this.#index.add(leaf.subarray(0, digest.length), commit.index);
  }

  find(hash: Uint8Array): FinalityAnswer {
    const { level, commitIndex, isQuantum } = this.#index.find(hash);
    return { level: FINALITY_NAMES[level], commitIndex, isQuantum };
  }

  proveFill(market: number, tradeId: number): ProofAnswer {
    const { store, hash } = this.#options;
    const lastCommit = store.findTrade(market, tradeId);
    if (lastCommit === undefined)
      return { kind: this.#isOpen(market, tradeId) ? "pending" : "absent" };
    const stored = store.upToCertificate(lastCommit);
    const bytes = stored.at(-1)?.certificate;
    if (bytes === undefined) return { kind: "pending" };
    const certificate = this.#readKept(bytes);
    if (certificate === undefined || !this.#holds(certificate)) return { kind: "absent" };
    const records = stored.map(({ record }) => record);
    const epochs = this.#options.epochSteps?.(certificate.checkpoint.epoch) ?? [];
    const proof = buildFillProof({ market, tradeId, records, certificate, epochs, hash });
    if (proof === undefined) return { kind: "absent" };
    const text = writeFillProof(proof);
    return text === undefined ? { kind: "tooLong" } : { kind: "proof", text };
  }

  /** True for a trade of a commit that no checkpoint has closed yet, or whose record waits for a disk that is full. */
  #isOpen(market: number, tradeId: number): boolean {
    const open = { resultsRoot: NO_DIGEST, previousRoot: NO_DIGEST, commits: this.#open };
    return [...this.#writer.waiting, open].some(
      (record) => tradeId <= (lastTrades(record).get(market) ?? 0),
    );
  }

  dag(roundsMax: number): DagView {
    return this.#options.dag(roundsMax);
  }

  statistics(): FinalityStatistics {
    const { certificates, quantumCertificates } = this.#options.store;
    const { certified, quantum } = this.#index.marks;
    return {
      certificates,
      quantumCertificates,
      certifiedCommit: certified,
      quantumCommit: quantum,
    };
  }
}
