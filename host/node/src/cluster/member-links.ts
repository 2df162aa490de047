import { encodeHex, equalBytes } from "@rialto/base";
import type { Roster } from "@rialto/consensus";
import {
  createTlsWire,
  createZeroMqWire,
  openTransport,
  type PeerStatus,
  type SendOutcome,
  type Transport,
  type TransportEvent,
} from "@rialto/network";
import type { PeerTable } from "@rialto/replica";
import type { SecretSeed } from "@rialto/signing";
import type { LinksName } from "./genesis.ts";
import { MEMBER_LINK_LIMITS } from "./member-settings.ts";

const CREATE_WIRE = { tls: createTlsWire, zeromq: createZeroMqWire };

export interface MemberLinksOptions {
  readonly links: LinksName;
  readonly linkSeed: SecretSeed;
  readonly linkKey: Uint8Array;
  /** Where to listen; "" for the member's address. */
  readonly listenAddress: string;
  readonly table: PeerTable;
  readonly onMessage: (peer: number, message: Uint8Array) => void | Promise<void>;
  readonly observe: (event: TransportEvent) => void;
}

interface Linked {
  readonly key: string;
  readonly address: string;
}

/**
 * The links of a member through all epochs, by the numbers of peers (`PeerTable`). It is linked with the members of the newest
 * epoch that it knows of, and of the one before: who left may not know yet. Opened anew where these have changed.
 */
export class MemberLinks implements Transport {
  readonly #options: MemberLinksOptions;
  #transport: Transport | undefined;
  #linked: readonly Linked[] = [];
  /** Peer of each place in the transport, and the other way round. */
  #peers: readonly number[] = [];
  #places = new Map<number, number>();

  constructor(options: MemberLinksOptions) {
    this.#options = options;
  }

  get self(): number {
    return this.#options.table.find(this.#options.linkKey) ?? -1;
  }

  /** Links with the members of these rosters, the newest last. Errors: those of the wire, thrown. */
  async open(rosters: readonly Roster[]): Promise<void> {
    const members = this.#membersOf(rosters);
    const linked = members.map(({ linkKey, address }) => ({ key: encodeHex(linkKey), address }));
    const isSame =
      linked.length === this.#linked.length &&
      linked.every(({ key, address }, at) => {
        const known = this.#linked[at]!;
        return key === known.key && address === known.address;
      });
    if (isSame) return;
    await this.#transport?.close();
    this.#transport = undefined;
    this.#linked = linked;
    this.#peers = members.map(({ linkKey }) => this.#options.table.find(linkKey)!);
    this.#places = new Map(this.#peers.map((peer, place) => [peer, place]));
    const { links, linkSeed, linkKey, listenAddress, onMessage, observe } = this.#options;
    const wire = CREATE_WIRE[links]({
      self: members.findIndex((member) => equalBytes(member.linkKey, linkKey)),
      secretKey: linkSeed.expose(),
      members: members.map((member) => ({ address: member.address, publicKey: member.linkKey })),
      ...(listenAddress === "" ? {} : { listenAddress }),
    });
    const peers = this.#peers;
    this.#transport = await openTransport(wire, {
      limits: MEMBER_LINK_LIMITS,
      onMessage: (place, message) => onMessage(peers[place]!, message),
      observe: (event) =>
        observe("member" in event ? { ...event, member: peers[event.member]! } : event),
    });
  }

  /** Everybody once, where the newest roster says that it is; in the order of their numbers. */
  #membersOf(rosters: readonly Roster[]): Roster["members"] {
    const members = new Map<number, Roster["members"][number]>();
    for (const roster of rosters) {
      for (const member of roster.members)
        members.set(this.#options.table.find(member.linkKey)!, member);
    }
    return [...members].toSorted(([left], [right]) => left - right).map(([, member]) => member);
  }

  send(peer: number, message: Uint8Array): SendOutcome {
    const place = this.#places.get(peer);
    if (place === undefined || this.#transport === undefined) return "absent";
    // Two seats of one process, in two epochs: what goes to the other is for nobody.
    return place === this.#transport.self ? "absent" : this.#transport.send(place, message);
  }

  flush(): void {
    this.#transport?.flush();
  }

  /** By the numbers of peers. */
  peers(): PeerStatus[] {
    const statuses = this.#transport?.peers() ?? [];
    return statuses.map((status) => ({ ...status, member: this.#peers[status.member]! }));
  }

  get refusedCount(): number {
    return this.#transport?.refusedCount ?? 0;
  }

  async close(): Promise<void> {
    await this.#transport?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
