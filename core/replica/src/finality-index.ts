import { assert, decodeBase64 } from "@rialto/base";
import { DIGEST_BYTES } from "@rialto/crypto";
import { type CertificateStanding, FinalityLevel } from "@rialto/consensus";
import { FINALITY_WASM_BASE64 } from "./generated/finality-wasm.ts";

/** Hashes of one call of `findMany` at most: 64 KiB. */
export const FINALITY_QUERIES_MAX = 2_048;
/** Most hashes that one index holds. Limit: the table of so many takes 1.1 GB of a memory of at most 4. */
const FINALITY_HASHES_MAX: number = 2 ** 24 - 1;
/** Hashes that a node holds unless told otherwise, in 17 MB: of the last hundred thousand commits or so. */
export const FINALITY_HASHES_DEFAULT = 262_144;
/** Limit: a place has 48 bits for it. */
const COMMIT_INDEX_MAX: number = 2 ** 48 - 1;
const PAGE_BYTES = 65_536;
const FOUND_AT: number = FINALITY_QUERIES_MAX * DIGEST_BYTES;
const FLAGS_AT: number = FOUND_AT + FINALITY_QUERIES_MAX * 8;
/** Flags of a hash that is known. */
const CERTIFIED = 1;
const FAST = 2;
const ECONOMIC = 4;
const QUANTUM = 8;

/** What core/replica/assembly/finality-index.ts exports. */
interface IndexExports {
  readonly memory: WebAssembly.Memory;
  initialize(buckets: number, hashesMax: number, hashKey: bigint): void;
  tableStart(): number;
  tableEnd(buckets: number, hashesMax: number): number;
  entryCount(): number;
  setMarks(certified: number, fast: number, economic: number, quantum: number): void;
  find(queries: number): void;
  add(index: number): void;
}

/** How final a hash is. */
export interface Finality {
  readonly level: FinalityLevel;
  /** The commit that it belongs to; 0 where it is not known. */
  readonly commitIndex: number;
  /** A quorum has signed with ML-DSA-65 too. */
  readonly isQuantum: boolean;
}

let compiled: WebAssembly.Module | undefined;

/**
 * How final is what has this hash: a commit, a block, a frame? The newest hashes up to a fixed number are known; the
 * oldest is forgotten for the newest. Levels are marks in the order of commits, so that a certificate raises all before
 * it at once.
 *
 * Source   docs/protocol/finality.md §6.
 */
export class FinalityIndex {
  /** Of the table, all levels of it. */
  readonly tableBytes: number;
  readonly hashesMax: number;
  readonly #exports: IndexExports;
  readonly #queries: Uint8Array;
  readonly #found: Float64Array;
  readonly #flags: Uint8Array;
  #certified = 0;
  #fast = 0;
  #economic = 0;
  #quantum = 0;

  /** `hashKey` is a secret of the process, 64 bits: who hands hashes in cannot aim at one place of the table. */
  constructor(hashesMax: number, hashKey: bigint) {
    assert(
      hashesMax >= 1 && hashesMax <= FINALITY_HASHES_MAX,
      "an index holds one hash at least, and has an end",
    );
    compiled ??= new WebAssembly.Module(decodeBase64(FINALITY_WASM_BASE64));
    const instance = new WebAssembly.Instance(compiled, {});
    this.#exports = instance.exports as unknown as IndexExports;
    const buckets = bucketsFor(hashesMax);
    const { memory } = this.#exports;
    const end = this.#exports.tableEnd(buckets, hashesMax);
    memory.grow(Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES);
    this.#exports.initialize(buckets, hashesMax, hashKey);
    this.hashesMax = hashesMax;
    this.tableBytes = end - this.#exports.tableStart();
    this.#queries = new Uint8Array(memory.buffer, 0, FOUND_AT);
    this.#found = new Float64Array(memory.buffer, FOUND_AT, FINALITY_QUERIES_MAX);
    this.#flags = new Uint8Array(memory.buffer, FLAGS_AT, FINALITY_QUERIES_MAX);
  }

  get size(): number {
    return this.#exports.entryCount();
  }

  /** Notes that `hash` belongs to a commit. A hash that is known stays where it is. */
  add(hash: Uint8Array, commitIndex: number): void {
    assert(hash.length === DIGEST_BYTES && commitIndex > 0, "a hash belongs to a commit");
    assert(commitIndex <= COMMIT_INDEX_MAX, "the index of a commit has 48 bits");
    this.#queries.set(hash);
    this.#exports.add(commitIndex);
  }

  /** Notes that a certificate of this standing covers every commit up to `commitIndex`. */
  raise(commitIndex: number, { level, isQuantum }: CertificateStanding): void {
    const raised = (mark: number, isReached: boolean): number =>
      isReached ? Math.max(mark, commitIndex) : mark;
    this.#certified = raised(this.#certified, level >= FinalityLevel.Certified);
    this.#fast = raised(this.#fast, level >= FinalityLevel.Fast);
    this.#economic = raised(this.#economic, level >= FinalityLevel.Economic);
    this.#quantum = raised(this.#quantum, isQuantum);
    this.#exports.setMarks(this.#certified, this.#fast, this.#economic, this.#quantum);
  }

  /** Up to which commit somebody has vouched for the order: a certificate, and one with a quantum quorum. */
  get marks(): { readonly certified: number; readonly quantum: number } {
    return { certified: this.#certified, quantum: this.#quantum };
  }

  find(hash: Uint8Array): Finality {
    assert(hash.length === DIGEST_BYTES, "what is looked up is a hash");
    this.#queries.set(hash);
    this.#exports.find(1);
    const flags = this.#flags[0]!;
    return {
      level: levelOfFlags(flags),
      commitIndex: this.#found[0]!,
      isQuantum: (flags & QUANTUM) !== 0,
    };
  }

  /** Where the hashes for `findMany` are written, one after the other. Any other call may overwrite them. */
  get queries(): Uint8Array {
    return this.#queries;
  }

  /**
   * Looks up the first `count` hashes of `queries`, FINALITY_QUERIES_MAX at most.
   *
   * Effects  answers are in `commits` and `flags`.
   */
  findMany(count: number): void {
    assert(count <= FINALITY_QUERIES_MAX, "there is room for so many");
    this.#exports.find(count);
  }

  /** Of the last call: the commit of each hash, 0 for none. Borrowed until the next. */
  get commits(): Float64Array {
    return this.#found;
  }

  /** Of the last call: what is known of each hash, for `levelOfFlags`. Borrowed until the next. */
  get flags(): Uint8Array {
    return this.#flags;
  }
}

/** The level that the flags of a batch say. */
export function levelOfFlags(flags: number): FinalityLevel {
  if (flags === 0) return FinalityLevel.Unknown;
  if ((flags & ECONOMIC) !== 0) return FinalityLevel.Economic;
  if ((flags & FAST) !== 0) return FinalityLevel.Fast;
  return (flags & CERTIFIED) !== 0 ? FinalityLevel.Certified : FinalityLevel.Committed;
}

/** Of 29 places each, so that few are full: with 18 hashes in a bucket on average one in two hundred is passed by. */
function bucketsFor(hashesMax: number): number {
  return Math.ceil(hashesMax / 18);
}
