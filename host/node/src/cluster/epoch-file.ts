import { encodeHex, Fault, parseHex } from "@rialto/base";
import type { CertificateChecks } from "@rialto/consensus";
import {
  type ChainTrust,
  encodeEpochSteps,
  type Epoch,
  type EpochFaultDetail,
  EpochPath,
  type EpochStep,
  readEpochSteps,
  walkEpochs,
} from "@rialto/replica";
import { existsSync, readFileSync } from "node:fs";
import { certificateChecks } from "../finality/certificate-checks.ts";
import type { Genesis } from "./genesis.ts";
import { sha256 } from "../sha256.ts";

// What leads from the genesis to a later epoch, as a file: what a member needs that joins then, and what every member keeps of
// the epochs that it has come to know. A snapshot is nothing without it.

const EPOCHS_FORMAT = "rialto-epochs/1";

export interface EpochsFile {
  readonly format: typeof EPOCHS_FORMAT;
  /** In hexadecimal: docs/protocol/finality.md §7. */
  readonly steps: readonly string[];
}

export type EpochsFileFaultDetail =
  | { readonly code: "EPOCHS_UNREADABLE"; readonly path: string }
  | EpochFaultDetail;

/** What proves the epochs of a network to whoever has its genesis. */
export function chainTrust({ committee, roster }: Genesis): ChainTrust {
  return { genesis: { committee, roster }, hash: sha256, checksOf: certificateChecks };
}

/** Epochs that have been checked, and what led to them. */
export interface KnownEpochs {
  readonly epochs: readonly Epoch[];
  readonly steps: readonly EpochStep[];
}

/** Checks steps of anywhere against a genesis. Errors: EPOCH_CHAIN_INVALID, returned. */
export function checkSteps(
  genesis: Genesis,
  texts: readonly string[],
): KnownEpochs | Fault<EpochFaultDetail> {
  const trust = chainTrust(genesis);
  const bytes = texts.map((text) => parseHex(text) ?? new Uint8Array(0));
  const steps = readEpochSteps(genesis.roster, bytes);
  if (steps instanceof Fault) return steps;
  const epochs = walkEpochs(steps, trust);
  return epochs instanceof Fault ? epochs : { epochs, steps };
}

/** Reads such a file, if there is one. Errors: EPOCHS_UNREADABLE, EPOCH_CHAIN_INVALID, returned. */
export function loadKnownEpochs(
  path: string,
  genesis: Genesis,
): KnownEpochs | Fault<EpochsFileFaultDetail> {
  if (!existsSync(path)) return { epochs: [genesis], steps: [] };
  let file: Partial<EpochsFile> | null;
  try {
    file = JSON.parse(readFileSync(path, "utf8")) as Partial<EpochsFile> | null;
  } catch (cause) {
    return unreadable(path, (cause as Error).message, cause);
  }
  const steps = file?.format === EPOCHS_FORMAT ? file.steps : undefined;
  if (!Array.isArray(steps) || !steps.every((each) => typeof each === "string")) {
    return unreadable(path, `its format is not "${EPOCHS_FORMAT}"`);
  }
  return checkSteps(genesis, steps);
}

/** The same as a way that can be gone on. */
export function openEpochPath(
  { committee, roster }: Genesis,
  steps: readonly EpochStep[],
): EpochPath {
  const checksOf = (epoch: Epoch): CertificateChecks => certificateChecks(epoch.committee);
  return new EpochPath({ genesis: { committee, roster }, hash: sha256, checksOf, steps });
}

function unreadable(path: string, why: string, cause?: unknown): Fault<EpochsFileFaultDetail> {
  const message = `the epochs file ${path} cannot be read: ${why}. Get it anew of another member: \`rialto cluster epochs\``;
  return new Fault<EpochsFileFaultDetail>(
    { code: "EPOCHS_UNREADABLE", path },
    "fatal",
    message,
    cause,
  );
}

export function stepTexts(genesis: Pick<Genesis, "roster">, steps: readonly EpochStep[]): string[] {
  return encodeEpochSteps(genesis.roster, steps).map((step) => encodeHex(step));
}

export function epochsFileText(steps: readonly string[]): string {
  const file: EpochsFile = { format: EPOCHS_FORMAT, steps };
  return `${JSON.stringify(file)}\n`;
}
