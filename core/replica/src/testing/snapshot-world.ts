import { createPrng } from "@rialto/base";
import {
  type Certificate,
  type Checkpoint,
  checkpointSignMessage,
  type Committee,
  NO_DIGEST,
} from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import {
  CHUNK_BYTES,
  computeManifestDigest,
  encodeCertifiedManifest,
  encodeManifest,
  type ManifestChecks,
  type SnapshotManifest,
} from "../snapshot/manifest.ts";
import { smallSign, smallVerify } from "./small-replica.ts";

// A snapshot that several members have, for tests of how another one gets it.

export interface TestSnapshot {
  readonly content: Uint8Array;
  readonly manifest: SnapshotManifest;
  readonly certificate: Certificate;
  readonly digest: Uint8Array;
  /** With its certificate. */
  readonly certified: Uint8Array;
}

export const checksOf = (committee: Committee) => ({
  committee,
  hash: testHash,
  verify: smallVerify,
});

/** Of these epochs alone. */
export const manifestChecks = (...committees: readonly Committee[]): ManifestChecks => ({
  hash: testHash,
  chunkBytes: CHUNK_BYTES,
  checksOf: (epoch) => {
    const committee = committees.find((each) => each.epoch === epoch);
    return committee && checksOf(committee);
  },
});

function checkpointOf(committee: Committee, commitIndex: number): Checkpoint {
  return {
    chainId: committee.chainId,
    epoch: committee.epoch,
    committeeHash: committee.hash,
    profile: committee.profile,
    commitIndex,
    commitDigest: testHash(Uint8Array.of(1, commitIndex)),
    resultsRoot: testHash(Uint8Array.of(2, commitIndex)),
    stateRoot: testHash(Uint8Array.of(3, commitIndex)),
    tsMs: 5,
    nextRoster: NO_DIGEST,
  };
}

/** A snapshot of `chunkCount` chunks, the last of which is short, signed by `signers`. */
export function makeTestSnapshot(
  committee: Committee,
  commitIndex: number,
  chunkCount: number,
  signers: readonly number[],
): TestSnapshot {
  const prng = createPrng(commitIndex);
  const content = new Uint8Array((chunkCount - 1) * CHUNK_BYTES + 1_000);
  for (let at = 0; at < content.length; at += 997) content[at] = prng.below(256);
  const checkpoint = checkpointOf(committee, commitIndex);
  const chunks = Array.from({ length: chunkCount }, (_, index) =>
    testHash(chunkOf(content, index)),
  );
  const manifest = { checkpoint, contentBytes: content.length, chunks };
  const message = checkpointSignMessage(checkpoint);
  const signatures = signers.map((author) => ({ author, signature: smallSign(author)(message) }));
  const certificate = { checkpoint, signatures, quantumSignatures: [] };
  return {
    content,
    manifest,
    certificate,
    digest: computeManifestDigest(encodeManifest(manifest), testHash),
    certified: encodeCertifiedManifest(manifest, certificate),
  };
}

export function chunkOf(content: Uint8Array, index: number): Uint8Array {
  return content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
}
