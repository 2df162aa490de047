import { createPrng, equalBytes, Fault } from "@rialto/base";
import { ORDER_BEGINNING } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import {
  encodeChunk,
  encodeFetchChunk,
  encodeFetchManifest,
  encodeManifestMessage,
  encodeSnapshotOffer,
  encodeSnapshotQuery,
  MessageKind,
  readPeerMessage,
} from "../messages.ts";
import { smallCommittee } from "../testing/small-replica.ts";
import { checksOf, makeTestSnapshot, manifestChecks } from "../testing/snapshot-world.ts";
import { openSnapshot } from "./content.ts";
import {
  CHUNK_BYTES,
  CHUNKS_MAX,
  encodeManifest,
  openCertifiedManifest,
  parseManifest,
  type SnapshotManifest,
} from "./manifest.ts";

const committee = smallCommittee(4);
const checks = checksOf(committee);
const known = manifestChecks(committee);
const snapshot = makeTestSnapshot(committee, 40, 3, [0, 1, 2]);
const digest = snapshot.digest;
const EPOCH = { committee, start: ORDER_BEGINNING };

const EXAMPLES = [
  encodeSnapshotQuery(1),
  encodeSnapshotOffer(1, 77, []),
  encodeSnapshotOffer(1, 77, [{ epoch: 3, commitIndex: 40, digest }]),
  encodeFetchManifest(1, digest),
  encodeFetchChunk(1, digest, 2),
  encodeChunk(1, { digest, index: 2, bytes: new Uint8Array(100).fill(7) }),
];

test("every message of snapshots is read as it was written", () => {
  const read = EXAMPLES.map((bytes) => readPeerMessage(1, bytes, checks));
  expect(read).toEqual([
    { kind: MessageKind.SnapshotQuery, epoch: 1 },
    { kind: MessageKind.SnapshotOffer, epoch: 1, lowestRound: 77, snapshots: [] },
    {
      kind: MessageKind.SnapshotOffer,
      epoch: 1,
      lowestRound: 77,
      snapshots: [{ epoch: 3, commitIndex: 40, digest }],
    },
    { kind: MessageKind.FetchManifest, epoch: 1, digest },
    { kind: MessageKind.FetchChunk, epoch: 1, digest, index: 2 },
    { kind: MessageKind.Chunk, epoch: 1, digest, index: 2, bytes: new Uint8Array(100).fill(7) },
  ]);
  const manifest = readPeerMessage(1, encodeManifestMessage(1, snapshot.certified), checks);
  expect(manifest).toEqual({ kind: MessageKind.Manifest, epoch: 1, bytes: snapshot.certified });
  expect(openCertifiedManifest(snapshot.certified, known)?.digest).toEqual(digest);
});

test("messages that are cut, too long, empty or larger than a chunk are refused", () => {
  for (const bytes of EXAMPLES) {
    for (let length = 0; length < bytes.length; length++) {
      const message = readPeerMessage(1, bytes.subarray(0, length), checks);
      const isOtherOffer = bytes[0] === MessageKind.SnapshotOffer && length === 9;
      const isShortChunk = bytes[0] === MessageKind.Chunk && length > 41;
      expect(message instanceof Fault).toBe(!isOtherOffer && !isShortChunk);
    }
    if (bytes[0] === MessageKind.Chunk) continue;
    expect(readPeerMessage(1, Uint8Array.of(...bytes, 0), checks)).toBeInstanceOf(Fault);
  }
  const large = encodeChunk(1, { digest, index: 2, bytes: new Uint8Array(CHUNK_BYTES + 1) });
  expect(readPeerMessage(1, large, checks)).toBeInstanceOf(Fault);
});

test("no flipped bit of a manifest and its certificate passes for another one", () => {
  const prng = createPrng(3);
  const { certified } = snapshot;
  for (let time = 0; time < 3_000; time++) {
    const flipped = Uint8Array.from(certified);
    flipped[prng.below(certified.length)]! ^= 1 << prng.below(8);
    const opened = openCertifiedManifest(flipped, known);
    // A changed list of chunks is another manifest, which nobody offers.
    expect(opened !== undefined && equalBytes(opened.digest, digest)).toBe(false);
  }
  for (let length = 0; length < certified.length; length += 7) {
    expect(openCertifiedManifest(certified.subarray(0, length), known)).toBeUndefined();
  }
});

test("a manifest that claims more chunks than one may have is refused before memory is spent on it", () => {
  const { manifest } = snapshot;
  const parse = (each: SnapshotManifest): SnapshotManifest | undefined =>
    parseManifest(encodeManifest(each), CHUNK_BYTES);
  const claimed = { ...manifest, contentBytes: (CHUNKS_MAX + 1) * CHUNK_BYTES };
  expect(parse(claimed)).toBeUndefined();
  const endless = { ...manifest, contentBytes: Number.MAX_SAFE_INTEGER };
  expect(parse(endless)).toBeUndefined();
  expect(parse({ ...manifest, contentBytes: 0 })).toBeUndefined();
  expect(parse(manifest)).toEqual(manifest);
  // Of chunks of another size it would have more of them.
  expect(parseManifest(encodeManifest(manifest), CHUNK_BYTES / 2)).toBeUndefined();
});

test("random bytes are no manifest and no snapshot, and cost no exception", () => {
  const prng = createPrng(4);
  for (let time = 0; time < 5_000; time++) {
    const bytes = Uint8Array.from({ length: prng.below(600) }, () => prng.below(256));
    const isMine = prng.chance(1, 2);
    // Beginning as a good one does, so that more than the first field is looked at.
    if (isMine) bytes.set(snapshot.certified.subarray(0, Math.min(bytes.length, prng.below(400))));
    expect(openCertifiedManifest(bytes, known)).toBeUndefined();
    expect(openSnapshot(bytes, () => EPOCH, testHash)).toBeInstanceOf(Fault);
  }
});
