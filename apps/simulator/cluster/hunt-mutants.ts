import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Mutant, MUTANTS } from "./mutants.ts";

/** How a mutant fared. */
export interface MutantResult {
  readonly name: string;
  /** What has caught it; undefined where it lives. */
  readonly by: string | undefined;
  readonly what: string | undefined;
  readonly seeds: number;
  readonly ms: number;
}

export interface HuntOptions {
  /** Runs that each mutant has to survive. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** A hunt that takes longer ends without a catch. */
  readonly timeoutMs: number;
  readonly parallel: number;
  readonly mutants?: readonly Mutant[];
  readonly onResult?: (result: MutantResult) => void;
  readonly signal?: AbortSignal;
}

const PROGRAM = join(import.meta.dirname, "mutant-program.ts");

/** Hunts every mutant in a process of its own. Results come in the order of the table. */
export async function huntMutants(options: HuntOptions): Promise<MutantResult[]> {
  const mutants = options.mutants ?? MUTANTS;
  const results: MutantResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < mutants.length; index = next++) {
      if (options.signal?.aborted === true) return;
      const result = await huntOne(mutants[index]!.name, options);
      results[index] = result;
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  return results.filter((result) => result !== undefined);
}

/** Hunts the mutant of this name; "none" is the code as it is. */
export function huntOne(name: string, options: HuntOptions): Promise<MutantResult> {
  const startMs = performance.now();
  const { seeds, firstSeed, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const args = ["--max-old-space-size=2048", PROGRAM, name, String(seeds), String(firstSeed)];
    const child = spawn(process.execPath, args, {
      timeout: timeoutMs,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      const ms = Math.floor(performance.now() - startMs);
      // Running out of time proves nothing: the mutant counts as alive.
      if (killedBy !== null)
        return resolve({ name, by: undefined, what: "out of time", seeds: 0, ms });
      if (code !== 0)
        return reject(new Error(`mutant "${name}" cannot be run: ${stderr.slice(0, 2_000)}`));
      const found = JSON.parse(stdout) as Omit<MutantResult, "name" | "ms">;
      resolve({ name, by: found.by, what: found.what, seeds: found.seeds, ms });
    });
  });
}
