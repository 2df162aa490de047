import { assert, Fault } from "@rialto/base";
import { AuthorSet } from "./author-set.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import {
  type Checkpoint,
  CHECKPOINT_BYTES,
  checkpointSignMessage,
  encodeCheckpoint,
  isOfCommittee,
  readCheckpoint,
} from "./checkpoint.ts";
import type { Committee } from "./committee.ts";
import { type FinalityLevel, finalityLevelOf } from "./finality-level.ts";
import { QUANTUM_SIGNATURE_BYTES, SIGNATURE_BYTES, type VerifyFunction } from "./hash.ts";
import { MEMBERS_MAX } from "./limits.ts";

//  version u16 | checkpoint 217 | count u16 | count * (author u16, signature 64), ascending by author
//                               | count u16 | count * (author u16, signature 3309), ascending by author
//
// The first list is Ed25519, the second ML-DSA-65, both over the same message: checkpointSignMessage.

const CERTIFICATE_VERSION = 2;
const HEAD_BYTES = 2 + CHECKPOINT_BYTES;
/** Bytes of a certificate that everybody has signed twice. */
export const CERTIFICATE_BYTES_MAX: number =
  HEAD_BYTES + 4 + MEMBERS_MAX * (4 + SIGNATURE_BYTES + QUANTUM_SIGNATURE_BYTES);

export interface CheckpointSignature {
  readonly author: number;
  readonly signature: Uint8Array;
}

/** A checkpoint that a quorum has signed: what a stranger needs, besides the committee, to believe it. */
export interface Certificate {
  readonly checkpoint: Checkpoint;
  /** Ed25519, ascending by author: a quorum. */
  readonly signatures: readonly CheckpointSignature[];
  /** ML-DSA-65 over the same message, ascending by author: none, some or a quorum. */
  readonly quantumSignatures: readonly CheckpointSignature[];
}

/** What a certificate is worth. */
export interface CertificateStanding {
  readonly weight: number;
  readonly level: FinalityLevel;
  readonly quantumWeight: number;
  /** A quorum has signed with ML-DSA-65 too: quantum finality. */
  readonly isQuantum: boolean;
}

/** What checking a certificate needs of the outside. */
export interface CertificateChecks {
  readonly committee: Committee;
  readonly verify: VerifyFunction;
  /** Without it a certificate with quantum signatures is refused. */
  readonly verifyQuantum?: VerifyFunction;
}

export type CertificateFaultDetail =
  | { readonly code: "CERTIFICATE_MALFORMED" }
  | { readonly code: "CERTIFICATE_INVALID"; readonly problem: string };

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const { checkpoint, signatures, quantumSignatures } = certificate;
  const size =
    HEAD_BYTES +
    4 +
    signatures.length * (2 + SIGNATURE_BYTES) +
    quantumSignatures.length * (2 + QUANTUM_SIGNATURE_BYTES);
  const writer = new ByteWriter(size).u16(CERTIFICATE_VERSION).raw(encodeCheckpoint(checkpoint));
  for (const list of [signatures, quantumSignatures]) {
    writer.u16(list.length);
    for (const { author, signature } of list) writer.u16(author).raw(signature);
  }
  assert(writer.at === size, "signatures have the sizes of their schemes");
  return writer.bytes;
}

/** Reads a certificate from hostile bytes. Its signatures are not judged here. */
export function parseCertificate(bytes: Uint8Array): Certificate | Fault<CertificateFaultDetail> {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const checkpoint = readCheckpoint(reader);
  const signatures = readSignatures(reader, SIGNATURE_BYTES);
  const quantumSignatures = readSignatures(reader, QUANTUM_SIGNATURE_BYTES);
  if (reader.isDone && version === CERTIFICATE_VERSION) {
    return { checkpoint, signatures, quantumSignatures };
  }
  return new Fault<CertificateFaultDetail>(
    { code: "CERTIFICATE_MALFORMED" },
    "warn",
    `no certificate of version ${CERTIFICATE_VERSION}`,
  );
}

function readSignatures(reader: ByteReader, signatureBytes: number): CheckpointSignature[] {
  const signatures: CheckpointSignature[] = [];
  for (let left = reader.count16(MEMBERS_MAX); left > 0 && !reader.failed; left--) {
    signatures.push({ author: reader.u16(), signature: reader.raw(signatureBytes) });
  }
  return signatures;
}

/**
 * Checks a certificate against a committee that the caller trusts: every signature in it, not only enough of them.
 *
 * Returns  what it is worth, where a quorum of distinct members has signed exactly this checkpoint with Ed25519.
 * Errors   CERTIFICATE_INVALID, returned.
 * Source   docs/protocol/finality.md §3.
 */
export function checkCertificate(
  certificate: Certificate,
  checks: CertificateChecks,
): CertificateStanding | Fault<CertificateFaultDetail> {
  const problem = findProblem(certificate, checks);
  if (problem === undefined) return standingOf(certificate, checks.committee);
  return new Fault<CertificateFaultDetail>(
    { code: "CERTIFICATE_INVALID", problem },
    "error",
    `the certificate: ${problem}`,
  );
}

/** What a certificate is worth whose signatures have been verified. */
export function standingOf(certificate: Certificate, committee: Committee): CertificateStanding {
  const { thresholds } = committee;
  const weight = weightOf(certificate.signatures, committee);
  const quantumWeight = weightOf(certificate.quantumSignatures, committee);
  const level = finalityLevelOf(weight, thresholds);
  return { weight, level, quantumWeight, isQuantum: quantumWeight >= thresholds.quorum };
}

/** What signers weigh, of whom it is known that they are members. */
function weightOf(signatures: readonly CheckpointSignature[], committee: Committee): number {
  const signers = new AuthorSet(committee.weights);
  for (const { author } of signatures) signers.add(author);
  return signers.weight;
}

function findProblem(certificate: Certificate, checks: CertificateChecks): string | undefined {
  const { checkpoint, signatures, quantumSignatures } = certificate;
  const { committee, verify, verifyQuantum } = checks;
  if (!isOfCommittee(checkpoint, committee)) return "of another committee";
  const message = checkpointSignMessage(checkpoint);
  const problem = findSignerProblem(signatures, message, committee, verify);
  if (problem !== undefined) return problem;
  if (weightOf(signatures, committee) < committee.thresholds.quorum) {
    return "its signers are no quorum";
  }
  if (quantumSignatures.length === 0) return undefined;
  if (verifyQuantum === undefined) return "its quantum signatures cannot be checked here";
  if (quantumSignatures.some(({ author }) => !hasQuantumKey(committee, author))) {
    return "a quantum signer has no key for it";
  }
  return findSignerProblem(quantumSignatures, message, committee, verifyQuantum);
}

function findSignerProblem(
  signatures: readonly CheckpointSignature[],
  message: Uint8Array,
  committee: Committee,
  verify: VerifyFunction,
): string | undefined {
  let before = -1;
  for (const { author, signature } of signatures) {
    if (author <= before) return "its signers do not ascend";
    if (author >= committee.weights.length) return "a signer is no member";
    if (!verify(author, message, signature)) return "a signature is not its signer's";
    before = author;
  }
  return undefined;
}

/** True where `author` is a member that can sign with ML-DSA-65. */
export function hasQuantumKey(committee: Committee, author: number): boolean {
  return committee.members[author]?.quantumKey !== undefined;
}
