import { ed25519 } from "@noble/curves/ed25519.js";
import { assert, decodeBase64 } from "@rialto/base";
import { ED25519_WASM_BASE64 } from "./generated/ed25519-wasm.ts";

const { Point } = ed25519;
const PAGE_BYTES = 65_536;
const LIMBS = 5;
const LIMB_BITS = 51n;
const LIMB_MASK: bigint = 2n ** LIMB_BITS - 1n;
/** Bytes from a limb to the next: two lanes of f64. */
const VECTOR_BYTES = 16;

/** What core/crypto/assembly/index.ts exports, but for what only tests call. */
interface ModuleExports {
  readonly memory: WebAssembly.Memory;
  readonly SIGNED: WebAssembly.Global;
  readonly MESSAGE: WebAssembly.Global;
  readonly MESSAGE_MAX: WebAssembly.Global;
  readonly ANSWERS: WebAssembly.Global;
  readonly BATCH_MAX: WebAssembly.Global;
  readonly KEY_TABLES: WebAssembly.Global;
  readonly KEY_TABLE: WebAssembly.Global;
  readonly TABLE_X: WebAssembly.Global;
  readonly TABLE_Y: WebAssembly.Global;
  initialize(): number;
  buildBaseTable(): void;
  buildKeyTable(slot: number): void;
  compute(slot: number, messageBytes: number, place: number): void;
  judge(count: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** A new instance; undefined where WebAssembly does not know the instructions that it is made of. */
export function instantiateVerifier(): ModuleExports | undefined {
  if (compiled === undefined) {
    const bytes = decodeBase64(ED25519_WASM_BASE64);
    if (!WebAssembly.validate(bytes)) return undefined;
    compiled = new WebAssembly.Module(bytes);
  }
  return new WebAssembly.Instance(compiled, {}).exports as unknown as ModuleExports;
}

let isSupported: boolean | undefined;

/** False where WebAssembly has no relaxed SIMD, or the processor no fused multiplication and addition. */
export function isVerifierSupported(): boolean {
  isSupported ??= instantiateVerifier()?.initialize() === 1;
  return isSupported;
}

/** The verifier in WebAssembly, and its memory: tables of keys by their slot, signatures by their place in a batch. */
export class VerifierModule {
  /** Bytes of a message that can be checked here. */
  readonly messageMax: number;
  /** Signatures that are judged together. */
  readonly batchMax: number;
  readonly tableBytes: number;
  readonly #exports: ModuleExports;
  // Of the exports, numbers: asking a global for its value takes as long as tens of multiplications.
  readonly #signed: number;
  readonly #message: number;
  readonly #answers: number;
  #memory: Uint8Array;

  /** `exports`: of an instance of its own, whose `initialize` has answered 1. */
  constructor(exports: ModuleExports) {
    this.#exports = exports;
    this.#signed = exports.SIGNED.value;
    this.#message = exports.MESSAGE.value;
    this.#answers = exports.ANSWERS.value;
    this.messageMax = exports.MESSAGE_MAX.value;
    this.batchMax = exports.BATCH_MAX.value;
    this.tableBytes = exports.KEY_TABLE.value;
    this.#memory = new Uint8Array(exports.memory.buffer);
    const { x, y } = Point.BASE.toAffine();
    this.#writePoint(x, y);
    exports.buildBaseTable();
  }

  /** Undefined where `isVerifierSupported` is false. */
  static create(): VerifierModule | undefined {
    const exports = instantiateVerifier();
    return exports?.initialize() === 1 ? new VerifierModule(exports) : undefined;
  }

  get memoryBytes(): number {
    return this.#memory.length;
  }

  /** Makes the table of a key, which decodes, in a slot; whatever table was there is gone. Grows the memory up to the slot. */
  buildTable(slot: number, publicKey: Uint8Array): void {
    const { memory, KEY_TABLES } = this.#exports;
    const head = KEY_TABLES.value + slot * this.tableBytes;
    const missing = head + this.tableBytes - this.#memory.length;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#memory = new Uint8Array(memory.buffer);
    }
    const { x, y } = Point.fromBytes(publicKey).negate().toAffine();
    this.#writePoint(x, y);
    this.#memory.set(publicKey, head);
    this.#exports.buildKeyTable(slot);
  }

  /** Does the long part of checking a signature by the key in `slot`; `judge` does the rest for many. */
  compute(slot: number, message: Uint8Array, signature: Uint8Array, place: number): void {
    this.#memory.set(signature, this.#signed);
    this.#memory.set(message, this.#message);
    this.#exports.compute(slot, message.length, place);
  }

  /** Judges the signatures in the first `count` places. */
  judge(count: number): void {
    this.#exports.judge(count);
  }

  /** Whether the signature in `place` holds, once it is judged. */
  holds(place: number): boolean {
    return this.#memory[this.#answers + place] === 1;
  }

  #writePoint(x: bigint, y: bigint): void {
    this.#writeElement(this.#exports.TABLE_X.value, x);
    this.#writeElement(this.#exports.TABLE_Y.value, y);
  }

  /** The same element in both lanes. */
  #writeElement(address: number, element: bigint): void {
    assert(element >= 0n && element < Point.Fp.ORDER, "an element is below the field's order");
    const view = new DataView(this.#exports.memory.buffer);
    for (let limb = 0; limb < LIMBS; limb++) {
      const value = Number((element >> (LIMB_BITS * BigInt(limb))) & LIMB_MASK);
      const at = address + limb * VECTOR_BYTES;
      view.setFloat64(at, value, true);
      view.setFloat64(at + VECTOR_BYTES / 2, value, true);
    }
  }
}
