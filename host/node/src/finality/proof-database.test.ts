import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "@rialto/base";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import {
  openProofDatabase,
  type ProofDatabase,
  type ProofDatabaseFaultDetail,
} from "./proof-database.ts";

const NETWORK = new Uint8Array(32).fill(1);

let path: string;

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-proofs-"));
  path = join(directory, "proofs.sqlite");
  return () => rmSync(directory, { recursive: true });
});

function open(onDamaged: (path: string) => void): ProofDatabase {
  return openProofDatabase({ path, networkHash: NETWORK, onDamaged });
}

function keepOne(): void {
  const { database } = open(() => expect.fail("nothing is damaged yet"));
  database.exec("INSERT INTO checkpoint VALUES (7, x'00', NULL, 0)");
  database.close();
}

const DAMAGES: readonly [string, (bytes: Buffer) => Buffer][] = [
  ["its first bytes are others", (bytes) => bytes.fill(0x55, 0, 100)],
  ["its first page is zeros", (bytes) => bytes.fill(0, 0, 4_096)],
  ["its tables are rubbish", (bytes) => bytes.fill(0x55, 100, 900)],
  ["a page is rubbish", (bytes) => bytes.fill(0x55, 2 * 4_096, 3 * 4_096)],
  ["it is cut short", (bytes) => bytes.subarray(0, 5_000)],
];

test.each(DAMAGES)("where %s, it is set aside, and begins anew", (_, damage) => {
  keepOne();
  const damaged = damage(readFileSync(path));
  writeFileSync(path, damaged);
  const aside: string[] = [];
  const { database, sums } = open((where) => aside.push(where));
  expect(sums.records).toBe(0);
  database.exec("INSERT INTO checkpoint VALUES (8, x'00', NULL, 0)");
  database.close();
  expect(aside).toEqual([`${path}.damaged`]);
  expect(readFileSync(aside[0]!).equals(damaged)).toBe(true);
  const again = open(() => expect.fail("what was made anew is whole"));
  expect(again.sums.records).toBe(1);
  again.database.close();
});

test("a log beside a damaged file is not taken for one of the file that begins anew", () => {
  keepOne();
  const other = new DatabaseSync(path);
  other.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO checkpoint VALUES (9, x'00', NULL, 0)");
  const log = readFileSync(`${path}-wal`);
  other.close();
  writeFileSync(`${path}-wal`, log);
  writeFileSync(path, readFileSync(path).fill(0x55, 0, 100));
  const { database, sums } = open(() => undefined);
  expect(sums.records).toBe(0);
  database.close();
});

function faultOf(perform: () => unknown): Fault<ProofDatabaseFaultDetail> {
  try {
    perform();
  } catch (error) {
    if (error instanceof Fault) return error as Fault<ProofDatabaseFaultDetail>;
    throw error;
  }
  throw new Error("it is refused");
}

test("what the system refuses is told with the path", () => {
  mkdirSync(path);
  const { detail, message } = faultOf(() => open(() => expect.fail("it is not damaged")));
  expect(detail).toEqual({ code: "PROOFS_UNUSABLE", path, errorCode: "SQLITE_14" });
  expect(message).toContain(path);
});
