import type { ClientSocket } from "./client-socket.ts";
import { encodeTextFrame } from "./frame.ts";
import { type Time, timeIn } from "./stream-messages.ts";

/** How a subscriber wants its messages: bare or with their stream's name, in milliseconds or microseconds. */
export interface FrameForm {
  readonly isCombined: boolean;
  readonly isMicroseconds: boolean;
}

/** One who is subscribed to streams. */
export interface StreamClient {
  readonly socket: ClientSocket;
  readonly form: FrameForm;
}

/** Sockets are held while messages are handed out, so that what one gets leaves in one piece. */
export class Outgoing {
  readonly #held: ClientSocket[] = [];

  send(client: StreamClient, frames: Buffer): void {
    if (client.socket.cork()) this.#held.push(client.socket);
    client.socket.send(frames);
  }

  end(): void {
    for (const socket of this.#held) socket.uncork();
    this.#held.length = 0;
  }
}

/** What is said at one moment on a stream: encoded and framed at most once in each form that is wanted. */
export class Message {
  readonly #stream: string;
  readonly #encode: (time: Time) => string;
  readonly #frames: (Buffer | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(stream: string, encode: (time: Time) => string) {
    this.#stream = stream;
    this.#encode = encode;
  }

  frame(form: FrameForm): Buffer {
    const index = (form.isCombined ? 1 : 0) + (form.isMicroseconds ? 2 : 0);
    let frame = this.#frames[index];
    if (frame === undefined) {
      const data = this.#encode(timeIn(form.isMicroseconds));
      const text = form.isCombined ? `{"stream":"${this.#stream}","data":${data}}` : data;
      frame = encodeTextFrame(text);
      this.#frames[index] = frame;
    }
    return frame;
  }
}

/** A stream that somebody is subscribed to. */
export abstract class Topic {
  readonly name: string;
  readonly subscribers: Set<StreamClient> = new Set();

  constructor(name: string) {
    this.name = name;
  }

  /** Something is to be sent soon: called once after the batches of one turn of the event loop. */
  abstract flush(outgoing: Outgoing, nowMs: number): void;

  /** The clock has beaten: ten times a second. */
  abstract beat(outgoing: Outgoing, beat: number, nowMs: number): void;

  /** Somebody has subscribed. */
  abstract welcome(client: StreamClient): void;

  /** Somebody has left. */
  leave(client: StreamClient): void {
    this.subscribers.delete(client);
  }
}

/** A stream of which nothing may be missing: who does not keep up is disconnected. */
export class EventTopic extends Topic {
  #waiting: Message[] = [];

  push(encode: (time: Time) => string): void {
    this.#waiting.push(new Message(this.name, encode));
  }

  flush(outgoing: Outgoing): void {
    const messages = this.#waiting;
    if (messages.length === 0) return;
    this.#waiting = [];
    const joined = new Map<number, Buffer>();
    for (const client of this.subscribers) {
      const { form } = client;
      const key = (form.isCombined ? 1 : 0) + (form.isMicroseconds ? 2 : 0);
      let frames = joined.get(key);
      if (frames === undefined) {
        const [first, ...rest] = messages.map((message) => message.frame(form));
        frames = rest.length === 0 ? first! : Buffer.concat([first!, ...rest]);
        joined.set(key, frames);
      }
      outgoing.send(client, frames);
    }
  }

  beat(): void {
    // Everything has been sent by `flush`.
  }

  welcome(): void {
    // There is nothing to say of what has passed.
  }
}

/** A stream that says how something stands: what a slow client misses, the next message makes up for. */
export class StateTopic extends Topic {
  readonly #encode: (nowMs: number, time: Time) => string;
  readonly #encodeWhole: (nowMs: number, time: Time) => string;
  /** How many beats lie between two messages; 0 sends at every flush. */
  readonly #beats: number;
  #isDirty = false;
  /** Clients that could not be sent the last message. */
  readonly #behind = new Set<StreamClient>();

  /** `encodeWhole` is what makes up for messages that were missed, where a message leaves out what has not changed. */
  constructor(
    name: string,
    beats: number,
    encode: (nowMs: number, time: Time) => string,
    encodeWhole: (nowMs: number, time: Time) => string = encode,
  ) {
    super(name);
    this.#beats = beats;
    this.#encode = encode;
    this.#encodeWhole = encodeWhole;
  }

  markDirty(): void {
    this.#isDirty = true;
  }

  flush(outgoing: Outgoing, nowMs: number): void {
    if (this.#beats === 0 && this.#isDirty) this.publish(outgoing, nowMs);
  }

  beat(outgoing: Outgoing, beat: number, nowMs: number): void {
    const isTime = this.#beats === 0 || beat % this.#beats === 0;
    if (isTime && this.#isDirty) this.publish(outgoing, nowMs);
    else if (this.#behind.size > 0) this.#catchUp(outgoing, nowMs);
  }

  /** Sends how it stands now. */
  protected publish(outgoing: Outgoing, nowMs: number): void {
    this.#isDirty = false;
    const message = new Message(this.name, (time) => this.#encode(nowMs, time));
    this.sendAll(outgoing, message, this.#wholeMessage(nowMs));
  }

  /** `whole` is for those who are behind. */
  protected sendAll(outgoing: Outgoing, message: Message, whole: Message = message): void {
    for (const client of this.subscribers) {
      if (client.socket.isCongested) this.#behind.add(client);
      else {
        const due = this.#behind.delete(client) ? whole : message;
        outgoing.send(client, due.frame(client.form));
      }
    }
  }

  #wholeMessage(nowMs: number): Message {
    return new Message(this.name, (time) => this.#encodeWhole(nowMs, time));
  }

  #catchUp(outgoing: Outgoing, nowMs: number): void {
    const message = this.#wholeMessage(nowMs);
    for (const client of this.#behind) {
      if (client.socket.isCongested) continue;
      this.#behind.delete(client);
      outgoing.send(client, message.frame(client.form));
    }
  }

  /** A new subscriber learns how things stand at the next beat, also where nothing changes. */
  welcome(): void {
    this.#isDirty = true;
  }

  override leave(client: StreamClient): void {
    super.leave(client);
    this.#behind.delete(client);
  }
}
