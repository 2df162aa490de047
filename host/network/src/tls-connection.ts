import { encodeHex } from "@rialto/base";
import type { SocketConstructorOpts } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { FrameReader, writeFrame } from "./frames.ts";
import { parseAddress } from "./link-address.ts";
import { linkSecret } from "./link-keys.ts";
import type { LinkOptions } from "./link-options.ts";
import { PACKET_BYTES_MAX } from "./network-limits.ts";
import { packetBytes } from "./packet.ts";
import { TLS_PROFILE } from "./tls-profile.ts";
import { nextTurn, TurnTaker } from "./turn-taker.ts";
import type { WireHandlers } from "./wire.ts";

const READ_BYTES = 0x1_0000;
/** Bytes of packets that wait for the one before them to be dealt with; with more, the connection is not read. */
const WAITING_BYTES_MAX = 0x8_0000;
/** What a packet counts for beside its bytes while it waits. */
const PACKET_COST_BYTES = 64;
/** Pulses that the system does not take are dropped beyond this: an old one says nothing that the next does not. */
const UNSENT_BYTES_MAX = 0x1_0000;
const RECONNECT_MS = 50;
const RECONNECT_MS_MAX = 1_000;

/** Our connection to where a member listens, for its packets; connected again whenever it ends. Our pulses go back on it. */
export class TlsConnection {
  readonly #member: number;
  readonly #options: LinkOptions;
  readonly #handlers: WireHandlers;
  readonly #secret: Buffer;
  #socket: TLSSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RECONNECT_MS;

  constructor(member: number, options: LinkOptions, handlers: WireHandlers) {
    const { self, secretKey, members } = options;
    this.#member = member;
    this.#options = options;
    this.#handlers = handlers;
    const theirs = members[member]!.publicKey;
    this.#secret = linkSecret(secretKey, theirs, members[self]!.publicKey, theirs);
  }

  /** Connects, instead of what was. */
  connect(): void {
    this.close();
    const { self, members } = this.#options;
    const identity = encodeHex(members[self]!.publicKey);
    const stream = new PacketStream((parts) => this.#handlers.onPacket(this.#member, parts));
    const options: ConnectionOptions & Pick<SocketConstructorOpts, "onread"> = {
      ...TLS_PROFILE,
      ...parseAddress(members[this.#member]!.address),
      pskCallback: () => ({ psk: this.#secret, identity }),
      // Who has the secret is the member; there is no certificate.
      checkServerIdentity: () => undefined,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (bytes, buffer) => stream.push(buffer.subarray(0, bytes), socket),
      },
    };
    const socket = connect(options);
    socket.setNoDelay(true);
    socket.on("secureConnect", () => {
      this.#retryMs = RECONNECT_MS;
    });
    // That a member is not there is known from the silence of its packets.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      stream.close();
      if (this.#socket === socket) this.#connectLater();
    });
    this.#socket = socket;
  }

  /** Sends a pulse, if there is a connection. */
  sendPulse(pulse: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || socket.connecting || socket.destroyed) return;
    if (socket.writableLength < UNSENT_BYTES_MAX) writeFrame(socket, [pulse]);
  }

  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #connectLater(): void {
    this.#timer = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RECONNECT_MS_MAX);
  }
}

/** The packets of one connection, handed over one after the other. */
class PacketStream {
  readonly #onPacket: (parts: readonly Uint8Array[]) => Promise<void>;
  readonly #reader = new FrameReader(PACKET_BYTES_MAX, (parts) => this.#keep(parts));
  readonly #waiting: (readonly Uint8Array[])[] = [];
  readonly #turn = new TurnTaker();
  #waitingBytes = 0;
  #isBusy = false;
  #isOver = false;

  constructor(onPacket: (parts: readonly Uint8Array[]) => Promise<void>) {
    this.#onPacket = onPacket;
  }

  /** Takes what came next. Returns false where no more should come until what waits has been dealt with. */
  push(piece: Uint8Array, socket: TLSSocket): boolean {
    if (this.#isOver) return false;
    const isMalformed = !this.#reader.push(piece);
    // No packet has no parts: whoever deals with it will say whose it was.
    if (isMalformed) this.#keep([]);
    if (!this.#isBusy) void this.#run(socket);
    return !isMalformed && this.#waitingBytes < WAITING_BYTES_MAX;
  }

  close(): void {
    this.#isOver = true;
  }

  #keep(parts: readonly Uint8Array[]): void {
    this.#waiting.push(parts);
    this.#waitingBytes += PACKET_COST_BYTES + packetBytes(parts);
  }

  async #run(socket: TLSSocket): Promise<void> {
    this.#isBusy = true;
    for (let parts = this.#waiting.shift(); parts !== undefined; parts = this.#waiting.shift()) {
      const bytes = packetBytes(parts);
      this.#waitingBytes -= PACKET_COST_BYTES + bytes;
      await this.#onPacket(parts);
      if (parts.length === 0) socket.destroy();
      if (this.#isOver || socket.destroyed) return;
      if (this.#turn.isOver(bytes)) await nextTurn();
    }
    this.#isBusy = false;
    socket.resume();
  }
}
