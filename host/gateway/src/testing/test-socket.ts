import { once } from "node:events";
import { type RawData, WebSocket } from "ws";
import type { Json } from "./test-client.ts";

/** How long a message may take that is waited for. */
const WAIT_MS = 30_000;

/** A client's WebSocket that keeps what it is sent until somebody asks. */
export class TestSocket {
  readonly socket: WebSocket;
  /** Everything that came so far and nobody has taken. */
  readonly messages: Json[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: RawData) => {
      this.messages.push(JSON.parse((data as Buffer).toString()));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Takes the first message that fits, of those that came and those that come. */
  async next(fits: (message: Json) => boolean = () => true): Promise<Json> {
    const untilMs = performance.now() + WAIT_MS;
    for (;;) {
      const at = this.messages.findIndex((message) => fits(message));
      if (at >= 0) return this.messages.splice(at, 1)[0];
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) {
        throw new Error(
          `no such message within ${WAIT_MS} ms: ${String(fits)}; there are ${JSON.stringify(
            this.messages,
          ).slice(0, 2_000)}`,
        );
      }
      await this.#wait(leftMs);
    }
  }

  /** Waits until something holds that messages, or the end, may bring. */
  async until(isSo: () => boolean): Promise<void> {
    const untilMs = performance.now() + WAIT_MS;
    while (!isSo()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error(`not within ${WAIT_MS} ms: ${String(isSo)}`);
      await this.#wait(leftMs);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #wait(leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, leftMs);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Takes the next message of an event, bare or wrapped by its stream. */
  event(name: string): Promise<Json> {
    return this.next((message) => (message.data ?? message.event ?? message).e === name);
  }

  /** Asks with an id of its own and returns the answer. */
  ask(request: Readonly<Record<string, unknown>>): Promise<Json> {
    const id = `ask-${++this.#count}`;
    this.send({ id, ...request });
    return this.next((message) => message.id === id);
  }

  subscribe(...params: string[]): Promise<Json> {
    return this.ask({ method: "SUBSCRIBE", params });
  }

  terminate(): void {
    this.socket.terminate();
  }
}

export async function openTestSocket(url: string): Promise<TestSocket> {
  const socket = new WebSocket(url);
  // What goes wrong before it is open is thrown by `once`; later the closing says it.
  const opened = once(socket, "open");
  const test = new TestSocket(socket);
  await opened;
  socket.on("error", () => test.terminate());
  return test;
}
