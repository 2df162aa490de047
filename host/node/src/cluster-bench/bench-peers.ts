import { SecretSeed, selectBackend } from "@rialto/signing";
import { loadavg } from "node:os";
import type { ClusterPhase, ClusterVerdict } from "./bench-cluster.ts";
import type { Carrier } from "./carrier.ts";
import { EtcdPeer } from "./etcd-peer.ts";
import { FrameMaker, TRADERS } from "./frame-maker.ts";
import { type LoadResult, runClosedLoop, runOpenLoop } from "./load-run.ts";
import { NatsPeer } from "./nats-peer.ts";

// The same frames through other replicated logs on the same machine, minutes apart. They order and keep the frames; they
// neither check signatures nor execute orders.

const STEADY_SHARE = 0.5;

/** A replicated log that says how many frames it holds. */
interface Peer extends Carrier {
  count(): Promise<number>;
}

export interface PeerBenchOptions {
  readonly frameOrders: readonly number[];
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

export interface PeerBenchResult {
  readonly phases: readonly ClusterPhase[];
  readonly verdicts: readonly ClusterVerdict[];
  /** What could not be measured, and why. */
  readonly absent: readonly { readonly carrier: string; readonly reason: string }[];
}

const PEERS: readonly {
  readonly name: string;
  readonly debianPackage: string;
  readonly start: () => Promise<Peer | undefined>;
}[] = [
  {
    name: "NATS JetStream R3",
    debianPackage: "nats-server",
    start: async () => await NatsPeer.start(),
  },
  { name: "etcd n=3", debianPackage: "etcd-server", start: async () => await EtcdPeer.start() },
];

export async function benchPeers(options: PeerBenchOptions): Promise<PeerBenchResult> {
  const phases: ClusterPhase[] = [];
  const verdicts: ClusterVerdict[] = [];
  const absent: { carrier: string; reason: string }[] = [];
  for (const { name, debianPackage, start } of PEERS) {
    options.onProgress(`${name}: starting ...`);
    await using peer = await start();
    if (peer === undefined) {
      const reason = `its program is not installed: apt-get install ${debianPackage}`;
      absent.push({ carrier: name, reason });
      continue;
    }
    const measured = await benchPeer(peer, options);
    phases.push(...measured);
    verdicts.push(await verdictOf(peer, measured));
  }
  return { phases, verdicts, absent };
}

async function benchPeer(peer: Peer, options: PeerBenchOptions): Promise<ClusterPhase[]> {
  const { frameOrders, seconds, onProgress } = options;
  const backend = selectBackend("ed25519");
  const signers = Array.from({ length: 1 + TRADERS }, () =>
    backend.createSigner(SecretSeed.random()),
  );
  const maker = new FrameMaker(signers, new Uint8Array(32));
  const phases: ClusterPhase[] = [];
  for (const ordersPerFrame of frameOrders) {
    const load = { carrier: peer, maker, ordersPerFrame, seconds };
    const common = { carrier: peer.name, ordersPerFrame, durability: peer.durability };
    onProgress(`${peer.name}, ${ordersPerFrame} a frame: saturated ...`);
    const saturated = await runClosedLoop(load);
    phases.push(phaseOf({ ...common, phase: "saturated" }, saturated, null));
    onProgress(`${peer.name}, ${ordersPerFrame} a frame: steady ...`);
    const ordersPerSecond = saturated.ordersPerSecond * STEADY_SHARE;
    if (ordersPerSecond === 0) continue;
    const steady = await runOpenLoop({ ...load, ordersPerSecond });
    const share = steady.ordersPerSecond / saturated.ordersPerSecond;
    phases.push(phaseOf({ ...common, phase: "steady" }, steady, share));
  }
  return phases;
}

function phaseOf(
  common: Pick<ClusterPhase, "carrier" | "phase" | "ordersPerFrame" | "durability">,
  load: LoadResult,
  shareOfSaturated: number | null,
): ClusterPhase {
  const machineLoad = [loadavg()[0]!, loadavg()[0]!] as const;
  return {
    ...common,
    givenRate: null,
    load,
    shareOfSaturated,
    machineLoad,
    verifyMicros: null,
    leaderTimeouts: null,
    rounds: null,
    finalityMs: null,
    framesUncertified: 0,
  };
}

/** It holds what it acknowledged, and what it did not answer at most. */
async function verdictOf(peer: Peer, phases: readonly ClusterPhase[]): Promise<ClusterVerdict> {
  const held = await peer.count();
  const sum = (of: (load: LoadResult) => number): number =>
    phases.reduce((total, { load }) => total + of(load), 0);
  const done = sum(({ framesDone }) => framesDone);
  const unknown = sum(({ framesUnknown }) => framesUnknown);
  const isRight = held >= done && held <= done + unknown;
  return {
    carrier: peer.name,
    framesAcknowledged: done,
    commands: 0, // it executes nothing
    trades: 0,
    stateRoot: "",
    problems: isRight ? [] : [`it holds ${held} frames of ${done} acknowledged`],
  };
}
