import { equalBytes } from "@rialto/base";
import type { Roster } from "@rialto/consensus";

/**
 * Of the rosters of all epochs that a member knows, those with whose members it is linked: the newest, and the one before, since
 * who left may not know yet. Who is in neither, since it was away when it was left out, keeps the newest one that names it: a
 * link has two ends, and it may be named again.
 */
export function linkedRosters(rosters: readonly Roster[], linkKey: Uint8Array): readonly Roster[] {
  const isIn = ({ members }: Roster): boolean =>
    members.some((member) => equalBytes(member.linkKey, linkKey));
  const newest = rosters.slice(-2);
  const own = newest.some(isIn) ? undefined : rosters.findLast(isIn);
  return own === undefined ? newest : [own, ...newest];
}
