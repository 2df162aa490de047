import type { Prng } from "@rialto/base";
import type { Wire, WireHandlers } from "../wire.ts";

/** How often what happens to a packet or pulse that is sent, in parts of 1,000. */
export interface WireFaults {
  readonly loss: number;
  readonly duplicate: number;
  /** Held back until the next one to the same member has been sent. */
  readonly reorder: number;
}

const PARTS = 1_000;

/** A wire that loses, doubles and reorders what is sent over `wire`, as the seed of `prng` has it. For tests. */
export function createFaultyWire(wire: Wire, prng: Prng, faults: WireFaults): Wire {
  const held = new Map<number, () => void>();
  const disturb = (member: number, sendOne: () => void): void => {
    if (prng.chance(faults.loss, PARTS)) return;
    const earlier = held.get(member);
    if (earlier === undefined && prng.chance(faults.reorder, PARTS)) {
      held.set(member, sendOne);
      return;
    }
    sendOne();
    if (prng.chance(faults.duplicate, PARTS)) sendOne();
    if (earlier !== undefined) {
      held.delete(member);
      earlier();
    }
  };
  return {
    self: wire.self,
    memberCount: wire.memberCount,
    start: (handlers: WireHandlers) => wire.start(handlers),
    sendPacket: (member, parts) => disturb(member, () => wire.sendPacket(member, parts)),
    sendPulse: (member, pulse) => disturb(member, () => wire.sendPulse(member, pulse)),
    reconnect: (member) => wire.reconnect(member),
    close: () => wire.close(),
  };
}
