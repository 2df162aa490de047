import { expect, test } from "vitest";
import { Inbound } from "./inbound.ts";
import { type PeerLimits, peerLimits } from "./network-limits.ts";
import { encodePacket } from "./packet.ts";
import { sleep } from "./testing/eventually.ts";
import type { MessageHandler, TransportEvent } from "./transport.ts";

const limits = peerLimits({
  beatMs: 10,
  silenceMs: 100,
  acknowledgeBytes: 1_000,
  receiveMessagesPerSecond: 8_000,
});

function makeInbound(
  onMessage: MessageHandler = () => undefined,
  narrower: Partial<PeerLimits> = {},
): {
  readonly inbound: Inbound;
  readonly acknowledged: number[][];
  readonly events: TransportEvent[];
  readonly renewals: number[];
} {
  const acknowledged: number[][] = [];
  const events: TransportEvent[] = [];
  const renewals: number[] = [];
  const inbound = new Inbound(
    {
      member: 4,
      limits: { ...limits, ...narrower },
      onMessage,
      observe: (event) => void events.push(event),
      acknowledge: (incarnation, sequence) => void acknowledged.push([incarnation, sequence]),
      reconnect: () => void renewals.push(1),
    },
    performance.now(),
  );
  return { inbound, acknowledged, events, renewals };
}

const packetOf = (incarnation: number, sequence: number, bytes = 1): Uint8Array[] =>
  encodePacket({ incarnation, sequence, messages: [new Uint8Array(bytes)] });

test("gaps are counted and told, doubles and late ones dropped", async () => {
  const taken: number[] = [];
  const { inbound, events } = makeInbound((_, message) => void taken.push(message.length));
  for (const sequence of [5, 6, 6, 9, 8, 5, 10])
    await inbound.accept(packetOf(1, sequence, sequence));
  expect(taken).toEqual([5, 6, 9, 10]);
  expect(events).toEqual([{ kind: "lost", member: 4, packets: 2 }]);
  expect([inbound.lostPackets, inbound.duplicatePackets]).toEqual([2, 3]);
});

test("a new life begins anywhere; an earlier one is believed after a silence, its old packets never", async () => {
  const taken: number[] = [];
  const { inbound, events, renewals } = makeInbound(
    (_, message) => void taken.push(message.length),
  );
  await inbound.accept(packetOf(20, 7, 1));
  await inbound.accept(packetOf(21, 3, 2));
  await inbound.accept(packetOf(20, 8, 3));
  expect(taken).toEqual([1, 2]);
  inbound.beat(performance.now() + limits.silenceMs + 50, 0);
  expect([inbound.isHeard, renewals.length]).toEqual([false, 1]);
  await inbound.accept(packetOf(21, 3, 4));
  await inbound.accept(packetOf(5, 1, 5));
  await inbound.accept(packetOf(4, 1, 6));
  expect(taken).toEqual([1, 2, 5]);
  expect(events).toEqual([]);
});

test("a member that starts anew at once, with its clock set back, is believed though it is never silent", async () => {
  const taken: number[] = [];
  const { inbound, renewals } = makeInbound((_, message) => void taken.push(message.length));
  await inbound.accept(packetOf(20, 7, 1));
  for (let sequence = 1; sequence <= 30; sequence++) {
    await inbound.accept(packetOf(5, sequence, 2));
    inbound.beat(performance.now(), 0);
    await sleep(limits.beatMs);
  }
  expect(renewals.length).toBe(1);
  expect(taken.slice(0, 2)).toEqual([1, 2]);
});

test("who hears nothing any more says so, until something comes", async () => {
  const { inbound, acknowledged } = makeInbound();
  await inbound.accept(packetOf(3, 4));
  inbound.beat(performance.now(), 0);
  inbound.beat(performance.now() + limits.silenceMs + 50, 0);
  await inbound.accept(packetOf(3, 9));
  inbound.beat(performance.now(), 0);
  expect(acknowledged).toEqual([
    [3, 4],
    [0, 0],
    [3, 9],
  ]);
});

test("what the handler has not finished is not acknowledged; beats go on meanwhile", async () => {
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const { inbound, acknowledged, renewals } = makeInbound(() => finished);
  inbound.beat(performance.now(), 0);
  const accepting = inbound.accept(packetOf(3, 1, 5_000));
  inbound.beat(performance.now() + 10 * limits.silenceMs, 0);
  expect(acknowledged).toEqual([
    [0, 0],
    [0, 0],
  ]);
  // It is we who are slow.
  expect(renewals).toEqual([]);
  finish();
  await accepting;
  expect(acknowledged.at(-1)).toEqual([3, 1]);
});

test("a peer that is held up with us is not silent", () => {
  const { inbound, renewals } = makeInbound();
  inbound.beat(performance.now() + 10_000, 9_990);
  expect(renewals).toEqual([]);
});

test("a peer that was heard after we were held up, and then is gone, is silent as soon as ever", async () => {
  const { inbound, renewals } = makeInbound();
  await inbound.accept(packetOf(3, 1));
  const nowMs = performance.now();
  inbound.beat(nowMs, 10_000);
  inbound.beat(nowMs + limits.silenceMs + 1, 0);
  expect(renewals.length).toBe(1);
});

test.each([
  ["nothing", (number: number) => encodePacket({ incarnation: 1, sequence: number, messages: [] })],
  ["what is known", () => packetOf(1, 1)],
])("packets with %s in them cost what a message does", async (_, packetAt) => {
  const { inbound, events } = makeInbound();
  for (let number = 1; number <= 2 * limits.receiveMessagesPerSecond; number++) {
    void inbound.accept(packetAt(number));
    if (inbound.throttledCount > 0) break;
  }
  expect(events.map(({ kind }) => kind)).toEqual(["throttled"]);
  inbound.close();
});

test("closing ends the wait for a peer's debt, and no timer keeps the process running for it", async () => {
  const { inbound } = makeInbound(undefined, { receiveMessagesPerSecond: 100 });
  const timerCount = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  // Empty ones cost their sender next to nothing: these are worth seconds.
  const messages = Array.from({ length: 1_000 }, () => new Uint8Array(0));
  const accepting = inbound.accept(encodePacket({ incarnation: 1, sequence: 1, messages }));
  await new Promise((resolve) => setImmediate(resolve));
  const before = timerCount();
  inbound.close();
  expect(timerCount()).toBe(before - 1);
  await accepting;
});
