import type { Fault } from "@rialto/base";
import type { GenesisFaultDetail, ProfileName } from "../cluster/genesis.ts";
import { UsageError } from "./command.ts";

/** Members that a profile needs. Source: docs/protocol/consensus.md §2. */
const MEMBERS_MIN = { solo: 1, crash: 2, byzantine: 4 } as const satisfies Record<
  ProfileName,
  number
>;

/**
 * What a genesis refuses of what somebody has chosen on a command line, as what to choose instead. Pure.
 *
 * @param membersFlag how the command is told of members: "--nodes".
 */
export function choiceRefusal(
  fault: Fault<GenesisFaultDetail>,
  { profile, members }: { readonly profile: ProfileName; readonly members: number },
  membersFlag: string,
): UsageError {
  const { message, detail } = fault;
  const membersMin = MEMBERS_MIN[profile];
  if (members < membersMin) {
    const other = profile === "byzantine" ? ", or --profile crash" : "";
    return new UsageError(`${message}: give ${membersFlag} ${membersMin} or more${other}`);
  }
  if (detail.code !== "VOTE_THRESHOLD_UNSAFE") return new UsageError(message);
  // One that is unsafe may be the default, which nobody chose.
  const safe = Math.ceil((100 * detail.quorum) / detail.total) / 100;
  return new UsageError(`${message}: give --vote-threshold ${safe}`);
}
