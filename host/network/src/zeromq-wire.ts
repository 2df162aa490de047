import { assert } from "@rialto/base";
import { Context, Dealer, Router } from "zeromq";
import { encodeZ85, linkName } from "./link-keys.ts";
import { bindPatiently, parseAddress } from "./link-address.ts";
import { checkLinkKeys, type LinkOptions } from "./link-options.ts";
import {
  HANDSHAKE_MS,
  PACKET_BYTES_MAX,
  PACKETS_IN_FLIGHT_MAX,
  RECONNECT_MS,
  RECONNECT_MS_MAX,
} from "./network-limits.ts";
import { onlyPart, packetBytes } from "./packet.ts";
import { readUntilClosed } from "./read-until-closed.ts";
import { nextTurn, TurnTaker } from "./turn-taker.ts";
import type { Wire, WireHandlers } from "./wire.ts";
import { ZeroMqGate } from "./zeromq-gate.ts";

/** Every socket belongs to this domain; a context without an answering gate then refuses everybody. */
const ZAP_DOMAIN = "rialto";
/** Packets that wait in the socket of a link that is not read. With the window of an honest peer it stays below. */
const PACKETS_WAITING_MAX = 16;
const PULSES_WAITING_MAX = 256;
/**
 * Packets that a peer may leave unread, whatever it acknowledges; further ones are dropped. Twice as many as may be under way to an
 * honest one, signs of life and all: the library learns only now and then how many of them have left.
 */
const PACKETS_UNREAD_MAX: number = 4 * PACKETS_IN_FLIGHT_MAX;
/** ZeroMQ counts the commands of the handshake as messages. A pulse is far smaller than the largest of them. */
const HANDSHAKE_BYTES_MAX = 1_024;
/** What a connection has to come about: a handshake goes back and forth twice as often as that of TLS, and nobody says when it is over. */
const CONNECTING_MS: number = 2 * HANDSHAKE_MS;
/** What CURVE puts around a message, generously. */
const ENCRYPTION_BYTES = 256;

/*
 * Two connections for every pair of members, one for each direction of messages. The receiver connects, so that it has a
 * socket of its own for each sender: it can stop reading one of them alone, and CURVE proves to whoever connects whom it
 * has reached. The sender binds one socket for all; receivers are known there by names that only they could know.
 *
 *   receiver DEALER  --- pulses --->  ROUTER sender
 *                    <-- packets ----
 */

/**
 * The wire over ZeroMQ with CURVE: encrypted, and both ends proved.
 *
 * Errors   NETWORK_KEY_MISMATCH, NETWORK_KEY_REPEATED, thrown; at start NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID.
 */
export function createZeroMqWire(options: LinkOptions): Wire {
  return new ZeroMqWire(options);
}

class ZeroMqWire implements Wire {
  readonly self: number;
  readonly memberCount: number;
  readonly #options: LinkOptions;
  readonly #context = new Context({ blocky: false });
  readonly #router: Router;
  readonly #dealers = new Map<number, Dealer>();
  /** When each of them was made. */
  readonly #madeMs = new Map<number, number>();
  /** Names of members at our router: theirs as receivers of our packets. */
  readonly #names = new Map<number, string>();
  readonly #members = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #gate: ZeroMqGate | undefined;
  #handlers: WireHandlers | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    const { self, secretKey, members, listenAddress } = options;
    checkLinkKeys(options);
    this.self = self;
    this.memberCount = members.length;
    this.#options = options;
    this.#router = new Router({
      context: this.#context,
      ipv6: isIpv6(listenAddress ?? members[self]!.address),
      curveServer: true,
      curveSecretKey: encodeZ85(secretKey),
      zapDomain: ZAP_DOMAIN,
      zapEnforceDomain: true,
      // An unknown name is an error rather than silence; a name that comes anew replaces the connection that had it,
      // which may be half open. Nobody else can have it.
      mandatory: true,
      handover: true,
      // What is under way is bounded by the window of the link, in bytes, as long as the peer says truly what it has taken.
      sendHighWaterMark: PACKETS_UNREAD_MAX,
      sendTimeout: 0,
      receiveHighWaterMark: PULSES_WAITING_MAX,
      maxMessageSize: HANDSHAKE_BYTES_MAX,
      linger: 0,
    });
    for (const [member, { publicKey }] of members.entries()) {
      if (member === self) continue;
      const ours = members[self]!.publicKey;
      const name = linkName(secretKey, publicKey, publicKey, ours);
      if (name === undefined) continue;
      this.#names.set(member, name);
      this.#members.set(name, member);
    }
  }

  async start(handlers: WireHandlers): Promise<void> {
    assert(this.#handlers === undefined, "a wire is started once");
    this.#handlers = handlers;
    const { self, members, listenAddress } = this.#options;
    const keys = members.map(({ publicKey }) => publicKey);
    this.#gate = new ZeroMqGate(this.#context, keys, (address, reason) =>
      handlers.onRefused(address, reason),
    );
    await this.#gate.open();
    const address = listenAddress ?? members[self]!.address;
    await bindPatiently(address, () => this.#router.bind(address));
    this.#keepRunning(this.#readPulses(), this.#router);
    for (let member = 0; member < members.length; member++) {
      if (member !== self) this.#connect(member);
    }
  }

  sendPacket(member: number, parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    const name = this.#names.get(member);
    if (name !== undefined) this.#ignoreUnreachable(this.#router.send([name, ...parts]));
  }

  sendPulse(member: number, pulse: Uint8Array): void {
    const dealer = this.#dealers.get(member);
    if (this.#isClosed || dealer === undefined) return;
    this.#ignoreUnreachable(dealer.send(pulse));
  }

  reconnect(member: number): void {
    const dealer = this.#dealers.get(member);
    if (this.#isClosed || dealer === undefined) return;
    // Far away a handshake takes longer than a silence may.
    if (performance.now() - this.#madeMs.get(member)! < CONNECTING_MS) return;
    dealer.close();
    this.#connect(member);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#router.close();
    for (const dealer of this.#dealers.values()) dealer.close();
    await this.#gate?.close();
    await Promise.all(this.#running);
  }

  #connect(member: number): void {
    const { self, secretKey, members } = this.#options;
    const { address, publicKey } = members[member]!;
    const ours = members[self]!.publicKey;
    const name = linkName(secretKey, publicKey, ours, publicKey);
    if (name === undefined) return;
    const dealer = new Dealer({
      context: this.#context,
      ipv6: isIpv6(address),
      curveServerKey: encodeZ85(publicKey),
      curvePublicKey: encodeZ85(ours),
      curveSecretKey: encodeZ85(secretKey),
      routingId: name,
      // Pulses for a peer that is not there are dropped: an old one says nothing that the next does not.
      immediate: true,
      sendHighWaterMark: PULSES_WAITING_MAX,
      sendTimeout: 0,
      receiveHighWaterMark: PACKETS_WAITING_MAX,
      maxMessageSize: PACKET_BYTES_MAX + ENCRYPTION_BYTES,
      reconnectInterval: RECONNECT_MS,
      reconnectMaxInterval: RECONNECT_MS_MAX,
      linger: 0,
    });
    try {
      dealer.connect(address);
    } catch (error) {
      // Names that a roster may have and this library does not take: the others are linked all the same.
      dealer.close();
      const { message } = error as Error;
      return this.#handlers!.onRefused(address, `member ${member} cannot be reached: ${message}`);
    }
    this.#dealers.set(member, dealer);
    this.#madeMs.set(member, performance.now());
    this.#keepRunning(this.#readPackets(member, dealer), dealer);
  }

  async #readPackets(member: number, dealer: Dealer): Promise<void> {
    const turn = new TurnTaker();
    for await (const parts of dealer) {
      if (this.#isClosed || this.#dealers.get(member) !== dealer) return;
      await this.#handlers!.onPacket(member, parts);
      if (turn.isOver(packetBytes(parts))) await nextTurn();
    }
  }

  async #readPulses(): Promise<void> {
    const turn = new TurnTaker();
    for await (const [name, ...parts] of this.#router) {
      if (this.#isClosed) return;
      const member = this.#members.get(name!.toString("latin1"));
      if (member === undefined) {
        this.#handlers!.onRefused("unknown", "a member's key under a name that is not its own");
      } else {
        this.#handlers!.onPulse(member, onlyPart(parts));
      }
      if (turn.isOver(0)) await nextTurn();
    }
  }

  /** That a peer is not there is known from the silence of its pulses. */
  #ignoreUnreachable(sent: Promise<void>): void {
    sent.catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      const isAbsence = code === "EHOSTUNREACH" || code === "EAGAIN" || code === "EBUSY";
      if (!isAbsence && !this.#isClosed) throw error;
    });
  }

  #keepRunning(reading: Promise<void>, socket: Dealer | Router): void {
    const reader = readUntilClosed(reading, socket);
    this.#running.add(reader);
    void reader.finally(() => this.#running.delete(reader));
  }
}

/** Whether an address is in brackets: names and IPv4 are looked for where they were ever found. */
function isIpv6(address: string): boolean {
  return parseAddress(address)?.host.includes(":") === true;
}
