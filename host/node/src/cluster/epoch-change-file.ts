import { encodeHex, Fault, parseHex } from "@rialto/base";
import type { Roster } from "@rialto/consensus";
import {
  encodeEpochChange,
  type Epoch,
  type EpochChange,
  epochChangeMessage,
  findEpochChangeProblem,
  parseChangeBody,
} from "@rialto/replica";
import { readText, TEXT_BYTES_MAX } from "../read-text.ts";
import { epochRules } from "./epoch-checks.ts";
import { checkSteps } from "./epoch-file.ts";
import { chainName, type Genesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";
import type { KeyRing } from "./key-ring.ts";
import { FOR_ALL, writeWhole } from "../write-whole.ts";

// A change of members on its way from one to the next to be signed, as a file. It holds no secret.

const EPOCH_CHANGE_FORMAT = "rialto-epoch-change/1";

interface ChangeFile {
  readonly format: typeof EPOCH_CHANGE_FORMAT;
  /** Of the chain, for people: what counts is checked by the genesis. */
  readonly chain: string;
  /** What leads from the genesis to the epoch that the change ends. */
  readonly steps: readonly string[];
  /** The change with the signatures so far, in hexadecimal. */
  readonly change: string;
}

export type ChangeFaultDetail =
  | { readonly code: "CHANGE_UNREADABLE"; readonly path: string }
  | { readonly code: "CHANGE_REFUSED"; readonly problem: string };

/** A change, and the epoch that it ends, checked from the genesis on. */
export interface PendingChange {
  readonly genesis: Genesis;
  readonly steps: readonly string[];
  readonly before: Epoch;
  readonly change: EpochChange;
}

export function makeChange(
  genesis: Genesis,
  base: Pick<PendingChange, "steps" | "before">,
  roster: Roster,
  validUntilMs: number,
): PendingChange {
  return { genesis, ...base, change: { validUntilMs, roster, signatures: [] } };
}

/** The bytes that a member takes. Errors: CHANGE_REFUSED: too long for a frame; thrown. */
export function changeBytes({ change, before }: PendingChange): Uint8Array {
  const bytes = encodeEpochChange(change, before.roster);
  if (bytes !== undefined) return bytes;
  throw refused("it is longer than a frame may be: change fewer members at once");
}

/** Adds the signature of whoever holds a key of the epoch that ends. Undefined where the ring has none. */
export function signChange(pending: PendingChange, ring: KeyRing): PendingChange | undefined {
  const seat = ring.seatOf(pending.before);
  if (seat === undefined) return undefined;
  const { author, sign } = seat;
  const { change } = pending;
  const signature = sign(epochChangeMessage(change, sha256));
  const others = change.signatures.filter((each) => each.author !== author);
  const signatures = [...others, { author, signature }].toSorted(
    (left, right) => left.author - right.author,
  );
  return { ...pending, change: { ...change, signatures } };
}

/** Weight of those who have signed. */
export function signedWeight({ change, before }: PendingChange): number {
  const { weights } = before.committee;
  return change.signatures.reduce((sum, { author }) => sum + weights[author]!, 0);
}

/** Why members would refuse it; undefined where they would not. */
export function changeProblem({ change, before }: PendingChange): string | undefined {
  return findEpochChangeProblem(change, before, epochRules());
}

/** Whole or not at all: the signatures that it has already are others' work. Errors: what the system says, thrown. */
export function writeChange(path: string, pending: PendingChange): void {
  const file: ChangeFile = {
    format: EPOCH_CHANGE_FORMAT,
    chain: chainName(pending.genesis),
    steps: pending.steps,
    change: encodeHex(changeBytes(pending)),
  };
  writeWhole(path, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`), FOR_ALL);
}

/** Reads such a file. Errors: CHANGE_UNREADABLE, CHANGE_REFUSED, EPOCH_CHAIN_INVALID, thrown. */
export function readChange(path: string, genesis: Genesis): PendingChange {
  let file: Partial<ChangeFile> | null;
  try {
    file = JSON.parse(readText(path, TEXT_BYTES_MAX)) as Partial<ChangeFile> | null;
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
  const steps = file?.format === EPOCH_CHANGE_FORMAT ? file.steps : undefined;
  if (!Array.isArray(steps) || !steps.every((each) => typeof each === "string")) {
    throw unreadable(path, `its format is not "${EPOCH_CHANGE_FORMAT}"`);
  }
  const known = checkSteps(genesis, steps);
  if (known instanceof Fault) throw known;
  const before = known.epochs.at(-1)!;
  const text: unknown = file?.change;
  const bytes = typeof text === "string" ? parseHex(text) : undefined;
  const change = bytes && parseChangeBody(bytes, before.roster);
  if (change === undefined) throw refused("it is none of the epoch that it says");
  return { genesis, steps, before, change };
}

function unreadable(path: string, why: string, cause?: unknown): Fault<ChangeFaultDetail> {
  const message = `the change ${path} cannot be read: ${why}`;
  return new Fault<ChangeFaultDetail>({ code: "CHANGE_UNREADABLE", path }, "error", message, cause);
}

function refused(problem: string): Fault<ChangeFaultDetail> {
  const message = `this change cannot be made: ${problem}`;
  return new Fault<ChangeFaultDetail>({ code: "CHANGE_REFUSED", problem }, "error", message);
}
