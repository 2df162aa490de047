// What the C++ limit took where the goals were set.

import { isProfileName, type ProfileName, PROFILES } from "./profiles.ts";
import type { WorkloadSource } from "./workload-cache.ts";

/** The machine of these figures, in words: they are a reference, and no ratio is made of them. */
export const ANCHOR_MACHINE = "a Xeon of 2.7 GHz with 2 MiB of L2";

/** Nanoseconds a command, median. Recorded, not measured here. */
export const LIMIT_ANCHORS_NS: Readonly<Record<ProfileName, number>> = {
  p1: 9.2,
  p2: 24.4,
  p3: 40.1,
};

/** The limit's recorded figure for what `source` generates; null for a file, and for a smaller workload. */
export function limitAnchor(source: WorkloadSource): number | null {
  if (!("profile" in source) || !isProfileName(source.profile.name)) return null;
  const { name } = source.profile;
  return source.profile === PROFILES[name] ? LIMIT_ANCHORS_NS[name] : null;
}
