// `rialto bench features`: what each feature costs beside the plain way to the same end.

import { median, spread } from "../statistics.ts";
import { type Feature, FEATURES } from "./features.ts";
import { Lap } from "./lap.ts";

export interface FeaturesBenchOptions {
  /** Timed samples of each side, after one that warms up. Plain and featured take turns. */
  readonly samples: number;
  /** Laps of 64 units that make a sample. */
  readonly laps: number;
  /** Told before each feature: its title. */
  readonly onFeature?: (title: string) => void;
}

export interface FeatureCost {
  readonly name: string;
  readonly title: string;
  readonly against: string;
  /** Medians. A command of the timed stages, without the client. */
  readonly plainNsPerCommand: number;
  readonly featuredNsPerCommand: number;
  /** Commands for the same end, plain and featured. */
  readonly plainCommands: number;
  readonly featuredCommands: number;
  /** Time for the same end, featured over plain: median of the samples' ratios. */
  readonly ratio: number;
  readonly spread: number;
}

/**
 * Measures every feature. Each lap must cause exactly the events that its setup names, and the audit passes at the end.
 *
 * Errors   thrown: a lap that did something else; an `InvariantError` of the audit.
 */
export function benchFeatures(options: FeaturesBenchOptions): FeatureCost[] {
  return FEATURES.map((feature) => {
    options.onFeature?.(feature.title);
    return measure(feature, options);
  });
}

function measure(feature: Feature, { samples, laps }: FeaturesBenchOptions): FeatureCost {
  const [plain, featured] = [new Lap(feature.plain), new Lap(feature.featured)];
  const plainNs: number[] = [];
  const featuredNs: number[] = [];
  for (let sample = 0; sample <= samples; sample++) {
    const [plainMs, featuredMs] = [timeLaps(plain, laps), timeLaps(featured, laps)];
    if (sample === 0) continue;
    plainNs.push((plainMs * 1e6) / laps);
    featuredNs.push((featuredMs * 1e6) / laps);
  }
  plain.audit();
  featured.audit();
  const ratios = featuredNs.map((ns, sample) => ns / plainNs[sample]!);
  const { name, title, against } = feature;
  return {
    name,
    title,
    against,
    plainNsPerCommand: median(plainNs) / plain.commands,
    featuredNsPerCommand: median(featuredNs) / featured.commands,
    plainCommands: feature.plain.stages.length,
    featuredCommands: feature.featured.stages.length,
    ratio: median(ratios),
    spread: spread(ratios),
  };
}

function timeLaps(lap: Lap, laps: number): number {
  let ms = 0;
  for (let count = 0; count < laps; count++) ms += lap.go();
  return ms;
}
