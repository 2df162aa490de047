import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileOperations } from "../file-operations.ts";
import { nodeFiles } from "../file-operations.ts";
import { hookFiles, systemFault } from "./hooked-files.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

/** A file system with little room, of which other files may take some. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  readonly files: FileOperations;
  /** Makes all but about `bytes` unavailable. */
  leaveFree(bytes: number): void;
}

/** A real one, mounted for the occasion; undefined where the process may not mount. */
export function mountSmallDisk(bytes: number): SmallDisk | undefined {
  const root = makeTemporaryDirectory("disk");
  const { path } = root;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    root[Symbol.dispose]();
    // `mount` says no by its exit status; where there is none, nobody may mount either.
    const { status, code } = error as { readonly status?: number | null; readonly code?: string };
    if (typeof status === "number" || code === "ENOENT") return undefined;
    throw error;
  }
  const ballast = join(path, "ballast");
  return {
    path,
    files: nodeFiles,
    leaveFree(freeBytes) {
      rmSync(ballast, { force: true });
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes), 1));
    },
    [Symbol.dispose]() {
      execFileSync("umount", [path]);
      root[Symbol.dispose]();
    },
  };
}

/**
 * An ordinary directory in which files may grow by so many bytes in all before the system call that
 * would go beyond fails as it does on a full disk, having written what still fitted.
 */
export function limitSmallDisk(bytes: number): SmallDisk {
  const root = makeTemporaryDirectory("memory");
  const sizes = new Map<string, number>();
  let capacityBytes = bytes;
  const usedBytes = (): number => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const hooked = hookFiles((call) => {
    if (call.operation === "remove") sizes.delete(call.path);
    if (call.operation === "open" && call.access === "create") sizes.set(call.path, 0);
    if (call.operation !== "write" || call.access !== "create") return;
    if (usedBytes() + call.bytes > capacityBytes) throw systemFault(call, "ENOSPC");
    sizes.set(call.path, sizes.get(call.path)! + call.bytes);
  });
  return {
    path: root.path,
    files: {
      ...hooked,
      freeBytes: async () => Math.max(0, capacityBytes - usedBytes()),
      async rename(source, target) {
        await hooked.rename(source, target);
        sizes.set(target, sizes.get(source) ?? 0);
        sizes.delete(source);
      },
    },
    leaveFree(freeBytes) {
      capacityBytes = usedBytes() + freeBytes;
    },
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
}
