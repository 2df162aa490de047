import { Fault, TurnoverMap } from "@rialto/base";
import {
  encodeEntryFrameHead,
  encodeEntrySign,
  type EntryAnswer,
  type EntryHello,
  EntryKind,
  type EntryMessage,
  EntryReader,
  readEntryAnswer,
  readEntryHello,
} from "@rialto/gateway";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer with all its events may be as long as the engine's event buffer. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** A connection to a member's binary entry. */
export class EntryClient {
  readonly #socket: Socket;
  readonly #reader = new EntryReader(ANSWER_BYTES_MAX);
  readonly #waiting = new TurnoverMap<number, (answer: EntryAnswer | undefined) => void>();
  readonly #statuses = new Map<number, (status: unknown) => void>();
  readonly #onCertified: (commitIndex: number) => void;
  #greet: (hello: EntryHello) => void = () => undefined;
  #nextTag = 0;

  private constructor(socket: Socket, onCertified: (commitIndex: number) => void) {
    this.#socket = socket;
    this.#onCertified = onCertified;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#abandon());
  }

  /** Errors: what the system says where nobody listens, thrown. */
  static async open(
    port: number,
    onCertified: (commitIndex: number) => void,
  ): Promise<{ readonly client: EntryClient; readonly hello: EntryHello }> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    const client = new EntryClient(socket, onCertified);
    const hello = await new Promise<EntryHello>((resolve) => {
      client.#greet = resolve;
    });
    return { client, hello };
  }

  /** Sends a frame. `answered` gets nothing where the connection ends before. */
  submit(frame: Uint8Array, answered: (answer: EntryAnswer | undefined) => void, flags = 0): void {
    if (this.#socket.destroyed) return answered(undefined);
    const tag = this.#tag();
    this.#waiting.set(tag, answered);
    // Not one message, for which the frame would be copied.
    this.#write(encodeEntryFrameHead(tag, frame.length, flags));
    this.#write(frame);
  }

  /** What the member says of itself. */
  status(): Promise<unknown> {
    const tag = this.#tag();
    return new Promise((resolve) => {
      this.#statuses.set(tag, resolve);
      this.#write(encodeEntrySign(EntryKind.AskStatus, tag));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #tag(): number {
    const tag = this.#nextTag;
    this.#nextTag = (tag + 1) >>> 0;
    return tag;
  }

  #write(message: Uint8Array): void {
    const socket = this.#socket;
    // What is written in a turn of the event loop leaves together when it ends.
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    socket.write(message);
  }

  #take(chunk: Buffer): void {
    const messages = this.#reader.push(chunk);
    if (messages instanceof Fault) throw messages;
    for (const message of messages) this.#receive(message);
  }

  #receive({ kind, tag, body }: EntryMessage): void {
    switch (kind) {
      case EntryKind.Answer: {
        const answered = this.#waiting.get(tag);
        this.#waiting.delete(tag);
        return answered?.(readEntryAnswer(body));
      }
      case EntryKind.Certified:
        return this.#onCertified(Number(new DataView(body.slice().buffer).getBigUint64(0, true)));
      case EntryKind.Status:
        this.#statuses.get(tag)?.(JSON.parse(new TextDecoder().decode(body)));
        this.#statuses.delete(tag);
        return;
      case EntryKind.Hello: {
        const hello = readEntryHello(body);
        if (hello !== undefined) this.#greet(hello);
      }
    }
  }

  #abandon(): void {
    for (const answered of this.#waiting.values()) answered(undefined);
    this.#waiting.clear();
  }
}
