import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of its own for what processes write, which goes when it is disposed of, and whenever this process ends but by SIGKILL. */
export class ScratchDirectory implements Disposable {
  readonly path: string;
  readonly #remove = (): void => {
    // Who was killed a moment ago may have made a file since it was looked at.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix));
    process.once("exit", this.#remove);
  }

  [Symbol.dispose](): void {
    process.removeListener("exit", this.#remove);
    this.#remove();
  }
}
