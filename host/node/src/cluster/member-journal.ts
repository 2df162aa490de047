import { assert } from "@rialto/base";
import { BLOCK_BYTES_MAX } from "@rialto/consensus";
import {
  type FileJournalOptions,
  isStorageFault,
  type Journal,
  openFileJournal,
  segmentBytesFor,
  type StorageFault,
} from "@rialto/storage";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import type { Logger } from "pino";
import { syncDirectory } from "../sync-directory.ts";

// A member's journal, and what it does about one that is damaged. Blocks are named by their digests, so what a damaged
// journal has lost the others can give; what only the member itself can know is what it has signed, and that the guard knows.

/** Size of a member's segments at least. Limit: any block that is valid has to be journaled, with its kind before it. */
export const MEMBER_SEGMENT_BYTES_MIN: number = segmentBytesFor(1 + BLOCK_BYTES_MAX);

const SEGMENT_NAME = /^journal-\d{10}\.segment$/;

export interface MemberJournalOptions {
  readonly journal: FileJournalOptions;
  /** What is wrong with the signing guards, if anything is. */
  readonly findGuardProblem: () => string | undefined;
  /** Others who may have what the journal holds. */
  readonly hasOthers: boolean;
  readonly log: Pick<Logger, "warn" | "error">;
}

export interface MemberJournal {
  readonly journal: Journal;
  /** It was damaged, and what was damaged has been set aside: the member must rejoin (consensus.md §9). */
  readonly isDamaged: boolean;
}

/**
 * Opens a member's journal. One that is damaged, while the signing guard is whole and there are others to ask, is cut before
 * the first damaged segment; that one and all later ones are set aside, nothing is deleted. Cut or not, the guard
 * forbids every round that was ever signed, and the member signs nothing until a quorum of others has answered.
 *
 * Errors   what opening a journal throws; the damage itself where nobody else has what it holds, or where the guard is
 *          damaged too: then nothing here knows what was signed, and a person is to look at the disk.
 */
export async function openMemberJournal(options: MemberJournalOptions): Promise<MemberJournal> {
  const { log, journal } = options;
  const segmentBytes = journal.segmentBytes ?? Infinity;
  assert(segmentBytes >= MEMBER_SEGMENT_BYTES_MIN, "a segment has room for the largest block");
  try {
    return { journal: await openFileJournal(options.journal), isDamaged: false };
  } catch (error) {
    const damage = damageOf(error);
    if (damage === undefined) throw error;
    const problem = findRepairProblem(options);
    if (problem !== undefined) {
      log.error({ path: damage.path, problem }, "journal.unrepaired");
      throw error;
    }
    const aside = setAside(options.journal.directory, basename(damage.path));
    const text =
      `${damage.fault.message} The signing guard is whole, so this member repairs itself: it has set ${aside.names.length} segments aside ` +
      `in ${aside.directory}, gets what they held from the others, and signs nothing until a quorum of them has answered.`;
    log.warn({ path: damage.path, aside: aside.directory, segments: aside.names }, text);
  }
  return { journal: await openFileJournal(options.journal), isDamaged: true };
}

interface Damage {
  readonly path: string;
  readonly fault: StorageFault;
}

function damageOf(error: unknown): Damage | undefined {
  if (!isStorageFault(error)) return undefined;
  const { detail } = error;
  const isDamage = detail.code === "JOURNAL_CORRUPT" || detail.code === "JOURNAL_SEGMENT_MISSING";
  return isDamage ? { path: detail.path, fault: error } : undefined;
}

/** Why a damaged journal must be left as it is; undefined where it can be repaired. */
function findRepairProblem({
  findGuardProblem,
  hasOthers,
}: MemberJournalOptions): string | undefined {
  if (!hasOthers) return "there is no other member that has what it holds";
  const problem = findGuardProblem();
  return problem && `the signing guard is damaged too (${problem})`;
}

/** Moves a segment and all later ones to a directory of their own, the newest first: a crash leaves no gap. */
function setAside(
  journal: string,
  first: string,
): { readonly directory: string; readonly names: readonly string[] } {
  const names = readdirSync(journal)
    .filter((name) => SEGMENT_NAME.test(name) && name >= first)
    .toSorted()
    .toReversed();
  const directory = `${journal}-damaged-${Date.now()}`;
  mkdirSync(directory, { mode: 0o700 });
  for (const name of names) {
    renameSync(join(journal, name), join(directory, name));
    syncDirectory(journal);
  }
  syncDirectory(directory);
  return { directory, names };
}
