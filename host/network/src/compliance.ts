import { createPrng } from "@rialto/base";
import { describe, expect, test, vi } from "vitest";
import { encodePacket, encodePulse } from "./packet.ts";
import { PACKET_BYTES_MAX, PACKET_FILL_BYTES, MESSAGE_BYTES_MAX } from "./network-limits.ts";
import { eventually, sleep } from "./testing/eventually.ts";
import { createFaultyWire } from "./testing/faulty-wire.ts";
import { numbered, numberOf, sizesOf } from "./testing/numbered.ts";
import {
  isConnected,
  isGone,
  openMember,
  type TestMember,
  type TransportWorld,
} from "./testing/transport-world.ts";
import type { WireHandlers } from "./wire.ts";

const fromMember = (to: TestMember, from: number): number[] =>
  to.messages.filter((each) => each.from === from).map(({ message }) => numberOf(message));

const ascending = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Sends one message after the other, waiting where the queue is full. */
async function sendAll(from: TestMember, to: number, sizes: readonly number[]): Promise<void> {
  for (const [number, size] of sizes.entries()) {
    while (from.transport.send(to, numbered(number, size)) !== "queued") await sleep(2);
  }
}

async function connectAll(members: readonly TestMember[]): Promise<void> {
  await eventually("all members are connected", () =>
    members.every((member) =>
      members.every(
        ({ transport }) =>
          transport.self === member.transport.self || isConnected(member, transport.self),
      ),
    ),
  );
}

/** What every transport promises. `createWorld` gives one with as many members as asked for. */
export function describeTransport(
  name: string,
  createWorld: (memberCount: number) => Promise<TransportWorld>,
): void {
  describe(`${name} transport`, () => {
    describeDelivery(createWorld);
    describeCounting(createWorld);
    describeFaults(createWorld);
    describePressure(createWorld);
    describeBreaks(createWorld);
    describeWaiting(createWorld);
    describeLives(createWorld);
    describeGarbage(createWorld);
    describeFloods(createWorld);
  });
}

type CreateWorld = (memberCount: number) => Promise<TransportWorld>;

function describeDelivery(createWorld: CreateWorld): void {
  test("everything arrives once, whole and in order, between all members at once", async () => {
    await using world = await createWorld(3);
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1);
    await using two = await openMember(world, 2);
    const members = [zero, one, two];
    await connectAll(members);
    const count = 3_000;
    await Promise.all(
      members.flatMap((from, index) =>
        members
          .filter((to) => to !== from)
          .map((to) => sendAll(from, to.transport.self, sizesOf(index, count, 100_000))),
      ),
    );
    await eventually("all arrived", () =>
      members.every(({ messages }) => messages.length === 2 * count),
    );
    for (const to of members) {
      for (const from of members) {
        const numbers = from === to ? [] : ascending(count);
        expect(fromMember(to, from.transport.self)).toEqual(numbers);
      }
    }
  });

  test("empty and largest messages arrive; a larger one is a mistake of the caller", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1);
    await connectAll([zero, one]);
    const largest = new Uint8Array(MESSAGE_BYTES_MAX).fill(7);
    const sent = [new Uint8Array(0), largest, new Uint8Array(PACKET_FILL_BYTES), new Uint8Array(0)];
    for (const message of sent) expect(zero.transport.send(1, message)).toBe("queued");
    await eventually("all arrived", () => one.messages.length === sent.length);
    for (const [index, { message }] of one.messages.entries()) {
      expect(Buffer.compare(message, sent[index]!)).toBe(0);
    }
    expect(() => zero.transport.send(1, new Uint8Array(MESSAGE_BYTES_MAX + 1))).toThrow(
      "a message keeps to its limit",
    );
    expect(() => zero.transport.send(0, largest)).toThrow("other members");
  });
}

function describeCounting(createWorld: CreateWorld): void {
  test("small messages of one turn share a packet, and every message is counted on both sides", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0, { limits: { beatMs: 1_000, silenceMs: 9_000 } });
    await using one = await openMember(world, 1, { limits: { beatMs: 1_000, silenceMs: 9_000 } });
    await connectAll([zero, one]);
    const before = zero.transport.peers()[0]!.counters;
    for (let number = 0; number < 500; number++) zero.transport.send(1, numbered(number, 92));
    await eventually("all arrived", () => one.messages.length === 500);
    const after = zero.transport.peers()[0]!.counters;
    expect(after.sentMessages - before.sentMessages).toBe(500);
    expect(after.sentBytes - before.sentBytes).toBe(500 * 100);
    expect(after.sentPackets - before.sentPackets).toBeLessThanOrEqual(2);
    const received = one.transport.peers()[0]!.counters;
    expect([received.receivedMessages, received.receivedBytes]).toEqual([500, 50_000]);
    expect(received.lostPackets + received.duplicatePackets + received.malformedPackets).toBe(0);
  });

  test("the same message may go to everybody, and who is not there is counted", async () => {
    await using world = await createWorld(4);
    await using zero = await openMember(world, 0);
    await using one = await openMember(world, 1);
    await using two = await openMember(world, 2);
    await connectAll([zero, one, two]);
    const message = numbered(0, 5);
    const outcomes = [1, 2, 3].map((member) => zero.transport.send(member, message));
    expect(outcomes).toEqual(["queued", "queued", "absent"]);
    await eventually("both have it", () => one.messages.length + two.messages.length === 2);
    expect(zero.transport.peers().map(({ member }) => member)).toEqual([1, 2, 3]);
    expect(zero.transport.peers()[2]!.counters.droppedAbsent).toBe(1);
  });
}

function describeFaults(createWorld: CreateWorld): void {
  test.each([1, 2, 3])(
    "loss, doubles and disorder on the way (seed %i): in order, none twice",
    async (seed) => {
      await using world = await createWorld(2);
      const faults = { loss: 50, duplicate: 100, reorder: 200 };
      const prng = createPrng(seed);
      const limits = { windowBytes: 0x8_0000, acknowledgeBytes: 0x4000, silenceMs: 2_000 };
      const wrap = (wire: Parameters<typeof createFaultyWire>[0]): typeof wire =>
        createFaultyWire(wire, prng, faults);
      await using zero = await openMember(world, 0, { wrap, limits });
      await using one = await openMember(world, 1, { wrap, limits });
      await connectAll([zero, one]);
      const count = 1_500;
      for (let number = 0; number < count; number++) {
        while (zero.transport.send(1, numbered(number, 200)) !== "queued") await sleep(2);
        // A packet each, so that there is something to lose.
        if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // The stream goes on after any loss: in the end a late message gets through.
      await eventually("a message after the faults arrives", () => {
        zero.transport.send(1, numbered(count, 0));
        return fromMember(one, 0).includes(count);
      });
      const numbers = fromMember(one, 0).filter((number) => number < count);
      expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
      expect(numbers.length).toBeGreaterThan(count / 2);
      expect(numbers.length).toBeLessThan(count);
      const { lostPackets, duplicatePackets } = one.transport.peers()[0]!.counters;
      expect(lostPackets).toBeGreaterThan(0);
      expect(duplicatePackets).toBeGreaterThan(0);
      const told = one.events.flatMap((event) => (event.kind === "lost" ? [event.packets] : []));
      // Some are told of, all are counted.
      expect(told.length).toBeGreaterThan(0);
      expect(told.reduce((sum, packets) => sum + packets, 0)).toBeLessThanOrEqual(lostPackets);
    },
  );
}

function describePressure(createWorld: CreateWorld): void {
  test("a peer that does not take its messages fills its own queue and nobody else's", async () => {
    await using world = await createWorld(3);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const limits = { queueBytesMax: 0x20_0000, windowBytes: 0x8_0000, acknowledgeBytes: 0x2_0000 };
    await using zero = await openMember(world, 0, { limits });
    await using slow = await openMember(world, 1, { limits, onMessage: () => released });
    await using quick = await openMember(world, 2, { limits });
    await connectAll([zero, slow, quick]);
    let sent = 0;
    while (zero.transport.send(1, numbered(sent, 4_000)) === "queued") {
      sent++;
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const toSlow = zero.transport.peers()[0]!;
    expect(toSlow.queuedBytes).toBeLessThanOrEqual(limits.queueBytesMax);
    expect(toSlow.inFlightBytes).toBeLessThanOrEqual(limits.windowBytes + PACKET_BYTES_MAX);
    expect(toSlow.counters.droppedFull).toBe(1);
    // It is slow, not gone: longer than the silence it stays reachable, and the others do not notice.
    await sendAll(zero, 2, sizesOf(1, 2_000, 1_000));
    await sleep(700);
    expect(zero.transport.peers()[0]!.isReachable).toBe(true);
    await eventually("the other one has everything", () => quick.messages.length === 2_000);
    expect(slow.messages.length).toBe(1);
    release();
    await eventually("there is room again", () => zero.events.some(({ kind }) => kind === "room"));
    await eventually("the slow one has everything", () => slow.messages.length === sent);
    expect(fromMember(slow, 0)).toEqual(ascending(sent));
  });

  test("a flooding member is throttled and named; the messages of another one come at once", async () => {
    await using world = await createWorld(3);
    const limits = { receiveMessagesPerSecond: 5_000, receiveBytesPerSecond: 0x100_0000 };
    await using victim = await openMember(world, 0, { limits });
    await using flooder = await openMember(world, 1);
    await using honest = await openMember(world, 2);
    await connectAll([victim, flooder, honest]);
    const ended = new AbortController();
    const flood = (async (): Promise<void> => {
      for (let number = 0; !ended.signal.aborted; number++) {
        if (flooder.transport.send(0, numbered(number, 20)) !== "queued") await sleep(1);
        if (number % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await eventually("it is named", () =>
      victim.events.some((event) => event.kind === "throttled" && event.member === 1),
    );
    const beganMs = performance.now();
    const count = fromMember(victim, 1).length;
    for (let number = 0; number < 200; number++) {
      honest.transport.send(0, numbered(number, 20));
      await sleep(2);
    }
    await eventually("the honest one's arrive", () => fromMember(victim, 2).length === 200, 2_000);
    const seconds = (performance.now() - beganMs) / 1_000;
    const floodRate = (fromMember(victim, 1).length - count) / seconds;
    ended.abort();
    await flood;
    // A packet may overdraw the allowance once; the debt is then waited for.
    expect(floodRate).toBeLessThan(5_000 + PACKET_FILL_BYTES / 28 / seconds);
    const named = victim.events.filter(({ kind }) => kind === "throttled");
    expect(named.every((event) => "member" in event && event.member === 1)).toBe(true);
    const [ofFlooder, ofHonest] = victim.transport.peers();
    expect(ofFlooder!.counters.throttledCount).toBeGreaterThan(0);
    expect(ofHonest!.counters.throttledCount).toBe(0);
  });
}

function describeBreaks(createWorld: CreateWorld): void {
  test("to a member that is not there nothing is queued; once it is there, it is said so", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    expect(zero.transport.send(1, numbered(0, 3))).toBe("absent");
    await using one = await openMember(world, 1);
    await connectAll([zero, one]);
    expect(zero.events[0]).toEqual({ kind: "reachable", member: 1, isNewLife: true });
    expect(zero.transport.send(1, numbered(1, 3))).toBe("queued");
    await eventually("it arrives", () => one.messages.length === 1);
    expect(fromMember(one, 0)).toEqual([1]);
  });

  test.each(["cut", "stall"] as const)(
    "%s: both notice, others do not, and after healing messages come again in order",
    async (how) => {
      await using world = await createWorld(3);
      await using zero = await openMember(world, 0);
      await using one = await openMember(world, 1);
      await using two = await openMember(world, 2);
      await connectAll([zero, one, two]);
      for (let round = 0; round < 3; round++) {
        world[how](0, 1);
        await eventually("both notice", () => isGone(zero, 1) && isGone(one, 0), 5_000);
        expect(zero.transport.send(1, numbered(0, 1))).toBe("absent");
        const before = two.messages.length;
        expect(zero.transport.send(2, numbered(before, 1))).toBe("queued");
        await eventually("the third has it", () => two.messages.length === before + 1, 1_000);
        world.heal(0, 1);
        await connectAll([zero, one, two]);
        const first = one.messages.length;
        for (let number = first; number < first + 100; number++) {
          expect(zero.transport.send(1, numbered(number, 50))).toBe("queued");
        }
        await eventually("they arrive", () => one.messages.length === first + 100);
      }
      expect(fromMember(one, 0)).toEqual(ascending(300));
      const back = zero.events.filter((event) => event.kind === "reachable" && event.member === 1);
      // The same process is back: it still knows what it knew.
      expect(back.map((event) => "isNewLife" in event && event.isNewLife)).toEqual([
        true,
        false,
        false,
        false,
      ]);
    },
  );
}

function describeWaiting(createWorld: CreateWorld): void {
  test("a link that breaks while a message is dealt with: the next one of that member waits all the same", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    let atWork = 0;
    let atWorkMost = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const onMessage = async (): Promise<void> => {
      atWorkMost = Math.max(atWorkMost, ++atWork);
      await released;
      atWork--;
    };
    await using one = await openMember(world, 1, { onMessage });
    await connectAll([zero, one]);
    zero.transport.send(1, numbered(0, 50));
    await eventually("the first is with the handler", () => one.messages.length === 1);
    for (let round = 0; round < 3; round++) {
      world.cut(0, 1);
      await sleep(50);
      world.heal(0, 1);
      for (let number = 0; number < 20; number++) {
        zero.transport.send(1, numbered(1, 50));
        await sleep(10);
      }
    }
    expect([one.messages.length, atWorkMost]).toEqual([1, 1]);
    release();
    await eventually("the next one comes", () => {
      zero.transport.send(1, numbered(2, 50));
      return fromMember(one, 0).includes(2);
    });
    expect(atWorkMost).toBe(1);
  });
}

function describeLives(createWorld: CreateWorld): void {
  test("a member that starts anew is heard and reached again, and known to be new", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    for (let life = 0; life < 3; life++) {
      const one = await openMember(world, 1);
      await connectAll([zero, one]);
      const heard = zero.messages.length;
      for (let number = 0; number < 50; number++) {
        expect(zero.transport.send(1, numbered(number, 9))).toBe("queued");
        expect(one.transport.send(0, numbered(number, 9))).toBe("queued");
      }
      await eventually("all arrived", () => zero.messages.length === heard + 50);
      await eventually("all arrived there", () => one.messages.length === 50);
      expect(fromMember(one, 0)).toEqual(ascending(50));
      await one.transport.close();
      // Quick restarts must not depend on the silence being noticed first.
      if (life === 1) await eventually("it is gone", () => isGone(zero, 1));
    }
    const lives = zero.events.filter((event) => event.kind === "reachable" && event.isNewLife);
    expect(lives.length).toBe(3);
  });

  test("closing is quick, may be done twice, and nothing comes after it", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    const one = await openMember(world, 1);
    await connectAll([zero, one]);
    for (let number = 0; number < 20_000; number++) zero.transport.send(1, numbered(number, 50));
    const beganMs = performance.now();
    await Promise.all([one.transport.close(), one.transport.close()]);
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    const { length } = one.messages;
    await sleep(100);
    expect(one.messages.length).toBe(length);
  });

  test("closing waits for no handler: who closes may be whom it waits for", async () => {
    await using world = await createWorld(2);
    await using zero = await openMember(world, 0);
    const one = await openMember(world, 1, { onMessage: () => new Promise(() => undefined) });
    await connectAll([zero, one]);
    zero.transport.send(1, numbered(0, 50));
    zero.transport.send(1, numbered(1, 50));
    await eventually("the first is with the handler", () => one.messages.length === 1);
    await one.transport.close();
    expect(one.messages.length).toBe(1);
  });

  test("closing waits for no allowance: a member that has sent far more than it may does not hold up the end", async () => {
    await using world = await createWorld(2);
    const one = await openMember(world, 1, { limits: { receiveMessagesPerSecond: 1 } });
    await using flooder = await openMember(world, 0);
    await connectAll([flooder, one]);
    // Worth ten minutes.
    for (let number = 0; number < 600; number++) flooder.transport.send(1, numbered(number, 1));
    await eventually("it is throttled", () => one.events.some(({ kind }) => kind === "throttled"));
    await expect(one.transport.close()).resolves.toBeUndefined();
  });
}

/** What a wire tells a member that does not listen. */
const nothing: WireHandlers = {
  onPacket: async () => undefined,
  onPulse: () => 0,
  onRefused: () => undefined,
};

function describeGarbage(createWorld: CreateWorld): void {
  test("garbage of a member is named and costs nobody else anything", async () => {
    await using world = await createWorld(3);
    await using victim = await openMember(world, 0, { limits: { penaltyMs: 1 } });
    await using honest = await openMember(world, 2);
    const liar = world.createWire(1);
    await liar.start(nothing);
    const prng = createPrng(99);
    const [whole] = encodePacket({
      incarnation: Date.now(),
      sequence: 1,
      messages: [numbered(0, 30), numbered(1, 3)],
    });
    for (let round = 0; round < 400; round++) {
      const bytes = new Uint8Array(whole!);
      for (let flips = prng.below(4); flips >= 0; flips--) {
        bytes[prng.below(bytes.length)] = prng.below(256);
      }
      const packet = prng.chance(1, 3) ? bytes.subarray(0, prng.below(bytes.length)) : bytes;
      const cut = prng.below(packet.length + 1);
      const isCut = prng.chance(1, 3);
      liar.sendPacket(0, isCut ? [packet.subarray(0, cut), packet.subarray(cut)] : [packet]);
      liar.sendPulse(0, packet.subarray(0, prng.below(33)));
      if (round % 10 === 0) await sleep(2);
    }
    await eventually("it is named", () =>
      victim.events.some((event) => event.kind === "malformed" && event.member === 1),
    );
    await connectAll([victim, honest]);
    await sendAll(honest, 0, sizesOf(3, 500, 1_000));
    await eventually("the honest one's arrive", () => fromHonest(victim).length === 500);
    expect(fromHonest(victim)).toEqual(ascending(500));
    expect(victim.transport.peers()[0]!.counters.malformedPackets).toBeGreaterThan(10);
    expect(victim.transport.peers()[1]!.counters.malformedPackets).toBe(0);
    await liar.close();
  });

  test("packets larger than any are not taken, and the link serves again afterwards", async () => {
    await using world = await createWorld(2);
    await using victim = await openMember(world, 0, { limits: { penaltyMs: 1 } });
    const liar = world.createWire(1);
    await liar.start(nothing);
    const packet = { incarnation: Date.now(), sequence: 1, messages: [numbered(7, 10)] };
    for (const bytes of [PACKET_BYTES_MAX + 1, 4 * PACKET_BYTES_MAX]) {
      for (let count = 0; count < 5; count++) {
        const oversize = new Uint8Array(bytes);
        oversize.set(encodePacket(packet)[0]!);
        liar.sendPacket(0, [oversize]);
        liar.sendPacket(0, [...encodePacket(packet), oversize]);
        liar.sendPulse(0, oversize);
        await sleep(20);
      }
    }
    await eventually("a packet that keeps to the limit arrives", () => {
      liar.sendPacket(0, encodePacket(packet));
      return victim.messages.length === 1;
    });
    expect(numberOf(victim.messages[0]!.message)).toBe(7);
    await liar.close();
  });
}

function describeFloods(createWorld: CreateWorld): void {
  test("a member that acknowledges what was never sent, or floods with pulses, gains nothing", async () => {
    await using world = await createWorld(3);
    await using victim = await openMember(world, 0);
    await using honest = await openMember(world, 2);
    const liar = world.createWire(1);
    await liar.start(nothing);
    await connectAll([victim, honest]);
    const incarnation = Date.now();
    const isNamed = (): boolean =>
      victim.events.some((event) => event.kind === "throttled" && event.member === 1);
    // Nobody earns anything in a second that does not pass: so a machine that is slow sees a flood too.
    const stopped = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    for (let count = 0; count < 60_000 && !isNamed(); count++) {
      const packetIncarnation = incarnation + (count % 7);
      liar.sendPulse(0, encodePulse({ incarnation, packetIncarnation, packetSequence: 2 ** 52 }));
      if (count % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    stopped.mockRestore();
    await eventually("it is named", isNamed);
    const toLiar = victim.transport.peers()[0]!;
    expect(toLiar.inFlightBytes).toBeGreaterThanOrEqual(0);
    expect(isConnected(victim, 2)).toBe(true);
    await sendAll(honest, 0, sizesOf(4, 100, 100));
    await eventually("the honest one's arrive", () => fromHonest(victim).length === 100, 2_000);
    await liar.close();
  });

  test("what a member does over and over is counted, and told of some times: nobody's log is another one's to fill", async () => {
    await using world = await createWorld(2);
    await using victim = await openMember(world, 0, {
      limits: { receiveMessagesPerSecond: 1_000 },
    });
    const liar = world.createWire(1);
    await liar.start(nothing);
    await eventually("it is linked", () => {
      liar.sendPacket(0, encodePacket({ incarnation: 1, sequence: 1, messages: [] }));
      liar.sendPulse(0, encodePulse({ incarnation: 1, packetIncarnation: 0, packetSequence: 0 }));
      return isConnected(victim, 1);
    });
    const beganMs = performance.now();
    const isThrottled = (): boolean => victim.events.some(({ kind }) => kind === "throttled");
    for (let count = 2; count < 3_000 || !isThrottled(); count++) {
      // A gap before each packet, and a new life with each pulse.
      liar.sendPacket(0, encodePacket({ incarnation: 1, sequence: 2 * count, messages: [] }));
      const pulse = { incarnation: count, packetIncarnation: 0, packetSequence: 0 };
      liar.sendPulse(0, encodePulse(pulse));
      if (count % 50 === 0) await sleep(1);
    }
    const lost = (): number => victim.transport.peers()[0]!.counters.lostPackets;
    await eventually("most have come", () => lost() > 2_000);
    const seconds = (performance.now() - beganMs) / 1_000;
    // Ten of each kind a second, and what may come at once.
    for (const kind of ["lost", "reachable", "throttled"]) {
      const told = victim.events.filter((event) => event.kind === kind).length;
      expect([kind, told > 0 && told < 10 * (seconds + 3)]).toEqual([kind, true]);
    }
    await liar.close();
  });
}

const fromHonest = (victim: TestMember): number[] => fromMember(victim, 2);
