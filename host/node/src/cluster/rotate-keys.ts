import { encodeHex, Fault } from "@rialto/base";
import { createKeyFile, createSigningGuard, readKeyFile } from "@rialto/signing";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { MemberCard } from "./genesis.ts";
import { isUnfinished, laterKeysDirectory, UNFINISHED } from "./key-ring.ts";
import { loadCard } from "./member-card.ts";
import { guardScope, memberPaths } from "./member-directory.ts";
import { FOR_ALL, writeWhole } from "../write-whole.ts";
import { syncDirectory } from "../sync-directory.ts";

/**
 * Makes new signing keys for a member, with a guard of their own, beside those that it has. They count from the epoch on
 * that names them; the old ones are kept, for the epochs before.
 *
 * Effects  the keys get their name when they and their guard are whole: a member that runs, or starts, meanwhile or after a crash
 *          sees all of them or none. What a crash has left of others goes.
 * Returns  its new card: the link key and the address are the old ones.
 * Errors   CARD_UNREADABLE, KEY_FILE_EXISTS, KEY_FILE_IO, GUARD_EXISTS, STORAGE_IO, thrown.
 */
export async function rotateKeys(directory: string): Promise<MemberCard> {
  const own = memberPaths(directory);
  const before = loadCard(own.card);
  if (before instanceof Fault) throw before;
  const link = readKeyFile(own.linkKey);
  const later = laterKeysDirectory(directory);
  mkdirSync(later, { recursive: true, mode: 0o700 });
  // Once the others count on these keys they must not be lost with the directory that they are in.
  syncDirectory(directory);
  for (const name of readdirSync(later)) {
    if (isUnfinished(name)) rmSync(join(later, name), { recursive: true });
  }
  // By its time, so that they are listed in the order in which they were made.
  const path = join(later, new Date().toISOString().replace(/[^0-9]/g, ""));
  const unfinished = `${path}${UNFINISHED}`;
  mkdirSync(unfinished, { mode: 0o700 });
  const paths = memberPaths(unfinished);
  const { publicKey } = createKeyFile(paths.signingKey, "ed25519");
  const quantum = createKeyFile(paths.quantumKey, "ml-dsa-65");
  const card: MemberCard = {
    publicKey: encodeHex(publicKey),
    quantumKey: encodeHex(quantum.publicKey),
    linkKey: encodeHex(link.publicKey),
    address: before.address,
    weight: before.weight,
  };
  writeWhole(paths.card, Buffer.from(`${JSON.stringify(card, undefined, 2)}\n`), FOR_ALL);
  await createSigningGuard({ path: paths.guard, scope: guardScope(publicKey) });
  renameSync(unfinished, path);
  syncDirectory(later);
  return card;
}
