import { createPrng } from "@rialto/base";
import { NO_DIGEST, Profile } from "@rialto/consensus";
import { CHUNK_BYTES, type SnapshotManifest } from "@rialto/replica";
import { sha256 } from "../sha256.ts";

// A snapshot's content for tests of how it comes in: forty chunks, the last of which is short, and every third of zeros.

const CHUNKS = 40;

export interface TestContent {
  readonly bytes: number;
  readonly chunk: (index: number) => Uint8Array;
}

export function testContent(): TestContent {
  const bytes = CHUNKS * CHUNK_BYTES - 1_000;
  return {
    bytes,
    chunk: (index) => {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES));
      const prng = createPrng(index + 1);
      if (index % 3 !== 2)
        for (let at = 0; at < chunk.length; at += 61) chunk[at] = prng.below(256);
      return chunk;
    },
  };
}

export function testManifest(content: TestContent): SnapshotManifest {
  const checkpoint = {
    chainId: NO_DIGEST,
    epoch: 1,
    committeeHash: NO_DIGEST,
    profile: Profile.Crash,
    commitIndex: 40,
    commitDigest: NO_DIGEST,
    resultsRoot: NO_DIGEST,
    stateRoot: NO_DIGEST,
    tsMs: 1,
    nextRoster: NO_DIGEST,
  };
  const chunks = Array.from({ length: CHUNKS }, (_, index) => sha256(content.chunk(index)));
  return { checkpoint, contentBytes: content.bytes, chunks };
}
