import { Fault } from "@rialto/base";
import { createHotEngine } from "@rialto/engine";
import { pino } from "pino";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { networkOf } from "../config/network-file.ts";
import { Recorder } from "../testing/recorder.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { until } from "../testing/small-cluster.ts";
import { ClusterExchange } from "./cluster-exchange.ts";
import { FrameEngine } from "./frame-engine.ts";
import { startDemoLater } from "./start-demo-later.ts";

const network = networkOf(SMALL_NETWORK);
if (network instanceof Fault) throw network;
const { genesis, config } = network;

const LONGER_THAN_A_LOOK_MS = 300;

test("a member that is stopped while the demo's accounts wait for a quorum ends, and tries no more", async () => {
  const engine = createHotEngine({ limits: config.capacities, hashKey: 1n });
  const readModel = new Recorder();
  const frames = new FrameEngine({ engine, readModel, createdMs: 1_000 });
  frames.begin(genesis);
  let sent = 0;
  let looks = 0;
  const exchange = new ClusterExchange({
    network: config,
    networkHash: "",
    nodeId: "test",
    frames,
    readModel,
    durability: "group",
    nowMs: Date.now,
    memberMs: Date.now,
    queueBytesMax: 10_000,
    decisionTimeoutMs: 60_000,
    frameLifetimeMs: 60_000,
    // Taken, and never decided: the others have gone before.
    submitFrame: async () => void sent++,
    restriction: () => {
      looks++;
      return "";
    },
    drainMs: 20,
  });
  const fatal: unknown[] = [];
  const cleanup = new AsyncDisposableStack();
  const onFatal = (error: unknown): void => void fatal.push(error);
  startDemoLater({ log: pino({ level: "silent" }), onFatal }, exchange, cleanup);
  await until("an account is under way", async () => sent === 1);
  await cleanup.disposeAsync();
  const before = looks;
  await sleep(LONGER_THAN_A_LOOK_MS);
  // Looking again and again would keep the process running for ever.
  expect(looks).toBe(before);
  expect(sent).toBe(1);
  expect(fatal).toEqual([]);
});
