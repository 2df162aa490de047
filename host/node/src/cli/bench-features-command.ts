import {
  appendHistory,
  benchFeatures,
  type FeatureCost,
  featureMeasurements,
  readProvenance,
} from "@rialto/bench";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecordedRuns } from "./conflicts.ts";

const SMOKE = { samples: 2, laps: 2 };

export const benchFeaturesCommand = defineCommand({
  name: "bench features",
  summary: "what each feature costs beside the plain way to the same end, in turns",
  positionals: "",
  options: {
    samples: {
      kind: "integer",
      flag: "samples",
      default: 15,
      min: 1,
      max: 1_000,
      help: "timed samples of each feature and of its plain way, which take turns",
    },
    laps: {
      kind: "integer",
      flag: "laps",
      default: 64,
      min: 1,
      max: 10_000,
      help: "laps of 64 orders that make a sample; calls of the engine alone are timed",
    },
    smoke: {
      kind: "switch",
      flag: "smoke",
      default: false,
      help: `${SMOKE.samples} samples of ${SMOKE.laps} laps, where nothing else is said: shows that it works, not how fast`,
    },
    record: {
      kind: "switch",
      flag: "record",
      default: false,
      help: "append the result to bench/history; not for --smoke",
    },
  },
  examples: ["rialto bench features", "rialto bench features --samples 51 --record --json"],
  async run({ values, sources, print, progress }) {
    const { smoke, record } = values;
    if (record && smoke) throw new UsageError("--record is for whole runs: leave out --smoke");
    const isSmall = (name: keyof typeof SMOKE): boolean => smoke && sources[name] === "default";
    const samples = isSmall("samples") ? SMOKE.samples : values.samples;
    const laps = isSmall("laps") ? SMOKE.laps : values.laps;
    if (record) checkRecordedRuns(samples);
    const features = benchFeatures({ samples, laps, onFeature: progress });
    progress("");
    print({ samples, laps, features }, describe(features));
    if (record) {
      const provenance = readProvenance(new Date());
      appendHistory(
        featureMeasurements(features).map((measurement) => ({ ...provenance, ...measurement })),
      );
    }
    return ExitCode.Done;
  },
});

/** A block of rows for each plain way, in lines of 80 characters. */
function describe(features: readonly FeatureCost[]): string {
  const width = Math.max(...features.map((feature) => feature.title.length));
  const row = (title: string, ...[featured, plain, ratio]: readonly string[]): string =>
    `  ${title.padEnd(width)} ${featured!.padStart(8)} ${plain!.padStart(8)} ${ratio!.padStart(7)}`;
  const blocks = Map.groupBy(features, ({ against }) => against);
  const lines = [...blocks].flatMap(([against, costs]) => [
    `beside: ${against}`,
    ...costs.map(({ title, plainNsPerCommand, featuredNsPerCommand, ratio }) =>
      row(title, featuredNsPerCommand.toFixed(1), plainNsPerCommand.toFixed(1), ratio.toFixed(2)),
    ),
  ]);
  return [row("ns a command", "with it", "plain", "ratio"), ...lines].join("\n");
}
