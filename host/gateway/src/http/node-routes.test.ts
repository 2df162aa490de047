import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { TEST_CERTIFICATE } from "../testing/certificate.ts";
import { openWorld, type World } from "../testing/gateway-world.ts";

// What a node says of itself costs whoever asks from elsewhere weight, and its operator nothing.

const outside = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
const why = outside === undefined ? " (skipped: this machine has no address but loopback)" : "";

async function ask(world: World, host: string, path: string) {
  const { port } = new URL(world.gateway.origin);
  const response = await fetch(`http://${host}:${port}${path}`);
  await response.text();
  const { status, headers } = response;
  return { status, used: headers.get("x-mbx-used-weight-1m"), retry: headers.get("retry-after") };
}

async function openPublic(): Promise<World> {
  const world = await openWorld({ gateway: { host: "0.0.0.0" }, limits: { weightPerMinute: 21 } });
  // The start of a minute, so that none ends within the test.
  world.clock.aheadMs = (Math.floor(Date.now() / 60_000) + 1) * 60_000 - Date.now();
  return world;
}

test.skipIf(outside === undefined)(
  `a stranger's questions for /stats and /metrics count for its weight${why}`,
  async () => {
    await using world = await openPublic();
    const seen = [];
    for (const path of ["/metrics", "/stats", "/metrics", "/metrics", "/stats"]) {
      seen.push(await ask(world, outside!, path));
    }
    const refused = { status: 429, used: null, retry: expect.stringMatching(/^[1-9]\d?$/) };
    expect(seen).toEqual([
      { status: 200, used: "10", retry: null },
      { status: 200, used: "11", retry: null },
      { status: 200, used: "21", retry: null },
      refused,
      refused,
    ]);
    // Whoever watches over the node does not ask at all, or is on its machine.
    expect((await ask(world, outside!, "/health")).status).toBe(200);
    expect((await ask(world, outside!, "/ready")).status).toBe(200);
    expect((await ask(world, "127.0.0.1", "/metrics")).status).toBe(200);
  },
);

test("a node that speaks TLS tells until when its certificate holds", async () => {
  await using world = await openWorld({ gateway: { tls: TEST_CERTIFICATE } });
  const { text } = await world.gateway.metrics();
  expect(text).toContain(
    `rialto_tls_not_after_seconds ${Date.UTC(2126, 9, 28, 7, 29, 2) / 1_000}\n`,
  );
  await using plain = await openWorld();
  expect((await plain.gateway.metrics()).text).not.toContain("rialto_tls");
});

test("who asks on loopback may ask for /stats and /metrics at any time", async () => {
  await using world = await openPublic();
  for (let count = 0; count < 30; count++) {
    for (const path of ["/stats", "/metrics"]) {
      const free = { status: 200, used: null, retry: null };
      expect(await ask(world, "127.0.0.1", path)).toEqual(free);
    }
  }
  // It has its whole weight for everything else.
  expect((await ask(world, "127.0.0.1", "/api/v3/ping")).used).toBe("1");
});
