import { equalBytes, Fault } from "@rialto/base";
import { findSuccessionProblem, type Roster, type RosterMember } from "@rialto/consensus";
import {
  leadersFor,
  type MemberCard,
  type ProfileName,
  PROFILES,
  rosterMember,
  thresholdPpm,
} from "./genesis.ts";

/** What is to change with an epoch. Members are named by their author numbers. */
export type RosterEdit =
  | { readonly kind: "add"; readonly card: MemberCard }
  | { readonly kind: "remove"; readonly member: number }
  /** Somebody else, with keys and a place of its own, in the seat of a member. */
  | { readonly kind: "replace"; readonly member: number; readonly card: MemberCard }
  /** The same process, with new signing keys: its link key stays. */
  | { readonly kind: "rotate"; readonly member: number; readonly card: MemberCard };

/** What may change along with it. */
export interface RosterTerms {
  readonly profile?: ProfileName | undefined;
  readonly voteThreshold?: number | undefined;
  /** Leaders of a round. Left out: as before where profile and number of members are, else as a new genesis has it. */
  readonly leaders?: number | undefined;
}

export type RosterFaultDetail = { readonly code: "ROSTER_REFUSED"; readonly problem: string };

/** The next roster. Errors: ROSTER_REFUSED, returned: what every member would refuse, in words. */
export function editRoster(
  before: Roster,
  edit: RosterEdit,
  { profile: name, voteThreshold, leaders }: RosterTerms = {},
): Roster | Fault<RosterFaultDetail> {
  const members = editMembers(before.members, edit);
  if (typeof members === "string") return refused(members);
  const profile = name === undefined ? before.profile : PROFILES[name];
  const isAlike = profile === before.profile && members.length === before.members.length;
  const usual = isAlike ? before.leadersPerRound : leadersFor(profile, members.length);
  const next: Roster = {
    ...before,
    epoch: before.epoch + 1,
    profile,
    leadersPerRound: leaders ?? usual,
    ...(voteThreshold === undefined ? {} : { voteThresholdPpm: thresholdPpm(voteThreshold) }),
    members,
  };
  const problem = findSuccessionProblem(next, before);
  return problem === undefined ? next : refused(problem);
}

function editMembers(
  members: readonly RosterMember[],
  edit: RosterEdit,
): readonly RosterMember[] | string {
  if (edit.kind === "add") return [...members, rosterMember(edit.card)];
  const { member: author } = edit;
  const old = members[author];
  if (old === undefined) return `there is no member ${author}: they are 0 to ${members.length - 1}`;
  if (edit.kind === "remove") return members.filter((each) => each !== old);
  const fresh = rosterMember(edit.card);
  if (edit.kind === "rotate" && !equalBytes(fresh.linkKey, old.linkKey)) {
    return `the card has another link key than member ${author}: that is a replacement`;
  }
  return members.with(author, fresh);
}

function refused(problem: string): Fault<RosterFaultDetail> {
  const message = `this change would be refused: ${problem}`;
  return new Fault<RosterFaultDetail>({ code: "ROSTER_REFUSED", problem }, "error", message);
}
