import type { DatabaseSync } from "node:sqlite";
import { storageFault } from "../storage-fault.ts";
import { ORDERS, type TableColumns, TRADES } from "./history-changes.ts";

// The tables, by version. A database remembers its version and is brought to the newest when it is opened;
// steps are only ever added at the end.

/** Columns of orders that version 3 has added. */
const NUMBERS_3: readonly string[] = [
  "triggerKind",
  "triggerTicks",
  "displayLots",
  "waitedMs",
  "listId",
  "listKind",
];
const TEXT_3 = "listText";
/** Of version 4. */
const NUMBER_4 = "trailBasisPoints";
/** Of version 5. */
const NUMBERS_5: readonly string[] = ["expiresMs", "pegKind", "pegTicks", "flags"];

/** `serial` counts rows in the order they came, so that the oldest are found without an index of times. */
const VERSION_1 = `
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  networkHash TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  nowMs INTEGER NOT NULL,
  orderSerial INTEGER NOT NULL,
  executionId INTEGER NOT NULL
) STRICT;
${tableOf(ORDERS, "serial INTEGER PRIMARY KEY")}
CREATE UNIQUE INDEX ordersById ON orders (orderId);
CREATE INDEX ordersByTime ON orders (account, market, createdMs);
CREATE INDEX ordersByClient ON orders (account, clientOrderId);
CREATE INDEX ordersOpen ON orders (serial) WHERE status < 2;
${tableOf(TRADES, "serial INTEGER PRIMARY KEY")}
CREATE UNIQUE INDEX tradesById ON trades (market, tradeId);
CREATE INDEX tradesByTaker ON trades (takerAccount, market, tradeId);
CREATE INDEX tradesByMaker ON trades (makerAccount, market, tradeId);
CREATE INDEX tradesByTakerOrder ON trades (takerOrderId);
CREATE INDEX tradesByMakerOrder ON trades (makerOrderId);
CREATE TABLE klines (
  market INTEGER NOT NULL,
  interval INTEGER NOT NULL,
  openMs INTEGER NOT NULL,
  openTicks INTEGER NOT NULL,
  highTicks INTEGER NOT NULL,
  lowTicks INTEGER NOT NULL,
  closeTicks INTEGER NOT NULL,
  firstTradeId INTEGER NOT NULL,
  lastTradeId INTEGER NOT NULL,
  lots TEXT NOT NULL,
  quanta TEXT NOT NULL,
  takerBuyLots TEXT NOT NULL,
  takerBuyQuanta TEXT NOT NULL,
  PRIMARY KEY (market, interval, openMs)
) STRICT, WITHOUT ROWID;
CREATE TABLE markets (
  market INTEGER PRIMARY KEY,
  updateId INTEGER NOT NULL,
  aggregateId INTEGER NOT NULL
) STRICT;
CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,
  updatedMs INTEGER NOT NULL
) STRICT;
`;

const VERSION_2 = "ALTER TABLE head ADD COLUMN beginsSequence INTEGER NOT NULL DEFAULT 0";

/** Of an order that is in it already nothing special is known: it came to the book when it was accepted. */
const VERSION_3 = addColumns([
  ...NUMBERS_3.map((name) => `${name} INTEGER NOT NULL DEFAULT 0`),
  `${TEXT_3} TEXT NOT NULL DEFAULT ''`,
]);

const VERSION_4 = `
ALTER TABLE orders ADD COLUMN ${NUMBER_4} INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ordersByList ON orders (listId) WHERE listId <> 0;
CREATE INDEX ordersOfLists ON orders (account, createdMs) WHERE listId <> 0;
`;

const VERSION_5 = addColumns(NUMBERS_5.map((name) => `${name} INTEGER NOT NULL DEFAULT 0`));

const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5];

function addColumns(columns: readonly string[]): string {
  return columns.map((column) => `ALTER TABLE orders ADD COLUMN ${column};`).join("\n");
}

/** A table as the first version made it. */
function tableOf(table: TableColumns, key: string): string {
  const later = new Set([...NUMBERS_3, TEXT_3, NUMBER_4, ...NUMBERS_5, "serial"]);
  const isFirst = (name: string): boolean => !later.has(name);
  const columns = [
    key,
    ...[...table.numbers, ...table.bigints]
      .filter(isFirst)
      .map((name) => `${name} INTEGER NOT NULL`),
    ...table.texts.filter(isFirst).map((name) => `${name} TEXT NOT NULL`),
  ];
  return `CREATE TABLE ${table.name} (\n  ${columns.join(",\n  ")}\n) STRICT;`;
}

/**
 * Brings the database to the newest version, in one step or not at all, and ties it to its network.
 *
 * Errors   STORAGE_VERSION_UNKNOWN for one that a newer release has written,
 *          STORAGE_NETWORK_MISMATCH for another network's.
 */
export function migrate(database: DatabaseSync, path: string, networkHash: string): void {
  const row = database.prepare("PRAGMA user_version").get();
  const found = Number(row?.["user_version"]);
  if (found > MIGRATIONS.length) {
    const supported = MIGRATIONS.length;
    throw storageFault({ code: "STORAGE_VERSION_UNKNOWN", path, found, supported });
  }
  if (found < MIGRATIONS.length) {
    database.exec("BEGIN IMMEDIATE");
    for (const step of MIGRATIONS.slice(found)) database.exec(step);
    database.prepare("INSERT OR IGNORE INTO head VALUES (1, ?, 0, 0, 0, 0, 0)").run(networkHash);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec("COMMIT");
  }
  const head = database.prepare("SELECT networkHash FROM head").get();
  const owner = String(head?.["networkHash"]);
  if (owner !== networkHash) {
    const code = "STORAGE_NETWORK_MISMATCH";
    throw storageFault({ code, path, expected: networkHash, found: owner });
  }
}
