import { createServer, connect, type Server, type Socket } from "node:net";

type Mode = "open" | "cut" | "stalled";

/** Forwards connections from one port to another on loopback, until told otherwise. */
export class TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: Mode = "open";
  /** Everything that came from the target, while `isRecording`. */
  readonly recorded: Buffer[] = [];
  isRecording = false;
  /** How long bytes are under way, each way. */
  delayMs = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async open(port: number, targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  /** Closes what is open, and what comes. */
  cut(): void {
    this.#mode = "cut";
    this.#destroyAll();
  }

  /** Keeps everything open and lets nothing through; what comes is accepted, and gets no answer. */
  stall(): void {
    this.#mode = "stalled";
  }

  /** Connections that were stalled have lost bytes and are closed, as they would be by their ends. */
  heal(): void {
    if (this.#mode === "stalled") this.#destroyAll();
    this.#mode = "open";
  }

  /** Puts bytes into every stream from the target. */
  inject(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  async close(): Promise<void> {
    this.#destroyAll();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(client: Socket): void {
    if (this.#mode === "cut") {
      client.destroy();
      return;
    }
    const target = connect(this.#targetPort, "127.0.0.1");
    this.#sockets.add(client);
    this.#join(client, target);
    this.#join(target, client);
    target.on("data", (bytes: Buffer) => {
      if (this.isRecording) this.recorded.push(bytes);
    });
  }

  #join(from: Socket, to: Socket): void {
    from.on("data", (bytes: Buffer) => {
      if (this.#mode === "stalled") return;
      if (this.delayMs === 0) to.write(bytes);
      else setTimeout(() => to.write(bytes), this.delayMs);
    });
    // Either end going away ends both; which error it was is the business of the ends.
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
