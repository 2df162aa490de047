import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { createPrng, encodeHex } from "@rialto/base";
import { describe, expect, test } from "vitest";
import { linkPublicKey } from "./link-keys.ts";
import type { LinkOptions } from "./link-options.ts";
import { MESSAGE_BYTES_MAX, PEER_LIMITS_DEFAULT } from "./network-limits.ts";
import { eventually, sleep } from "./testing/eventually.ts";
import { numbered } from "./testing/numbered.ts";
import { isConnected, isGone, openMember, QUICK_LIMITS } from "./testing/transport-world.ts";
import { createSocketWorld, testSecretKey } from "./testing/worlds.ts";
import type { Wire } from "./wire.ts";

type CreateWire = (options: LinkOptions) => Wire;

/** What every wire over sockets promises beside what every transport does. Takes 120 ports from `firstPort` on. */
export function describeSocketWire(name: string, createWire: CreateWire, firstPort: number): void {
  describe(`${name} wire`, () => {
    describeStreams(createWire, firstPort);
    describeEnds(createWire, firstPort + 60);
    describePlaces(createWire, firstPort + 110);
  });
}

/** Corrupts what goes over a link twice. Returns which messages have come through it, and how much that was malformed. */
async function corruptLink(createWire: CreateWire, firstPort: number, seed: number) {
  await using world = await createSocketWorld(createWire, 2, firstPort);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  const prng = createPrng(seed);
  for (let round = 0; round < 2; round++) {
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    world.proxyOf(0, 1).inject(Uint8Array.from({ length: 300 }, () => prng.below(256)));
    await sleep(50);
    const count = one.messages.length;
    await eventually("messages come through again", () => {
      zero.transport.send(1, numbered(round, 40));
      return one.messages.length > count;
    });
  }
  const messages = new Set(one.messages.map(({ message }) => encodeHex(message)));
  return { messages, malformedPackets: one.transport.peers()[0]!.counters.malformedPackets };
}

function describeStreams(createWire: CreateWire, firstPort: number): void {
  test("a stream that is corrupted on the way, and again, is renewed, and nothing false comes out of it", async () => {
    // Over ZeroMQ each renewal takes six seconds, which three links spend together.
    const links = await Promise.all(
      [0, 1, 2].map((link) => corruptLink(createWire, firstPort + 6 * link, 5 + link)),
    );
    const sent = [0, 1].map((round) => encodeHex(numbered(round, 40)));
    for (const { messages, malformedPackets } of links) {
      expect(messages).toEqual(new Set(sent));
      expect(malformedPackets).toBe(0);
    }
  });

  test("a full link does not hold up the event loop: a turn takes so much of it and no more", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort + 20);
    const taken: number[] = [0];
    const count = (_: number, message: Uint8Array): void => {
      taken[taken.length - 1]! += message.length;
    };
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1, { onMessage: count });
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    const quarter = new Uint8Array(MESSAGE_BYTES_MAX / 4);
    let isOver = false;
    const watch = (): void => {
      taken.push(0);
      if (!isOver) setImmediate(watch);
    };
    watch();
    for (let number = 0; number < 60; number++) zero.transport.send(1, quarter);
    await eventually("all arrived", () => one.messages.length === 60);
    isOver = true;
    // Half a megabyte ends a turn; the packet that does may be of a quarter.
    expect(Math.max(...taken)).toBeLessThanOrEqual(0x8_0000 + MESSAGE_BYTES_MAX / 4);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(60 * quarter.length);
  });

  test("members far away from each other are linked: nobody gives up what is on its way", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort + 50);
    // A handshake takes longer than a silence may.
    const delayMs = 0.3 * PEER_LIMITS_DEFAULT.silenceMs;
    for (const proxy of [world.proxyOf(0, 1), world.proxyOf(1, 0)]) proxy.delayMs = delayMs;
    await using zero = await openMember(world, 0, { limits: PEER_LIMITS_DEFAULT });
    await using one = await openMember(world, 1, { limits: PEER_LIMITS_DEFAULT });
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    zero.transport.send(1, numbered(1, 9));
    await eventually("a message arrives", () => one.messages.length === 1);
    expect(one.messages[0]!.from).toBe(0);
  });

  test("what is under way is encrypted", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort + 40);
    const proxy = world.proxyOf(0, 1);
    proxy.isRecording = true;
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1);
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    const text = "the quick brown fox jumps over the lazy dog";
    zero.transport.send(1, new TextEncoder().encode(text));
    await eventually("it arrives", () => one.messages.length === 1);
    const recorded = Buffer.concat(proxy.recorded);
    expect(recorded.length).toBeGreaterThan(text.length);
    expect(recorded.includes(text)).toBe(false);
    expect(recorded.includes("RLM1")).toBe(false);
  });
}

function describeEnds(createWire: CreateWire, firstPort: number): void {
  test("nothing is handed over once it is closed, however much lies there", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort + 40);
    await using zero = await openMember(world, 0);
    const large = new Uint8Array(300_000);
    let late = 0;
    for (let round = 0; round < 15; round++) {
      let isClosed = false;
      const onMessage = (): void => {
        if (isClosed) late++;
      };
      const one = await openMember(world, 1, { onMessage });
      await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
      for (let count = 0; count < 40; count++) zero.transport.send(1, large);
      await eventually("some are there", () => one.messages.length > 2);
      await one.transport.close();
      isClosed = true;
      await sleep(20);
    }
    expect(late).toBe(0);
  });

  test("an address that is free a moment later is waited for: another life of the same process may have it still", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort);
    const server = createServer().listen(world.portOf(0), "127.0.0.1");
    await once(server, "listening");
    const opening = openMember(world, 0);
    await sleep(200);
    server.close();
    await using zero = await opening;
    expect(zero.transport.self).toBe(0);
  });

  test("faults at opening are typed: address in use, no address, another one's key, a key twice", async () => {
    await using world = await createSocketWorld(createWire, 2, firstPort + 20);
    await using zero = await openMember(world, 0);
    expect(zero.transport.self).toBe(0);
    await expect(openMember(world, 0)).rejects.toMatchObject({
      severity: "fatal",
      detail: { code: "NETWORK_ADDRESS_IN_USE" },
    });
    const members = world.membersFor(1);
    const secretKey = world.secretKeys[1]!;
    const nowhere = createWire({ self: 1, secretKey, members, listenAddress: "nowhere" });
    await expect(
      nowhere.start({
        onPacket: async () => undefined,
        onPulse: () => 0,
        onRefused: () => undefined,
      }),
    ).rejects.toMatchObject({ detail: { code: "NETWORK_ADDRESS_INVALID" } });
    await nowhere.close();
    expect(() => createWire({ self: 0, secretKey, members })).toThrow(
      "not the one that the committee has",
    );
    const repeated = [members[1]!, members[1]!];
    expect(() => createWire({ self: 1, secretKey, members: repeated })).toThrow("same link key");
  });
}

function describePlaces(createWire: CreateWire, firstPort: number): void {
  test.runIf(hasIpv6)("members on IPv6 are linked", async () => {
    const addresses = [0, 1].map((offset) => `tcp://[::1]:${firstPort + offset}`);
    await using zero = await openMember(worldAt(createWire, addresses), 0);
    await using one = await openMember(worldAt(createWire, addresses), 1);
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    zero.transport.send(1, numbered(3, 40));
    await eventually("it arrives", () => one.messages.length > 0);
    expect(one.messages.map(({ from }) => from)).toEqual([0]);
  });

  test("a member at a name that nobody can connect to is absent, and keeps nobody else from being linked", async () => {
    const here = [2, 3].map((offset) => `tcp://127.0.0.1:${firstPort + offset}`);
    // No rule of rosters forbids a host to be called so.
    const world = worldAt(createWire, [...here, "tcp://_member.example:5000"]);
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1);
    await eventually("the others are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    await sleep(2 * QUICK_LIMITS.silenceMs);
    expect(isGone(zero, 2)).toBe(true);
  });
}

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);

/** Members at these addresses, with nothing between them. */
function worldAt(
  createWire: CreateWire,
  addresses: readonly string[],
): { readonly createWire: (member: number) => Wire } {
  const members = addresses.map((address, member) => ({
    address,
    publicKey: linkPublicKey(testSecretKey(member)),
  }));
  return {
    createWire: (self) => createWire({ self, secretKey: testSecretKey(self), members }),
  };
}
