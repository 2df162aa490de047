import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * Something that speaks like an exchange and says what a test tells it to, wrong things too: a real node
 * never leaves a gap.
 */
export class ScriptedExchange implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** Answers of REST routes by path, or promises of them; what is not here is answered 404, and so is undefined. */
  readonly replies: Map<string, (query: URLSearchParams) => unknown> = new Map();
  /** Answers of the WebSocket API by method: `{result}` or `{error}`. */
  readonly answers: Map<string, () => object> = new Map();
  /** Paths and methods that were asked for, in order. */
  readonly asked: string[] = [];
  /** With what each method of the WebSocket API was asked for last. */
  readonly parameters: Map<string, object> = new Map();
  #waiting: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const [path, query] = (request.url ?? "").split("?");
      this.asked.push(path!);
      void this.#reply(path!, new URLSearchParams(query), response);
    });
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on("connection", (socket) => {
      socket.on("message", (data) => this.#answer(socket, (data as Buffer).toString()));
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  async #reply(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const body = await this.replies.get(path)?.(query);
    response.statusCode = body === undefined ? 404 : 200;
    response.end(JSON.stringify(body ?? { code: -1020, msg: "not there" }));
  }

  #answer(socket: WebSocket, text: string): void {
    const { id, method, params } = JSON.parse(text) as {
      readonly id: number;
      readonly method: string;
      readonly params: object;
    };
    this.asked.push(method);
    this.parameters.set(method, params);
    const answer = this.answers.get(method)?.();
    if (answer !== undefined) socket.send(JSON.stringify({ id, status: 200, ...answer }));
  }

  /** Listens on a free port of loopback. */
  static async open(): Promise<ScriptedExchange> {
    const exchange = new ScriptedExchange();
    await new Promise<void>((resolve) => {
      exchange.#server.listen(0, "127.0.0.1", resolve);
    });
    return exchange;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get clients(): ReadonlySet<WebSocket> {
    return this.#sockets.clients;
  }

  /** Resolves when the next client has connected. */
  nextClient(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  say(stream: string, data: object): void {
    this.#send({ stream, data });
  }

  /** An event of the user data stream. */
  sayEvent(event: object): void {
    this.#send({ subscriptionId: 0, event });
  }

  #send(message: object): void {
    for (const client of this.clients) client.send(JSON.stringify(message));
  }

  dropClients(): void {
    for (const client of this.clients) client.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropClients();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
