import { encodeHex } from "@rialto/base";
import { isIP, type SocketConstructorOpts } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { ParcelReader, writeParcel } from "./parcels.ts";
import { type HostPort, parseAddress } from "./link-address.ts";
import { linkSecret } from "./link-keys.ts";
import type { LinkOptions } from "./link-options.ts";
import {
  HANDSHAKE_MS,
  PACKET_BYTES_MAX,
  PARTS_MAX,
  RECONNECT_MS,
  RECONNECT_MS_MAX,
  UNSENT_PULSES_BYTES_MAX,
  WAITING_BYTES_MAX,
} from "./network-limits.ts";
import { packetBytes } from "./packet.ts";
import { TLS_PROFILE } from "./tls-profile.ts";
import { nextTurn, TurnTaker } from "./turn-taker.ts";
import type { WireHandlers } from "./wire.ts";

/** What the system is asked for at once. */
const READ_BYTES = 0x1_0000;
/** What a packet, and each part of one, counts for beside its bytes while it waits. */
const PART_COST_BYTES = 64;

/** Our connection to where a member listens, for its packets; connected again whenever it ends. Our pulses go back on it. */
export class TlsConnection {
  readonly #member: number;
  readonly #name: string;
  readonly #handlers: WireHandlers;
  /** Undefined where the committee has an address or a key of that member with which nobody can reach it. */
  readonly #place: HostPort | undefined;
  readonly #secret: Buffer | undefined;
  #socket: TLSSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = RECONNECT_MS;
  /** Of the newest connection. */
  #stream: PacketStream | undefined;
  readonly #turn = new TurnTaker();
  #isDealing = false;
  /** When the connection began, and again when its handshake was over. */
  #atMs = 0;
  #isLookedUp = false;

  constructor(member: number, options: LinkOptions, handlers: WireHandlers) {
    const { self, secretKey, members } = options;
    const { address, publicKey } = members[member]!;
    const ours = members[self]!.publicKey;
    this.#member = member;
    this.#name = encodeHex(ours);
    this.#handlers = handlers;
    this.#secret = linkSecret(secretKey, publicKey, ours, publicKey);
    this.#place = parseAddress(address);
    if (this.#secret === undefined || this.#place === undefined) {
      const what = this.#place === undefined ? "address" : "link key";
      handlers.onRefused(address, `the ${what} of member ${member} is none: it cannot be reached`);
    }
  }

  /**
   * Connects, instead of what was, unless that is still on its way. Far away a handshake takes longer than a silence may; and a lookup
   * of a name that nobody answers goes on when its connection is given up: there would be more and more of them.
   */
  reconnect(): void {
    if (this.#isLookedUp && performance.now() - this.#atMs > HANDSHAKE_MS) this.connect();
  }

  /** Connects, instead of what was. */
  connect(): void {
    this.close();
    const psk = this.#secret;
    if (psk === undefined || this.#place === undefined) return;
    const options: ConnectionOptions & Pick<SocketConstructorOpts, "onread"> = {
      ...TLS_PROFILE,
      ...this.#place,
      pskCallback: () => ({ psk, identity: this.#name }),
      // Who has the secret is the member; there is no certificate.
      checkServerIdentity: () => undefined,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (bytes, buffer) => stream.push(buffer.subarray(0, bytes)),
      },
    };
    const socket = connect(options);
    const stream = new PacketStream(socket, () => void this.#deal());
    this.#stream = stream;
    this.#atMs = performance.now();
    this.#isLookedUp = isIP(this.#place.host) !== 0;
    socket.setNoDelay(true);
    socket.on("lookup", () => {
      this.#isLookedUp = true;
    });
    socket.on("secureConnect", () => {
      this.#atMs = performance.now();
      this.#retryMs = RECONNECT_MS;
    });
    // That a member is not there is known from the silence of its packets.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#socket === socket) this.#connectLater();
    });
    this.#socket = socket;
  }

  /** Sends a pulse, if there is a connection. One that lies there unsent says nothing that the next does not. */
  sendPulse(pulse: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || socket.connecting || socket.destroyed) return;
    if (socket.writableLength < UNSENT_PULSES_BYTES_MAX) writeParcel(socket, [pulse]);
  }

  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  /**
   * Hands packets over, one after the other. A connection that ends meanwhile is let go of with all that it holds: the next packet is
   * one of the connection that there is then.
   */
  async #deal(): Promise<void> {
    if (this.#isDealing) return;
    this.#isDealing = true;
    for (;;) {
      const stream = this.#stream;
      const parts = stream?.take();
      if (stream === undefined || parts === undefined) break;
      await this.#handlers.onPacket(this.#member, parts);
      if (parts.length === 0) stream.end();
      else if (this.#turn.isOver(packetBytes(parts))) await nextTurn();
    }
    this.#isDealing = false;
    this.#stream?.readOn();
  }

  #connectLater(): void {
    this.#timer = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RECONNECT_MS_MAX);
  }
}

/** The packets of one connection, which wait until they are dealt with. */
class PacketStream {
  readonly #socket: TLSSocket;
  readonly #onPackets: () => void;
  readonly #reader = new ParcelReader(PACKET_BYTES_MAX, PARTS_MAX, (parts) => this.#keep(parts));
  readonly #waiting: (readonly Uint8Array[])[] = [];
  readonly #turn = new TurnTaker();
  #waitingBytes = 0;
  #isReadEnough = false;
  #isMalformed = false;

  constructor(socket: TLSSocket, onPackets: () => void) {
    this.#socket = socket;
    this.#onPackets = onPackets;
  }

  /** Takes what came next. Returns false where no more should come for now. */
  push(piece: Uint8Array): boolean {
    if (this.#socket.destroyed || this.#isMalformed) return false;
    this.#isMalformed = !this.#reader.push(piece);
    // No packet has no parts: whoever deals with it will say whose it was.
    if (this.#isMalformed) this.#keep([]);
    if (this.#waiting.length > 0) this.#onPackets();
    if (this.#turn.isOver(piece.length)) {
      this.#isReadEnough = true;
      setImmediate(() => {
        this.#isReadEnough = false;
        this.readOn();
      });
    }
    return this.#takesMore;
  }

  #keep(parts: readonly Uint8Array[]): void {
    this.#waiting.push(parts);
    this.#waitingBytes += costOf(parts);
  }

  /** The packet that has waited longest; undefined where there is none, or the connection has ended. */
  take(): readonly Uint8Array[] | undefined {
    const parts = this.#socket.destroyed ? undefined : this.#waiting.shift();
    if (parts !== undefined) this.#waitingBytes -= costOf(parts);
    return parts;
  }

  readOn(): void {
    if (!this.#socket.destroyed && this.#takesMore) this.#socket.resume();
  }

  get #takesMore(): boolean {
    return !this.#isMalformed && !this.#isReadEnough && this.#waitingBytes < WAITING_BYTES_MAX;
  }

  end(): void {
    this.#socket.destroy();
  }
}

function costOf(parts: readonly Uint8Array[]): number {
  return PART_COST_BYTES * (1 + parts.length) + packetBytes(parts);
}
