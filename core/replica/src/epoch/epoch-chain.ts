import { equalBytes, Fault } from "@rialto/base";
import {
  ByteReader,
  ByteWriter,
  type Certificate,
  CERTIFICATE_BYTES_MAX,
  type CertificateChecks,
  checkCertificate,
  type Committee,
  encodeCertificate,
  encodeRoster,
  findSuccessionProblem,
  type HashFunction,
  nextEpochSeed,
  parseCertificate,
  readRoster,
  type Roster,
  rosterCommittee,
  rosterDigest,
} from "@rialto/consensus";
import type { Epoch } from "./epoch-change.ts";

// What leads from the genesis to a later epoch: for each epoch that has ended, the certificate of its committee that closes
// it, and the members of the next, whom it names.
//
//   step:  rosterBytes u32, roster (roster.ts, keys that are still the same left out) | certificateBytes u32, certificate

/** Bytes of a step at most: its roster is not longer than a frame can carry, with all keys. */
const EPOCH_STEP_BYTES_MAX: number = 8 + 320 * 1024 + CERTIFICATE_BYTES_MAX;

export interface EpochStep {
  /** Of the epoch that began. */
  readonly roster: Roster;
  /** Closes the epoch before, by its committee. */
  readonly certificate: Certificate;
}

export type EpochFaultDetail = {
  readonly code: "EPOCH_CHAIN_INVALID";
  readonly epoch: number;
  readonly problem: string;
};

export function encodeEpochStep({ roster, certificate }: EpochStep, before: Roster): Uint8Array {
  const rosterBytes = encodeRoster(roster, before);
  const certificateBytes = encodeCertificate(certificate);
  const writer = new ByteWriter(8 + rosterBytes.length + certificateBytes.length);
  writer.u32(rosterBytes.length).raw(rosterBytes);
  return writer.u32(certificateBytes.length).raw(certificateBytes).bytes;
}

/** Reads a step from hostile bytes; undefined where it is none. Nothing of it is judged here. */
export function parseEpochStep(bytes: Uint8Array, before: Roster): EpochStep | undefined {
  const reader = new ByteReader(bytes);
  const rosterReader = new ByteReader(reader.raw(reader.count32(EPOCH_STEP_BYTES_MAX)));
  const roster = readRoster(rosterReader, before);
  const certificate = parseCertificate(reader.raw(reader.count32(CERTIFICATE_BYTES_MAX)));
  const isWhole = roster !== undefined && rosterReader.isDone && reader.isDone;
  return isWhole && !(certificate instanceof Fault) ? { roster, certificate } : undefined;
}

/**
 * Reads the steps that follow on a roster, in their order. There is one form of each: what was parsed is written again and
 * compared.
 *
 * Errors   EPOCH_CHAIN_INVALID, returned.
 */
export function readEpochSteps(
  first: Roster,
  steps: readonly Uint8Array[],
): readonly EpochStep[] | Fault<EpochFaultDetail> {
  const read: EpochStep[] = [];
  let before = first;
  for (const bytes of steps) {
    const step = parseEpochStep(bytes, before);
    const isCanonical = step !== undefined && equalBytes(encodeEpochStep(step, before), bytes);
    if (!isCanonical) return invalid(before.epoch, "it is not written as it should be");
    read.push(step);
    before = step.roster;
  }
  return read;
}

/** All steps of a chain, as they are stored and handed around. */
export function encodeEpochSteps(first: Roster, steps: readonly EpochStep[]): Uint8Array[] {
  return steps.map((step, at) => encodeEpochStep(step, at === 0 ? first : steps[at - 1]!.roster));
}

/** The epoch that a step leads to. The caller has checked the step, or made it. */
export function beginEpoch({ roster, certificate }: EpochStep, hash: HashFunction): Epoch {
  const committee = rosterCommittee(roster, nextEpochSeed(certificate.checkpoint, hash), hash);
  if (committee instanceof Fault) throw committee;
  return { roster, committee };
}

/** What a stranger trusts: the first epoch, and the functions that check. */
export interface ChainTrust {
  readonly genesis: Epoch;
  readonly hash: HashFunction;
  readonly checksOf: (committee: Committee) => CertificateChecks;
}

/**
 * Walks from the genesis along the steps that follow on it.
 *
 * Effects  pure but for the functions that verify signatures.
 * Returns  the epochs, the first included.
 * Errors   EPOCH_CHAIN_INVALID, returned: a certificate that does not hold, or not for these members.
 * Source   docs/protocol/finality.md §7.
 */
export function walkEpochs(
  steps: readonly EpochStep[],
  trust: ChainTrust,
): readonly Epoch[] | Fault<EpochFaultDetail> {
  const epochs = [trust.genesis];
  let lastIndex = 0;
  for (const step of steps) {
    const before = epochs.at(-1)!;
    const checks = trust.checksOf(before.committee);
    const problem = findStepProblem(step, before, lastIndex, { hash: trust.hash, checks });
    if (problem !== undefined) return invalid(before.committee.epoch, problem);
    lastIndex = step.certificate.checkpoint.commitIndex;
    epochs.push(beginEpoch(step, trust.hash));
  }
  return epochs;
}

/**
 * What is wrong with a step as the end of an epoch; undefined where nothing is. `lastIndex` is the last commit of the epoch
 * before that one. What is cheap to see is looked at before any signature.
 */
export function findStepProblem(
  { roster, certificate }: EpochStep,
  before: Epoch,
  lastIndex: number,
  { hash, checks }: { readonly hash: HashFunction; readonly checks: CertificateChecks },
): string | undefined {
  const { checkpoint } = certificate;
  if (!equalBytes(checkpoint.nextRoster, rosterDigest(roster, hash))) {
    return "what closes it names other members";
  }
  const problem = findSuccessionProblem(roster, before.roster);
  if (problem !== undefined) return `what follows on it is not allowed: ${problem}`;
  if (checkpoint.commitIndex <= lastIndex) return "it ends before it begins";
  const standing = checkCertificate(certificate, checks);
  return standing instanceof Fault ? standing.message : undefined;
}

function invalid(epoch: number, problem: string): Fault<EpochFaultDetail> {
  const detail = { code: "EPOCH_CHAIN_INVALID", epoch, problem } as const;
  return new Fault<EpochFaultDetail>(detail, "error", `the end of epoch ${epoch}: ${problem}`);
}
