import { Agent, request } from "node:http";
import { join } from "node:path";
import { findTestPort } from "../testing/free-port.ts";
import { until } from "./bench-members.ts";
import type { Carrier, Told } from "./carrier.ts";
import { frameNumber } from "./frame-maker.ts";
import { findProgram, PeerProcesses } from "./peer-processes.ts";

// etcd as a replicated log of the same frames: three processes, one key a frame, over its HTTP gateway.
// Source: etcd.io/docs/v3.4/dev-guide/api_grpc_gateway.

const MEMBERS = 3;
/** Requests under way in a closed loop. */
const WINDOW = 200;
const TIMEOUT_MS = 10_000;

export class EtcdPeer implements Carrier {
  readonly name = "etcd n=3";
  readonly durability = "each member syncs its log before it acknowledges";
  readonly processes = MEMBERS;
  readonly window = WINDOW;
  readonly #peers: PeerProcesses;
  readonly #ports: readonly number[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: WINDOW });
  #turn = 0;

  private constructor(peers: PeerProcesses, ports: readonly number[]) {
    this.#peers = peers;
    this.#ports = ports;
  }

  /** Undefined where etcd is not installed. */
  static async start(): Promise<EtcdPeer | undefined> {
    const program = findProgram("etcd");
    if (program === undefined) return undefined;
    const peers = new PeerProcesses();
    const ports = await spawnMembers(program, peers);
    const peer = new EtcdPeer(peers, ports);
    try {
      await until("etcd has a leader", () => peer.#isReady());
    } catch (error) {
      await peer[Symbol.asyncDispose]();
      throw error;
    }
    return peer;
  }

  async #isReady(): Promise<boolean> {
    const told = await new Promise<Told>((resolve) => this.#put("ready", "", resolve));
    return told.fate === "done";
  }

  send(frame: Uint8Array, told: (told: Told) => void): void {
    const value = Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString("base64");
    this.#put(`frame/${frameNumber(frame)}`, value, told);
  }

  #put(key: string, value: string, told: (told: Told) => void): void {
    const body = { key: Buffer.from(key).toString("base64"), value };
    this.#post("/v3/kv/put", body, (status) => {
      const isDone = status === 200;
      told({ fate: isDone ? "done" : "unknown", reason: `status ${status}` });
    });
  }

  #post(path: string, body: object, done: (status: number, text: string) => void): void {
    const port = this.#ports[this.#turn++ % this.#ports.length]!;
    const options = { host: "127.0.0.1", port, path, method: "POST", agent: this.#agent };
    const asked = request({ ...options, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => done(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", () => done(0, ""));
    asked.end(JSON.stringify(body));
  }

  /** How many frames it holds. */
  async count(): Promise<number> {
    const key = Buffer.from("frame/").toString("base64");
    const rangeEnd = Buffer.from("frame0").toString("base64");
    const range = { key, range_end: rangeEnd, count_only: true };
    const text = await new Promise<string>((resolve) => {
      this.#post("/v3/kv/range", range, (_, answer) => resolve(answer));
    });
    return Number((JSON.parse(text) as { readonly count?: string }).count ?? 0);
  }

  cpuSeconds(): number {
    return this.#peers.cpuSeconds();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#peers[Symbol.asyncDispose]();
  }
}

async function spawnMembers(program: string, peers: PeerProcesses): Promise<number[]> {
  const base = await findTestPort(Array.from({ length: 2 * MEMBERS }, (_, at) => at));
  const clientUrl = (at: number): string => `http://127.0.0.1:${base + at}`;
  const peerUrl = (at: number): string => `http://127.0.0.1:${base + MEMBERS + at}`;
  const all = Array.from({ length: MEMBERS }, (_, at) => at);
  const cluster = all.map((at) => `m${at}=${peerUrl(at)}`).join(",");
  for (const at of all) {
    const args = ["--name", `m${at}`, "--data-dir", join(peers.root, `m${at}`)];
    args.push("--listen-client-urls", clientUrl(at), "--advertise-client-urls", clientUrl(at));
    args.push("--listen-peer-urls", peerUrl(at), "--initial-advertise-peer-urls", peerUrl(at));
    args.push("--initial-cluster", cluster, "--initial-cluster-state", "new");
    // Its own default of 2 GiB ends a long run of large frames.
    args.push("--quota-backend-bytes", String(8 * 1024 ** 3), "--log-level", "error");
    peers.spawn(program, args);
  }
  return all.map((at) => base + at);
}
