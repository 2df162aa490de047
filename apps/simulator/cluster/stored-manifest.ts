import type { Certificate } from "@rialto/consensus";
import {
  chunkCount,
  computeManifestDigest,
  encodeCertifiedManifest,
  encodeManifest,
  type SnapshotManifest,
} from "@rialto/replica";
import { sha256 } from "./keys.ts";
import type { StoredManifest } from "./sim-snapshots.ts";

/** A manifest as others get it, under a certificate. */
export function storedManifest(
  manifest: SnapshotManifest,
  certificate: Certificate,
): StoredManifest {
  return {
    bytes: encodeCertifiedManifest(manifest, certificate),
    digest: computeManifestDigest(encodeManifest(manifest), sha256),
  };
}

/** The manifest of a snapshot's content, in chunks of `size` bytes. */
export function makeManifest(
  { checkpoint }: Certificate,
  content: Uint8Array,
  size: number,
): SnapshotManifest {
  const chunks = Array.from({ length: chunkCount(content.length, size) }, (_, index) =>
    sha256(content.subarray(index * size, (index + 1) * size)),
  );
  return { checkpoint, contentBytes: content.length, chunks };
}
