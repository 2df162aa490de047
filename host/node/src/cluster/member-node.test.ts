import { Fault } from "@rialto/base";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { pino } from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { settle } from "../config/settings.ts";
import { findTestPort } from "../testing/free-port.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { makeGenesis, openGenesis } from "./genesis.ts";
import { createMember } from "./member-directory.ts";
import { startMemberNode } from "./member-node.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["with a gateway", false],
  ["without one", true],
])(
  "a member %s that has stopped leaves no timer behind, which would hold its state: it may begin again in its process",
  async (_, noGateway) => {
    using directory = makeTemporaryDirectory("memory");
    const address = `tcp://127.0.0.1:${await findTestPort()}`;
    const members = [await createMember(directory.path, { address, weight: 1 })];
    const network = SMALL_NETWORK;
    const file = makeGenesis({ network, profile: "solo", voteThreshold: 1, members });
    const genesis = openGenesis(file);
    if (genesis instanceof Fault) throw genesis;
    const flags = { "data-dir": directory.path, port: "0", "no-gateway": noGateway };
    const settled = settle(NODE_SETTINGS, { flags, environment: {}, file: {} });
    if (settled instanceof Fault) throw settled;
    const set = vi.spyOn(globalThis, "setInterval");
    const cleared = vi.spyOn(globalThis, "clearInterval");
    const node = await startMemberNode({
      settings: settled.values,
      genesis,
      network: genesis.network,
      log: pino({ level: "silent" }),
      version: "test",
      onFatal: (error) => {
        throw error;
      },
    });
    await node.stop();
    const given = new Set(cleared.mock.calls.map(([timer]) => timer));
    const left = set.mock.results.filter(({ value }) => !given.has(value));
    expect(set.mock.results.length).toBeGreaterThan(0);
    expect(left).toEqual([]);
  },
);
