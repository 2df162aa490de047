import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { Fault } from "@rialto/base";
import { ApiKey, type KeySummary, type KeyType, type Permission } from "./api-key.ts";
import { findKeyProblem } from "./create-keys.ts";
import type { KeyStore, KeyStoreFault, KeyStoreFaultDetail } from "./key-store.ts";

/** Other processes' changes are looked for as often as this. */
const CHECK_MS = 200;
/** Keys kept in memory. */
const CACHED_KEYS_MAX = 10_000;
/** How long a call waits, and the node with it, for another process that is writing. */
const LOCK_WAIT_MS = 250;
const VERSION = 1;
/** What SQLite says of a file that is damaged. */
const DAMAGED = { errcode: 11, errstr: "database disk image is malformed" };

const SCHEMA = `
CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL CHECK (type IN ('hmac', 'ed25519')),
  material TEXT NOT NULL,
  account INTEGER NOT NULL,
  permissions TEXT NOT NULL,
  addresses TEXT NOT NULL,
  label TEXT NOT NULL,
  createdMs INTEGER NOT NULL,
  revokedMs INTEGER
) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${VERSION};
`;

/**
 * Opens the keys in a SQLite file that only its owner can read. Several processes may use it at once.
 *
 * Errors   KEY_STORE_IO, KEY_STORE_VERSION_UNKNOWN, thrown.
 */
export function openFileKeyStore(path: string): KeyStore {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Made with its mode before anything secret is in it; an older file is tightened.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return new SqliteKeyStore(path);
}

/**
 * Opens the keys in a SQLite file to look at them: nothing is written, and no more is needed than the right to read.
 *
 * Errors   KEY_STORE_IO, KEY_STORE_VERSION_UNKNOWN, thrown.
 */
export function openFileKeyList(path: string): Pick<KeyStore, "list"> & Disposable {
  return new SqliteKeyStore(path, openReadable);
}

/** Keys that live in memory. */
export function createMemoryKeyStore(): KeyStore {
  return new SqliteKeyStore(":memory:");
}

class SqliteKeyStore implements KeyStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #dataVersion: StatementSync;
  readonly #cache = new Map<string, ApiKey>();
  #seenVersion = 0n;
  #checkedMs = 0;

  constructor(path: string, open: (path: string) => DatabaseSync = openDatabase) {
    this.#path = path;
    this.#database = this.#guard(() => open(path));
    const prepare = (sql: string): StatementSync => this.#guard(() => this.#database.prepare(sql));
    this.#select = prepare("SELECT * FROM keys WHERE id = ? AND revokedMs IS NULL");
    this.#select.setReadBigInts(true);
    this.#dataVersion = prepare("PRAGMA data_version");
    this.#dataVersion.setReadBigInts(true);
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw storeFault(this.#path, error);
    }
  }

  find(id: string): ApiKey | undefined {
    this.#forgetChanged();
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const row = this.#guard(() => this.#select.get(id));
    if (row === undefined) return undefined;
    const key = this.#read(row);
    if (this.#cache.size >= CACHED_KEYS_MAX) this.#cache.clear();
    this.#cache.set(id, key);
    return key;
  }

  /** SQLite hands on what a disk gives back: what is no key any more is said to be damage. */
  #read(row: Record<string, SQLOutputValue>): ApiKey {
    const summary = summaryOf(row);
    const material = String(row["material"]);
    const pem = summary.type === "ed25519" ? material : undefined;
    const problem = findKeyProblem({ ...summary, nowMs: summary.createdMs }, pem);
    if (problem === undefined) return new ApiKey(summary, material);
    throw ioFault(this.#path, DAMAGED);
  }

  /** SQLite counts the changes of other connections: after one, nothing remembered holds. */
  #forgetChanged(): void {
    if (performance.now() - this.#checkedMs < CHECK_MS) return;
    const version = this.#guard(() => this.#readVersion());
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.#cache.clear();
  }

  #readVersion(): bigint {
    try {
      return this.#dataVersion.get()?.["data_version"] as bigint;
    } finally {
      // However long it has waited for another process: who asks for many keys waits once.
      this.#checkedMs = performance.now();
    }
  }

  list(): KeySummary[] {
    return this.#guard(() => {
      const select = this.#database.prepare(
        "SELECT * FROM keys WHERE revokedMs IS NULL ORDER BY createdMs, id",
      );
      select.setReadBigInts(true);
      return select.all().map((row) => summaryOf(row));
    });
  }

  add(summary: KeySummary, material: string): void {
    const { id, type, account, permissions, addresses, label, createdMs } = summary;
    this.#guard(() =>
      this.#database
        .prepare("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)")
        .run(
          id,
          type,
          material,
          BigInt.asIntN(64, account),
          permissions.join(" "),
          addresses.join(" "),
          label,
          createdMs,
        ),
    );
  }

  revoke(id: string, nowMs: number): boolean {
    this.#cache.delete(id);
    // What was the key's secret is of no use any more, so it does not stay either.
    const update =
      "UPDATE keys SET revokedMs = ?, material = '' WHERE id = ? AND revokedMs IS NULL";
    return this.#guard(() => this.#database.prepare(update).run(nowMs, id).changes) === 1;
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  // So that a secret that is overwritten is gone from the file too.
  database.exec("PRAGMA secure_delete = ON; BEGIN IMMEDIATE");
  const found = versionOf(database);
  if (found === 0) database.exec(SCHEMA);
  database.exec("COMMIT");
  return closeUnknown(database, found, path);
}

function openReadable(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS, readOnly: true });
  const found = versionOf(database);
  if (found > 0) return closeUnknown(database, found, path);
  // Empty: whoever makes keys makes their table as well.
  database.close();
  throw ioFault(path, DAMAGED);
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function closeUnknown(database: DatabaseSync, found: number, path: string): DatabaseSync {
  if (found <= VERSION) return database;
  database.close();
  const supported = VERSION;
  throw fault(
    { code: "KEY_STORE_VERSION_UNKNOWN", path, found, supported },
    `${path} has format version ${found}; this program reads version ${supported}. Run the release that wrote it.`,
  );
}

function summaryOf(row: Record<string, SQLOutputValue>): KeySummary {
  const words = (name: string): string[] => String(row[name]).split(" ").filter(Boolean);
  return {
    id: String(row["id"]),
    type: String(row["type"]) as KeyType,
    account: BigInt.asUintN(64, row["account"] as bigint),
    permissions: words("permissions") as Permission[],
    addresses: words("addresses"),
    label: String(row["label"]),
    createdMs: Number(row["createdMs"]),
  };
}

function fault(detail: KeyStoreFaultDetail, message: string, cause?: unknown): KeyStoreFault {
  return new Fault(detail, "fatal", message, cause);
}

/** The fault of a database error; anything else is thrown as it is. Never holds a statement's values. */
function storeFault(path: string, error: unknown): unknown {
  const { errcode, errstr } = error as Partial<typeof DAMAGED>;
  if (typeof errcode !== "number") return error;
  return ioFault(path, { errcode, errstr: String(errstr) }, error);
}

function ioFault(
  path: string,
  { errcode, errstr }: typeof DAMAGED,
  cause?: unknown,
): KeyStoreFault {
  const errorCode = `SQLITE_${errcode}`;
  const message =
    `The keys in ${path} cannot be used: ${errorCode}, ${errstr}. ` +
    "Check that its disk has room and takes writes, and that this user may use it.";
  return fault({ code: "KEY_STORE_IO", path, errorCode }, message, cause);
}
