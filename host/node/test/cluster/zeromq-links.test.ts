import { afterAll, beforeAll, expect, test } from "vitest";
import { BEGIN_TIMEOUT_MS, SmallCluster } from "../../src/testing/small-cluster.ts";

// A committee whose genesis says that its links are ZeroMQ's. All other clusters of these tests have TLS.

const ALL = [0, 1, 2] as const;
const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash", [], { links: "zeromq" }));
  await cluster.startAll(ALL);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

test("members agree over ZeroMQ, without one of them too, which catches up when it is back", async () => {
  await cluster.fund(0, 1_001n);
  await cluster.kill(2);
  await cluster.fund(1, 1_002n);
  await cluster.startAll([2]);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
});
