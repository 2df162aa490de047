import { type Packet, packetBytes, parsePacket } from "./packet.ts";
import { ACKNOWLEDGE_PACKETS, type PeerLimits } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { MessageHandler, TransportEvent } from "./transport.ts";

export interface InboundContext {
  readonly member: number;
  readonly limits: PeerLimits;
  readonly onMessage: MessageHandler;
  readonly observe: (event: TransportEvent) => void;
  /** Sends a pulse with the newest packet that was dealt with; zeros where there is none, or nothing is heard any more. */
  readonly acknowledge: (packetIncarnation: number, packetSequence: number) => void;
  readonly reconnect: () => void;
}

/** The receiving half of a link: order, duplicates, gaps, and how much a peer may send. */
export class Inbound {
  readonly #context: InboundContext;
  readonly #bytes: TokenBucket;
  readonly #messages: TokenBucket;
  #incarnation = 0;
  /** The newest packet taken, and the newest that was dealt with, of the incarnation. */
  #sequence = 0;
  #doneSequence = 0;
  #unacknowledgedBytes = 0;
  #unacknowledgedPackets = 0;
  #heardAtMs: number;
  #isHeard = false;
  /** After a silence: a peer that started anew may have had its clock set back. */
  #isLowerBelieved = false;
  #isBusy = false;
  #isClosed = false;
  /** Ends the wait for the handler that is at work, or for a debt to be paid. */
  #giveUp: (() => void) | undefined;
  receivedMessages = 0;
  receivedBytes = 0;
  receivedPackets = 0;
  lostPackets = 0;
  duplicatePackets = 0;
  malformedPackets = 0;
  throttledCount = 0;
  throttledMs = 0;

  constructor(context: InboundContext, nowMs: number) {
    this.#context = context;
    this.#heardAtMs = nowMs;
    this.#bytes = new TokenBucket(context.limits.receiveBytesPerSecond, nowMs);
    this.#messages = new TokenBucket(context.limits.receiveMessagesPerSecond, nowMs);
  }

  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Deals with a packet. The next packet of this member comes when this resolves. */
  async accept(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#isClosed) return;
    const packet = parsePacket(parts);
    const bytes = packetBytes(parts);
    const isOld = packet !== undefined && this.#isOld(packet);
    this.#isBusy = true;
    try {
      if (isOld) await this.#drop(packet, bytes);
      else await this.#deal(packet, bytes);
    } finally {
      this.#isBusy = false;
      // A handler may have taken long: that is no silence of the peer. But what is old is no sign of life: a peer that started anew
      // with its clock set back sends nothing else, and is believed after a silence.
      if (!isOld) this.#heardAtMs = performance.now();
    }
  }

  async #drop(packet: Packet, bytes: number): Promise<void> {
    this.duplicatePackets++;
    await this.#throttle(bytes, packet.messages.length);
  }

  async #deal(packet: Packet | undefined, bytes: number): Promise<void> {
    const { member, limits, observe } = this.#context;
    if (packet === undefined) {
      this.malformedPackets++;
      observe({ kind: "malformed", member, bytes });
      await this.#pause(limits.penaltyMs);
      return;
    }
    this.#noteNext(packet);
    this.receivedPackets++;
    for (const message of packet.messages) {
      this.receivedMessages++;
      this.receivedBytes += message.length;
      const taken = this.#context.onMessage(member, message);
      if (taken !== undefined) await this.#unlessClosed(taken);
      if (this.#isClosed) return;
    }
    this.#finish(bytes);
    await this.#throttle(bytes, packet.messages.length);
  }

  /** Acknowledges, and renews the link of a peer that has fallen silent. */
  beat(nowMs: number, heldUpMs: number): void {
    const { limits } = this.#context;
    this.#heardAtMs = Math.min(nowMs, this.#heardAtMs + heldUpMs);
    if (this.#isBusy) this.#heardAtMs = nowMs;
    if (nowMs - this.#heardAtMs > limits.silenceMs) {
      this.#isHeard = false;
      this.#isLowerBelieved = true;
      this.#heardAtMs = nowMs;
      this.#context.reconnect();
    }
    this.#acknowledge();
  }

  close(): void {
    this.#isClosed = true;
    this.#giveUp?.();
  }

  /**
   * Waits for a handler, but not beyond the end of the link: who closes it may be the one that the handler waits for, and then
   * nothing would ever go on.
   */
  async #unlessClosed(taken: Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#giveUp = resolve;
      taken.then(resolve, reject);
    });
    this.#giveUp = undefined;
  }

  /** True for a packet that was dealt with before, or is of an earlier life. */
  #isOld({ incarnation, sequence }: Packet): boolean {
    return (
      (incarnation < this.#incarnation && !this.#isLowerBelieved) ||
      (incarnation === this.#incarnation && sequence <= this.#sequence)
    );
  }

  /** Notes a packet that is the next, and gaps before it. */
  #noteNext({ incarnation, sequence }: Packet): void {
    this.#isHeard = true;
    this.#isLowerBelieved = false;
    // Of a new life, or of a new one here, the first packet that comes is the first to expect.
    const isKnown = incarnation === this.#incarnation;
    const packets = isKnown ? sequence - this.#sequence - 1 : 0;
    this.#incarnation = incarnation;
    this.#sequence = sequence;
    if (!isKnown) this.#doneSequence = 0;
    if (packets === 0) return;
    this.lostPackets += packets;
    this.#context.observe({ kind: "lost", member: this.#context.member, packets });
  }

  #finish(bytes: number): void {
    this.#doneSequence = this.#sequence;
    this.#unacknowledgedBytes += bytes;
    this.#unacknowledgedPackets++;
    const isDue =
      this.#unacknowledgedBytes >= this.#context.limits.acknowledgeBytes ||
      this.#unacknowledgedPackets >= ACKNOWLEDGE_PACKETS;
    if (isDue) this.#acknowledge();
  }

  #acknowledge(): void {
    this.#unacknowledgedBytes = 0;
    this.#unacknowledgedPackets = 0;
    // Who hears nothing any more says so: what is under way to it may be lost.
    if (this.#doneSequence === 0 || !this.#isHeard) this.#context.acknowledge(0, 0);
    else this.#context.acknowledge(this.#incarnation, this.#doneSequence);
  }

  async #throttle(bytes: number, messages: number): Promise<void> {
    const nowMs = performance.now();
    // A packet with nothing in it costs what a message does, and its sender next to nothing.
    const count = Math.max(1, messages);
    const waits = [this.#bytes.take(bytes, nowMs), this.#messages.take(count, nowMs)];
    const pauseMs = Math.max(...waits);
    if (pauseMs === 0) return;
    this.throttledCount++;
    this.#context.observe({ kind: "throttled", member: this.#context.member, pauseMs });
    await this.#pause(pauseMs);
  }

  async #pause(pauseMs: number): Promise<void> {
    this.throttledMs += pauseMs;
    // It may be half a minute, for which nobody waits who closes the link.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#giveUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#giveUp = undefined;
  }
}
