import { mountSmallDisk } from "@rialto/storage/testing";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { createEd25519Key } from "./create-keys.ts";
import { openFileKeyStore } from "./sqlite-key-store.ts";

const directory = mkdtempSync(join(tmpdir(), "rialto-keys-"));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = { account: 1n, permissions: ["read"], addresses: ["10.0.0.0/8"], nowMs: 0 } as const;

/** A store with one key in it. */
function makeStore(name: string): { readonly path: string; readonly id: string } {
  const path = join(directory, name);
  using store = openFileKeyStore(path);
  return { path, id: createEd25519Key(store, KEY).id };
}

// SQLite does not look at what a disk gives back.
test.each([
  ["addresses", "10.0.0.0/x"],
  ["material", "-----BEGIN PUBLIC KEX-----"],
])("a key of which a disk has spoilt the %s ends nobody who asks for it", (column, value) => {
  const { path, id } = makeStore(column);
  const database = new DatabaseSync(path);
  database.prepare(`UPDATE keys SET ${column} = ?`).run(value);
  database.close();
  using store = openFileKeyStore(path);
  const detail = { code: "KEY_STORE_IO", path, errorCode: "SQLITE_11" };
  expect(() => store.find(id)).toThrow(expect.objectContaining({ detail }));
  expect(store.list().map((key) => key.id)).toEqual([id]);
});

test("a store of which a disk has spoilt the tables is named", () => {
  const { path } = makeStore("tables");
  const spoilt = readFileSync(path, "latin1").replace("PRIMARY KEY", "PRIMARX KEY");
  writeFileSync(path, spoilt, "latin1");
  const detail = { code: "KEY_STORE_IO", path, errorCode: "SQLITE_11" };
  expect(() => openFileKeyStore(path)).toThrow(expect.objectContaining({ detail }));
});

test("a full disk is told of as that, and the key that could not be revoked holds", (context) => {
  using disk = mountSmallDisk(262_144);
  if (disk === undefined) return context.skip("this process may not mount");
  using store = openFileKeyStore(join(disk.path, "keys.sqlite"));
  const { id } = createEd25519Key(store, KEY);
  disk.leaveFree(0);
  expect(() => store.revoke(id, 1)).toThrow("SQLITE_13, database or disk is full. Check that");
  expect(store.find(id)?.id).toBe(id);
  disk.leaveFree(65_536);
  expect(store.revoke(id, 1)).toBe(true);
});
