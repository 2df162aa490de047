import { encodeHex } from "@rialto/base";
import { once } from "node:events";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { ParcelReader, writeParcel } from "./parcels.ts";
import { bindPatiently, parseAddress } from "./link-address.ts";
import { linkSecret } from "./link-keys.ts";
import type { LinkOptions } from "./link-options.ts";
import { networkFault } from "./network-fault.ts";
import {
  CONNECTIONS_PER_SECOND,
  HANDSHAKE_MS,
  HANDSHAKES_MAX,
  HANDSHAKES_PER_SECOND,
  UNSENT_PACKETS_BYTES_MAX,
} from "./network-limits.ts";
import { onlyPart, PULSE_BYTES } from "./packet.ts";
import { TLS_PROFILE } from "./tls-profile.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TurnTaker } from "./turn-taker.ts";
import type { WireHandlers } from "./wire.ts";

interface Peer {
  readonly member: number;
  readonly secret: Buffer;
  readonly allowance: TokenBucket;
  socket: TLSSocket | undefined;
}

/** Where all other members connect to for our packets; their pulses come back on the same connections. */
export class TlsListener {
  readonly #address: string;
  readonly #handlers: WireHandlers;
  /** Takes connections, of which only those that are admitted get to TLS. */
  readonly #server: Server;
  /** By member, and by the names that they give themselves: their public keys. */
  readonly #peers = new Map<number, Peer>();
  readonly #peersByName = new Map<string, Peer>();
  /** Whose name a connection gives. When its handshake ends, it is proved to have the secret that goes with it. */
  readonly #named = new WeakMap<TLSSocket, Peer>();
  /** Connections that have proved nothing yet, by their ends; oldest first. */
  readonly #strangers = new Map<string, Socket>();
  readonly #welcome = new TokenBucket(HANDSHAKES_PER_SECOND, performance.now());

  constructor(options: LinkOptions, handlers: WireHandlers) {
    const { self, secretKey, members, listenAddress } = options;
    const { address, publicKey: ours } = members[self]!;
    this.#address = listenAddress ?? address;
    this.#handlers = handlers;
    for (const [member, { publicKey }] of members.entries()) {
      if (member === self) continue;
      const secret = linkSecret(secretKey, publicKey, publicKey, ours);
      if (secret === undefined) continue;
      const allowance = new TokenBucket(CONNECTIONS_PER_SECOND, performance.now());
      const peer: Peer = { member, secret, allowance, socket: undefined };
      this.#peers.set(member, peer);
      this.#peersByName.set(encodeHex(publicKey), peer);
    }
    const tls = createServer(
      {
        ...TLS_PROFILE,
        handshakeTimeout: HANDSHAKE_MS,
        pskCallback: (socket, name) => this.#secretOf(socket, name),
      },
      (socket) => this.#accept(socket),
    );
    tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket) =>
      this.#dismiss(error, socket),
    );
    this.#server = createTcpServer((socket) => {
      if (this.#admits(socket)) tls.emit("connection", socket);
    });
  }

  /** Errors: NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID, thrown. */
  async open(): Promise<void> {
    const address = this.#address;
    const place = parseAddress(address);
    if (place === undefined) {
      const reason = "it is not like tcp://10.0.0.1:5000";
      throw networkFault({ code: "NETWORK_ADDRESS_INVALID", address, reason });
    }
    const { host, port } = place;
    await bindPatiently(address, async () => {
      this.#server.listen({ host: host === "*" ? undefined : host, port });
      await once(this.#server, "listening");
    });
    // One that could not be taken, as when no more files may be open: who it was is not known.
    this.#server.on("error", ({ message }) => this.#handlers.onRefused("unknown", message));
  }

  /**
   * Sends a packet to a member, if it is connected. How much is under way to it is what it says itself: one that reads less than it
   * says is cut off.
   */
  send(member: number, parts: readonly Uint8Array[]): void {
    const socket = this.#peers.get(member)?.socket;
    if (socket === undefined) return;
    if (socket.writableLength > UNSENT_PACKETS_BYTES_MAX) socket.destroy();
    else writeParcel(socket, parts);
  }

  async close(): Promise<void> {
    for (const { socket } of this.#peers.values()) socket?.destroy();
    for (const socket of this.#strangers.values()) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Whether a connection of anybody may try its handshake. */
  #admits(socket: Socket): boolean {
    socket.on("error", () => socket.destroy());
    const ends = endsOf(socket);
    if (ends === undefined) {
      socket.destroy();
      return false;
    }
    if (!this.#welcome.takeIfLeft(performance.now())) {
      this.#refuse(socket, "more connections than members need");
      return false;
    }
    this.#strangers.set(ends, socket);
    socket.on("close", () => {
      if (this.#strangers.get(ends) === socket) this.#strangers.delete(ends);
    });
    if (this.#strangers.size > HANDSHAKES_MAX) {
      const [oldest] = this.#strangers.values();
      this.#refuse(oldest!, "gave way to who came later");
    }
    return true;
  }

  /** A handshake has failed. Who hung up, or was refused already, is not told of. */
  #dismiss({ code = "" }: NodeJS.ErrnoException, socket: Socket): void {
    if (code.startsWith("ERR_SSL_")) this.#refuse(socket, `not the key of a member (${code})`);
    else if (code === "ERR_TLS_HANDSHAKE_TIMEOUT") this.#refuse(socket, "no handshake in time");
    else socket.destroy();
  }

  #secretOf(socket: TLSSocket, name: string): Buffer | null {
    const peer = this.#peersByName.get(name);
    if (peer === undefined) return null;
    this.#named.set(socket, peer);
    return peer.secret;
  }

  /** A connection of a member: of the one whose name it has given. */
  #accept(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    this.#strangers.delete(endsOf(socket) ?? "");
    const peer = this.#named.get(socket)!;
    if (!peer.allowance.takeIfLeft(performance.now())) {
      this.#refuse(socket, "more connections than a member needs");
      return;
    }
    // The one that it had may be half open.
    peer.socket?.destroy();
    peer.socket = socket;
    socket.setNoDelay(true);
    socket.on("close", () => {
      if (peer.socket === socket) peer.socket = undefined;
    });
    this.#readPulses(peer.member, socket);
  }

  #readPulses(member: number, socket: TLSSocket): void {
    const turn = new TurnTaker();
    let pauseMs = 0;
    const take = (pulse: Uint8Array): void => {
      pauseMs = Math.max(pauseMs, this.#handlers.onPulse(member, pulse));
    };
    const reader = new ParcelReader(PULSE_BYTES, 1, (parts) => take(onlyPart(parts)));
    socket.on("data", (piece: Buffer) => {
      pauseMs = 0;
      if (!reader.push(piece)) {
        take(onlyPart([]));
        socket.destroy();
      } else if (pauseMs > 0) {
        socket.pause();
        setTimeout(() => socket.resume(), pauseMs);
      } else if (turn.isOver(piece.length)) {
        socket.pause();
        setImmediate(() => socket.resume());
      }
    });
  }

  #refuse(socket: Socket, reason: string): void {
    this.#handlers.onRefused(socket.remoteAddress ?? "unknown", reason);
    socket.destroy();
  }
}

/** What no other connection has while this one lives: one far end may reach several of our addresses. Undefined where it is gone already. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`;
}
