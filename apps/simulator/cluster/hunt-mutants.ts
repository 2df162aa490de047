import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeTrap, type Trap } from "./mutant-traps.ts";
import { type Mutant, MUTANTS } from "./mutants.ts";

/** What the program that hunts one mutant is told. */
export interface HuntRequest {
  /** A mutant's name, or `AS_IT_IS`. */
  readonly name: string;
  /** What caught it before: tried first. */
  readonly known: readonly Trap[];
  /** Runs that it has to survive. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** A catch that took longer is kept only until there is a quicker one, for so many traps. Undefined: any will do. */
  readonly enoughMs: number | undefined;
}

export interface HuntReport {
  readonly catch: { readonly trap: Trap; readonly what: string; readonly ms: number } | undefined;
  readonly sprung: number;
}

/** How a mutant fared. */
export interface MutantResult {
  readonly name: string;
  /** What has caught it; undefined where it lives. */
  readonly by: string | undefined;
  readonly what: string | undefined;
  readonly trap: Trap | undefined;
  /** Traps that it was led into, and the time of the whole hunt. */
  readonly sprung: number;
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
  /** What caught each mutant before. Default: what is recorded. */
  readonly catches?: Catches;
  /** Looks on for traps that are quicker than the first that catches. */
  readonly isRecording?: boolean;
  readonly onResult?: (result: MutantResult) => void;
  readonly signal?: AbortSignal;
}

/** By the names of mutants, the trap that caught each. */
export type Catches = Readonly<Record<string, Trap>>;

const PROGRAM = join(import.meta.dirname, "mutant-program.ts");
/** Catches that were found before. One that has stopped catching only costs the time of looking for another. */
export const CATCHES_FILE: string = join(import.meta.dirname, "mutant-catches.json");
/** What a recording is content with. */
const QUICK_MS = 250;

export function readCatches(): Catches {
  return JSON.parse(readFileSync(CATCHES_FILE, "utf8")) as Catches;
}

/** The name of the code without any edit, which no trap may catch. */
export const AS_IT_IS = "the code as it is";
/** Processes that share the known traps for the code as it is. */
const PARTS = 4;

/**
 * Hunts every mutant in a process of its own, and leads the code as it is into every trap that caught one: a trap that
 * catches everything proves nothing. Results come in the order of the table.
 *
 * Errors   a mutant, or the code as it is, cannot be run; a known trap catches the code as it is.
 */
export async function huntMutants(options: HuntOptions): Promise<MutantResult[]> {
  const mutants = options.mutants ?? MUTANTS;
  const catches = options.catches ?? readCatches();
  // What is not mutated is compiled once for all.
  const cache = mkdtempSync(join(tmpdir(), "rialto-mutants-"));
  const results: MutantResult[] = [];
  const hunts = mutants.map(({ name }, index) => async (): Promise<void> => {
    const result = await huntOne(name, knownOf(catches, name), options, cache);
    results[index] = result;
    options.onResult?.(result);
  });
  const checks = partsOf(mutants, catches).map((traps) => async (): Promise<void> => {
    const { by, what } = await huntOne(AS_IT_IS, traps, { ...options, seeds: 0 }, cache);
    if (by !== undefined) throw new Error(`${by} catches the code as it is: ${what}`);
  });
  const tasks = [...checks, ...hunts];
  const work = async (): Promise<void> => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      if (options.signal?.aborted === true) return;
      await task();
    }
  };
  try {
    await Promise.all(Array.from({ length: options.parallel }, work));
  } finally {
    tasks.length = 0;
    rmSync(cache, { recursive: true, force: true });
  }
  return results.filter((result) => result !== undefined);
}

function knownOf(catches: Catches, name: string): Trap[] {
  const known = catches[name];
  return known === undefined ? [] : [known];
}

/** The known traps of these mutants, each once, dealt out. */
function partsOf(mutants: readonly Mutant[], catches: Catches): Trap[][] {
  const traps = mutants.flatMap(({ name }) => knownOf(catches, name));
  const distinct = [...new Map(traps.map((trap) => [JSON.stringify(trap), trap])).values()];
  const parts = Array.from({ length: PARTS }, (_, part) =>
    distinct.filter((_trap, at) => at % PARTS === part),
  );
  return parts.filter((part) => part.length > 0);
}

/** Hunts the mutant of this name, or the code as it is, in a process. */
async function huntOne(
  name: string,
  known: readonly Trap[],
  options: HuntOptions,
  cache: string,
): Promise<MutantResult> {
  const startMs = performance.now();
  const { seeds, firstSeed, timeoutMs, isRecording = false } = options;
  const enoughMs = isRecording && name !== AS_IT_IS ? QUICK_MS : undefined;
  const request: HuntRequest = { name, known, seeds, firstSeed, enoughMs };
  const { code, killedBy, stdout, stderr } = await runProgram(request, timeoutMs, cache);
  const ms = Math.floor(performance.now() - startMs);
  // Running out of time proves nothing: the mutant counts as alive.
  if (killedBy !== null) return alive(name, "out of time", 0, ms);
  if (code !== 0) throw new Error(`"${name}" cannot be run: ${stderr.slice(0, 2_000)}`);
  const { catch: found, sprung } = JSON.parse(stdout) as HuntReport;
  if (found === undefined) return alive(name, undefined, sprung, ms);
  const { trap, what } = found;
  return { name, by: describeTrap(trap), what, trap, sprung, ms };
}

interface Ended {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runProgram(request: HuntRequest, timeoutMs: number, cache: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = ["--max-old-space-size=2048", PROGRAM, JSON.stringify(request)];
    const child = spawn(process.execPath, args, {
      timeout: timeoutMs,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, killedBy) => resolve({ code, killedBy, stdout, stderr }));
  });
}

function alive(name: string, what: string | undefined, sprung: number, ms: number): MutantResult {
  return { name, by: undefined, what, trap: undefined, sprung, ms };
}
