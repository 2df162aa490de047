import { connect } from "node:net";
import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { Context, Dealer, Router } from "zeromq";
import { linkPublicKey, encodeZ85, linkName } from "./link-keys.ts";
import { OWN_PART_BYTES, PACKETS_IN_FLIGHT_MAX } from "./network-limits.ts";
import { encodePulse } from "./packet.ts";
import { eventually, sleep } from "./testing/eventually.ts";
import { numbered } from "./testing/numbered.ts";
import { isConnected, openMember } from "./testing/transport-world.ts";
import { createSocketWorld, testSecretKey } from "./testing/worlds.ts";
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
    curvePublicKey: encodeZ85(linkPublicKey(secretKey)),
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
  await using world = await createSocketWorld(createZeroMqWire, 2, 23_000);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  const ours = linkPublicKey(world.secretKeys[0]!);
  const stranger = testSecretKey(77);
  // It even knows the name of member 1, and pulses under it with a life that would replace the real one's.
  const name = linkName(world.secretKeys[1]!, ours, linkPublicKey(world.secretKeys[1]!), ours)!;
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
  await using world = await createSocketWorld(createZeroMqWire, 3, 23_020);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  const [ours, others] = [0, 1].map((member) => linkPublicKey(world.secretKeys[member]!)) as [
    Uint8Array,
    Uint8Array,
  ];
  // Member 2 has a key that may connect. All names that it can compute for member 1 are wrong.
  const liar = world.secretKeys[2]!;
  const names = [linkName(liar, ours, others, ours), linkName(liar, others, others, ours), "1"];
  const intruders = names.map((name) => openIntruder(world.portOf(0), ours, liar, name!));
  for (const intruder of intruders) await Promise.allSettled([intruder.send(PULSE)]);
  await eventually("they are refused", () => refusals(zero).length >= names.length);
  zero.transport.send(1, numbered(1, 10));
  await eventually("member 1 has its messages", () => one.messages.length === 1);
  expect(zero.transport.peers().find(({ member }) => member === 2)!.isReachable).toBe(false);
  for (const intruder of intruders) intruder.close();
});

test("a member that opens connection after connection is refused more; others connect", async () => {
  await using world = await createSocketWorld(createZeroMqWire, 3, 23_140);
  await using zero = await openMember(world, 0);
  const ours = linkPublicKey(world.secretKeys[0]!);
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
  await using world = await createSocketWorld(createZeroMqWire, 2, 23_040);
  const impostor = new Router({
    context: new Context({ blocky: false }),
    curveServer: true,
    curveSecretKey: encodeZ85(testSecretKey(66)),
    linger: 0,
  });
  await impostor.bind(`tcp://127.0.0.1:${world.portOf(1)}`);
  let accepted = 0;
  impostor.events.on("accept", () => accepted++);
  const heard: unknown[] = [];
  const listening = (async (): Promise<void> => {
    for await (const parts of impostor) heard.push(parts);
  })();
  await using zero = await openMember(world, 0);
  await eventually("it has been tried again", () => accepted > 1 || heard.length > 0);
  expect(heard).toEqual([]);
  expect(zero.transport.send(1, numbered(0, 1))).toBe("absent");
  impostor.close();
  await listening;
});

test("bytes that are no ZeroMQ, from anybody, cost nothing", async () => {
  await using world = await createSocketWorld(createZeroMqWire, 2, 23_060);
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

test("for a member that acknowledges and does not read only so many packets are kept", async () => {
  await using world = await createSocketWorld(createZeroMqWire, 2, 23_080);
  const [ours, theirs] = [0, 1].map((member) => linkPublicKey(world.secretKeys[member]!));
  const wire = world.createWire(0);
  let pulses = 0;
  const onPulse = (): number => (pulses++, 0);
  await wire.start({ onPacket: async () => undefined, onPulse, onRefused: () => undefined });
  const name = linkName(world.secretKeys[1]!, ours!, theirs!, ours!)!;
  const liar = openIntruder(world.portOf(0), ours!, world.secretKeys[1]!, name);
  await liar.send(PULSE);
  await eventually("it is linked", () => pulses > 0);
  const part = new Uint8Array(OWN_PART_BYTES);
  for (let count = 0; count < 12 * PACKETS_IN_FLIGHT_MAX; count++) wire.sendPacket(1, [part]);
  let received = 0;
  const reading = (async (): Promise<void> => {
    for await (const _ of liar) received++;
  })();
  // As many as an honest one may have under way, twice, and what it and the system hold.
  await eventually("two windows come", () => received > 2 * PACKETS_IN_FLIGHT_MAX);
  let before = 0;
  do {
    before = received;
    await sleep(500);
  } while (received > before);
  expect(received).toBeLessThan(6 * PACKETS_IN_FLIGHT_MAX);
  liar.close();
  await reading;
  await wire.close();
});

/** The greeting of ZMTP 3.1 of a client that wants CURVE. Source: ZeroMQ RFC 37. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
  bytes.set(new TextEncoder().encode("CURVE"), 12);
  return bytes;
}

test("keys are written as ZeroMQ reads them", () => {
  // Source: ZeroMQ RFC 32.
  const bytes = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
  expect(encodeZ85(bytes)).toBe("HelloWorld");
});
