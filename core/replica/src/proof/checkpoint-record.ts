import { Fault } from "@rialto/base";
import { DIGEST_BYTES } from "@rialto/crypto";
import { ByteReader, ByteWriter, type Commit, encodeCommit, parseCommit } from "@rialto/consensus";

// What a host keeps of the commits from one checkpoint to the next, so that it can prove any fill in them later.
//
//   resultsRoot 32 | previousRoot 32 | commitCount u32 | commits
//   commit:  bytes u32, the commit | eventsRoot 32, digest 32 | leafCount u32 | leaves: bytes u32, the leaf

/** A commit as proofs need it. */
export interface CommitRecord {
  readonly commit: Commit;
  readonly digest: Uint8Array;
  readonly eventsRoot: Uint8Array;
  /** Under the events root: results.ts draws them. */
  readonly leaves: readonly Uint8Array[];
}

/** The commits under one results root. */
export interface CheckpointRecord {
  readonly resultsRoot: Uint8Array;
  /** The results root of the checkpoint before. */
  readonly previousRoot: Uint8Array;
  /** Ascending, at least one. */
  readonly commits: readonly CommitRecord[];
}

export function encodeCheckpointRecord(record: CheckpointRecord): Uint8Array {
  const parts = record.commits.map(({ commit, digest, eventsRoot, leaves }) => ({
    commit: encodeCommit(commit),
    digest,
    eventsRoot,
    leaves,
  }));
  const leafBytes = (leaves: readonly Uint8Array[]): number =>
    leaves.reduce((sum, leaf) => sum + 4 + leaf.length, 0);
  const size = parts.reduce(
    (sum, { commit, leaves }) => sum + 4 + commit.length + 2 * DIGEST_BYTES + 4 + leafBytes(leaves),
    2 * DIGEST_BYTES + 4,
  );
  const writer = new ByteWriter(size);
  writer.raw(record.resultsRoot).raw(record.previousRoot).u32(parts.length);
  for (const { commit, digest, eventsRoot, leaves } of parts) {
    writer.u32(commit.length).raw(commit).raw(eventsRoot).raw(digest).u32(leaves.length);
    for (const leaf of leaves) writer.u32(leaf.length).raw(leaf);
  }
  return writer.bytes;
}

/** Reads a record from a disk that may have been damaged. Undefined where it has. */
export function parseCheckpointRecord(bytes: Uint8Array): CheckpointRecord | undefined {
  const reader = new ByteReader(bytes);
  const roots = { resultsRoot: reader.raw(DIGEST_BYTES), previousRoot: reader.raw(DIGEST_BYTES) };
  const commits: CommitRecord[] = [];
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) {
    const commit = parseCommit(reader.raw(reader.u32()));
    if (commit instanceof Fault) return undefined;
    const eventsRoot = reader.raw(DIGEST_BYTES);
    const digest = reader.raw(DIGEST_BYTES);
    const leaves: Uint8Array[] = [];
    for (let more = reader.u32(); more > 0 && !reader.failed; more--) {
      leaves.push(reader.raw(reader.u32()));
    }
    commits.push({ commit, digest, eventsRoot, leaves });
  }
  return reader.isDone && commits.length > 0 ? { ...roots, commits } : undefined;
}
