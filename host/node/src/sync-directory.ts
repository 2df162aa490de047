import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes durable what was made, renamed or removed in a directory. Errors: what the system says, thrown. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
