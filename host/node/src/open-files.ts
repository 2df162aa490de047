import { Fault } from "@rialto/base";
import { readFileSync } from "node:fs";

// SQLite, worker threads and ZeroMQ each say in words of their own, or by ending the process, that no file can be opened any
// more: so it is said before.

/** Files that a node must be allowed to open. Limit: some sixty for itself, and one for each peer and client. */
export const OPEN_FILES_MIN = 256;

const LIMITS = "/proc/self/limits";

export type OpenFilesFaultDetail = {
  readonly code: "OPEN_FILES_FEW";
  readonly limit: number;
  readonly needed: number;
};

/** What is wrong with the limit of open files in the text of a process's limits; undefined where nothing is. Pure. */
function findOpenFilesProblem(limits: string): Fault<OpenFilesFaultDetail> | undefined {
  const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
  if (limit >= OPEN_FILES_MIN) return undefined;
  const detail = { code: "OPEN_FILES_FEW", limit, needed: OPEN_FILES_MIN } as const;
  const message = `this process may open ${limit} files, and a node needs ${OPEN_FILES_MIN} or more: raise the limit (\`ulimit -n 4096\`), and start again`;
  return new Fault<OpenFilesFaultDetail>(detail, "fatal", message);
}

/** Checks the limit of this process, where the system tells it. Errors: OPEN_FILES_FEW, thrown. */
export function checkOpenFiles(): void {
  let limits: string;
  try {
    limits = readFileSync(LIMITS, "utf8");
  } catch (error) {
    // Not Linux.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const problem = findOpenFilesProblem(limits);
  if (problem !== undefined) throw problem;
}
