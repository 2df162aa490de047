import { checkLinkKeys, type LinkOptions } from "./link-options.ts";
import { TlsConnection } from "./tls-connection.ts";
import { TlsListener } from "./tls-listener.ts";
import type { Wire, WireHandlers } from "./wire.ts";

/*
 * Two connections for every pair of members, one for each direction of packets: the receiver connects, and can stop reading one
 * sender alone.
 *
 *   receiver TlsConnection  --- pulses --->  TlsListener sender
 *                           <-- packets ----
 */

/**
 * The wire over TCP with TLS: encrypted, and both ends proved by a secret of theirs, not by certificates.
 *
 * Errors   NETWORK_KEY_MISMATCH, NETWORK_KEY_REPEATED, thrown; at start NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID.
 */
export function createTlsWire(options: LinkOptions): Wire {
  checkLinkKeys(options);
  return new TlsWire(options);
}

class TlsWire implements Wire {
  readonly self: number;
  readonly memberCount: number;
  readonly #options: LinkOptions;
  readonly #connections = new Map<number, TlsConnection>();
  #listener: TlsListener | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.self = options.self;
    this.memberCount = options.members.length;
    this.#options = options;
  }

  async start(handlers: WireHandlers): Promise<void> {
    this.#listener = new TlsListener(this.#options, handlers);
    await this.#listener.open();
    // Closed while it waited for its address.
    if (this.#isClosed) return await this.#listener.close();
    for (let member = 0; member < this.memberCount; member++) {
      if (member === this.self) continue;
      const connection = new TlsConnection(member, this.#options, handlers);
      this.#connections.set(member, connection);
      connection.connect();
    }
  }

  sendPacket(member: number, parts: readonly Uint8Array[]): void {
    this.#listener?.send(member, parts);
  }

  sendPulse(member: number, pulse: Uint8Array): void {
    this.#connections.get(member)?.sendPulse(pulse);
  }

  reconnect(member: number): void {
    if (!this.#isClosed) this.#connections.get(member)?.reconnect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const connection of this.#connections.values()) connection.close();
    await this.#listener?.close();
  }
}
