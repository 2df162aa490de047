import { OTHER_CERTIFICATE, TEST_CERTIFICATE } from "@rialto/gateway/testing/certificate";
import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startNodeProcess, StartRefused } from "../src/testing/node-process.ts";
import { until } from "../src/testing/small-cluster.ts";
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
);

/** But for what SQLite keeps beside a file that a kill has left open. */
function filesOf(path: string): readonly string[] {
  const names = readdirSync(path).filter((name) => !/-(?:wal|shm)$/.test(name));
  return names.sort();
}

async function refusalOf(exchange: SmallExchange): Promise<string> {
  try {
    await using node = await startNodeProcess(exchange.startArguments);
    return `the node has started: ${node.ready.origin}`;
  } catch (error) {
    if (error instanceof StartRefused) return error.message;
    throw error;
  }
}

test("a node whose keys or genesis are gone though its journal is there does not make new ones in silence", async () => {
  using exchange = new SmallExchange();
  await makeKilled(exchange);
  const { dataDir } = exchange;
  const whole = join(exchange.root, "whole");
  cpSync(dataDir, whole, { recursive: true });
  const rest = ["member.key", "quantum.key", "genesis.json", "proofs.sqlite"];
  for (const name of ["keys.sqlite", "genesis.json", "member.key", "quantum.key"]) {
    rmSync(join(dataDir, name));
    const before = filesOf(dataDir);
    const refusal = await refusalOf(exchange);
    expect(refusal).toContain('"code":"DATA_FILES_MISSING"');
    expect(refusal).toContain(`${join(dataDir, name)} is missing`);
    expect(refusal).toContain("Put it back from a backup");
    const ways =
      name === "keys.sqlite"
        ? [`rialto keys new --data-dir ${dataDir}`]
        : rest.filter((each) => each !== name).map((each) => join(dataDir, each));
    for (const way of ways) expect(refusal).toContain(way);
    // Nothing that a backup would then stand beside.
    expect(filesOf(dataDir)).toEqual(before);
    cpSync(join(whole, name), join(dataDir, name));
  }
  await using node = await startNodeProcess(exchange.startArguments);
  expect(node.log()).not.toContain("finality.begun-anew");
});

test("an empty file is no keys either, as a copy on a full disk leaves one", async () => {
  using exchange = new SmallExchange();
  await makeKilled(exchange);
  truncateSync(join(exchange.dataDir, "keys.sqlite"));
  expect(await refusalOf(exchange)).toContain("keys.sqlite is missing or empty");
  const list = [RIALTO, "keys", "list", "--data-dir", exchange.dataDir];
  await expect(promisify(execFile)(process.execPath, list)).rejects.toThrow("cannot be used");
});

test("who has no backup of them goes on as it is told to: with new keys, as another signer", async () => {
  using exchange = new SmallExchange();
  await makeKilled(exchange);
  const { dataDir, root } = exchange;
  for (const name of readdirSync(dataDir)) {
    const isLost = /^(?:keys|proofs)\.sqlite|\.key$|^genesis/.test(name);
    if (isLost) renameSync(join(dataDir, name), join(root, name));
  }
  expect(await refusalOf(exchange)).toContain("keys.sqlite is missing or empty");
  exchange.makeKey(1001n, ["read"]);
  await using node = await startNodeProcess(exchange.startArguments);
  expect(node.log()).toContain("finality.begun-anew");
});

test("a certificate whose files are replaced is shown without a restart", async () => {
  using exchange = new SmallExchange();
  const [cert, key] = ["cert", "key"].map((name) => join(exchange.root, `${name}.pem`));
  const write = (pair: typeof TEST_CERTIFICATE | typeof OTHER_CERTIFICATE): void => {
    writeFileSync(cert!, pair.cert);
    writeFileSync(key!, pair.key);
  };
  write(TEST_CERTIFICATE);
  const tls = ["--tls-cert", cert!, "--tls-key", key!];
  await using node = await startNodeProcess([...exchange.startArguments, ...tls]);
  const { port } = new URL(node.ready.origin);
  const shown = async (): Promise<string> => {
    const socket = connect({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return raw.toString("base64");
  };
  const bodyOf = (pem: string): string => pem.split("\n").slice(1, -2).join("");
  expect(await shown()).toBe(bodyOf(TEST_CERTIFICATE.cert));
  write(OTHER_CERTIFICATE);
  await until("it is shown", async () => (await shown()) === bodyOf(OTHER_CERTIFICATE.cert));
  expect(node.log()).toContain("tls.renewed");
});
