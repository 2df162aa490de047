import { MemoryNetwork } from "../memory-network.ts";
import type { LinkMember, LinkOptions } from "../link-options.ts";
import { linkPublicKey } from "../link-keys.ts";
import type { Wire } from "../wire.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import type { TransportWorld } from "./transport-world.ts";

export function createMemoryWorld(memberCount: number): TransportWorld {
  const network = new MemoryNetwork({ memberCount });
  const block = (left: number, right: number): void => {
    network.block(left, right);
    network.block(right, left);
  };
  return {
    memberCount,
    createWire: (member) => network.createWire(member),
    cut: block,
    stall: block,
    heal(left, right) {
      network.unblock(left, right);
      network.unblock(right, left);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export interface SocketWorld extends TransportWorld {
  readonly secretKeys: readonly Uint8Array[];
  /** Where a member listens. */
  portOf(member: number): number;
  /** What is between a receiver and the socket of a sender. */
  proxyOf(sender: number, receiver: number): TcpProxy;
  /** The members as `receiver` reaches them. */
  membersFor(receiver: number): LinkMember[];
}

/** The link key of a member in tests: any 32 bytes are one. */
export function testSecretKey(member: number): Uint8Array {
  return new Uint8Array(32).fill(member + 1);
}

/**
 * Real sockets on loopback. Every member reaches every other one through a proxy of its own.
 *
 * Takes `memberCount * (memberCount + 1)` ports from `firstPort` on: each test names its own, from 22,000 to 23,999, and no other
 * room's test is given one of these.
 */
export async function createSocketWorld(
  createWire: (options: LinkOptions) => Wire,
  memberCount: number,
  firstPort: number,
): Promise<SocketWorld> {
  const secretKeys = Array.from({ length: memberCount }, (_, member) => testSecretKey(member));
  const portOf = (member: number): number => firstPort + member;
  const proxyPort = (sender: number, receiver: number): number =>
    firstPort + memberCount * (1 + sender) + receiver;
  const proxies = new Map<number, TcpProxy>();
  for (let sender = 0; sender < memberCount; sender++) {
    for (let receiver = 0; receiver < memberCount; receiver++) {
      if (sender === receiver) continue;
      const port = proxyPort(sender, receiver);
      proxies.set(port, await TcpProxy.open(port, portOf(sender)));
    }
  }
  const proxyOf = (sender: number, receiver: number): TcpProxy =>
    proxies.get(proxyPort(sender, receiver))!;
  const membersFor = (receiver: number): LinkMember[] =>
    secretKeys.map((secretKey, sender) => ({
      address: `tcp://127.0.0.1:${proxyPort(sender, receiver)}`,
      publicKey: linkPublicKey(secretKey),
    }));
  const both = (left: number, right: number, change: (proxy: TcpProxy) => void): void => {
    change(proxyOf(left, right));
    change(proxyOf(right, left));
  };
  return {
    memberCount,
    secretKeys,
    portOf,
    proxyOf,
    membersFor,
    createWire: (member) =>
      createWire({
        self: member,
        secretKey: secretKeys[member]!,
        members: membersFor(member),
        listenAddress: `tcp://127.0.0.1:${portOf(member)}`,
      }),
    cut: (left, right) => both(left, right, (proxy) => proxy.cut()),
    stall: (left, right) => both(left, right, (proxy) => proxy.stall()),
    heal: (left, right) => both(left, right, (proxy) => proxy.heal()),
    async [Symbol.asyncDispose]() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}
