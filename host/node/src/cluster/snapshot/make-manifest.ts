import type { Checkpoint } from "@rialto/consensus";
import { CHUNK_BYTES, type SnapshotManifest } from "@rialto/replica";
import { createHash, type Hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Bytes hashed between two turns of the event loop: about a millisecond. */
const TURN_BYTES = 0x10_0000;

/** The manifest of a snapshot whose content is the joined pieces. */
export async function makeManifest(
  checkpoint: Checkpoint,
  pieces: readonly Uint8Array[],
): Promise<SnapshotManifest> {
  const chunks: Uint8Array[] = [];
  let hash: Hash = createHash("sha256");
  let filled = 0;
  let contentBytes = 0;
  let turnBytes = 0;
  for (const piece of pieces) {
    contentBytes += piece.length;
    for (let at = 0; at < piece.length;) {
      const count = Math.min(CHUNK_BYTES - filled, piece.length - at);
      hash.update(piece.subarray(at, at + count));
      at += count;
      filled += count;
      turnBytes += count;
      if (filled < CHUNK_BYTES) continue;
      chunks.push(hash.digest());
      hash = createHash("sha256");
      filled = 0;
      if (turnBytes < TURN_BYTES) continue;
      turnBytes = 0;
      await nextTurn();
    }
  }
  if (filled > 0) chunks.push(hash.digest());
  return { checkpoint, contentBytes, chunks };
}
