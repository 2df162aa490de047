import { fail } from "@rialto/base";
import type { ClientSocket } from "./client-socket.ts";
import { encodeTextFrame } from "./frame.ts";

// Events of which each client gets all, in order. One that waits is kept once, for however many clients, and a client
// is given more when its network has taken what it was given before: so who reads gets everything, however much
// happens at once, and who does not read holds up nobody.

/** Bytes that a client is given at a time. */
const PIECE_BYTES = 65_536;
/**
 * Bytes that wait for a reader or on its connection beyond which it is given no second piece. What fits goes at once, before
 * whatever the client is told later; and it is well below what counts as not keeping up.
 */
const UNTAKEN_BYTES_MAX = 1_048_576;

/** An event, or the place of the next one. Whoever reads holds its own; what all have taken is held by nobody. */
class Entry {
  text = "";
  /** Readers that have not taken it yet. */
  readerCount = 0;
  next: Entry | undefined = undefined;
}

/**
 * What waits for clients in all logs together, each event counted once.
 *
 * Limit: `bytesMax`, and what is added at once. Beyond it the client that has taken nothing for longest is disconnected.
 */
export class EventBacklog {
  readonly #bytesMax: number;
  /** For whom something waits; first who has taken nothing for longest. */
  readonly #behind = new Set<EventReader>();
  bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Something waits for the reader. */
  hold(reader: EventReader): void {
    this.#behind.add(reader);
  }

  /** Nothing waits for the reader, or it has just taken something. */
  release(reader: EventReader): void {
    this.#behind.delete(reader);
  }

  trim(): void {
    for (const reader of this.#behind) {
      if (this.bytes <= this.#bytesMax) return;
      reader.drop();
    }
  }
}

/** What happens in one place, for as long as somebody reads it. */
export class EventLog {
  readonly backlog: EventBacklog;
  readonly #readers = new Set<EventReader>();
  readonly #onUnread: () => void;
  #end = new Entry();

  /** `onUnread` is called when the last reader has left. */
  constructor(backlog: EventBacklog, onUnread: () => void) {
    this.backlog = backlog;
    this.#onUnread = onUnread;
  }

  /** Lets a client read what comes from now on, each event in the message that `wrap` makes of it. */
  read(socket: ClientSocket, wrap: (event: string) => string): EventReader {
    const reader = new EventReader(this, this.#end, socket, wrap);
    this.#readers.add(reader);
    return reader;
  }

  leave(reader: EventReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#onUnread();
  }

  /** Adds what has happened, and gives it to those who have taken all before it. */
  append(events: readonly string[]): void {
    if (this.#readers.size === 0) return;
    for (const text of events) {
      const entry = this.#end;
      entry.text = text;
      entry.readerCount = this.#readers.size;
      entry.next = this.#end = new Entry();
      this.backlog.bytes += text.length;
    }
    for (const reader of this.#readers) reader.give();
    this.backlog.trim();
  }
}

/** One client's place in a log. */
export class EventReader {
  readonly #log: EventLog;
  readonly #socket: ClientSocket;
  readonly #wrap: (event: string) => string;
  /** What it takes next; undefined when it has left. */
  #next: Entry | undefined;
  /** Bytes that it has been given and its network has not taken. */
  #untakenBytes = 0;
  readonly #whenTold: (() => void)[] = [];

  constructor(log: EventLog, next: Entry, socket: ClientSocket, wrap: (event: string) => string) {
    this.#log = log;
    this.#next = next;
    this.#socket = socket;
    this.#wrap = wrap;
  }

  /** Nothing waits for it. */
  get #isTold(): boolean {
    return this.#next?.next === undefined;
  }

  /** Something is on its way, with whose arrival comes more, and there or on its connection as much waits as may. */
  get #hasEnough(): boolean {
    const waiting = Math.max(this.#untakenBytes, this.#socket.bufferedBytes);
    return this.#untakenBytes > 0 && waiting >= UNTAKEN_BYTES_MAX;
  }

  /** Gives the client what its network has room for, at most so many pieces. */
  give(piecesMax = Infinity): void {
    const { backlog } = this.#log;
    for (let left = piecesMax; left > 0; left--) {
      if (this.#isTold || this.#hasEnough) break;
      backlog.release(this);
      const piece = this.#takePiece();
      this.#untakenBytes += piece.length;
      this.#socket.sendPiece(piece, () => {
        this.#untakenBytes -= piece.length;
        // In a later turn: a fast network must not keep the node from everything else.
        if (!this.#isTold) setImmediate(() => this.give(1));
      });
    }
    if (this.#isTold) this.#endWaiting();
    else backlog.hold(this);
  }

  #takePiece(): Buffer {
    const frames: Buffer[] = [];
    for (let bytes = 0; bytes < PIECE_BYTES && !this.#isTold;) {
      const frame = encodeTextFrame(this.#wrap(this.#take()));
      frames.push(frame);
      bytes += frame.length;
    }
    return Buffer.concat(frames);
  }

  #take(): string {
    const entry = this.#next ?? fail("one who has left takes nothing");
    this.#next = entry.next;
    entry.readerCount -= 1;
    if (entry.readerCount === 0) this.#log.backlog.bytes -= entry.text.length;
    return entry.text;
  }

  /** Resolves when the client has been given everything that has happened so far, or has left. */
  told(): Promise<void> {
    if (this.#isTold) return Promise.resolve();
    return new Promise((resolve) => this.#whenTold.push(resolve));
  }

  #endWaiting(): void {
    for (const resolve of this.#whenTold.splice(0)) resolve();
  }

  /** It takes too much room. */
  drop(): void {
    this.#socket.drop("slow");
    this.end();
  }

  /** The client gets nothing more. */
  end(): void {
    if (this.#next === undefined) return;
    while (!this.#isTold) this.#take();
    this.#next = undefined;
    this.#log.backlog.release(this);
    this.#endWaiting();
    this.#log.leave(this);
  }
}
