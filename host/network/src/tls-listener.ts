import { encodeHex } from "@rialto/base";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { FrameReader, writeFrame } from "./frames.ts";
import { bindPatiently, parseAddress } from "./link-address.ts";
import { linkSecret } from "./link-keys.ts";
import type { LinkOptions } from "./link-options.ts";
import { PULSE_BYTES_MAX, TLS_PROFILE } from "./tls-profile.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TurnTaker } from "./turn-taker.ts";
import type { WireHandlers } from "./wire.ts";

/** Connections that one key may open in a second. A member needs one, and a few more after breaks. */
const CONNECTIONS_PER_SECOND = 20;
/** Connections of anybody that are taken in a second, and those of them that may be at their handshake: it is what a stranger costs. */
const STRANGERS_PER_SECOND = 500;
const STRANGERS_MAX = 128;
const HANDSHAKE_MS = 3_000;
const TOO_SLOW = "too slow to prove who it is";

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
  readonly #server: Server;
  /** By member, and by the names that they give themselves: their public keys. */
  readonly #peers = new Map<number, Peer>();
  readonly #peersByName = new Map<string, Peer>();
  /** Whose name a connection gives. When its handshake ends, it is proved to have the secret that goes with it. */
  readonly #named = new WeakMap<TLSSocket, Peer>();
  /** Connections that have proved nothing yet, by their far end; oldest first. */
  readonly #strangers = new Map<string, Socket>();
  readonly #welcome = new TokenBucket(STRANGERS_PER_SECOND, performance.now());

  constructor(options: LinkOptions, handlers: WireHandlers) {
    const { self, secretKey, members, listenAddress } = options;
    const { address, publicKey: ours } = members[self]!;
    this.#address = listenAddress ?? address;
    this.#handlers = handlers;
    for (const [member, { publicKey }] of members.entries()) {
      if (member === self) continue;
      const secret = linkSecret(secretKey, publicKey, publicKey, ours);
      const allowance = new TokenBucket(CONNECTIONS_PER_SECOND, performance.now());
      const peer: Peer = { member, secret, allowance, socket: undefined };
      this.#peers.set(member, peer);
      this.#peersByName.set(encodeHex(publicKey), peer);
    }
    this.#server = createServer(
      {
        ...TLS_PROFILE,
        handshakeTimeout: HANDSHAKE_MS,
        pskCallback: (socket, name) => this.#secretOf(socket, name),
      },
      (socket) => this.#accept(socket),
    );
    this.#server.on("connection", (socket: Socket) => this.#admit(socket));
    this.#server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#dismiss(error, socket);
    });
  }

  async open(): Promise<void> {
    const { host, port } = parseAddress(this.#address);
    await bindPatiently(this.#address, async () => {
      this.#server.listen({ host: host === "*" ? undefined : host, port });
      await once(this.#server, "listening");
    });
    // One that could not be taken, as when no more files may be open: who it was is not known.
    this.#server.on("error", ({ message }) => this.#handlers.onRefused("unknown", message));
  }

  /** Sends a packet to a member, if it is connected. */
  send(member: number, parts: readonly Uint8Array[]): void {
    const { socket } = this.#peers.get(member)!;
    if (socket !== undefined) writeFrame(socket, parts);
  }

  async close(): Promise<void> {
    for (const { socket } of this.#peers.values()) socket?.destroy();
    for (const socket of this.#strangers.values()) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A connection of anybody. */
  #admit(socket: Socket): void {
    if (this.#welcome.take(1, performance.now()) > 0) {
      this.#refuse(socket, "more connections than members need");
      return;
    }
    const end = farEnd(socket);
    this.#strangers.set(end, socket);
    socket.on("close", () => this.#strangers.delete(end));
    if (this.#strangers.size <= STRANGERS_MAX) return;
    const [oldest] = this.#strangers.values();
    this.#refuse(oldest!, TOO_SLOW);
  }

  /** A handshake has failed. Who hung up, or was refused already, is not told of. */
  #dismiss({ code }: NodeJS.ErrnoException, socket: Socket): void {
    if (code === "ECONNRESET") socket.destroy();
    else if (code === "ERR_TLS_HANDSHAKE_TIMEOUT") this.#refuse(socket, TOO_SLOW);
    else this.#refuse(socket, `not the key of a member (${code})`);
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
    this.#strangers.delete(farEnd(socket));
    const peer = this.#named.get(socket)!;
    if (peer.allowance.take(1, performance.now()) > 0) {
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
    const reader = new FrameReader(PULSE_BYTES_MAX, (parts) => {
      this.#handlers.onPulse(member, onlyPart(parts));
    });
    socket.on("data", (piece: Buffer) => {
      if (!reader.push(piece)) {
        this.#handlers.onPulse(member, NOTHING);
        socket.destroy();
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

function farEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

const NOTHING = new Uint8Array(0);

/** A pulse has one part. What has more is none, as nothing is none. */
function onlyPart(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : NOTHING;
}
