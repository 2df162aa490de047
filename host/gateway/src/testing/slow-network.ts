import { Duplex } from "node:stream";

/** A network that takes what it is given only while it is told to. */
export class SlowNetwork extends Duplex {
  readonly taken: Buffer[] = [];
  isSlow = false;
  #waiting: (() => void) | undefined;

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(piece);
    if (this.isSlow) this.#waiting = done;
    else done();
  }

  /** Takes one piece more, if one waits. */
  takeOne(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  /** Takes all that waits. */
  hurry(): void {
    this.isSlow = false;
    this.takeOne();
  }
}

/** The messages in the bytes that a server has sent, as JSON. */
export function messagesOf(bytes: Buffer): unknown[] {
  const messages: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const [head, length] =
      bytes[at + 1] === 126 ? [4, bytes.readUInt16BE(at + 2)] : [2, bytes[at + 1]!];
    messages.push(JSON.parse(bytes.toString("utf8", at + head, at + head + length)));
    at += head + length;
  }
  return messages;
}
