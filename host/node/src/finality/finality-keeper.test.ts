import {
  type Checkpoint,
  type Committee,
  computeCommitDigest,
  encodeCertificate,
  NO_DIGEST,
  SIGNATURE_BYTES,
} from "@rialto/consensus";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test, vi } from "vitest";
import { sha256 } from "../sha256.ts";
import { openAlone } from "../testing/alone.ts";
import { FinalityKeeper } from "./finality-keeper.ts";
import { ProofStore } from "./proof-store.ts";

/** Returns its digest. */
function putCommit(
  store: ProofStore,
  previous: Uint8Array,
  index: number,
  leaves: readonly Uint8Array[],
): Uint8Array {
  const leader = { round: index, author: 0, digest: sha256(Uint8Array.of(3, index)) };
  const place = { index, previous, leader, tsMs: index, gcRound: 0 };
  const commit = { ...place, framesRoot: NO_DIGEST, refs: [leader] };
  const digest = computeCommitDigest(commit, sha256);
  const commits = [{ commit, digest, eventsRoot: NO_DIGEST, leaves }];
  store.put({ resultsRoot: NO_DIGEST, previousRoot: NO_DIGEST, commits });
  return digest;
}

function openKeeper(committee: Committee, store: ProofStore): FinalityKeeper {
  return new FinalityKeeper({
    committee,
    hash: sha256,
    store,
    genesis: "",
    hashesMax: 1_000_000,
    hashKey: 1n,
    dag: () => ({ members: 1, rounds: [] }),
    onFailed: () => undefined,
    onResumed: () => undefined,
    onLost: () => undefined,
  });
}

const openStore = ({ hash }: Committee): ProofStore =>
  new ProofStore({ path: ":memory:", networkHash: hash, bytesMax: 1e9 });

async function openCommittee(): Promise<Committee> {
  using directory = makeTemporaryDirectory("memory");
  return (await openAlone(directory.path)).genesis.committee;
}

test("that an epoch begins costs no reading of what was executed before: members go on at once", async () => {
  const committee = await openCommittee();
  using store = openStore(committee);
  putCommit(store, NO_DIGEST, 1, []);
  const read = vi.spyOn(store, "newest");
  const keeper = openKeeper(committee, store);
  expect(read).toHaveBeenCalledOnce();
  for (const epoch of [2, 3, 4]) keeper.enter({ ...committee, epoch });
  expect(read).toHaveBeenCalledOnce();
});

test("what a later epoch has certified counts after a start as soon as that epoch is come to", async () => {
  const committee = await openCommittee();
  using store = openStore(committee);
  const digest = putCommit(store, NO_DIGEST, 1, []);
  const checkpoint: Checkpoint = {
    chainId: committee.chainId,
    epoch: 2,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex: 1,
    commitDigest: digest,
    resultsRoot: NO_DIGEST,
    stateRoot: NO_DIGEST,
    tsMs: 1,
    nextRoster: NO_DIGEST,
  };
  const signatures = [{ author: 0, signature: new Uint8Array(SIGNATURE_BYTES) }];
  store.certify(1, encodeCertificate({ checkpoint, signatures, quantumSignatures: [] }), false);
  const keeper = openKeeper(committee, store);
  const before = keeper.find(digest).level;
  keeper.enter({ ...committee, epoch: 2 });
  expect(keeper.statistics().certifiedCommit).toBe(1);
  expect(keeper.find(digest).level).not.toBe(before);
});
