import { assert } from "@rialto/base";

/** Most bytes of one message. Larger things (snapshots) are sent in chunks. */
export const MESSAGE_BYTES_MAX = 0x10_0000;
/** A packet takes messages until it has this many bytes; a message larger than that is a packet of its own. */
export const PACKET_FILL_BYTES = 0x4_0000;
/** Most messages of a packet. Each takes its receiver a hundred bytes and more beside its own; of 60 bytes they fill a packet. */
export const MESSAGES_PER_PACKET_MAX = 4_096;
/** Layout: packet.ts. */
export const PACKET_HEADER_BYTES = 24;
export const MESSAGE_HEADER_BYTES = 4;
/** From this length on a message is a part of its packet by itself: it is not copied for each peer. */
export const OWN_PART_BYTES = 0x4000;
/** Most packets in flight to a peer; what waits meanwhile shares packets. */
export const PACKETS_IN_FLIGHT_MAX = 1_024;
/** Packets received after which an acknowledgement is sent without waiting for the next beat. */
export const ACKNOWLEDGE_PACKETS = 64;
/**
 * Most bytes of a packet, and of each part of one.
 *
 * Limit: of its parts together ZeroMQ asks nobody. Over it a member may send more of them as one packet, which is refused only when
 * all of them are here: until then what it can make this process hold is bounded by nothing.
 */
export const PACKET_BYTES_MAX: number =
  PACKET_HEADER_BYTES + MESSAGE_HEADER_BYTES + Math.max(MESSAGE_BYTES_MAX, PACKET_FILL_BYTES);
/** Most parts of a packet: a short one and a long one in turns. */
export const PARTS_MAX: number = 2 * Math.ceil(PACKET_BYTES_MAX / OWN_PART_BYTES) + 1;
/** Bytes of packets that wait for the one before them to be dealt with; beyond that a link over TLS is not read. */
export const WAITING_BYTES_MAX = 0x8_0000;
/** Bytes of packets that a peer may leave unread, whatever it acknowledges, before its connection over TLS is ended: two windows. */
export const UNSENT_PACKETS_BYTES_MAX = 0x80_0000;
/** Bytes of pulses that the system has not taken; further ones are dropped. */
export const UNSENT_PULSES_BYTES_MAX = 0x1_0000;
/** Connections that one key may open in a second. A member needs one, and a few more after breaks. */
export const CONNECTIONS_PER_SECOND = 20;
/** Handshakes over TLS that anybody may begin in a second, those that may be under way, and how long one may take: what a stranger costs. */
export const HANDSHAKES_PER_SECOND = 500;
export const HANDSHAKES_MAX = 128;
export const HANDSHAKE_MS = 3_000;
/** Refusals, and events of one kind of one peer, that are told of in a second; what can be counted is. */
export const TOLD_PER_SECOND = 10;
/** How soon a connection that has ended is tried again; twice as long each time that fails. */
export const RECONNECT_MS = 50;
export const RECONNECT_MS_MAX = 1_000;

/** What bounds one peer. Every field is per peer. */
export interface PeerLimits {
  /** Most bytes of messages that wait to be sent, and most of them: beyond either, `send` answers "full". */
  readonly queueBytesMax: number;
  readonly queueMessagesMax: number;
  /** Most bytes of packets sent that the peer has not acknowledged. What waits meanwhile shares packets. */
  readonly windowBytes: number;
  /** Bytes received after which an acknowledgement is sent without waiting for the next beat. */
  readonly acknowledgeBytes: number;
  /** What a peer may send us in a second, on average, before its link is not read for a while. */
  readonly receiveBytesPerSecond: number;
  /** A packet counts for one message at least, whatever is in it. */
  readonly receiveMessagesPerSecond: number;
  /** Beats: acknowledgements to, and signs of life from, every peer. */
  readonly beatMs: number;
  /** A peer of which nothing was heard for this long is absent. At least three beats. */
  readonly silenceMs: number;
  /** How long the link of a peer is not read that sent something malformed. */
  readonly penaltyMs: number;
}

export const PEER_LIMITS_DEFAULT: PeerLimits = {
  queueBytesMax: 0x100_0000,
  queueMessagesMax: 0x1_0000,
  windowBytes: 0x40_0000,
  acknowledgeBytes: 0x4_0000,
  receiveBytesPerSecond: 0x2000_0000,
  receiveMessagesPerSecond: 2_000_000,
  beatMs: 100,
  silenceMs: 1_500,
  penaltyMs: 100,
};

/** The defaults with what is given instead. */
export function peerLimits(given: Partial<PeerLimits> = {}): PeerLimits {
  const limits: PeerLimits = { ...PEER_LIMITS_DEFAULT, ...given };
  assert(limits.windowBytes >= 2 * PACKET_FILL_BYTES, "two whole packets fit into the window");
  assert(2 * limits.windowBytes <= UNSENT_PACKETS_BYTES_MAX, "who keeps to it is not cut off");
  assert(limits.acknowledgeBytes <= limits.windowBytes / 2, "acknowledgements keep up with it");
  assert(limits.queueBytesMax >= MESSAGE_BYTES_MAX, "the queue holds any message");
  assert(limits.silenceMs >= 3 * limits.beatMs, "silence is several beats");
  return limits;
}
