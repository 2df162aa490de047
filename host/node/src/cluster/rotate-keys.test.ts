import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { KeyRing, laterKeysDirectory, UNFINISHED } from "./key-ring.ts";
import { createMember, memberPaths } from "./member-directory.ts";
import { rotateKeys } from "./rotate-keys.ts";

/** What lay in each directory when it was last made durable: without that, a loss of power takes it again. */
const durable = vi.hoisted(() => new Map<string, readonly string[]>());
vi.mock("../sync-directory.ts", () => ({
  syncDirectory: (path: string) => void durable.set(path, readdirSync(path)),
}));

const root = mkdtempSync(join(tmpdir(), "rialto-rotate-"));
const directory = join(root, "node-0");
const later = laterKeysDirectory(directory);

beforeAll(() => createMember(directory, { address: "tcp://127.0.0.1:1", weight: 1 }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a member that looks at its keys while others are being made sees whole ones alone", async () => {
  const rotating = rotateKeys(directory);
  // By now there are new keys, and no guard of theirs yet.
  expect(readdirSync(later)).toHaveLength(1);
  expect(new KeyRing(directory).findGuardProblem()).toBeUndefined();
  await rotating;
  expect(new KeyRing(directory).findGuardProblem()).toBeUndefined();
});

test("keys that a crash has left half made are nobody's, and go with the next rotation", async () => {
  await rotateKeys(directory);
  const [half] = readdirSync(later).toReversed() as [string];
  const left = `${half}${UNFINISHED}`;
  renameSync(join(later, half), join(later, left));
  for (const lost of ["guard", "quantumKey", "signingKey"] as const) {
    rmSync(memberPaths(join(later, left))[lost]);
    expect(new KeyRing(directory).findGuardProblem()).toBeUndefined();
  }
  await rotateKeys(directory);
  expect(readdirSync(later)).not.toContain(left);
  expect(readdirSync(later)).toHaveLength(2);
});

test("a member, and keys that the others may count on, are there after a loss of power", async () => {
  const path = join(root, "node-1");
  await createMember(path, { address: "tcp://127.0.0.1:1", weight: 1 });
  expect(durable.get(root)).toContain("node-1");
  await rotateKeys(path);
  const made = laterKeysDirectory(path);
  expect(durable.get(path)).toContain("keys.d");
  expect(durable.get(made)).toEqual(readdirSync(made));
});

test.each(["", "null", "{}", '{"address":5}'])(
  "a member whose own card is damaged (%s) is told so, and has no keys more",
  async (text) => {
    const path = mkdtempSync(join(root, "damaged-"));
    await createMember(path, { address: "tcp://127.0.0.1:1", weight: 1 });
    writeFileSync(memberPaths(path).card, text);
    await expect(rotateKeys(path)).rejects.toMatchObject({ detail: { code: "CARD_UNREADABLE" } });
    expect(existsSync(laterKeysDirectory(path))).toBe(false);
  },
);
