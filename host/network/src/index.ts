export { CURVE_KEY_BYTES, curvePublicKey } from "./curve-keys.ts";
export { openTransport } from "./link-transport.ts";
export { MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.ts";
export type { NetworkFault, NetworkFaultDetail } from "./network-fault.ts";
export {
  MEMBERS_MAX,
  MESSAGE_BYTES_MAX,
  PEER_LIMITS_DEFAULT,
  type PeerLimits,
} from "./network-limits.ts";
export type {
  MessageHandler,
  PeerCounters,
  PeerStatus,
  SendOutcome,
  Transport,
  TransportEvent,
  TransportOptions,
} from "./transport.ts";
export type { Wire, WireHandlers } from "./wire.ts";
export { createZeroMqWire, type ZeroMqMember, type ZeroMqOptions } from "./zeromq-wire.ts";
