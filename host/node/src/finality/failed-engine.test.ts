import { Fault, InvariantError } from "@rialto/base";
import { parseCertificate } from "@rialto/consensus";
import type { Engine } from "@rialto/engine";
import { CommandKind } from "@rialto/protocol";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { NODE_SETTINGS, type NodeSettings } from "../config/node-settings.ts";
import { networkOf } from "../config/network-file.ts";
import { settle } from "../config/settings.ts";
import { dataDirectory } from "../data-directory.ts";
import { startNode } from "../node.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { openSoloMember } from "./solo-member.ts";
import { ProofStore } from "./proof-store.ts";

/** Longer than the test: what is certified is at the start, and at the end. */
const CHECKPOINT_MS = "3600000";

function settingsFor(directory: string): NodeSettings {
  const flags = { "data-dir": directory, port: "0", "checkpoint-ms": CHECKPOINT_MS };
  const settled = settle(NODE_SETTINGS, { flags, environment: {}, file: {} });
  if (settled instanceof Fault) throw settled;
  return settled.values;
}

test("a node whose engine has broken in the middle of a record certifies nothing of what is left of it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-broken-"));
  const network = networkOf(SMALL_NETWORK);
  if (network instanceof Fault) throw network;
  const failures: unknown[] = [];
  const log = pino({ level: "silent" });
  const onFatal = (error: unknown): void => void failures.push(error);
  const settings = settingsFor(directory);
  const node = await startNode({ settings, network, log, version: "test", onFatal });
  const { exchange } = node;
  // The first checkpoint, of the network's own commands, is past.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const open = (number: bigint): Promise<unknown> =>
    exchange.submit({ commands: [{ kind: CommandKind.OpenAccount, number }] });
  const { sequence: certified } = exchange.status();
  await open(1n);
  const whole = exchange.stateHash();
  const engine = exchange.engine as unknown as Pick<Engine, "execute">;
  const execute = engine.execute.bind(engine);
  engine.execute = (...of) => {
    execute(...of);
    throw new InvariantError("the books add up");
  };
  await expect(open(2n)).rejects.toMatchObject({ detail: { code: "EXCHANGE_UNKNOWN" } });
  expect(failures).toHaveLength(1);
  expect(exchange.stateHash()).not.toBe(whole);
  // As where it is told to stop in the moment in which it ends by itself.
  await node.stop();
  const { genesis } = openSoloMember(dataDirectory(directory), network, { lastSequence: 1 });
  using store = new ProofStore({
    path: join(directory, "proofs.sqlite"),
    networkHash: genesis.committee.hash,
    bytesMax: 1e9,
  });
  const indices = store.newest(9).flatMap(({ certificate: bytes }) => {
    const certificate = bytes && parseCertificate(bytes);
    return certificate === undefined || certificate instanceof Fault
      ? []
      : [certificate.checkpoint.commitIndex];
  });
  expect(indices).toEqual([certified]);
  rmSync(directory, { recursive: true });
});
