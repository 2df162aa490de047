import { type Certificate, NO_DIGEST } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { EpochPath } from "../epoch/epoch-path.ts";
import { checksOf, smallGenesis } from "../testing/small-chain.ts";
import { SnapshotCertificates } from "./snapshot-certificates.ts";

const MESSAGE_BYTES = 65_536;
const SIGNATURE_BYTES = 64;

/** A certificate whose signatures are views of what they came in. */
function receivedCertificate(commitIndex: number): Certificate {
  const { chainId, epoch, hash, profile } = smallGenesis(3).committee;
  const signatures = [0, 1].map((author) => {
    const message = new Uint8Array(MESSAGE_BYTES).fill(1 + author);
    return { author, signature: message.subarray(author, author + SIGNATURE_BYTES) };
  });
  const digests = { commitDigest: hash, resultsRoot: hash, stateRoot: hash, nextRoster: NO_DIGEST };
  const mark = { chainId, epoch, committeeHash: hash, profile, commitIndex, tsMs: 5 };
  return { checkpoint: { ...mark, ...digests }, signatures, quantumSignatures: [] };
}

function openCertificates(): SnapshotCertificates {
  const path = new EpochPath({ genesis: smallGenesis(3), hash: testHash, checksOf });
  return new SnapshotCertificates(path);
}

test("a certificate that is kept keeps nothing of the messages that it came in", () => {
  const certificates = openCertificates();
  certificates.note(receivedCertificate(7));
  const kept = certificates.find(7)!;
  expect(kept).toEqual(receivedCertificate(7));
  const parts = [...kept.signatures.map(({ signature }) => signature), kept.checkpoint.stateRoot];
  for (const { buffer } of parts) expect(buffer.byteLength).toBeLessThan(1_000);
});

test("the newest certificates are kept, and no more than a bounded number", () => {
  const certificates = openCertificates();
  for (let commitIndex = 1; commitIndex <= 65; commitIndex++) {
    certificates.note(receivedCertificate(commitIndex));
  }
  expect(certificates.find(1)).toBeUndefined();
  expect(certificates.find(2)?.checkpoint.commitIndex).toBe(2);
  expect(certificates.find(65)?.checkpoint.commitIndex).toBe(65);
});
