import type { BlockChecks } from "@rialto/consensus";
import {
  type Epoch,
  type EpochRules,
  findChangeFrameProblem,
  findSignedFrameProblem,
  type FrameChecks,
  isEpochChange,
  isSignedFrame,
} from "@rialto/replica";
import { selectBackend } from "@rialto/signing";
import { certificateChecks } from "../finality/certificate-checks.ts";
import type { Genesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";

/** What changes of epochs are judged with. */
export function epochRules(): EpochRules {
  return { hash: sha256, verify: selectBackend("ed25519").verify };
}

export function frameChecksOf({ committee, signers }: Genesis): FrameChecks {
  const { verify } = selectBackend("ed25519");
  return { chainId: committee.chainId, signers, hash: sha256, verify };
}

/**
 * What blocks of an epoch are judged with. Signatures are checked here, by whichever library is fastest. Where nobody lies,
 * a client's signature is checked by the one member that takes its frame; where some may, by every member, as a part of
 * the block's validity.
 */
export function blockChecksOf(genesis: Genesis, epoch: Epoch): BlockChecks {
  const { committee } = epoch;
  const checks = { hash: sha256, ...certificateChecks(committee) };
  if (committee.thresholds.liars === 0) return checks;
  const frames = frameChecksOf(genesis);
  const rules = epochRules();
  return {
    ...checks,
    isSingular: isEpochChange,
    findFrameProblem: (frame) => {
      if (isEpochChange(frame)) return findChangeFrameProblem(frame, epoch, rules);
      return isSignedFrame(frame) ? findSignedFrameProblem(frame, frames) : undefined;
    },
  };
}
