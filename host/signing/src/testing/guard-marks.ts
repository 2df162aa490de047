import type { GuardMark } from "../guard-layout.ts";

export const GUARD_SCOPE: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index);

/** A mark whose digest follows from its place and `content`. */
export function markAt(epoch: number, round: number, content = 1): GuardMark {
  const digest = new Uint8Array(32).fill(content);
  digest.set([epoch, round & 255, round >> 8]);
  return { epoch, round, digest };
}
