import { Fault } from "@rialto/base";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import {
  encodeEntryAnswer,
  encodeEntryCertified,
  encodeEntryHello,
  encodeEntrySign,
  encodeEntryStatus,
  type EntryAnswer,
  EntryFlag,
  type EntryHello,
  EntryKind,
  type EntryMessage,
  EntryOutcome,
  EntryReader,
} from "./entry-codec.ts";
import { EntryTurns, type Worker } from "./entry-turns.ts";

// Binary order entry: signed frames over TCP, for programs that give many orders. Whoever signs is known by the
// signature; a connection by itself may do nothing.

/** Connections at a time. */
const CONNECTIONS_MAX = 256;
/** Messages of a connection before others get their turn. */
const MESSAGES_AT_ONCE = 4;
/** Frames that are not signed by somebody who may command, on a connection on which no other has come: then it is let go. */
const BAD_FRAMES_MAX = 16;
/** Frames of one connection without an answer. */
const IN_FLIGHT_MAX = 8_192;
/** Bytes of answers that a client has not taken: beyond the first it is not read, beyond the second it is let go. */
const UNSENT_PAUSE_BYTES = 4 * 1024 * 1024;
const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** How long clients are given to take their last answers before the process goes without them. */
const LINGER_MS = 1_000;

/** Of clients that are let go as many are told of: anybody can come again and again, and whoever is told writes it down. */
const TOLD_PER_SECOND = 10;

/** The exchange behind the entry. */
export interface EntryPort {
  hello(): EntryHello;
  /**
   * Takes a frame from anybody.
   *
   * Effects  calls `answer` exactly once, now or later; before it `received`, once the frame is in the mempool.
   */
  submit(frame: Uint8Array, answer: (answer: EntryAnswer) => void, received: () => void): void;
  /** Where the member stands, for whoever asks. */
  status(): object;
}

export interface EntryServerOptions {
  readonly port: EntryPort;
  readonly host: string;
  /** 0 for any that is free. */
  readonly tcpPort: number;
  /** Told of a client that was let go, and why: of some a second at most. */
  readonly onHostile: (reason: string) => void;
}

export class EntryServer {
  readonly #options: EntryServerOptions;
  readonly #server: Server;
  /** The oldest first. */
  readonly #clients = new Set<EntryConnection>();
  readonly #turns = new EntryTurns();
  #toldSecond = 0;
  #toldCount = 0;

  constructor(options: EntryServerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Errors: what the system says where the port cannot be had, thrown. Returns the port. */
  async listen(): Promise<number> {
    const { host, tcpPort } = this.#options;
    this.#server.listen(tcpPort, host);
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : tcpPort;
  }

  /** Tells all clients that the state after a commit has a certificate. */
  noteCertified(commitIndex: number): void {
    const message = encodeEntryCertified(commitIndex);
    for (const client of this.#clients) client.send(message);
  }

  /** Lets all clients go once they have their answers, or a moment later. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const client of this.#clients) client.end();
    const lingering = setTimeout(() => {
      for (const client of this.#clients) client.drop();
    }, LINGER_MS);
    await closed;
    clearTimeout(lingering);
  }

  #accept(socket: Socket): void {
    if (this.#clients.size >= CONNECTIONS_MAX && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const { port } = this.#options;
    const onHostile = (reason: string): void => this.#tellHostile(reason);
    const client = new EntryConnection(socket, { port, onHostile, turns: this.#turns });
    this.#clients.add(client);
    socket.once("close", () => this.#clients.delete(client));
  }

  #tellHostile(reason: string): void {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#toldSecond) this.#toldCount = 0;
    this.#toldSecond = second;
    if (++this.#toldCount <= TOLD_PER_SECOND) this.#options.onHostile(reason);
  }

  /**
   * Drops the oldest connection that nobody has used who may command, or else the one that has not been used for the longest:
   * who only holds them keeps nobody out. None where all have frames under way.
   */
  #makeRoom(): boolean {
    let idlest: EntryConnection | undefined;
    for (const client of this.#clients) {
      if (client.isBusy || (idlest !== undefined && client.usedMs >= idlest.usedMs)) continue;
      idlest = client;
    }
    if (idlest === undefined) return false;
    this.#clients.delete(idlest);
    idlest.drop();
    return true;
  }
}

const BAD_OUTCOMES: ReadonlySet<EntryOutcome> = new Set([
  EntryOutcome.Malformed,
  EntryOutcome.Unauthorised,
]);

class EntryConnection implements Worker {
  readonly #socket: Socket;
  readonly #port: EntryPort;
  readonly #onHostile: (reason: string) => void;
  readonly #turns: EntryTurns;
  readonly #reader = new EntryReader();
  /** Read, and not yet looked at: of one read of the socket, mostly. */
  readonly #chunks: Buffer[] = [];
  /** The messages of the last chunk that was looked at, and how many of them have been worked off. */
  #backlog: readonly EntryMessage[] = [];
  #takenCount = 0;
  #isWorking = false;
  #hasEnded = false;
  #inFlight = 0;
  #badFrames = 0;
  #usedMs = 0;
  /** What is sent with the next write: the answers of one commit share it. */
  #unwritten: Uint8Array[] = [];

  constructor(
    socket: Socket,
    options: Pick<EntryServerOptions, "port" | "onHostile"> & { readonly turns: EntryTurns },
  ) {
    const { port } = options;
    this.#socket = socket;
    this.#port = port;
    this.#onHostile = options.onHostile;
    this.#turns = options.turns;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("drain", () => {
      if (!this.#isWorking) socket.resume();
    });
    // A client that has gone: its frames are ordered all the same, and nobody waits for their answers.
    socket.on("error", () => socket.destroy());
    this.send(encodeEntryHello(port.hello()));
  }

  /** When a frame was taken on it last, by this process's clock; 0 where none ever was that somebody had signed who may command. */
  get usedMs(): number {
    return this.#usedMs;
  }

  get isProven(): boolean {
    return this.#usedMs > 0;
  }

  /** True while frames of somebody who may command wait for their answers. */
  get isBusy(): boolean {
    return this.isProven && this.#inFlight > 0;
  }

  send(message: Uint8Array): void {
    // What comes after the end would be an error, and take with it what was written before.
    if (!this.#socket.writable) return;
    this.#unwritten.push(message);
    // Before the member does anything else for which the process has to wait.
    if (this.#unwritten.length === 1) queueMicrotask(() => this.#write());
  }

  /** Takes nothing more, and closes when the client has closed too: it may be sending still, and has to read to the end. */
  end(): void {
    this.#write();
    this.#hasEnded = true;
    this.#socket.end();
    this.#socket.resume();
  }

  drop(): void {
    this.#socket.destroy();
  }

  #write(): void {
    if (this.#unwritten.length === 0 || !this.#socket.writable) return;
    const messages = this.#unwritten;
    this.#unwritten = [];
    this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
    const { writableLength } = this.#socket;
    if (writableLength > UNSENT_BYTES_MAX) this.#letGo("it does not take its answers");
    else if (writableLength > UNSENT_PAUSE_BYTES) this.#socket.pause();
  }

  #take(chunk: Buffer): void {
    if (this.#hasEnded) return;
    this.#chunks.push(chunk);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#turns.add(this);
    // Nothing more is read until all of it is worked off.
    if (this.#isWorking) this.#socket.pause();
  }

  work(): boolean {
    if (!this.#isOpen) return false;
    if (this.#takenCount === this.#backlog.length) this.#readChunk();
    const end = Math.min(this.#takenCount + MESSAGES_AT_ONCE, this.#backlog.length);
    while (this.#takenCount < end && this.#isOpen) {
      this.#receive(this.#backlog[this.#takenCount++]!);
    }
    const hasMore = this.#takenCount < this.#backlog.length || this.#chunks.length > 0;
    if (hasMore && this.#isOpen) return true;
    this.#isWorking = false;
    // What an idle connection has read last is let go of.
    this.#backlog = [];
    this.#takenCount = 0;
    if (this.#socket.writableLength <= UNSENT_PAUSE_BYTES) this.#socket.resume();
    return false;
  }

  get #isOpen(): boolean {
    return !this.#hasEnded && !this.#socket.destroyed;
  }

  #readChunk(): void {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return;
    const messages = this.#reader.push(chunk);
    if (messages instanceof Fault) return this.#letGo(messages.detail.code);
    this.#backlog = messages;
    this.#takenCount = 0;
  }

  #receive({ kind, flags, tag, body }: EntryMessage): void {
    if (kind === EntryKind.AskStatus) return this.send(encodeEntryStatus(tag, this.#port.status()));
    if (kind !== EntryKind.Frame) return this.#letGo("ENTRY_MESSAGE_MALFORMED");
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      const refusal = refusalOf(EntryOutcome.TooManyInFlight);
      return this.send(encodeEntryAnswer(tag, refusal, flags));
    }
    this.#inFlight++;
    const answer = (given: EntryAnswer): void => {
      this.#inFlight--;
      this.send(encodeEntryAnswer(tag, given, flags));
      if (BAD_OUTCOMES.has(given.outcome)) this.#noteBad();
    };
    const received = (): void => {
      this.#usedMs = performance.now();
      if ((flags & EntryFlag.Receipt) !== 0) this.send(encodeEntrySign(EntryKind.Receipt, tag));
    };
    this.#port.submit(body, answer, received);
  }

  /** Each costs a signature, and is nobody's who may command. */
  #noteBad(): void {
    if (!this.isProven && ++this.#badFrames >= BAD_FRAMES_MAX) this.#letGo("ENTRY_UNAUTHORISED");
  }

  #letGo(reason: string): void {
    this.#onHostile(reason);
    this.#socket.destroy();
  }
}

/** An answer that tells only an outcome. */
export function refusalOf(outcome: EntryOutcome): EntryAnswer {
  return { outcome, commandCount: 0, commitIndex: 0, events: new Uint8Array(0) };
}
