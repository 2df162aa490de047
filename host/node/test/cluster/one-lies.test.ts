import { GC_DEPTH_DEFAULT } from "@rialto/consensus";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openOrderLoad } from "../../src/testing/order-load.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Four members as processes, byzantine profile; the last one lies in every way there is.

const HONEST = [0, 1, 2] as const;
const LIAR = 3;
const PROGRAM = join(import.meta.dirname, "../../src/testing/lying-member.ts");
const ORDERS = 150;
/** consensus.md §8: twice all budgets, and what one block may add. */
const PENDING_MAX = 2 * 4 * (4 * GC_DEPTH_DEFAULT + 4);

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(4, "byzantine"));
  await Promise.all([
    ...HONEST.map((member) => cluster.start(member)),
    cluster.startProgram(LIAR, PROGRAM),
  ]);
  await cluster.untilReady(HONEST);
  await cluster.fund(0, 1_001n);
  await cluster.fund(1, 1_002n);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

test("the honest ones trade on and agree", async () => {
  const ending = new AbortController();
  const { signal } = ending;
  const loads = await Promise.all(
    (["BUY", "SELL"] as const).map((side, index) => {
      const credentials = cluster.makeKey(index, BigInt(1_001 + index), ["read", "trade"]);
      const url = cluster.url(index);
      const load = { url, credentials, side, prefix: side, seed: index, window: 8, signal };
      return openOrderLoad(load);
    }),
  );
  const running = loads.map((load) => load.run());
  await Promise.all(loads.map((load) => load.untilPlaced(ORDERS)));
  // It equivocates until somebody sees it.
  await until("the lie is seen by every honest member", async () =>
    HONEST.every((member) => cluster.node(member).log().includes("member.equivocated")),
  );
  ending.abort();
  await Promise.all(running);
  const states = await cluster.untilLevel(HONEST);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  for (const load of loads) expect(load.placed.size).toBeGreaterThanOrEqual(ORDERS);
});

test("nobody has halted, and the metrics name who sends what is worth nothing", async () => {
  for (const member of HONEST) {
    const metrics = await (await fetch(`${cluster.url(member)}/metrics`)).text();
    expect(metrics).toContain("rialto_consensus_halted 0\n");
    const hostile = (peer: number): number =>
      Number(
        metrics.match(
          new RegExp(`^rialto_peer_hostile_messages_total\\{member="${peer}"\\} (\\d+)$`, "m"),
        )![1],
      );
    expect(hostile(LIAR)).toBeGreaterThan(0);
    const others = HONEST.filter((peer) => peer !== member);
    expect(others.map(hostile)).toEqual(others.map(() => 0));
  }
});

test("a flood is read and answered up to an allowance, and the metrics name who floods", async () => {
  const count = (metrics: string, name: string, peer: number): number =>
    Number(metrics.match(new RegExp(`^${name}\\{member="${peer}"\\} (\\d+)$`, "m"))![1]);
  for (const member of HONEST) {
    const metricsOf = async (): Promise<string> =>
      (await fetch(`${cluster.url(member)}/metrics`)).text();
    let metrics = "";
    // A flooder that is held up itself is within its allowance for a moment.
    await until("the flooder is not read any more, and told to be one", async () => {
      metrics = await metricsOf();
      if (count(metrics, "rialto_peer_unread_total", LIAR) <= 100) return false;
      return count(metrics, "rialto_peer_throttled", LIAR) === 1;
    });
    const others = HONEST.filter((peer) => peer !== member);
    for (const peer of others) expect(count(metrics, "rialto_peer_unread_total", peer)).toBe(0);
    // What waits for parents stays within its bound, whatever is sent.
    const pending = Number(metrics.match(/^rialto_consensus_pending_blocks (\d+)$/m)![1]);
    expect(pending).toBeLessThanOrEqual(PENDING_MAX);
  }
});

test("what is shown of the profile says what it bears", async () => {
  const { profile, quorum, tolerance } = await cluster.stats(2);
  expect({ profile, quorum, tolerance }).toEqual({
    profile: "byzantine",
    quorum: 3,
    tolerance: "Byzantine-tolerant (1 of 4)",
  });
});
