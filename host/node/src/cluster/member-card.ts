import { Fault } from "@rialto/base";
import { readText, SMALL_TEXT_BYTES_MAX } from "../read-text.ts";
import { cardProblems, type MemberCard } from "./genesis.ts";

export type CardFaultDetail = { readonly code: "CARD_UNREADABLE"; readonly path: string };

/** Reads a member's card. Errors: CARD_UNREADABLE, returned, with all that is wrong. */
export function loadCard(path: string): MemberCard | Fault<CardFaultDetail> {
  let value: unknown;
  try {
    value = JSON.parse(readText(path, SMALL_TEXT_BYTES_MAX));
  } catch (cause) {
    return unreadable(path, `the card ${path} cannot be read: ${(cause as Error).message}`, cause);
  }
  const problems = cardProblems(value);
  if (problems.length === 0) return value as MemberCard;
  return unreadable(path, `the card ${path}: ${problems.join("; ")}`);
}

function unreadable(path: string, message: string, cause?: unknown): Fault<CardFaultDetail> {
  return new Fault<CardFaultDetail>({ code: "CARD_UNREADABLE", path }, "error", message, cause);
}
