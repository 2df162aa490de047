import { assert } from "@rialto/base";
import type { Wire, WireHandlers } from "./wire.ts";

/** Packets that a link holds for a receiver that does not take them, as a socket's buffers would; then it loses them. */
const PACKETS_HELD_MAX = 4_096;

export interface MemoryNetworkOptions {
  readonly memberCount: number;
  /** How long a packet or pulse is under way; default 0: until the next turn of the event loop. Drawn per packet. */
  readonly delayMs?: () => number;
}

/**
 * Links between transports of one process. Two members are `cut` from each other, or one way is `stalled`, at will.
 * Loss, doubles and disorder are of `testing/faulty-wire.ts`, which wraps any wire.
 */
export class MemoryNetwork {
  readonly memberCount: number;
  readonly #delayMs: () => number;
  readonly #wires = new Map<number, MemoryWire>();
  /** Pairs "from>to" on which nothing arrives. */
  readonly #blocked = new Set<string>();

  constructor({ memberCount, delayMs }: MemoryNetworkOptions) {
    this.memberCount = memberCount;
    this.#delayMs = delayMs ?? ((): number => 0);
  }

  /** The wire of a member; one at a time. */
  createWire(self: number): Wire {
    assert(self >= 0 && self < this.memberCount, "a wire is of a member");
    return new MemoryWire(this, self);
  }

  /** Nothing arrives at `to` from `from` any more, without either of them being told. */
  block(from: number, to: number): void {
    this.#blocked.add(`${from}>${to}`);
  }

  unblock(from: number, to: number): void {
    this.#blocked.delete(`${from}>${to}`);
  }

  attach(wire: MemoryWire): void {
    assert(!this.#wires.has(wire.self), "a member has one wire at a time");
    this.#wires.set(wire.self, wire);
  }

  detach(wire: MemoryWire): void {
    if (this.#wires.get(wire.self) === wire) this.#wires.delete(wire.self);
  }

  carry(from: number, to: number, deliver: (target: MemoryWire) => void): void {
    const arrive = (): void => {
      const target = this.#wires.get(to);
      if (target !== undefined && !this.#blocked.has(`${from}>${to}`)) deliver(target);
    };
    const delayMs = this.#delayMs();
    if (delayMs <= 0) setImmediate(arrive);
    else setTimeout(arrive, delayMs);
  }
}

/** Packets of one member that wait for the receiver, which takes one at a time. */
interface Line {
  readonly packets: (readonly Uint8Array[])[];
  isBusy: boolean;
}

class MemoryWire implements Wire {
  readonly self: number;
  readonly memberCount: number;
  readonly #network: MemoryNetwork;
  readonly #lines = new Map<number, Line>();
  readonly #running = new Set<Promise<void>>();
  #handlers: WireHandlers | undefined;
  #isClosed = false;

  constructor(network: MemoryNetwork, self: number) {
    this.#network = network;
    this.self = self;
    this.memberCount = network.memberCount;
  }

  async start(handlers: WireHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#network.attach(this);
  }

  sendPacket(member: number, parts: readonly Uint8Array[]): void {
    const copy = parts.map((part) => new Uint8Array(part));
    this.#network.carry(this.self, member, (target) => target.takePacket(this.self, copy));
  }

  sendPulse(member: number, pulse: Uint8Array): void {
    const copy = new Uint8Array(pulse);
    this.#network.carry(this.self, member, (target) => target.takePulse(this.self, copy));
  }

  reconnect(member: number): void {
    const line = this.#lines.get(member);
    if (line !== undefined) line.packets.length = 0;
  }

  takePacket(member: number, packet: readonly Uint8Array[]): void {
    let line = this.#lines.get(member);
    if (line === undefined) this.#lines.set(member, (line = { packets: [], isBusy: false }));
    if (line.packets.length >= PACKETS_HELD_MAX) return;
    line.packets.push(packet);
    if (line.isBusy) return;
    const running = this.#run(member, line);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  takePulse(member: number, pulse: Uint8Array): void {
    if (!this.#isClosed) this.#handlers?.onPulse(member, pulse);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#network.detach(this);
    for (const line of this.#lines.values()) line.packets.length = 0;
    await Promise.all(this.#running);
  }

  async #run(member: number, line: Line): Promise<void> {
    line.isBusy = true;
    for (let packet = line.packets.shift(); packet !== undefined; packet = line.packets.shift()) {
      if (this.#isClosed) return;
      await this.#handlers?.onPacket(member, packet);
    }
    line.isBusy = false;
  }
}

export type { MemoryWire };
