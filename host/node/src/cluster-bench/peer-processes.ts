import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { cpuSecondsOf } from "./process-cpu.ts";
import { ScratchDirectory } from "./scratch-directory.ts";

/** The processes of another replicated log, in a directory that is removed in the end. */
export class PeerProcesses implements AsyncDisposable {
  readonly #root = new ScratchDirectory("rialto-peers-");
  readonly #children: ChildProcess[] = [];

  get root(): string {
    return this.#root.path;
  }

  /** Starts a program whose output nobody reads. */
  spawn(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { stdio: "ignore" });
    // Whatever happens, it does not outlive this process.
    const kill = (): void => void child.kill("SIGKILL");
    process.prependOnceListener("exit", kill);
    child.once("close", () => process.removeListener("exit", kill));
    this.#children.push(child);
  }

  cpuSeconds(): number {
    return this.#children.reduce((sum, { pid }) => sum + cpuSecondsOf(pid!), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }
    this.#root[Symbol.dispose]();
  }
}

/** Where a program of the system is; undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return places.map((place) => join(place, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    // Not there, or not for us: either way it is not a program that can be run.
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
