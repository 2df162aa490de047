import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { encodeTextFrame } from "./frame.ts";

export interface SocketLimits {
  /** Bytes waiting to be sent beyond which messages that can be joined wait. */
  readonly congestedBytes: number;
  /** Bytes waiting to be sent beyond which the client is disconnected. */
  readonly sendBufferBytes: number;
}

/** Why a connection was ended by the server. */
export type DropReason =
  | "slow"
  | "silent"
  | "expired"
  | "flood"
  | "shutdown"
  | "binary"
  | "malformed";

/** Codes of RFC 6455 §7.4.1. */
export const CLOSE_CODES: Readonly<Record<DropReason, number>> = {
  slow: 1008,
  silent: 1001,
  expired: 1001,
  flood: 1008,
  shutdown: 1001,
  binary: 1003,
  malformed: 1002,
};

export const CLOSE_TEXTS: Readonly<Record<DropReason, string>> = {
  slow: "Too slow: more is waiting than may be buffered.",
  silent: "No pong for too long.",
  expired: "Connected for as long as a connection may be.",
  flood: "Too many messages.",
  shutdown: "The server is stopping.",
  binary: "Not text.",
  malformed: "Not the WebSocket protocol.",
};

/** One client's WebSocket, seen by those who send to it. */
export class ClientSocket {
  readonly address: string;
  readonly connectedMs: number;
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #limits: SocketLimits;
  readonly #onDrop: (reason: DropReason) => void;
  #heardMs: number;
  #isDropped = false;
  #isCorked = false;

  constructor(
    socket: WebSocket,
    raw: Duplex,
    address: string,
    limits: SocketLimits,
    onDrop: (reason: DropReason) => void,
  ) {
    this.#socket = socket;
    this.#raw = raw;
    this.address = address;
    this.#limits = limits;
    this.#onDrop = onDrop;
    this.connectedMs = performance.now();
    this.#heardMs = this.connectedMs;
    socket.on("pong", () => {
      this.#heardMs = performance.now();
    });
  }

  get isOpen(): boolean {
    return !this.#isDropped && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Bytes handed over and not yet taken by the network. */
  get bufferedBytes(): number {
    return this.#raw.writableLength;
  }

  get isCongested(): boolean {
    return this.#raw.writableLength > this.#limits.congestedBytes;
  }

  /**
   * Sends bytes that are whole frames. A client that does not keep up is disconnected.
   *
   * Limit: the buffer and one message, or what is sent before `uncork`.
   */
  send(frames: Buffer): void {
    if (!this.#isCorked) this.#judge();
    if (this.isOpen) this.#raw.write(frames);
  }

  /** What waits already says that a client does not keep up, and not how much there is to say to it at once. */
  #judge(): void {
    if (this.isOpen && this.#raw.writableLength > this.#limits.sendBufferBytes) this.drop("slow");
  }

  /**
   * Sends a small part of what waits elsewhere, where it is bounded. `onTaken` is called when the network has it, or
   * will take nothing more: then it is time for the next.
   */
  sendPiece(frames: Buffer, onTaken: () => void): void {
    if (this.isOpen) this.#raw.write(frames, onTaken);
  }

  sendText(text: string): void {
    this.send(encodeTextFrame(text));
  }

  /** Holds what is sent until `uncork`, so that it leaves in one piece. Returns false if it is held already. */
  cork(): boolean {
    if (this.#isCorked) return false;
    this.#judge();
    this.#isCorked = true;
    this.#raw.cork();
    return true;
  }

  uncork(): void {
    this.#isCorked = false;
    this.#raw.uncork();
  }

  ping(): void {
    if (this.isOpen) this.#socket.ping();
  }

  /** Takes nothing more from the network until `resume`, so that the client has to wait. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Milliseconds since the client was last heard to be there. */
  silentMs(nowMs: number): number {
    return nowMs - this.#heardMs;
  }

  /** Ends the connection, saying why. Nothing more is sent to it. */
  drop(reason: DropReason): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#onDrop(reason);
    this.#socket.close(CLOSE_CODES[reason], CLOSE_TEXTS[reason]);
  }

  /** The client has broken the protocol: the library has answered already, and closes by itself. */
  fail(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#onDrop("malformed");
  }

  /** Ends the connection at once, without a word. */
  terminate(): void {
    this.#isDropped = true;
    this.#socket.terminate();
  }
}
