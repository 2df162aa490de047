import { Fault } from "@rialto/base";
import { CommandKind } from "@rialto/protocol";
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { NODE_SETTINGS } from "./config/node-settings.ts";
import { type Network, networkOf } from "./config/network-file.ts";
import { settle } from "./config/settings.ts";
import { startNode } from "./node.ts";
import { SMALL_NETWORK, SmallExchange } from "./testing/small-exchange.ts";

const HOUR_MS = 3_600_000;

const network = networkOf(SMALL_NETWORK);
if (network instanceof Fault) throw network;

interface Run {
  readonly directory: string;
  /** Of accounts that are opened. */
  readonly numbers: readonly bigint[];
  readonly aheadMs?: number;
}

/** Starts a node, has it execute something, and stops it. Returns what it has logged from warnings up. */
async function run({ directory, numbers, aheadMs = 0 }: Run): Promise<LogLine[]> {
  const flags = { "data-dir": directory, port: "0" };
  const settled = settle(NODE_SETTINGS, { flags, environment: {}, file: {} });
  if (settled instanceof Fault) throw settled;
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  const node = await startNode({
    settings: settled.values,
    network: network as Network,
    log: pino({ level: "warn" }, { write }),
    version: "test",
    nowMs: () => Date.now() + aheadMs,
    onFatal: (error) => {
      throw error;
    },
  });
  for (const number of numbers) {
    await node.exchange.submit({ commands: [{ kind: CommandKind.OpenAccount, number }] });
  }
  await node.stop();
  return lines;
}

interface LogLine {
  readonly msg: string;
  readonly aheadMs?: number;
}

test("a node whose log is ahead of its clock says by how much: time stands still in it until then", async () => {
  using exchange = new SmallExchange();
  const { dataDir: directory } = exchange;
  expect(await run({ directory, numbers: [1n] })).toEqual([]);
  expect(await run({ directory, numbers: [2n], aheadMs: HOUR_MS })).toEqual([]);
  const [told, ...others] = await run({ directory, numbers: [3n] });
  expect(others).toEqual([]);
  expect(told!.msg).toBe("log.ahead-of-clock");
  expect(Math.abs(told!.aheadMs! - HOUR_MS)).toBeLessThan(60_000);
});

test("a node that has certified what its journal has lost certifies nothing, also when the journal has come as far again", async () => {
  using exchange = new SmallExchange();
  const { dataDir: directory } = exchange;
  await run({ directory, numbers: [1n] });
  const older = `${exchange.root}/older`;
  cpSync(directory, older, { recursive: true });
  await run({ directory, numbers: [2n] });
  rmSync(`${older}/proofs.sqlite`);
  cpSync(`${directory}/proofs.sqlite`, `${older}/proofs.sqlite`);
  const told = async (...numbers: bigint[]): Promise<string[]> =>
    (await run({ directory: older, numbers })).map(({ msg }) => msg);
  expect(await told(3n, 4n)).toEqual(["finality.ahead"]);
  expect(await told(5n)).toEqual(["finality.other"]);
  expect(await told()).toEqual(["finality.other"]);
});

test("what a node keeps is for its owner's eyes alone, also in a directory that others may look into", async () => {
  using exchange = new SmallExchange();
  const { dataDir: directory } = exchange;
  mkdirSync(directory, { mode: 0o755 });
  await run({ directory, numbers: [1n] });
  const entries = readdirSync(directory, { recursive: true }).map(String);
  const open = entries.filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0);
  expect(entries).toContain(join("journal", "journal-0000000001.segment"));
  expect(open).toEqual([]);
});
