import { Fault } from "@rialto/base";
import { type BlockChecks, FRAME_HEAD_BYTES } from "@rialto/consensus";
import { EPOCH_CHANGE_BYTES_MAX, epochChangeFrame } from "@rialto/replica";
import { expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { blockChecksOf } from "./epoch-checks.ts";
import { makeGenesis, openGenesis, type ProfileName } from "./genesis.ts";

function checksOf(profile: ProfileName): BlockChecks {
  const members = [1, 2, 3, 4].map((index) => {
    const publicKey = String(index).padStart(64, "0");
    return { publicKey, linkKey: publicKey, address: `tcp://127.0.0.1:${index}`, weight: 1 };
  });
  const made = makeGenesis({ network: SMALL_NETWORK, profile, voteThreshold: 0.75, members });
  const genesis = openGenesis(made);
  if (genesis instanceof Fault) throw genesis;
  return blockChecksOf(genesis, genesis);
}

test("where some may lie a block holds one change of members, since judging it costs a quorum's signatures", () => {
  const submission = { expiresMs: 1, nonce: new Uint8Array(16) };
  const change = epochChangeFrame(new Uint8Array(EPOCH_CHANGE_BYTES_MAX), submission);
  const { isSingular, findFrameProblem } = checksOf("byzantine");
  expect(isSingular?.(change)).toBe(true);
  expect(isSingular?.(new Uint8Array(FRAME_HEAD_BYTES))).toBe(false);
  expect(findFrameProblem?.(change)).toBe("it is no epoch change of this epoch");
  // Nobody judges what those have proposed who are believed.
  expect(checksOf("crash").findFrameProblem).toBeUndefined();
});
