import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that goes away with its scope. */
export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

/**
 * Makes one. `memory` where only the bytes matter and thousands of syncs would not be affordable;
 * `disk` where the system's own temporary directory has to hold what is written.
 */
export function makeTemporaryDirectory(medium: "memory" | "disk"): TemporaryDirectory {
  const parent = medium === "memory" && existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const path = mkdtempSync(join(parent, "rialto-storage-"));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
