import { appendHistory, readProvenance, SIGNATURE_METRICS } from "@rialto/bench";
import {
  benchSignatures,
  signatureMeasurements,
  type SignaturesBenchResult,
} from "../signature-bench/bench-signatures.ts";
import type { SettingTable } from "../config/settings.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecorded, checkRecordedRuns } from "./conflicts.ts";

/** So few that a run often meets no other work of the machine. */
const SIGNATURES = 512;
/** With --smoke: shows that it works, not how fast. */
const SMOKE = { signatures: 128, signers: 2, runs: 1 };

const OPTIONS = {
  signers: {
    kind: "integer",
    flag: "signers",
    default: 16,
    min: 1,
    max: 512,
    help: "keys that sign, in turns",
  },
  runs: {
    kind: "integer",
    flag: "runs",
    default: 31,
    min: 1,
    max: 1_000,
    help: `timed runs of each way, of ${SIGNATURES} signatures`,
  },
  smoke: {
    kind: "switch",
    flag: "smoke",
    default: false,
    help: `${SMOKE.signatures} signatures of ${SMOKE.signers} keys in ${SMOKE.runs} run, where nothing else is said: shows that it works, not how fast`,
  },
  record: {
    kind: "switch",
    flag: "record",
    default: false,
    help: "append the result to bench/history; not for --smoke",
  },
} as const satisfies SettingTable;

export const benchSignaturesCommand = defineCommand({
  name: "bench signatures",
  summary:
    "time making and verifying signatures, each way in turns with node:crypto, every answer verified",
  positionals: "",
  options: OPTIONS,
  examples: [
    "rialto bench signatures",
    "rialto bench signatures --signers 256 --json",
    "rialto bench signatures --record",
  ],
  async run({ values, sources, print, progress }) {
    const { smoke, record } = values;
    if (record && smoke) throw new UsageError("--record is for whole runs: leave out --smoke");
    if (record) {
      checkRecorded({ options: OPTIONS, values }, ["signers"]);
      checkRecordedRuns(values.runs);
    }
    const isSmall = (name: "signers" | "runs"): boolean => smoke && sources[name] === "default";
    const options = {
      signers: isSmall("signers") ? SMOKE.signers : values.signers,
      runs: isSmall("runs") ? SMOKE.runs : values.runs,
      signatures: smoke ? SMOKE.signatures : SIGNATURES,
    };
    const onRun = (run: number): void => progress(`run ${run} of ${options.runs} ...`);
    const result = await benchSignatures({ ...options, onRun });
    progress("");
    print(result, describe(result));
    if (record) {
      const provenance = readProvenance(new Date());
      appendHistory(
        signatureMeasurements(result).map((measurement) => ({ ...provenance, ...measurement })),
      );
    }
    return ExitCode.Done;
  },
});

function describe({
  signers,
  signatures,
  runs,
  threads,
  times,
  answersHash,
}: SignaturesBenchResult): string {
  return [
    `${signatures} signatures of ${signers} keys, ${runs} runs, ${threads} threads; every answer verified`,
    ...times.map(
      ({ metric, backend, usMedian, usBest, spread, perSecond, ratioToNode }) =>
        `  ${usMedian.toFixed(2).padStart(8)} us (best ${usBest.toFixed(2)}; spread ` +
        `${(spread * 100).toFixed(0)} %), ${(perSecond / 1e3).toFixed(1)} K/s, ratio ${ratioToNode.toFixed(2)} ` +
        `to node:crypto  ${SIGNATURE_METRICS[metric]} (${backend})`,
    ),
    `  answers ${answersHash}`,
  ].join("\n");
}
