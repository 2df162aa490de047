import { encodeHex, equalBytes } from "@rialto/base";
import { type Frame, openFrame } from "@rialto/consensus";
import type { EpochPort, EpochView } from "@rialto/gateway";
import {
  type ChainReplica,
  EPOCH_CHANGE_BYTES_MAX,
  epochChangeFrame,
  type StepFault,
} from "@rialto/replica";
import { randomBytes } from "node:crypto";
import { stepTexts } from "./epoch-file.ts";
import { type Genesis, profileName } from "./genesis.ts";
import { sha256 } from "../sha256.ts";

export interface EpochDeskOptions {
  readonly genesis: Genesis;
  readonly replica: ChainReplica;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  /** The clock that frames expire by. */
  readonly memberMs: () => number;
  readonly submitFrame: (frame: Frame) => Promise<StepFault>;
}

/** Tells whoever asks of the epochs, and takes changes of them: a quorum's signatures are all that it asks for. */
export class EpochDesk implements EpochPort {
  readonly #options: EpochDeskOptions;

  constructor(options: EpochDeskOptions) {
    this.#options = options;
  }

  view(): EpochView {
    const { genesis, replica, linkKey } = this.#options;
    const { committee, roster } = replica.epoch;
    return {
      epoch: committee.epoch,
      profile: profileName(committee.profile),
      voteThresholdPpm: roster.voteThresholdPpm,
      startCommit: replica.steps.at(-1)?.certificate.checkpoint.commitIndex ?? 0,
      membership: replica.membership,
      isEnding: replica.replica.next !== undefined,
      members: roster.members.map((each, member) => ({
        member,
        publicKey: encodeHex(each.publicKey),
        linkKey: encodeHex(each.linkKey),
        address: each.address,
        weight: each.weight,
        isSelf: equalBytes(each.linkKey, linkKey),
      })),
      steps: stepTexts(genesis, replica.steps),
    };
  }

  async change(body: Uint8Array): Promise<string> {
    const { replica, genesis, memberMs, submitFrame } = this.#options;
    if (body.length > EPOCH_CHANGE_BYTES_MAX) return "it is longer than a frame may be";
    const expiresMs = memberMs() + genesis.file.frameLifetimeMs;
    const frame = epochChangeFrame(body, { expiresMs, nonce: randomBytes(16) });
    const problem = replica.findChangeProblem(frame);
    if (problem !== undefined) return problem;
    const fault = await submitFrame(openFrame(frame, sha256));
    return fault === undefined ? "" : `this member does not take it: ${fault}`;
  }
}
