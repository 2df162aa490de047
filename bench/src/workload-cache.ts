// Workloads from files: those that somebody gives, and those that we generated before.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "@rialto/base";
import { benchFault, type BenchFault } from "./bench-fault.ts";
import { GENERATOR_VERSION, generateWorkload } from "./generate-workload.ts";
import { encodeLob1, parseLob1, type Workload } from "./lob1.ts";
import type { Profile } from "./profiles.ts";

/** Where generated workloads are kept: below node_modules, so that git and editors pass it by. */
export const WORKLOAD_CACHE_DIRECTORY: string = fileURLToPath(
  new URL("../../node_modules/.cache/rialto-bench", import.meta.url),
);

/** Limit: what Node reads into one buffer. */
const FILE_BYTES_MAX = 2 ** 31 - 1;

/** A file in LOB1, or a profile and a seed to generate one from. */
export type WorkloadSource =
  | { readonly file: string }
  | { readonly profile: Profile; readonly seed: number };

export interface LoadedWorkload {
  readonly workload: Workload;
  /** The file that holds the workload: what a program in another language is to read. */
  readonly path: string;
}

/**
 * Reads a workload, or generates it where no earlier run has left it in the cache.
 *
 * Effects  reads or writes one file; writing is atomic, so that parallel runs may share a cache.
 * Errors   WORKLOAD_READ, and those of `parseLob1`: both only for a given file.
 */
export function loadOrGenerate(
  source: WorkloadSource,
  cacheDirectory: string = WORKLOAD_CACHE_DIRECTORY,
): LoadedWorkload | BenchFault {
  if ("file" in source) return readWorkload(source.file);
  const path = join(cacheDirectory, cacheName(source.profile, source.seed));
  const cached = readWorkload(path);
  if (!(cached instanceof Fault)) return cached;
  const workload = generateWorkload(source.profile, source.seed);
  mkdirSync(cacheDirectory, { recursive: true });
  const partPath = `${path}.${process.pid}.part`;
  writeFileSync(partPath, encodeLob1(workload));
  renameSync(partPath, path);
  return { workload, path };
}

/** The name of a generated file: profile, seed, generator, and a digest of all that shapes it. */
export function cacheName(profile: Profile, seed: number): string {
  const digest = createHash("sha256").update(JSON.stringify(profile)).digest("hex").slice(0, 12);
  return `${profile.name}-seed${seed}-v${GENERATOR_VERSION}-${digest}.lob1`;
}

function readWorkload(path: string): LoadedWorkload | BenchFault {
  let bytes: Uint8Array;
  try {
    const file = statSync(path);
    if (!file.isFile()) return readFault(path, "it is no file");
    const fileBytes = file.size;
    if (fileBytes > FILE_BYTES_MAX) return readFault(path, `it has ${fileBytes} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    return readFault(path, (error as Error).message, error);
  }
  const workload = parseLob1(bytes);
  return workload instanceof Fault ? workload : { workload, path };
}

function readFault(path: string, reason: string, cause?: unknown): BenchFault {
  return benchFault({ code: "WORKLOAD_READ", path }, `cannot read ${path}: ${reason}`, cause);
}
