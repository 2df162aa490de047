import { Fault } from "@rialto/base";
import { CommandKind } from "@rialto/protocol";
import pino from "pino";
import { expect, test } from "vitest";
import { NODE_SETTINGS } from "./config/node-settings.ts";
import { networkOf } from "./config/network-file.ts";
import { settle } from "./config/settings.ts";
import { startNode } from "./node.ts";
import { SMALL_NETWORK, SmallExchange } from "./testing/small-exchange.ts";

const HOUR_MS = 3_600_000;

test("a node whose log is ahead of its clock says by how much: time stands still in it until then", async () => {
  using exchange = new SmallExchange();
  const flags = { "data-dir": exchange.dataDir, port: "0" };
  const settled = settle(NODE_SETTINGS, { flags, environment: {}, file: {} });
  const network = networkOf(SMALL_NETWORK);
  if (settled instanceof Fault || network instanceof Fault) throw new Error("both are sound");
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const start = async (aheadMs: number): Promise<void> => {
    const node = await startNode({
      settings: settled.values,
      network,
      log,
      version: "test",
      nowMs: () => Date.now() + aheadMs,
      onFatal: (error) => {
        throw error;
      },
    });
    const number = BigInt(aheadMs);
    await node.exchange.submit({ commands: [{ kind: CommandKind.OpenAccount, number }] });
    await node.stop();
  };
  await start(0);
  await start(HOUR_MS);
  expect(lines).toEqual([]);
  await start(1);
  expect(lines).toHaveLength(1);
  const told = JSON.parse(lines[0]!) as { readonly msg: string; readonly aheadMs: number };
  expect(told.msg).toBe("log.ahead-of-clock");
  expect(Math.abs(told.aheadMs - HOUR_MS)).toBeLessThan(60_000);
}, 60_000);
