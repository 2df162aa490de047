import { createPrng, encodeHex } from "@rialto/base";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { linkPublicKey, linkSecret } from "./link-keys.ts";
import { PACKET_BYTES_MAX } from "./network-limits.ts";
import { encodePulse, PULSE_BYTES } from "./packet.ts";
import { eventually, sleep } from "./testing/eventually.ts";
import { numbered } from "./testing/numbered.ts";
import { isConnected, openMember } from "./testing/transport-world.ts";
import { createSocketWorld, type SocketWorld, testSecretKey } from "./testing/worlds.ts";
import { TLS_PROFILE } from "./tls-profile.ts";
import { createTlsWire } from "./tls-wire.ts";

const openWorld = (memberCount: number, firstPort: number): Promise<SocketWorld> =>
  createSocketWorld(createTlsWire, memberCount, firstPort);

const publicKeyOf = (member: number): Uint8Array => linkPublicKey(testSecretKey(member));

/** The secret of whoever has `secretKey` for the listener of member 0, in the place of `member`. */
function secretFor(secretKey: Uint8Array, member: number, other = publicKeyOf(0)): Buffer {
  return linkSecret(secretKey, other, publicKeyOf(member), publicKeyOf(0));
}

/** Connects to member 0's listener under the name of a member, with a secret of the caller's choice. */
function openIntruder(world: SocketWorld, member: number, psk: Buffer): TLSSocket {
  const socket = connect({
    ...TLS_PROFILE,
    host: "127.0.0.1",
    port: world.portOf(0),
    pskCallback: () => ({ psk, identity: encodeHex(publicKeyOf(member)) }),
    checkServerIdentity: () => undefined,
  });
  socket.on("error", () => socket.destroy());
  return socket;
}

/** A frame of one part. */
function frame(part: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(part.length, 4);
  return Buffer.concat([head, part]);
}

const PULSE = frame(encodePulse({ incarnation: 8e15, packetIncarnation: 0, packetSequence: 0 }));

const reasons = (member: { readonly events: readonly object[] }): unknown[] =>
  member.events.flatMap((event) => ("reason" in event ? [event.reason] : []));

test("who has no member's key is refused and named; members are not disturbed", async () => {
  await using world = await openWorld(2, 23_240);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  // It knows the name of member 1, and pulses under it with a life that would replace the real one's.
  const intruder = openIntruder(world, 1, secretFor(testSecretKey(77), 1));
  intruder.write(PULSE);
  await eventually("it is refused", () => zero.transport.refusedCount > 0);
  expect(zero.events.find(({ kind }) => kind === "refused")).toEqual({
    kind: "refused",
    address: "127.0.0.1",
    reason: expect.stringContaining("not the key of a member (ERR_SSL_"),
  });
  zero.transport.send(1, numbered(1, 10));
  await eventually("members go on", () => one.messages.length === 1);
  expect(zero.events.filter(({ kind }) => kind === "reachable").length).toBe(1);
});

test("a member cannot take the place of another one: its secret takes the other's key", async () => {
  await using world = await openWorld(3, 23_250);
  await using zero = await openMember(world, 0);
  await using one = await openMember(world, 1);
  await eventually("both are connected", () => isConnected(zero, 1) && isConnected(one, 0));
  const liar = world.secretKeys[2]!;
  const secrets = [secretFor(liar, 1), secretFor(liar, 1, publicKeyOf(1)), secretFor(liar, 2)];
  for (const secret of secrets) openIntruder(world, 1, secret).write(PULSE);
  await eventually("they are refused", () => reasons(zero).length >= secrets.length);
  zero.transport.send(1, numbered(1, 10));
  await eventually("member 1 has its messages", () => one.messages.length === 1);
  expect(zero.transport.peers().find(({ member }) => member === 2)!.isReachable).toBe(false);
});

test("a member that opens connection after connection is refused more; others connect", async () => {
  await using world = await openWorld(3, 23_270);
  await using zero = await openMember(world, 0);
  const secret = secretFor(world.secretKeys[2]!, 2);
  const intruders = Array.from({ length: 60 }, () => openIntruder(world, 2, secret));
  await eventually("it is refused", () =>
    reasons(zero).includes("more connections than a member needs"),
  );
  await using one = await openMember(world, 1);
  await eventually("another member connects", () => isConnected(zero, 1) && isConnected(one, 0));
  // Of those that were taken each has ended the one before.
  const left = (): number => intruders.filter((each) => !each.destroyed).length;
  await eventually("the others are ended", () => left() <= 1);
  expect(reasons(zero).length).toBeLessThan(intruders.length);
});

test("who connects and proves nothing gives way to who comes later", async () => {
  await using world = await openWorld(2, 23_290);
  await using zero = await openMember(world, 0);
  const idle = Array.from({ length: 200 }, () => {
    const socket = connectTcp(world.portOf(0), "127.0.0.1");
    return socket.on("error", () => socket.destroy()).resume();
  });
  await eventually("some are turned away", () =>
    reasons(zero).includes("too slow to prove who it is"),
  );
  await using one = await openMember(world, 1);
  await eventually("a member connects", () => isConnected(zero, 1) && isConnected(one, 0));
  const left = (): number => idle.filter((socket) => !socket.destroyed).length;
  await eventually("the oldest are ended", () => left() < idle.length);
  expect(idle[0]!.destroyed).toBe(true);
  for (const socket of idle) socket.destroy();
});

test("what listens in a member's place without its key is not believed", async () => {
  await using world = await openWorld(2, 23_300);
  let isSecure = false;
  const impostor = createServer({
    ...TLS_PROFILE,
    pskCallback: () => secretFor(testSecretKey(66), 0),
  });
  impostor.on("secureConnection", () => (isSecure = true));
  impostor.on("tlsClientError", (_, socket) => socket.destroy());
  impostor.listen(world.portOf(1), "127.0.0.1");
  await once(impostor, "listening");
  await using zero = await openMember(world, 0);
  await sleep(500);
  expect(isSecure).toBe(false);
  expect(zero.transport.send(1, numbered(0, 1))).toBe("absent");
  impostor.close();
});

test("bytes that are no TLS, from anybody, cost nothing", async () => {
  await using world = await openWorld(2, 23_310);
  await using zero = await openMember(world, 0);
  const prng = createPrng(7);
  const sockets = Array.from({ length: 60 }, (_, index) => {
    const socket = connectTcp(world.portOf(0), "127.0.0.1");
    socket.on("error", () => socket.destroy());
    // The head of a handshake record first, in every other one.
    if (index % 2 === 0) socket.write(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3));
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

test("a ticket of an earlier connection lets nobody in: there are none", async () => {
  await using world = await openWorld(2, 23_320);
  await using zero = await openMember(world, 0);
  const known = openIntruder(world, 1, secretFor(world.secretKeys[1]!, 1));
  await once(known, "secureConnect");
  expect(known.getTLSTicket()).toBeUndefined();
  known.destroy();
  const again = connect({
    ...TLS_PROFILE,
    host: "127.0.0.1",
    port: world.portOf(0),
    session: known.getSession(),
    pskCallback: () => ({ psk: Buffer.alloc(32), identity: encodeHex(publicKeyOf(1)) }),
    checkServerIdentity: () => undefined,
  });
  again.on("error", () => again.destroy());
  await eventually("it is turned away", () => again.destroyed);
  expect(reasons(zero)).toEqual([expect.stringContaining("not the key of a member")]);
});

/*
 * A member's key is what all that follows takes. Memory is what is at stake: what never ends must not be kept.
 */
test("a member that floods where pulses are expected is cut off, and named, however its frames begin", async () => {
  await using world = await openWorld(2, 23_330);
  await using zero = await openMember(world, 0);
  const secret = secretFor(world.secretKeys[1]!, 1);
  const words = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
  for (const head of [words(1, 2 ** 31), words(2 ** 20), words(3, 1_000, 1_000, 1), words(0)]) {
    const { malformedPackets } = zero.transport.peers()[0]!.counters;
    const liar = openIntruder(world, 1, secret);
    await once(liar, "secureConnect");
    liar.write(head);
    const sending = setInterval(() => liar.write(Buffer.alloc(0x1_0000)), 1);
    await eventually("it is cut off", () => liar.destroyed);
    clearInterval(sending);
    expect(zero.transport.peers()[0]!.counters.malformedPackets).toBeGreaterThan(malformedPackets);
  }
});

test("a frame of empty parts is no pulse, and the connection lives", async () => {
  await using world = await openWorld(2, 23_340);
  await using zero = await openMember(world, 0);
  const liar = openIntruder(world, 1, secretFor(world.secretKeys[1]!, 1));
  await once(liar, "secureConnect");
  liar.write(Buffer.from(Uint32Array.of(3, 0, 0, 0).buffer));
  await eventually("it is named", () => zero.events.some(({ kind }) => kind === "malformed"));
  liar.write(PULSE);
  await eventually("a pulse is taken", () => zero.transport.peers()[0]!.isReachable);
  expect(PULSE.length).toBe(8 + PULSE_BYTES);
  liar.destroy();
});

test("a sender of packets without an end is cut off before they are here", async () => {
  await using world = await openWorld(2, 23_350);
  // Member 1 listens, knows the secret, and sends what no member would.
  const secret = linkSecret(world.secretKeys[1]!, publicKeyOf(0), publicKeyOf(0), publicKeyOf(1));
  const cutOff: number[] = [];
  const liar = createServer({ ...TLS_PROFILE, pskCallback: () => secret }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(Buffer.from(Uint32Array.of(2, PACKET_BYTES_MAX, 1).buffer));
    const sending = setInterval(() => {
      if (socket.writableLength < 0x10_0000) socket.write(Buffer.alloc(0x1_0000));
    }, 1);
    socket.on("close", () => {
      clearInterval(sending);
      cutOff.push(socket.bytesWritten);
    });
  });
  liar.listen(world.portOf(1), "127.0.0.1");
  await once(liar, "listening");
  await using zero = await openMember(world, 0, { limits: { penaltyMs: 1 } });
  await eventually("it was cut off again and again", () => cutOff.length >= 3);
  expect(Math.max(...cutOff)).toBeLessThan(PACKET_BYTES_MAX);
  expect(zero.transport.peers()[0]!.counters.malformedPackets).toBeGreaterThanOrEqual(3);
  await zero.transport.close();
  liar.close();
});
