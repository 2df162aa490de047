import { SecretSeed, selectBackend } from "@rialto/signing";
import { loadavg } from "node:os";
import type { Absent, ClusterBenchResult, ClusterPhase, ClusterVerdict } from "./bench-cluster.ts";
import type { Carrier } from "./carrier.ts";
import { EtcdPeer } from "./etcd-peer.ts";
import { FrameMaker, TRADERS } from "./frame-maker.ts";
import { type LoadResult, runClosedLoop, runOpenLoop, STOCK_SHARE } from "./load-run.ts";
import { NatsPeer } from "./nats-peer.ts";

// The same frames through other replicated logs on the same machine, minutes apart. They order and keep the frames; they
// neither check signatures nor execute orders.

const STEADY_SHARE = 0.5;
/** Of a phase's length: how long it is warmed up before, which says how many frames to sign. */
const WARM_UP_SHARE = 0.2;

/** A replicated log that says how many frames it holds. */
interface Peer extends Carrier {
  count(): Promise<number>;
}

export interface PeerBenchOptions {
  readonly frameOrders: readonly number[];
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
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

export async function benchPeers(options: PeerBenchOptions): Promise<ClusterBenchResult> {
  const phases: ClusterPhase[] = [];
  const verdicts: ClusterVerdict[] = [];
  const absent: Absent[] = [];
  for (const { name, debianPackage, start } of PEERS) {
    options.onProgress(`${name}: starting ...`);
    await using peer = await start();
    if (peer === undefined) {
      const reason = `its program is not installed: apt-get install ${debianPackage}`;
      absent.push({ carrier: name, reason });
      continue;
    }
    const bench = new PeerBench(peer, options);
    await bench.run();
    phases.push(...bench.phases);
    verdicts.push(await bench.verify());
  }
  return { phases, verdicts, absent };
}

class PeerBench {
  readonly phases: ClusterPhase[] = [];
  readonly #peer: Peer;
  readonly #options: PeerBenchOptions;
  readonly #maker: FrameMaker;
  /** Of all frames that it was sent, those of warm-ups included. */
  #framesDone = 0;
  #framesUnknown = 0;

  constructor(peer: Peer, options: PeerBenchOptions) {
    const backend = selectBackend("ed25519");
    const signers = Array.from({ length: 1 + TRADERS }, () =>
      backend.createSigner(SecretSeed.random()),
    );
    this.#peer = peer;
    this.#options = options;
    this.#maker = new FrameMaker(signers, new Uint8Array(32));
  }

  async run(): Promise<void> {
    const { frameOrders, seconds } = this.#options;
    for (const ordersPerFrame of frameOrders) {
      const load = { carrier: this.#peer, maker: this.#maker, ordersPerFrame, seconds };
      const warmUp = { ...load, seconds: seconds * WARM_UP_SHARE, framesExpected: 0 };
      const before = await this.#send("warming up", ordersPerFrame, () => runClosedLoop(warmUp));
      const framesExpected = Math.ceil(
        (STOCK_SHARE * before.ordersPerSecond * seconds) / ordersPerFrame,
      );
      const saturated = await this.#phase("saturated", ordersPerFrame, 0, () =>
        runClosedLoop({ ...load, framesExpected }),
      );
      const ordersPerSecond = saturated.ordersPerSecond * STEADY_SHARE;
      if (ordersPerSecond === 0) continue;
      await this.#phase("steady", ordersPerFrame, saturated.ordersPerSecond, () =>
        runOpenLoop({ ...load, ordersPerSecond }),
      );
    }
  }

  async #send(
    what: string,
    ordersPerFrame: number,
    run: () => Promise<LoadResult>,
  ): Promise<LoadResult> {
    this.#options.onProgress(`${this.#peer.name}, ${ordersPerFrame} a frame: ${what} ...`);
    const load = await run();
    this.#framesDone += load.framesDone;
    this.#framesUnknown += load.framesUnknown;
    return load;
  }

  async #phase(
    phase: ClusterPhase["phase"],
    ordersPerFrame: number,
    saturated: number,
    run: () => Promise<LoadResult>,
  ): Promise<LoadResult> {
    const loadBefore = loadavg()[0]!;
    const load = await this.#send(phase, ordersPerFrame, run);
    this.phases.push({
      carrier: this.#peer.name,
      phase,
      ordersPerFrame,
      durability: this.#peer.durability,
      givenRate: null,
      load,
      shareOfSaturated: saturated === 0 ? null : load.ordersPerSecond / saturated,
      machineLoad: [loadBefore, loadavg()[0]!],
      verifyMicros: null,
      leaderTimeouts: null,
      rounds: null,
      finalityMs: null,
      framesUncertified: 0,
    });
    return load;
  }

  /** It holds what it acknowledged, and what it did not answer at most. */
  async verify(): Promise<ClusterVerdict> {
    const held = await this.#peer.count();
    const [done, unknown] = [this.#framesDone, this.#framesUnknown];
    const isRight = held >= done && held <= done + unknown;
    return {
      carrier: this.#peer.name,
      framesAcknowledged: done,
      commands: 0, // it executes nothing
      trades: 0,
      stateRoot: "",
      problems: isRight ? [] : [`it holds ${held} frames of ${done} acknowledged`],
    };
  }
}
