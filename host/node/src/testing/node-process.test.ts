import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "./small-cluster.ts";

const MODULE = join(import.meta.dirname, "node-process.ts");

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

test("a node does not outlive the process of its test, when that is told to end before its clean-up", async () => {
  using directory = makeTemporaryDirectory("memory");
  const program = `
    import { startNodeProcess } from ${JSON.stringify(MODULE)};
    const { pid } = await startNodeProcess(["--data-dir", ${JSON.stringify(directory.path)}]);
    console.log(pid);
    setInterval(() => {}, 1_000);`;
  const args = ["--input-type=module", "-e", program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  child.kill("SIGTERM");
  const [, signal] = (await once(child, "exit")) as [null, string];
  expect(signal).toBe("SIGTERM");
  await until("the node has ended", async () => !isAlive(pid));
});
