import { assert, equalBytes, viewOf } from "@rialto/base";
import { isStrictEd25519 } from "./ed25519.ts";
import { SIGNATURE_SIZES, type VerifyFunction } from "./signature.ts";
import { VerifierModule } from "./verifier-module.ts";

/** A signature, what it is of, and whose. */
export interface SignedMessage {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export interface TableVerifierOptions {
  /** Checks signatures of keys that have no table, and very long messages. By the rule of `isStrictEd25519`, as this does. */
  readonly other: VerifyFunction;
  /** Most keys that have a table at a time, of 102 KiB each; default: KEY_TABLES_DEFAULT. */
  readonly tablesMax?: number;
}

/** Tables of keys: 53 MB where so many keys sign. */
const KEY_TABLES_DEFAULT = 512;
/** Good signatures of a key until it gets a table: by then they have cost what making one does, so no order of keys costs more than twice that. */
export const USES_BEFORE_TABLE = 6;
/** Keys without a table whose uses are counted. */
const NEWCOMERS_MAX = 4_096;

interface KeyTable {
  readonly publicKey: Uint8Array;
  readonly slot: number;
  /** Higher than that of every table used before. */
  lastUse: number;
}

/**
 * Checks Ed25519 signatures several times faster where their keys have signed before: multiples of such a key are kept in a
 * table. The table least lately used makes room.
 *
 * Source   docs/decisions/018-verifying-ed25519.md
 */
export class TableVerifier {
  readonly tablesMax: number;
  readonly #module: VerifierModule;
  readonly #other: VerifyFunction;
  /** By `prefixOf` their key. */
  readonly #tables = new Map<number, KeyTable>();
  /** Good signatures of keys without a table, by the same. */
  readonly #newcomers = new Map<number, number>();
  #useCount = 0;

  constructor(
    module: VerifierModule,
    { other, tablesMax = KEY_TABLES_DEFAULT }: TableVerifierOptions,
  ) {
    assert(tablesMax >= 1, "there is room for a table");
    this.#module = module;
    this.#other = other;
    this.tablesMax = tablesMax;
  }

  get tableCount(): number {
    return this.#tables.size;
  }

  /** Of the module, tables and all. */
  get memoryBytes(): number {
    return this.#module.memoryBytes;
  }

  readonly verify: VerifyFunction = (publicKey, message, signature) => {
    if (!isStrictEd25519(publicKey, signature)) return false;
    const table = this.#findTable(publicKey, message);
    if (table === undefined) return this.#verifyOther(publicKey, message, signature);
    this.#module.compute(table.slot, message, signature, 0);
    this.#module.judge(1);
    return this.#module.holds(0);
  };

  /** An answer a signature, in their order: together they cost less than one by one. */
  verifyMany(signed: readonly SignedMessage[]): boolean[] {
    const answers: boolean[] = [];
    const places: number[] = [];
    for (const { publicKey, message, signature } of signed) {
      const index = answers.length;
      answers.push(false);
      if (!isStrictEd25519(publicKey, signature)) continue;
      const table = this.#findTable(publicKey, message);
      if (table === undefined) {
        answers[index] = this.#verifyOther(publicKey, message, signature);
        continue;
      }
      this.#module.compute(table.slot, message, signature, places.length);
      places.push(index);
      if (places.length === this.#module.batchMax) this.#judge(places, answers);
    }
    if (places.length > 0) this.#judge(places, answers);
    return answers;
  }

  /** Of the signatures computed, `places` says which they are. Empties it. */
  #judge(places: number[], answers: boolean[]): void {
    this.#module.judge(places.length);
    for (let place = 0; place < places.length; place++) {
      answers[places[place]!] = this.#module.holds(place);
    }
    places.length = 0;
  }

  #findTable(publicKey: Uint8Array, message: Uint8Array): KeyTable | undefined {
    const table = this.#tables.get(prefixOf(publicKey));
    if (table === undefined || message.length > this.#module.messageMax) return undefined;
    // Two keys that begin alike cannot both have one: the first keeps it.
    if (!equalBytes(table.publicKey, publicKey)) return undefined;
    table.lastUse = ++this.#useCount;
    return table;
  }

  #verifyOther(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const isGood = this.#other(publicKey, message, signature);
    // Under a key that is no point nothing holds, so what is counted here can have a table.
    if (isGood) this.#countUse(publicKey);
    return isGood;
  }

  #countUse(publicKey: Uint8Array): void {
    const prefix = prefixOf(publicKey);
    if (this.#tables.has(prefix)) return;
    const uses = (this.#newcomers.get(prefix) ?? 0) + 1;
    if (uses < USES_BEFORE_TABLE) {
      if (uses === 1 && this.#newcomers.size === NEWCOMERS_MAX) this.#forgetNewcomer();
      this.#newcomers.set(prefix, uses);
      return;
    }
    this.#newcomers.delete(prefix);
    const slot = this.#tables.size < this.tablesMax ? this.#tables.size : this.#takeSlot();
    this.#module.buildTable(slot, publicKey);
    // Not slice(): of a Buffer that would be the caller's memory, which may become another key.
    const kept = Uint8Array.from(publicKey);
    this.#tables.set(prefix, { publicKey: kept, slot, lastUse: ++this.#useCount });
  }

  #forgetNewcomer(): void {
    for (const prefix of this.#newcomers.keys()) {
      this.#newcomers.delete(prefix);
      return;
    }
  }

  /** Takes the slot of the table least lately used. */
  #takeSlot(): number {
    let oldestPrefix = 0;
    let oldest: KeyTable | undefined;
    for (const [prefix, table] of this.#tables) {
      if (oldest !== undefined && oldest.lastUse < table.lastUse) continue;
      oldestPrefix = prefix;
      oldest = table;
    }
    assert(oldest !== undefined, "where there is no room there is a table");
    this.#tables.delete(oldestPrefix);
    return oldest.slot;
  }
}

/**
 * A verifier with tables; undefined where `isVerifierSupported` is false.
 *
 * Effects  takes some milliseconds and 1.4 MB, for the table of the base point.
 */
export function createTableVerifier(options: TableVerifierOptions): TableVerifier | undefined {
  const module = VerifierModule.create();
  return module && new TableVerifier(module, options);
}

/** The first 48 bits of a key. */
function prefixOf(publicKey: Uint8Array): number {
  assert(publicKey.length === SIGNATURE_SIZES.ed25519.publicKeyBytes, "a key of Ed25519");
  const view = viewOf(publicKey);
  return view.getUint32(0, true) + view.getUint16(4, true) * 2 ** 32;
}
