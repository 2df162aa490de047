import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

// A connection on which a test says exactly what it wants, whether or not it is HTTP.

/** How long an end is waited for. */
const WAIT_MS = 30_000;

export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    // A reset is an end too: the tests look at what came before it.
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
    // The other half is over; this one stays open, as it does with clients that have forgotten it.
    socket.on("end", () => this.#end());
    socket.on("data", (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#wake();
    });
  }

  #end(): void {
    this.#isClosed = true;
    this.#wake();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get received(): Buffer {
    return this.#received;
  }

  write(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Waits until what came fits, or the connection has ended, and returns it. */
  async until(fits: (received: Buffer) => boolean): Promise<Buffer> {
    const untilMs = performance.now() + WAIT_MS;
    while (!this.#isClosed && !fits(this.#received)) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error(`nothing that fits: ${this.#received.toString("latin1")}`);
      await this.#wait(leftMs);
    }
    return this.#received;
  }

  #wait(leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, leftMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits for the end of the connection and returns everything that came. */
  untilClosed(): Promise<Buffer> {
    return this.until(() => false);
  }

  /** Waits for a whole HTTP answer: its status, and the code and text of its error. */
  async answer(): Promise<readonly [status: number, code: unknown, msg: unknown]> {
    const text = (
      await this.until((received) => /\r\n\r\n.*\}/s.test(received.toString()))
    ).toString();
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
    const json = /\r\n\r\n(\{.*\})/s.exec(text)?.[1];
    const body = json === undefined ? {} : (JSON.parse(json) as Record<string, unknown>);
    return [status, body["code"], body["msg"]];
  }

  /** The code of the close frame after the HTTP part, or undefined where there is none. */
  async closeCode(): Promise<number | undefined> {
    const received = await this.until((bytes) => findClose(bytes) !== undefined);
    return findClose(received);
  }
}

/** Finds the close frame among the frames that a server sent. */
function findClose(received: Buffer): number | undefined {
  let at = received.indexOf("\r\n\r\n") + 4;
  if (at === 3) return undefined;
  while (at + 2 <= received.length) {
    const length = received[at + 1]!;
    let head = 2;
    let bytes = length;
    if (length === 126) {
      if (at + 4 > received.length) return undefined;
      bytes = received.readUInt16BE(at + 2);
      head = 4;
    } else if (length === 127) {
      if (at + 10 > received.length) return undefined;
      bytes = Number(received.readBigUInt64BE(at + 2));
      head = 10;
    }
    const isWhole = at + head + bytes <= received.length;
    if (received[at] === 0x88 && isWhole) return received.readUInt16BE(at + head);
    at += head + bytes;
  }
  return undefined;
}

export async function openRaw(origin: string): Promise<RawConnection> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  return new RawConnection(socket);
}

/** A raw connection that has become a WebSocket, and speaks frames only as the test writes them. */
export async function openRawSocket(origin: string, path: string): Promise<RawConnection> {
  const raw = await openRaw(origin);
  raw.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\n" +
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
  );
  await raw.until((received) => received.includes("\r\n\r\n"));
  return raw;
}

/** A frame of a client: masked with zeros, so that its bytes are what they say. */
export function clientFrame(firstByte: number, payload: Buffer | string, lengthMin = 0): Buffer {
  const bytes = Buffer.from(payload);
  const length = Math.max(bytes.length, lengthMin);
  const head =
    length <= 125
      ? Buffer.from([firstByte, 0x80 | length])
      : length <= 0xffff
        ? Buffer.from([firstByte, 0x80 | 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([firstByte, 0x80 | 127]), lengthBytes(length)]);
  return Buffer.concat([head, Buffer.alloc(4), bytes]);
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
