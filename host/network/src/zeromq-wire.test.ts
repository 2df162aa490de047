import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createPrng, encodeHex } from "@rialto/base";
import { expect, test } from "vitest";
import { Context, Dealer, Router } from "zeromq";
import { curvePublicKey, encodeZ85, linkName } from "./curve-keys.ts";
import { encodePulse } from "./packet.ts";
import { MESSAGE_BYTES_MAX } from "./network-limits.ts";
import { eventually, sleep } from "./testing/eventually.ts";
import { numbered } from "./testing/numbered.ts";
import { isConnected, openMember } from "./testing/transport-world.ts";
import { createZeroMqWorld, testSecretKey } from "./testing/worlds.ts";
import { createZeroMqWire } from "./zeromq-wire.ts";

/** Connects to a member's socket with keys of the caller's choice, and says pulses under a name. */
function openIntruder(
  port: number,
  serverKey: Uint8Array,
  secretKey: Uint8Array,
  name: string,
): Dealer {
  const dealer = new Dealer({
    context: new Context({ blocky: false }),
    curveServerKey: encodeZ85(serverKey),
    curvePublicKey: encodeZ85(curvePublicKey(secretKey)),
    curveSecretKey: encodeZ85(secretKey),
    routingId: name,
    linger: 0,
    sendTimeout: 0,
  });
  dealer.connect(`tcp://127.0.0.1:${port}`);
  return dealer;
}

const PULSE = encodePulse({ incarnation: 8e15, packetIncarnation: 0, packetSequence: 0 });
const refusals = (member: { readonly events: readonly object[] }): unknown[] =>
  member.events.filter((event) => "kind" in event && event.kind === "refused");

test("who has no member's key is refused and named; members are not disturbed", async () => {
  await using world = await createZeroMqWorld(2, 23_000);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  const ours = curvePublicKey(world.secretKeys[0]!);
  const stranger = testSecretKey(77);
  // It even knows the name of member 1, and pulses under it with a life that would replace the real one's.
  const name = linkName(world.secretKeys[1]!, ours, curvePublicKey(world.secretKeys[1]!), ours);
  const intruder = openIntruder(world.portOf(0), ours, stranger, name);
  await Promise.allSettled([intruder.send(PULSE)]);
  await eventually("it is refused", () => zero.transport.refusedCount > 0);
  expect(refusals(zero)[0]).toEqual({
    kind: "refused",
    address: "127.0.0.1",
    reason: "not the key of a member",
  });
  zero.transport.send(1, numbered(1, 10));
  await eventually("members go on", () => one.messages.length === 1);
  expect(zero.events.filter((event) => event.kind === "reachable").length).toBe(1);
  intruder.close();
});

test("a member cannot take the place of another one: its name takes the other's secret", async () => {
  await using world = await createZeroMqWorld(3, 23_020);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  const [ours, others] = [0, 1].map((member) => curvePublicKey(world.secretKeys[member]!)) as [
    Uint8Array,
    Uint8Array,
  ];
  // Member 2 has a key that may connect. All names that it can compute for member 1 are wrong.
  const liar = world.secretKeys[2]!;
  const names = [linkName(liar, ours, others, ours), linkName(liar, others, others, ours), "1"];
  const intruders = names.map((name) => openIntruder(world.portOf(0), ours, liar, name));
  for (const intruder of intruders) await Promise.allSettled([intruder.send(PULSE)]);
  await eventually("they are refused", () => refusals(zero).length >= names.length);
  zero.transport.send(1, numbered(1, 10));
  await eventually("member 1 has its messages", () => one.messages.length === 1);
  expect(zero.transport.peers().find(({ member }) => member === 2)!.isReachable).toBe(false);
  for (const intruder of intruders) intruder.close();
});

test("a member that opens connection after connection is refused more; others connect", async () => {
  await using world = await createZeroMqWorld(3, 23_140);
  await using zero = await openMember(world, 0);
  const ours = curvePublicKey(world.secretKeys[0]!);
  const intruders = Array.from({ length: 60 }, (_, index) =>
    openIntruder(world.portOf(0), ours, world.secretKeys[2]!, `name ${index}`),
  );
  await eventually("it is refused", () =>
    zero.events.some(
      (event) => event.kind === "refused" && event.reason.startsWith("more connections"),
    ),
  );
  await using one = await openMember(world, 1);
  await eventually("another member connects", () => isConnected(zero, 1) && isConnected(one, 0));
  expect(zero.transport.peers().find(({ member }) => member === 2)!.isReachable).toBe(false);
  for (const intruder of intruders) intruder.close();
});

test("what listens in a member's place without its key is not believed", async () => {
  await using world = await createZeroMqWorld(2, 23_040);
  const impostor = new Router({
    context: new Context({ blocky: false }),
    curveServer: true,
    curveSecretKey: encodeZ85(testSecretKey(66)),
    linger: 0,
  });
  await impostor.bind(`tcp://127.0.0.1:${world.portOf(1)}`);
  const heard: unknown[] = [];
  const listening = (async (): Promise<void> => {
    for await (const parts of impostor) heard.push(parts);
  })();
  await using zero = await openMember(world, 0);
  await sleep(500);
  expect(heard).toEqual([]);
  expect(zero.transport.send(1, numbered(0, 1))).toBe("absent");
  impostor.close();
  await listening;
});

test("bytes that are no ZeroMQ, from anybody, cost nothing", async () => {
  await using world = await createZeroMqWorld(2, 23_060);
  await using zero = await openMember(world, 0);
  const prng = createPrng(7);
  const sockets = Array.from({ length: 60 }, (_, index) => {
    const socket = connect(world.portOf(0), "127.0.0.1");
    socket.on("error", () => socket.destroy());
    // A right greeting first, in every other one, so that the handshake is what meets the garbage.
    if (index % 2 === 0) socket.write(greeting());
    socket.write(Uint8Array.from({ length: 1 + prng.below(4_000) }, () => prng.below(256)));
    return socket;
  });
  await using one = await openMember(world, 1);
  await eventually("members connect", () => isConnected(zero, 1) && isConnected(one, 0));
  one.transport.send(0, numbered(1, 10));
  await eventually("messages arrive", () => zero.messages.length === 1);
  expect(zero.transport.peers()[0]!.counters.malformedPackets).toBe(0);
  for (const socket of sockets) socket.destroy();
});

/** The greeting of ZMTP 3.1 of a client that wants CURVE. Source: ZeroMQ RFC 37. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
  bytes.set(new TextEncoder().encode("CURVE"), 12);
  return bytes;
}

test("a stream that is corrupted on the way is renewed, and nothing false comes out of it", async () => {
  await using world = await createZeroMqWorld(2, 23_080);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  const prng = createPrng(5);
  for (let round = 0; round < 5; round++) {
    await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
    world.proxyOf(0, 1).inject(Uint8Array.from({ length: 300 }, () => prng.below(256)));
    await sleep(50);
    const count = one.messages.length;
    await eventually("messages come through again", () => {
      zero.transport.send(1, numbered(round, 40));
      return one.messages.length > count;
    });
  }
  const whole = one.messages.map(({ message }) => encodeHex(message));
  const sent = Array.from({ length: 5 }, (_, round) => encodeHex(numbered(round, 40)));
  expect(new Set(whole)).toEqual(new Set(sent));
  expect(one.transport.peers()[0]!.counters.malformedPackets).toBe(0);
});

test("a full link does not hold up the event loop: a turn takes so much of it and no more", async () => {
  await using world = await createZeroMqWorld(2, 23_180);
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

test("what is under way is encrypted", async () => {
  await using world = await createZeroMqWorld(2, 23_100);
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

test("an address that is free a moment later is waited for: another life of the same process may have it still", async () => {
  await using world = await createZeroMqWorld(2, 23_140);
  const server = createServer().listen(world.portOf(0), "127.0.0.1");
  await once(server, "listening");
  const opening = openMember(world, 0);
  await sleep(200);
  server.close();
  await using zero = await opening;
  expect(zero.transport.self).toBe(0);
});

test("faults at opening are typed: address in use, no address, another one's key, a key twice", async () => {
  await using world = await createZeroMqWorld(2, 23_120);
  await using zero = await openMember(world, 0);
  expect(zero.transport.self).toBe(0);
  await expect(openMember(world, 0)).rejects.toMatchObject({
    severity: "fatal",
    detail: { code: "NETWORK_ADDRESS_IN_USE" },
  });
  const members = world.membersFor(1);
  const secretKey = world.secretKeys[1]!;
  const nowhere = createZeroMqWire({ self: 1, secretKey, members, listenAddress: "nowhere" });
  await expect(
    nowhere.start({
      onPacket: async () => undefined,
      onPulse: () => undefined,
      onRefused: () => undefined,
    }),
  ).rejects.toMatchObject({ detail: { code: "NETWORK_ADDRESS_INVALID" } });
  await nowhere.close();
  expect(() => createZeroMqWire({ self: 0, secretKey, members })).toThrow(
    "not the one that the committee has",
  );
  const repeated = [members[1]!, members[1]!];
  expect(() => createZeroMqWire({ self: 1, secretKey, members: repeated })).toThrow(
    "same link key",
  );
});

test("keys are written as ZeroMQ reads them", () => {
  // Source: ZeroMQ RFC 32.
  const bytes = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
  expect(encodeZ85(bytes)).toBe("HelloWorld");
});
