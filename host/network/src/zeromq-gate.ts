import { Router, type Context } from "zeromq";
import { CONNECTIONS_PER_SECOND } from "./network-limits.ts";
import { readUntilClosed } from "./read-until-closed.ts";
import { TokenBucket } from "./token-bucket.ts";

const ZAP_ADDRESS = "inproc://zeromq.zap.01";
const VERSION = "1.0";
// The key is proved when the question comes, so nobody uses up another one's allowance.

/**
 * Answers ZeroMQ's question whether a connection may be: only keys of members pass.
 *
 * Source   ZeroMQ RFC 27 (ZAP), RFC 26 (CURVE).
 */
export class ZeroMqGate {
  readonly #socket: Router;
  readonly #allowances: ReadonlyMap<string, TokenBucket>;
  readonly #onRefused: (address: string, reason: string) => void;
  #running: Promise<void> | undefined;

  constructor(
    context: Context,
    publicKeys: readonly Uint8Array[],
    onRefused: (address: string, reason: string) => void,
  ) {
    this.#socket = new Router({ context, linger: 0 });
    this.#allowances = new Map(
      publicKeys.map((key) => [
        Buffer.from(key).toString("latin1"),
        new TokenBucket(CONNECTIONS_PER_SECOND, performance.now()),
      ]),
    );
    this.#onRefused = onRefused;
  }

  async open(): Promise<void> {
    await this.#socket.bind(ZAP_ADDRESS);
    this.#running = readUntilClosed(this.#answerAll(), this.#socket);
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
      const refusal = this.#refusalOf(mechanism?.toString("latin1"), key?.toString("latin1"));
      if (refusal !== undefined) {
        this.#onRefused(address?.toString("latin1") ?? "unknown", refusal);
      }
      const verdict = refusal === undefined ? ["200", "OK"] : ["400", refusal];
      const head = [...parts.slice(0, begin), VERSION, request ?? ""];
      try {
        await this.#socket.send([...head, ...verdict, "", ""]);
      } catch (error) {
        // Closed while somebody was at the door: nobody is answered any more.
        if (this.#socket.closed) return;
        throw error;
      }
    }
  }

  /** Why a connection may not be, if so. */
  #refusalOf(mechanism: string | undefined, key: string | undefined): string | undefined {
    const allowance = key === undefined ? undefined : this.#allowances.get(key);
    if (mechanism !== "CURVE" || allowance === undefined) return "not the key of a member";
    const isWithin = allowance.takeIfLeft(performance.now());
    return isWithin ? undefined : "more connections than a member needs";
  }
}
