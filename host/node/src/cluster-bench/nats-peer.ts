import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findTestPort } from "../testing/free-port.ts";
import { until } from "./bench-members.ts";
import type { Carrier, Told } from "./carrier.ts";
import { findProgram, PeerProcesses } from "./peer-processes.ts";

// NATS JetStream as a replicated log of the same frames: three processes, one stream of three replicas in files, one
// message a frame, acknowledged by the stream. Source: docs.nats.io/reference/reference-protocols/nats-protocol and
// docs.nats.io/reference/reference-protocols/nats_api_reference.

const MEMBERS = 3;
/** Messages under way in a closed loop. */
const WINDOW = 500;
const STREAM = "FRAMES";
const SUBJECT = "frames";
const INBOX = "_INBOX.bench";
const ASK_MS = 2_000;
const LINE_END = Buffer.from("\r\n");

export class NatsPeer implements Carrier {
  readonly name = "NATS JetStream R3";
  readonly durability =
    "a majority has it in its files, not synced: 2.9 syncs by itself every two minutes and cannot be told otherwise";
  readonly processes = MEMBERS;
  readonly window = WINDOW;
  readonly #peers: PeerProcesses;
  readonly #client: NatsClient;

  private constructor(peers: PeerProcesses, client: NatsClient) {
    this.#peers = peers;
    this.#client = client;
  }

  /** Undefined where nats-server is not installed. */
  static async start(): Promise<NatsPeer | undefined> {
    const program = findProgram("nats-server");
    if (program === undefined) return undefined;
    const peers = new PeerProcesses();
    try {
      const port = await spawnMembers(program, peers);
      return new NatsPeer(peers, await openClient(port));
    } catch (error) {
      await peers[Symbol.asyncDispose]();
      throw error;
    }
  }

  send(frame: Uint8Array, told: (told: Told) => void): void {
    this.#client.ask(SUBJECT, frame, (answer) => told(toldOf(answer)));
  }

  /** How many frames the stream holds. */
  async count(): Promise<number> {
    const info = await this.#client.askOnce(`$JS.API.STREAM.INFO.${STREAM}`, {});
    const { state } = JSON.parse(info ?? "{}") as {
      readonly state?: { readonly messages: number };
    };
    return state?.messages ?? 0;
  }

  cpuSeconds(): number {
    return this.#peers.cpuSeconds();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#peers[Symbol.asyncDispose]();
  }
}

/** An acknowledgement is JSON with the place in the stream; "503" and errors are what was not stored. */
function toldOf(answer: string | undefined): Told {
  if (answer === undefined) return { fate: "unknown", reason: "connection ended" };
  const isStored = answer.startsWith("{") && answer.includes('"seq":');
  return isStored ? { fate: "done", reason: "" } : { fate: "refused", reason: answer.slice(0, 60) };
}

async function openClient(port: number): Promise<NatsClient> {
  let client: NatsClient | undefined;
  await until("NATS takes clients", async () => {
    client = await NatsClient.open(port);
    return client !== undefined;
  });
  const opened = client!;
  const config = { name: STREAM, subjects: [SUBJECT], num_replicas: MEMBERS, storage: "file" };
  await until("JetStream has made the stream", async () => {
    const answer = await opened.askOnce(`$JS.API.STREAM.CREATE.${STREAM}`, config);
    return answer !== undefined && !answer.includes('"error"');
  });
  return opened;
}

async function spawnMembers(program: string, peers: PeerProcesses): Promise<number> {
  const base = await findTestPort(Array.from({ length: 2 * MEMBERS }, (_, at) => at));
  const all = Array.from({ length: MEMBERS }, (_, at) => at);
  const routes = all.map((at) => `nats://127.0.0.1:${base + MEMBERS + at}`);
  for (const at of all) {
    const config = [
      `server_name: m${at}`,
      `listen: 127.0.0.1:${base + at}`,
      `jetstream { store_dir: "${join(peers.root, `m${at}`)}" }`,
      `cluster { name: bench, listen: "127.0.0.1:${base + MEMBERS + at}", routes: [${routes.join(", ")}] }`,
    ];
    const path = join(peers.root, `m${at}.conf`);
    writeFileSync(path, `${config.join("\n")}\n`);
    peers.spawn(program, ["-c", path]);
  }
  return base;
}

/** A connection that speaks as much of the protocol as publishing and asking take. */
class NatsClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (answer: string | undefined) => void>();
  #rest: Buffer = Buffer.alloc(0);
  #unwritten: Uint8Array[] = [];
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#abandon());
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true };
    this.#write(Buffer.from(`CONNECT ${JSON.stringify(options)}\r\nSUB ${INBOX}.* 1\r\n`));
  }

  /** Undefined where nobody listens yet. */
  static async open(port: number): Promise<NatsClient | undefined> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    try {
      await once(socket, "connect");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return undefined;
      throw error;
    }
    return new NatsClient(socket);
  }

  /** Publishes, and calls back with what is answered. */
  ask(subject: string, body: Uint8Array, answered: (answer: string | undefined) => void): void {
    if (this.#socket.destroyed) return answered(undefined);
    const inbox = `${INBOX}.${this.#count++}`;
    this.#waiting.set(inbox, answered);
    this.#write(Buffer.from(`PUB ${subject} ${inbox} ${body.length}\r\n`));
    this.#write(body);
    this.#write(LINE_END);
  }

  /** Asks once; undefined where no answer comes in time. */
  async askOnce(subject: string, body: object): Promise<string | undefined> {
    const answer = new Promise<string | undefined>((resolve) => {
      this.ask(subject, Buffer.from(JSON.stringify(body)), resolve);
    });
    return await Promise.race([answer, sleep(ASK_MS, undefined)]);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(bytes: Uint8Array): void {
    this.#unwritten.push(bytes);
    if (this.#unwritten.length > 1) return;
    setImmediate(() => {
      if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(this.#unwritten));
      this.#unwritten = [];
    });
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const lineEnd = bytes.indexOf("\r\n");
      if (lineEnd < 0) break;
      const words = bytes.toString("latin1", 0, lineEnd).split(" ");
      const isMessage = words[0] === "MSG" || words[0] === "HMSG";
      const bodyBytes = isMessage ? Number(words.at(-1)) + LINE_END.length : 0;
      const end = lineEnd + LINE_END.length + bodyBytes;
      if (bytes.length < end) break;
      if (words[0] === "PING") this.#write(Buffer.from("PONG\r\n"));
      // HMSG: what has headers instead of a body says that nobody is there to answer.
      if (isMessage) this.#answer(words[1]!, bytes.toString("utf8", lineEnd + 2, end - 2));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }

  #answer(inbox: string, text: string): void {
    const answered = this.#waiting.get(inbox);
    this.#waiting.delete(inbox);
    answered?.(text);
  }

  #abandon(): void {
    for (const answered of this.#waiting.values()) answered(undefined);
    this.#waiting.clear();
  }
}
