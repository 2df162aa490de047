import { Router, type Context } from "zeromq";

const ZAP_ADDRESS = "inproc://zeromq.zap.01";
const VERSION = "1.0";

/**
 * Answers ZeroMQ's question whether a connection may be: only keys of members pass.
 *
 * Source   ZeroMQ RFC 27 (ZAP), RFC 26 (CURVE).
 */
export class ZeroMqGate {
  readonly #socket: Router;
  readonly #keys: ReadonlySet<string>;
  readonly #onRefused: (address: string, reason: string) => void;
  #running: Promise<void> | undefined;

  constructor(
    context: Context,
    publicKeys: readonly Uint8Array[],
    onRefused: (address: string, reason: string) => void,
  ) {
    this.#socket = new Router({ context, linger: 0 });
    this.#keys = new Set(publicKeys.map((key) => Buffer.from(key).toString("latin1")));
    this.#onRefused = onRefused;
  }

  async open(): Promise<void> {
    await this.#socket.bind(ZAP_ADDRESS);
    this.#running = this.#answerAll();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#running;
  }

  async #answerAll(): Promise<void> {
    for await (const parts of this.#socket) {
      // Routing parts end with an empty one; then version, request, domain, address, identity, mechanism, credentials.
      const begin = parts.findIndex((part) => part.length === 0) + 1;
      const [, request, , address, , mechanism, key] = parts.slice(begin);
      const isMember =
        mechanism?.toString("latin1") === "CURVE" &&
        key !== undefined &&
        this.#keys.has(key.toString("latin1"));
      if (!isMember) {
        this.#onRefused(address?.toString("latin1") ?? "unknown", "not the key of a member");
      }
      const verdict = isMember ? ["200", "OK"] : ["400", "not a member"];
      await this.#socket.send([
        ...parts.slice(0, begin),
        VERSION,
        request ?? "",
        ...verdict,
        "",
        "",
      ]);
    }
  }
}
