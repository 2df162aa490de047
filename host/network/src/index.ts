export { LINK_KEY_BYTES, linkPublicKey, sharedSecret } from "./link-keys.ts";
export type { LinkMember, LinkOptions } from "./link-options.ts";
export { openTransport } from "./link-transport.ts";
export { MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.ts";
export type { NetworkFault, NetworkFaultDetail } from "./network-fault.ts";
export { MESSAGE_BYTES_MAX, PEER_LIMITS_DEFAULT, type PeerLimits } from "./network-limits.ts";
export type {
  MessageHandler,
  PeerCounters,
  PeerStatus,
  SendOutcome,
  Transport,
  TransportEvent,
  TransportOptions,
} from "./transport.ts";
export { createTlsWire } from "./tls-wire.ts";
export type { Wire, WireHandlers } from "./wire.ts";
export { createZeroMqWire } from "./zeromq-wire.ts";
