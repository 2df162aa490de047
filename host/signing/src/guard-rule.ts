import { equalBytes } from "@rialto/base";
import { compareMarks, type GuardMark } from "./guard-layout.ts";

// What a guard does with a mark: the one rule, for the disk and for a simulated one. Pure.

const NO_DIGEST: Uint8Array = new Uint8Array(32);

/** What a guard knows: the highest mark, while it has forgotten a lower bound of it, if anything. */
export interface GuardKnowledge {
  readonly last: GuardMark | undefined;
  readonly isAmnesiac: boolean;
}

/** What is to be done for a mark: first end the amnesia at this round, where it is given, and then reserve it, or not. */
export interface MarkPlan {
  readonly resumeRound: number | undefined;
  readonly reserves: boolean;
}

/** True where nothing was signed, and the mark only says what must not be. */
export function isFloor(mark: GuardMark): boolean {
  return equalBytes(mark.digest, NO_DIGEST);
}

/** The mark below which nothing is signed once a guard is resumed at `round`. */
export function floorBelow(epoch: number, round: number): GuardMark {
  return { epoch, round: round - 1, digest: NO_DIGEST };
}

/**
 * What a member asks of its guard for a mark of its replica's.
 *
 * A mark without a digest is the floor that a rejoin has found. A guard that remembers more than the others have heard
 * of stays as it is.
 */
export function planMark({ last, isAmnesiac }: GuardKnowledge, mark: GuardMark): MarkPlan {
  const floors = isFloor(mark);
  if (isAmnesiac) return { resumeRound: floors ? mark.round + 1 : mark.round, reserves: !floors };
  const isHigher = last === undefined || compareMarks(last, mark) < 0;
  return { resumeRound: undefined, reserves: !floors || isHigher };
}

/**
 * What becomes of a mark that is to be reserved: "held" is the same mark again, and "conflict" a place that is spoken
 * for by something else, or lies before one.
 */
export function ruleOnMark(last: GuardMark, mark: GuardMark): "write" | "held" | "conflict" {
  const order = compareMarks(mark, last);
  if (order > 0) return "write";
  return order === 0 && equalBytes(mark.digest, last.digest) ? "held" : "conflict";
}

/** Whether amnesia may end at `floor`: never below what is known to be signed. */
export function mayResume(last: GuardMark | undefined, floor: GuardMark): boolean {
  return last === undefined || compareMarks(floor, last) >= 0;
}
