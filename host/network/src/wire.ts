/** Moves opaque packets and pulses between members: what differs between adapters, and nothing else. */
export interface Wire {
  readonly self: number;
  readonly memberCount: number;
  /** Opens the links. Called once. */
  start(handlers: WireHandlers): Promise<void>;
  /** Sends a packet, in its parts, to a member, if there is a link. The bytes are not changed any more. */
  sendPacket(member: number, parts: readonly Uint8Array[]): void;
  /** Sends a pulse to a member, if there is a link. */
  sendPulse(member: number, pulse: Uint8Array): void;
  /** Gives up the link from a member, unless it is just being made, and opens it anew: it may be one of which the other side knows nothing. */
  reconnect(member: number): void;
  /** Resolves when no handler will be called any more. */
  close(): Promise<void>;
}

export interface WireHandlers {
  /** A packet of a member, which is proved to be that member, in the parts that it was sent in. The next one comes when this resolves. */
  onPacket(member: number, parts: readonly Uint8Array[]): Promise<void>;
  /** A pulse of a member, which is proved to be that member. Returns for how many ms none should be read of it, if the wire can do that. */
  onPulse(member: number, pulse: Uint8Array): number;
  /** Somebody was turned away, or cannot be reached. */
  onRefused(address: string, reason: string): void;
}
