import { openTransport } from "../link-transport.ts";
import type { PeerLimits } from "../network-limits.ts";
import type { MessageHandler, Transport, TransportEvent } from "../transport.ts";
import type { Wire } from "../wire.ts";

/** Members of one adapter and the links between them, which the test may break. */
export interface TransportWorld extends AsyncDisposable {
  readonly memberCount: number;
  /** A wire of a member, to open a transport on, or to misbehave with. */
  createWire(member: number): Wire;
  /** Breaks the links between two members, as a pulled cable or a firewall that rejects does. */
  cut(left: number, right: number): void;
  /** Lets nothing through any more without telling either of them, as a dead host does. */
  stall(left: number, right: number): void;
  /** Ends both. */
  heal(left: number, right: number): void;
}

/** A member under test: its transport, and everything that it was told. */
export interface TestMember extends AsyncDisposable {
  readonly transport: Transport;
  readonly messages: { readonly from: number; readonly message: Uint8Array }[];
  readonly events: TransportEvent[];
}

export interface TestMemberOptions {
  readonly limits?: Partial<PeerLimits>;
  readonly onMessage?: MessageHandler;
  readonly wrap?: (wire: Wire) => Wire;
}

/** Beats fast enough for tests to see silence soon. */
export const QUICK_LIMITS: Pick<PeerLimits, "beatMs" | "silenceMs"> = {
  beatMs: 20,
  silenceMs: 500,
};

export async function openMember(
  world: Pick<TransportWorld, "createWire">,
  member: number,
  options: TestMemberOptions = {},
): Promise<TestMember> {
  const messages: { from: number; message: Uint8Array }[] = [];
  const events: TransportEvent[] = [];
  const wire = world.createWire(member);
  const transport = await openTransport(options.wrap?.(wire) ?? wire, {
    limits: { ...QUICK_LIMITS, ...options.limits },
    observe: (event) => void events.push(event),
    onMessage: (from, message) => {
      messages.push({ from, message });
      return options.onMessage?.(from, message);
    },
  });
  return { transport, messages, events, [Symbol.asyncDispose]: () => transport.close() };
}

export function isGone({ transport }: TestMember, member: number): boolean {
  const peer = transport.peers().find((each) => each.member === member)!;
  return !peer.isReachable && !peer.isHeard;
}

export function isConnected({ transport }: TestMember, member: number): boolean {
  const peer = transport.peers().find((each) => each.member === member)!;
  return peer.isReachable && peer.isHeard;
}
