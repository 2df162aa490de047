import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type EphemeralKeyInfo } from "node:tls";
import { expect, test } from "vitest";
import { TEST_CERTIFICATE } from "../testing/certificate.ts";
import { openWorld } from "../testing/gateway-world.ts";
import { openRaw } from "../testing/raw-connection.ts";

/** The status that `/health` is answered with, or why it is not; over a connection of its own. */
function ask(origin: URL, localAddress: string): Promise<unknown> {
  const { port, protocol } = origin;
  const request = protocol === "https:" ? httpsRequest : httpRequest;
  const options = { host: "127.0.0.1", port, path: "/health", localAddress, agent: false };
  return new Promise((resolve) => {
    request({ ...options, rejectUnauthorized: false }, (response) => {
      resolve(response.resume().statusCode);
    })
      .on("error", ({ code }: NodeJS.ErrnoException) => resolve(code))
      .end();
  });
}

test.each([
  { name: "HTTP", gateway: { host: "0.0.0.0" } },
  { name: "HTTPS", gateway: { host: "0.0.0.0", tls: TEST_CERTIFICATE } },
])(
  "one address has no more connections than it may, and keeps nobody out: $name",
  async ({ gateway }) => {
    const limits = { connectionsPerAddressMax: 2 };
    await using world = await openWorld({ gateway, limits });
    const origin = new URL(world.gateway.origin.replace("0.0.0.0", "127.0.0.1"));
    const greedy = [await openRaw(origin.href), await openRaw(origin.href)];
    const third = await openRaw(origin.href);
    expect((await third.untilClosed()).length).toBe(0);
    expect(await ask(origin, "127.0.0.1")).toBe("ECONNRESET");
    expect(await ask(origin, "127.0.0.2")).toBe(200);
    greedy[0]!.socket.destroy();
    // The gateway hears of it a moment later.
    while ((await ask(origin, "127.0.0.1")) !== 200) await sleep(5);
    for (const { socket } of greedy) socket.destroy();
  },
);

test("a client that speaks TLS chooses none of the curves that cost most; the others keep nobody out", async () => {
  await using world = await openWorld({ gateway: { tls: TEST_CERTIFICATE } });
  const port = Number(new URL(world.gateway.origin).port);
  const agreedOn = (ecdhCurve: string): Promise<unknown> =>
    new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, ecdhCurve, rejectUnauthorized: false });
      socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
      socket.on("secureConnect", () => {
        const { name, type } = socket.getEphemeralKeyInfo() as EphemeralKeyInfo;
        socket.destroy();
        resolve(name ?? type);
      });
    });
  expect(await agreedOn("X25519")).toBe("X25519");
  expect(await agreedOn("P-256")).toBe("prime256v1");
  expect(await agreedOn("P-384")).toBe("secp384r1");
  // One that prefers what it may not have takes something else.
  expect(await agreedOn("P-521:P-384")).toBe("secp384r1");
  const refuseCostly = async (): Promise<void> => {
    for (const costly of ["P-521", "X448", "ffdhe2048", "ffdhe3072"]) {
      expect(await agreedOn(costly)).toMatch(/HANDSHAKE_FAILURE/);
    }
  };
  await refuseCostly();
  // Whose own list knows the hybrid, as a browser's does, still gets it.
  const [major, minor] = process.versions.openssl!.split(".").map(Number) as [number, number];
  const preferred = major * 100 + minor >= 305 ? "X25519MLKEM768" : "X25519";
  expect(await agreedOn("auto")).toBe(preferred);
  world.gateway.renewTls(TEST_CERTIFICATE);
  await refuseCostly();
});

test("a gateway on loopback takes all that a proxy on this machine brings", async () => {
  await using world = await openWorld({ limits: { connectionsPerAddressMax: 1 } });
  const { origin } = world.gateway;
  const open = [await openRaw(origin), await openRaw(origin)];
  expect(await ask(new URL(origin), "127.0.0.1")).toBe(200);
  for (const { socket } of open) socket.destroy();
});
