import { encodeHex, equalBytes } from "@rialto/base";
import type { Roster, RosterMember } from "@rialto/consensus";
import { profileName } from "./genesis.ts";

/** Hexadecimal digits of a signing key that are shown: enough to find the card that it stands on. */
const KEY_DIGITS = 16;
const NONE = new Uint8Array(0);

/** The members that a change leaves, and what is other than before, as lines: what its signers agree to. Pure. */
export function rosterText(before: Roster, after: Roster): string[] {
  const known = before.members.map((old, member) => ({ old, member }));
  const left = known.filter(({ old }) => !after.members.some((each) => isSameProcess(each, old)));
  return [
    ...after.members.map((each, member) => memberText(before, each, member)),
    ...left.map(({ old, member }) => `  leaves    ${old.address}, which was member ${member}`),
    ...changeText("profile", profileName(before.profile), profileName(after.profile)),
    ...changeText("leaders of a round", before.leadersPerRound, after.leadersPerRound),
    ...changeText("vote threshold", thresholdOf(before), thresholdOf(after)),
  ];
}

function memberText(before: Roster, each: RosterMember, member: number): string {
  const { address, weight, publicKey, quantumKey = NONE } = each;
  const old = before.members.find((other) => isSameProcess(other, each));
  const line = `  member ${member}  ${address}  weight ${weight}`;
  if (old === undefined) return `${line}  new, with key ${beginningOf(publicKey)}`;
  if (!equalBytes(old.publicKey, publicKey)) return `${line}  new key ${beginningOf(publicKey)}`;
  if (equalBytes(old.quantumKey ?? NONE, quantumKey)) return line;
  return `${line}  new ML-DSA-65 key ${quantumKey === NONE ? "none" : beginningOf(quantumKey)}`;
}

function beginningOf(key: Uint8Array): string {
  return `${encodeHex(key).slice(0, KEY_DIGITS)}...`;
}

/** Signing keys change, and the key of the links stays. */
function isSameProcess(left: RosterMember, right: RosterMember): boolean {
  return equalBytes(left.linkKey, right.linkKey);
}

function thresholdOf({ voteThresholdPpm }: Roster): number {
  return voteThresholdPpm / 1_000_000;
}

function changeText(name: string, before: string | number, after: string | number): string[] {
  return before === after ? [] : [`  ${name}: ${after} instead of ${before}`];
}
