import { expect, test } from "vitest";
import { MESSAGES_PER_PACKET_MAX, PACKETS_IN_FLIGHT_MAX, peerLimits } from "./network-limits.ts";
import { Outbound } from "./outbound.ts";
import { parsePacket } from "./packet.ts";
import type { TransportEvent } from "./transport.ts";

const OURS = 50;
const limits = peerLimits({ beatMs: 10, silenceMs: 100 });

/** A sending half whose packets are counted and go nowhere. */
function makeOutbound(): {
  readonly outbound: Outbound;
  readonly packets: (readonly Uint8Array[])[];
  readonly events: TransportEvent[];
} {
  const packets: (readonly Uint8Array[])[] = [];
  const events: TransportEvent[] = [];
  const outbound = new Outbound({
    member: 1,
    incarnation: OURS,
    limits,
    sendPacket: (packet) => void packets.push(packet),
    observe: (event) => void events.push(event),
  });
  return { outbound, packets, events };
}

const pulse = (incarnation: number, packetSequence = 0, packetIncarnation = OURS) => ({
  incarnation,
  packetIncarnation: packetSequence === 0 ? 0 : packetIncarnation,
  packetSequence,
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sends until nothing more leaves. */
async function fillWindow(outbound: Outbound): Promise<void> {
  const message = new Uint8Array(100_000);
  while (outbound.queuedMessages < 3) {
    outbound.send(message);
    await turn();
  }
  expect(outbound.inFlightBytes).toBeGreaterThanOrEqual(limits.windowBytes);
}

test("what is sent in a turn shares a packet when the turn ends; what is flushed leaves at once, and only once", async () => {
  const { outbound, packets } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  const messagesOf = (packet: readonly Uint8Array[]): number[] =>
    parsePacket(packet)!.messages.map(([first]) => first!);
  outbound.send(new Uint8Array([1]));
  outbound.send(new Uint8Array([2]));
  outbound.flush();
  expect(packets.map(messagesOf)).toEqual([[1, 2]]);
  outbound.send(new Uint8Array([3]));
  expect(packets.length).toBe(1);
  outbound.send(new Uint8Array([4]));
  await turn();
  await turn();
  expect(packets.map(messagesOf)).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("no packet has more messages than its receiver takes, however short they are", () => {
  const { outbound, packets } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  const count = MESSAGES_PER_PACKET_MAX + 1;
  for (let sent = 0; sent < count; sent++) outbound.send(new Uint8Array(0));
  outbound.flush();
  const counts = packets.map((packet) => parsePacket(packet)!.messages.length);
  expect(counts).toEqual([MESSAGES_PER_PACKET_MAX, 1]);
});

test("the window opens for what is acknowledged, and not by an acknowledgement of an earlier life", async () => {
  const { outbound, packets } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  await fillWindow(outbound);
  const { length } = packets;
  outbound.acceptPulse(pulse(7, length, OURS - 1), 0);
  expect(packets.length).toBe(length);
  expect(outbound.inFlightBytes).toBeGreaterThanOrEqual(limits.windowBytes);
  outbound.acceptPulse(pulse(7, length), 0);
  expect(packets.length).toBeGreaterThan(length);
  expect(outbound.queuedMessages).toBe(0);
});

test("a peer that starts anew has a window at once, and late pulses of its earlier life say nothing", async () => {
  const { outbound, packets, events } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  await fillWindow(outbound);
  outbound.acceptPulse(pulse(8), 0);
  expect(outbound.inFlightBytes).toBe(0);
  expect(outbound.send(new Uint8Array(1))).toBe("queued");
  await turn();
  const { length } = packets;
  outbound.acceptPulse(pulse(7, length), 0);
  expect(outbound.inFlightBytes).toBeGreaterThan(0);
  const lives = events.filter(({ kind }) => kind === "reachable");
  expect(lives.length).toBe(2);
});

test("after its silence a peer is believed whose clock was set back", () => {
  const { outbound, events } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  outbound.beat(limits.silenceMs + 1, 0);
  expect(outbound.isReachable).toBe(false);
  outbound.acceptPulse(pulse(3), 200);
  expect(outbound.isReachable).toBe(true);
  expect(events.map(({ kind }) => kind)).toEqual(["reachable", "unreachable", "reachable"]);
});

test("a peer is not silent while this process was held up", () => {
  const { outbound } = makeOutbound();
  outbound.acceptPulse(pulse(7), 0);
  outbound.beat(1_000, 990);
  expect(outbound.isReachable).toBe(true);
  outbound.beat(1_101, 0);
  expect(outbound.isReachable).toBe(false);
});

/** Beats for far longer than a peer has patience with, which acknowledges its first packet again and again. */
function beatUnheard(outbound: Outbound): void {
  for (let beat = 0; beat < 5 * PACKETS_IN_FLIGHT_MAX; beat++) {
    outbound.acceptPulse(pulse(7, 1), beat * 10);
    outbound.beat(beat * 10, 0);
  }
}

test("signs of life to a peer that acknowledges nothing more come to an end", () => {
  const { outbound, packets } = makeOutbound();
  beatUnheard(outbound);
  expect(packets.length).toBe(1 + 2 * PACKETS_IN_FLIGHT_MAX);
  outbound.acceptPulse(pulse(7, packets.length), 0);
  expect(outbound.inFlightBytes).toBe(0);
});

test("they begin again for one that hears nothing: what was under way to it was lost with its connection", async () => {
  const { outbound, packets } = makeOutbound();
  beatUnheard(outbound);
  outbound.send(new Uint8Array(9));
  await turn();
  const { length } = packets;
  outbound.acceptPulse(pulse(7), 0);
  expect(parsePacket(packets[length]!)!.messages.length).toBe(1);
  expect(packets.length).toBe(length + 1);
});

test("a peer that beat after this process was held up, and then is gone, is absent as soon as ever", () => {
  const { outbound } = makeOutbound();
  outbound.acceptPulse(pulse(7), 10_000);
  outbound.beat(10_000, 9_990);
  outbound.beat(10_000 + limits.silenceMs + 1, 0);
  expect(outbound.isReachable).toBe(false);
});

test("packets are numbered from 1 on, and say whose they are", () => {
  const { outbound, packets } = makeOutbound();
  for (let beat = 1; beat <= 3; beat++) {
    outbound.acceptPulse(pulse(7), beat * 10);
    outbound.beat(beat * 10, 0);
  }
  const parsed = packets.map((packet) => parsePacket(packet)!);
  expect(parsed.map(({ incarnation, sequence }) => [incarnation, sequence])).toEqual([
    [OURS, 1],
    [OURS, 2],
    [OURS, 3],
  ]);
});
