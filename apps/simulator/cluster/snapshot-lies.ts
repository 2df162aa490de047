import { checkpointSignMessage } from "@rialto/consensus";
import { encodeSnapshotHead, type EpochPath } from "@rialto/replica";
import type { SimSigner } from "./epoch-book.ts";
import type { FaultCounter } from "./fault-counter.ts";
import { sha256 } from "./keys.ts";
import type { StoredSnapshot } from "./sim-snapshots.ts";
import { openStored } from "./snapshot-start.ts";
import { makeManifest, storedManifest } from "./stored-manifest.ts";

/** What a liar has to forge with: its own keys, and the truth. */
export interface SnapshotForger {
  readonly path: EpochPath;
  readonly signerIn: (epoch: number) => SimSigner | undefined;
  readonly chunkBytes: number;
}

/**
 * A snapshot of a state that never was: money has gone from one account to another. Of every other snapshot it is given under the true
 * manifest, with a chunk in its middle that is not right either; of the rest under one of its own, well formed down to its digests, with a certificate of one signature.
 */
export function forgeSnapshot(
  stored: StoredSnapshot,
  { path, signerIn, chunkBytes }: SnapshotForger,
  faults: FaultCounter,
): StoredSnapshot {
  const { checkpoint, order, executor } = openStored(stored, path);
  const signer = signerIn(checkpoint.epoch);
  if (signer === undefined) return stored;
  const state = Uint8Array.from(executor);
  const balances = new DataView(state.buffer);
  balances.setInt32(0, balances.getInt32(0, true) + balances.getInt32(4, true), true);
  balances.setInt32(4, 0, true);
  faults.count("lyingSnapshots");
  if (stored.commitIndex % 2 === 0) {
    const head = Uint8Array.from(stored.content.subarray(0, stored.content.length - state.length));
    head[head.length >>> 1]! ^= 1;
    return { ...stored, content: Buffer.concat([head, state]) };
  }
  const stateRoot = sha256(state);
  const forged = { ...checkpoint, stateRoot };
  const content = Buffer.concat([encodeSnapshotHead(forged, { ...order, stateRoot }), state]);
  const { author, sign } = signer;
  const signatures = [{ author, signature: sign(checkpointSignMessage(forged)) }];
  const certificate = { checkpoint: forged, signatures, quantumSignatures: [] };
  const certified = storedManifest(makeManifest(certificate, content, chunkBytes), certificate);
  return { ...stored, content, certified };
}
