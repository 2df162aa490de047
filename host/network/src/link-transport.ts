import { assert } from "@rialto/base";
import { encodePulse, parsePulse } from "./packet.ts";
import { Inbound } from "./inbound.ts";
import { type PeerLimits, peerLimits } from "./network-limits.ts";
import { Outbound } from "./outbound.ts";
import { tellSometimes } from "./tell-sometimes.ts";
import { TokenBucket } from "./token-bucket.ts";
import type {
  PeerStatus,
  SendOutcome,
  Transport,
  TransportEvent,
  TransportOptions,
} from "./transport.ts";
import type { Wire } from "./wire.ts";

/** Pulses of one peer that are read in a second; its honest ones are some tens, and one per 256 KiB that it takes. */
const PULSES_PER_SECOND = 20_000;

interface Link {
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly pulses: TokenBucket;
  readonly observe: (event: TransportEvent) => void;
  malformedPulses: number;
  droppedPulses: number;
}

/**
 * Makes a transport of a wire: queues, windows, beats and counts are the same for every adapter.
 *
 * Errors   those of the wire's start, thrown; then the wire is closed, and nothing of it keeps the process running.
 */
export async function openTransport(
  wire: Wire,
  options: TransportOptions & { readonly limits?: Partial<PeerLimits> },
): Promise<Transport> {
  const transport = new LinkTransport(wire, options, peerLimits(options.limits));
  try {
    await transport.start();
  } catch (error) {
    await transport.close();
    throw error;
  }
  return transport;
}

let lastIncarnation = 0;

/** Tells this life of the process, and of a transport in it, from earlier ones; greater than theirs if the clock is sane. */
function nextIncarnation(): number {
  lastIncarnation = Math.max(lastIncarnation + 1, Date.now());
  return lastIncarnation;
}

class LinkTransport implements Transport {
  readonly self: number;
  refusedCount = 0;
  readonly #wire: Wire;
  readonly #limits: PeerLimits;
  readonly #observe: (event: TransportEvent) => void;
  readonly #incarnation = nextIncarnation();
  readonly #links = new Map<number, Link>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #beatAtMs = performance.now();

  constructor(wire: Wire, options: TransportOptions, limits: PeerLimits) {
    this.self = wire.self;
    this.#wire = wire;
    this.#limits = limits;
    const observe = options.observe ?? ((): void => undefined);
    this.#observe = (event) => {
      if (!this.#isClosed) observe(event);
    };
    for (let member = 0; member < wire.memberCount; member++) {
      if (member !== wire.self) this.#links.set(member, this.#makeLink(member, options));
    }
  }

  async start(): Promise<void> {
    const tellRefused = tellSometimes(this.#observe);
    await this.#wire.start({
      onPacket: (member, parts) => this.#linkTo(member).inbound.accept(parts),
      onPulse: (member, pulse) => this.#acceptPulse(member, pulse),
      onRefused: (address, reason) => {
        this.refusedCount++;
        tellRefused({ kind: "refused", address, reason });
      },
    });
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), this.#limits.beatMs);
  }

  send(member: number, message: Uint8Array): SendOutcome {
    return this.#linkTo(member).outbound.send(message);
  }

  flush(): void {
    for (const { outbound } of this.#links.values()) outbound.flush();
  }

  peers(): PeerStatus[] {
    return [...this.#links].map(([member, link]) => statusOf(member, link));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { inbound } of this.#links.values()) inbound.close();
    await this.#wire.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #makeLink(member: number, { onMessage }: TransportOptions): Link {
    const wire = this.#wire;
    const nowMs = performance.now();
    const incarnation = this.#incarnation;
    const observe = tellSometimes(this.#observe);
    const common = { member, limits: this.#limits, observe };
    return {
      outbound: new Outbound({
        ...common,
        incarnation,
        sendPacket: (parts) => {
          if (!this.#isClosed) wire.sendPacket(member, parts);
        },
      }),
      inbound: new Inbound(
        {
          ...common,
          onMessage,
          acknowledge: (packetIncarnation, packetSequence) => {
            if (this.#isClosed) return;
            wire.sendPulse(member, encodePulse({ incarnation, packetIncarnation, packetSequence }));
          },
          reconnect: () => wire.reconnect(member),
        },
        nowMs,
      ),
      pulses: new TokenBucket(PULSES_PER_SECOND, nowMs),
      observe,
      malformedPulses: 0,
      droppedPulses: 0,
    };
  }

  #linkTo(member: number): Link {
    const link = this.#links.get(member);
    assert(link !== undefined, "messages go to other members of the committee");
    return link;
  }

  #acceptPulse(member: number, bytes: Uint8Array): number {
    const link = this.#linkTo(member);
    const nowMs = performance.now();
    const pauseMs = link.pulses.take(1, nowMs);
    if (pauseMs > 0) {
      link.droppedPulses++;
      link.observe({ kind: "throttled", member, pauseMs });
      return pauseMs;
    }
    const pulse = parsePulse(bytes);
    if (pulse === undefined) {
      link.malformedPulses++;
      link.observe({ kind: "malformed", member, bytes: bytes.length });
      return this.#limits.penaltyMs;
    }
    link.outbound.acceptPulse(pulse, nowMs);
    return 0;
  }

  #beat(): void {
    const nowMs = performance.now();
    // What came while this process was held up lies in the sockets still unread: the peers were not silent.
    const heldUpMs = Math.max(0, nowMs - this.#beatAtMs - this.#limits.beatMs);
    this.#beatAtMs = nowMs;
    for (const { inbound, outbound } of this.#links.values()) {
      inbound.beat(nowMs, heldUpMs);
      outbound.beat(nowMs, heldUpMs);
    }
  }
}

function statusOf(member: number, link: Link): PeerStatus {
  const { inbound, outbound } = link;
  return {
    member,
    isReachable: outbound.isReachable,
    isHeard: inbound.isHeard,
    queuedMessages: outbound.queuedMessages,
    queuedBytes: outbound.queuedBytes,
    inFlightBytes: outbound.inFlightBytes,
    counters: {
      sentMessages: outbound.sentMessages,
      sentBytes: outbound.sentBytes,
      sentPackets: outbound.sentPackets,
      droppedFull: outbound.droppedFull,
      droppedAbsent: outbound.droppedAbsent,
      droppedUnsent: outbound.droppedUnsent,
      receivedMessages: inbound.receivedMessages,
      receivedBytes: inbound.receivedBytes,
      receivedPackets: inbound.receivedPackets,
      lostPackets: inbound.lostPackets,
      duplicatePackets: inbound.duplicatePackets,
      malformedPackets: inbound.malformedPackets + link.malformedPulses,
      throttledCount: inbound.throttledCount + link.droppedPulses,
      throttledMs: inbound.throttledMs,
    },
  };
}
