import { assert } from "@rialto/base";
import { encodePacket, packetBytes, type Pulse } from "./packet.ts";
import {
  PACKET_FILL_BYTES,
  PACKET_HEADER_BYTES,
  PACKETS_IN_FLIGHT_MAX,
  MESSAGE_BYTES_MAX,
  MESSAGE_HEADER_BYTES,
  MESSAGES_PER_PACKET_MAX,
  type PeerLimits,
} from "./network-limits.ts";
import type { SendOutcome, TransportEvent } from "./transport.ts";

export interface OutboundContext {
  readonly member: number;
  readonly incarnation: number;
  readonly limits: PeerLimits;
  readonly sendPacket: (parts: readonly Uint8Array[]) => void;
  readonly observe: (event: TransportEvent) => void;
}

/** The sending half of a link: a queue, and a window of packets that the peer has not acknowledged. */
export class Outbound {
  readonly #context: OutboundContext;
  #queue: Uint8Array[] = [];
  /** Messages at the front of `#queue` that are sent: removed in blocks, since shifting one by one moves all. */
  #taken = 0;
  #queuedBytes = 0;
  #sequence = 0;
  /** Sequence and bytes of every packet in flight, oldest first. */
  readonly #inFlight: { readonly sequence: number; readonly bytes: number }[] = [];
  #inFlightBytes = 0;
  #isReachable = false;
  #peerIncarnation = 0;
  #pulseAtMs = 0;
  #packetAtMs = 0;
  #wasFull = false;
  #isFlushPlanned = false;
  sentMessages = 0;
  sentBytes = 0;
  sentPackets = 0;
  droppedFull = 0;
  droppedAbsent = 0;
  droppedUnsent = 0;

  constructor(context: OutboundContext) {
    this.#context = context;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  get queuedMessages(): number {
    return this.#queue.length - this.#taken;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  send(message: Uint8Array): SendOutcome {
    const { limits } = this.#context;
    assert(message.length <= MESSAGE_BYTES_MAX, "a message keeps to its limit");
    if (!this.#isReachable) {
      this.droppedAbsent++;
      return "absent";
    }
    const isFull =
      this.queuedMessages >= limits.queueMessagesMax ||
      this.#queuedBytes + message.length > limits.queueBytesMax;
    if (isFull) {
      this.#wasFull = true;
      this.droppedFull++;
      return "full";
    }
    this.#queue.push(message);
    this.#queuedBytes += message.length;
    if (!this.#isFlushPlanned) {
      this.#isFlushPlanned = true;
      setImmediate(() => this.flush());
    }
    return "queued";
  }

  /** The peer beats: it is there, and it has dealt with the packets up to the one it names. */
  acceptPulse(pulse: Pulse, nowMs: number): void {
    // A pulse that comes late speaks of an earlier life. A peer whose clock went back is believed once it was absent.
    if (this.#isReachable && pulse.incarnation < this.#peerIncarnation) return;
    this.#pulseAtMs = nowMs;
    const isNewLife = pulse.incarnation !== this.#peerIncarnation;
    if (isNewLife) this.#forgetPackets();
    if (isNewLife || !this.#isReachable) {
      this.#peerIncarnation = pulse.incarnation;
      this.#isReachable = true;
      const { member } = this.#context;
      this.#context.observe({ kind: "reachable", member, isNewLife });
    }
    const isOfUs = pulse.packetIncarnation === this.#context.incarnation;
    // It hears nothing, and we have sent it all that we do without a word of it: that was lost with a connection.
    const isLost = pulse.packetIncarnation === 0 && !this.#hasPatience;
    if (isOfUs) this.#acknowledge(pulse.packetSequence);
    if (isLost) this.#forgetPackets();
    if (isOfUs || isLost) this.flush();
  }

  /** Ends the reachability of a silent peer, and gives a sign of life where there was no packet for a while. */
  beat(nowMs: number, heldUpMs: number): void {
    const { member, limits } = this.#context;
    this.#pulseAtMs = Math.min(nowMs, this.#pulseAtMs + heldUpMs);
    if (this.#isReachable && nowMs - this.#pulseAtMs > limits.silenceMs) {
      this.#isReachable = false;
      const droppedMessages = this.queuedMessages;
      this.droppedUnsent += droppedMessages;
      this.#queue = [];
      this.#taken = 0;
      this.#queuedBytes = 0;
      this.#wasFull = false;
      this.#forgetPackets();
      this.#context.observe({ kind: "unreachable", member, droppedMessages });
    }
    const isQuiet = nowMs - this.#packetAtMs >= limits.beatMs;
    // Also beyond the window: the acknowledgement of it clears what was lost at the end of the stream.
    if (this.#isReachable && isQuiet && this.#hasPatience) this.#sendPacket([], nowMs);
  }

  /** A peer that beats and never acknowledges does not collect signs of life for ever. */
  get #hasPatience(): boolean {
    return this.#inFlight.length < 2 * PACKETS_IN_FLIGHT_MAX;
  }

  /** Sends what waits, as far as the window goes. */
  flush(): void {
    this.#isFlushPlanned = false;
    const { limits, member } = this.#context;
    while (
      this.queuedMessages > 0 &&
      this.#inFlightBytes < limits.windowBytes &&
      this.#inFlight.length < PACKETS_IN_FLIGHT_MAX
    ) {
      this.#sendPacket(this.#takeMessages(), performance.now());
    }
    const isHalfEmpty =
      this.#queuedBytes <= limits.queueBytesMax / 2 &&
      this.queuedMessages <= limits.queueMessagesMax / 2;
    if (this.#wasFull && isHalfEmpty) {
      this.#wasFull = false;
      this.#context.observe({ kind: "room", member });
    }
  }

  /** Messages for one packet, in order. */
  #takeMessages(): Uint8Array[] {
    const begin = this.#taken;
    let size = PACKET_HEADER_BYTES;
    let end = begin;
    while (end < this.#queue.length && end - begin < MESSAGES_PER_PACKET_MAX) {
      const next = MESSAGE_HEADER_BYTES + this.#queue[end]!.length;
      if (end > begin && size + next > PACKET_FILL_BYTES) break;
      size += next;
      this.#queuedBytes -= this.#queue[end]!.length;
      end++;
    }
    const messages = this.#queue.slice(begin, end);
    this.#taken = end;
    // Half of the array at least is spent: the move costs no more than what was sent.
    if (this.#taken * 2 >= this.#queue.length) {
      this.#queue.splice(0, this.#taken);
      this.#taken = 0;
    }
    return messages;
  }

  #sendPacket(messages: readonly Uint8Array[], nowMs: number): void {
    const sequence = ++this.#sequence;
    const parts = encodePacket({ incarnation: this.#context.incarnation, sequence, messages });
    const bytes = packetBytes(parts);
    this.#inFlight.push({ sequence, bytes });
    this.#inFlightBytes += bytes;
    this.#packetAtMs = nowMs;
    this.sentPackets++;
    this.sentMessages += messages.length;
    for (const message of messages) this.sentBytes += message.length;
    this.#context.sendPacket(parts);
  }

  #acknowledge(sequence: number): void {
    let count = 0;
    while (count < this.#inFlight.length && this.#inFlight[count]!.sequence <= sequence) {
      this.#inFlightBytes -= this.#inFlight[count]!.bytes;
      count++;
    }
    this.#inFlight.splice(0, count);
  }

  #forgetPackets(): void {
    this.#inFlight.length = 0;
    this.#inFlightBytes = 0;
  }
}
