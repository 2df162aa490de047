import { execFile } from "node:child_process";
import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startNodeProcess } from "../src/testing/node-process.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

const RIALTO = join(import.meta.dirname, "../bin/rialto.js");
/** "nobody": may read what anybody may. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** A node's directory with something in it, as a kill leaves it. */
async function makeKilled(exchange: SmallExchange): Promise<void> {
  exchange.makeKey(1001n, ["read"]);
  await using node = await startNodeProcess(exchange.startArguments);
  expect(await node.end("SIGKILL")).toBe("SIGKILL");
}

/** All that tells that somebody has written to a directory: names, and when and how each was changed. */
function traceOf(path: string): readonly string[] {
  const { mode, size, mtimeNs, ctimeNs, ino } = lstatSync(path, { bigint: true });
  const own = [path, mode, size, mtimeNs, ctimeNs, ino].join(" ");
  if (!lstatSync(path).isDirectory()) return [own];
  return [own, ...readdirSync(path).flatMap((name) => traceOf(join(path, name)))];
}

/** Lets everybody read, and nobody but the owner write. */
function openForAll(path: string): void {
  const isDirectory = lstatSync(path).isDirectory();
  chmodSync(path, isDirectory ? 0o755 : 0o644);
  if (isDirectory) for (const name of readdirSync(path)) openForAll(join(path, name));
}

const LOOKS = ["inspect journal", "inspect state", "replay journal", "keys list"];

test.each(isRoot ? ["its owner", "somebody who may only read"] : ["its owner"])(
  "whoever looks at a stopped node changes nothing: %s",
  async (who) => {
    using exchange = new SmallExchange();
    await makeKilled(exchange);
    const as = who === "its owner" ? {} : { uid: NOBODY, gid: NOBODY };
    if (who !== "its owner") openForAll(exchange.root);
    const before = traceOf(exchange.dataDir);
    for (const look of LOOKS) {
      const network = look === "keys list" ? [] : ["--network", exchange.networkFile];
      const args = [RIALTO, ...look.split(" "), "--data-dir", exchange.dataDir, ...network];
      const { stdout } = await promisify(execFile)(process.execPath, args, as);
      expect([look, stdout]).toEqual([look, expect.stringMatching(/\d/)]);
      expect(traceOf(exchange.dataDir)).toEqual(before);
    }
  },
  60_000,
);
