import { Fault, getSafeU64, setSafeU64, viewOf } from "@rialto/base";

// What a client and a node say to each other over TCP, to enter signed frames. Little-endian, one message after the other:
//
//    0        4      5       6     8     12
//   +--------+------+-------+-----+-----+------
//   | length | kind | flags | 0   | tag | body ...        length counts what follows on it
//   | u32    | u8   | u8    | u16 | u32 |
//   +--------+------+-------+-----+-----+------
//
//   client   1 FRAME      body: the frame; flags: 1 a receipt is wanted, 2 the events are wanted
//            2 STATUS
//   node    16 HELLO      version u16, member u16, 0 u32, memberMs u64, chainId 32         once, at the start
//           17 ANSWER     outcome u8, 0 * 3, commandCount u32, commitIndex u64, events     one for every FRAME
//           18 RECEIPT    the frame is in the mempool: it will be proposed, no more than that
//           19 CERTIFIED  commitIndex u64: a quorum has signed the state after that commit
//           20 STATUS     JSON
//
// Source: docs/protocol/entry.md.

const ENTRY_VERSION = 1;
const ENTRY_HEAD_BYTES = 12;
/** A frame of the longest kind and its head. */
export const ENTRY_MESSAGE_BYTES_MAX: number = ENTRY_HEAD_BYTES + 64 * 1024;

export const EntryKind = {
  Frame: 1,
  AskStatus: 2,
  Hello: 16,
  Answer: 17,
  Receipt: 18,
  Certified: 19,
  Status: 20,
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

export const EntryFlag = { Receipt: 1, Events: 2 } as const;
const FLAGS_ALL: number = EntryFlag.Receipt | EntryFlag.Events;

/** What became of a frame. Append only. From 16 on: refused, and nothing of it was done or will be. */
export const EntryOutcome = {
  Executed: 0,
  /** Nobody knows: it may still be executed, until it expires. */
  Unknown: 1,
  /** It was not ordered in time, and will not be any more. */
  Expired: 2,
  MempoolFull: 16,
  TooManyInFlight: 17,
  Malformed: 18,
  /** Not signed by somebody who may command that. */
  Unauthorised: 19,
  /** The same frame was given before. */
  Known: 20,
  LivesTooLong: 21,
  /** No quorum: only frames that do nothing but cancel are taken. */
  CancelOnly: 22,
  Unavailable: 23,
} as const;
export type EntryOutcome = (typeof EntryOutcome)[keyof typeof EntryOutcome];

/** The name of an outcome, for people. */
export function entryOutcomeName(outcome: number): string {
  const found = Object.entries(EntryOutcome).find(([, value]) => value === outcome);
  return found?.[0] ?? `outcome ${outcome}`;
}

export interface EntryMessage {
  readonly kind: number;
  readonly flags: number;
  readonly tag: number;
  readonly body: Uint8Array;
}

export interface EntryAnswer {
  readonly outcome: EntryOutcome;
  readonly commandCount: number;
  /** Of the commit that it was executed in, else 0. */
  readonly commitIndex: number;
  readonly events: Uint8Array;
}

export interface EntryHello {
  readonly member: number;
  readonly memberMs: number;
  readonly chainId: Uint8Array;
}

export type EntryFaultDetail =
  | { readonly code: "ENTRY_MESSAGE_TOO_LONG"; readonly bytes: number }
  | { readonly code: "ENTRY_MESSAGE_MALFORMED" };

/** What a message begins with: how long it is. */
const LENGTH_BYTES = 4;

/**
 * Takes a stream of bytes apart into messages, however it was cut.
 *
 * Shape    bodies may alias what was pushed, which must not change afterwards.
 */
export class EntryReader {
  readonly #bytesMax: number;
  /** A message that is not whole: room for its length, and once that is here for all of it; and as much of it as has come. */
  #begun = new Uint8Array(LENGTH_BYTES);
  #begunBytes = 0;

  /** `bytesMax` bounds one message, and so what waits for its end. */
  constructor(bytesMax: number = ENTRY_MESSAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** The messages that are whole now. Errors: returned, and the stream is of no use any more. */
  push(chunk: Uint8Array): EntryMessage[] | Fault<EntryFaultDetail> {
    // No Buffer goes on from here: its slices would be the same memory.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const view = viewOf(bytes);
    const messages: EntryMessage[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = this.#begunBytes > 0 ? 0 : this.#sizeAt(view, at);
      if (size instanceof Fault) return size;
      let message: EntryMessage | Fault<EntryFaultDetail> | undefined;
      if (size > 0 && at + size <= bytes.length) {
        // Most come whole, and stay where they are.
        message = parseMessage(bytes.subarray(at, at + size));
        at += size;
      } else {
        at += this.#keep(bytes.subarray(at));
        message = this.#finish();
      }
      if (message instanceof Fault) return message;
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  /** Bytes of the message that begins at `at`; 0 while that is not known. */
  #sizeAt(view: DataView, at: number): number | Fault<EntryFaultDetail> {
    if (view.byteLength - at < LENGTH_BYTES) return 0;
    const bytes = LENGTH_BYTES + view.getUint32(at, true);
    if (bytes <= this.#bytesMax) return bytes < ENTRY_HEAD_BYTES ? malformed() : bytes;
    return new Fault<EntryFaultDetail>({ code: "ENTRY_MESSAGE_TOO_LONG", bytes }, "warn");
  }

  /** Keeps what belongs to the message that has begun, as far as there is room. Returns how many bytes that are. */
  #keep(bytes: Uint8Array): number {
    const kept = bytes.subarray(0, this.#begun.length - this.#begunBytes);
    this.#begun.set(kept, this.#begunBytes);
    this.#begunBytes += kept.length;
    return kept.length;
  }

  /** The message that has begun, if it is whole; makes room for it when its length is. */
  #finish(): EntryMessage | Fault<EntryFaultDetail> | undefined {
    const begun = this.#begun;
    if (this.#begunBytes < begun.length) return undefined;
    if (begun.length > LENGTH_BYTES) {
      this.#begun = new Uint8Array(LENGTH_BYTES);
      this.#begunBytes = 0;
      return parseMessage(begun);
    }
    const size = this.#sizeAt(viewOf(begun), 0);
    if (size instanceof Fault) return size;
    this.#begun = new Uint8Array(size);
    this.#begun.set(begun);
    return undefined;
  }
}

/** A message whose length has been judged. */
function parseMessage(bytes: Uint8Array): EntryMessage | Fault<EntryFaultDetail> {
  const kind = bytes[LENGTH_BYTES]!;
  const flags = bytes[5]!;
  if (flags > FLAGS_ALL || bytes[6] !== 0 || bytes[7] !== 0) return malformed();
  const tag = viewOf(bytes).getUint32(8, true);
  return { kind, flags, tag, body: bytes.subarray(ENTRY_HEAD_BYTES) };
}

function malformed(): Fault<EntryFaultDetail> {
  return new Fault<EntryFaultDetail>({ code: "ENTRY_MESSAGE_MALFORMED" }, "warn");
}

/** A message with room for `bodyBytes` behind its head. */
function startMessage(
  kind: EntryKind,
  tag: number,
  bodyBytes: number,
  flags = 0,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ENTRY_HEAD_BYTES + bodyBytes);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length - 4, true);
  bytes[4] = kind;
  bytes[5] = flags;
  view.setUint32(8, tag, true);
  return bytes;
}

export function encodeEntryFrame(tag: number, frame: Uint8Array, flags = 0): Uint8Array {
  const bytes = startMessage(EntryKind.Frame, tag, frame.length, flags);
  bytes.set(frame, ENTRY_HEAD_BYTES);
  return bytes;
}

/** What stands before a frame of so many bytes, for who writes both one after the other. */
export function encodeEntryFrameHead(tag: number, frameBytes: number, flags: number): Uint8Array {
  const bytes = startMessage(EntryKind.Frame, tag, 0, flags);
  viewOf(bytes).setUint32(0, ENTRY_HEAD_BYTES + frameBytes - 4, true);
  return bytes;
}

/** A message without a body. */
export function encodeEntrySign(
  kind: typeof EntryKind.AskStatus | typeof EntryKind.Receipt,
  tag: number,
): Uint8Array {
  return startMessage(kind, tag, 0);
}

const ANSWER_BYTES = 16;

export function encodeEntryAnswer(tag: number, answer: EntryAnswer, flags: number): Uint8Array {
  const withEvents = (flags & EntryFlag.Events) !== 0;
  const eventBytes = withEvents ? answer.events.length : 0;
  const bytes = startMessage(EntryKind.Answer, tag, ANSWER_BYTES + eventBytes);
  const view = viewOf(bytes);
  bytes[ENTRY_HEAD_BYTES] = answer.outcome;
  view.setUint32(ENTRY_HEAD_BYTES + 4, answer.commandCount, true);
  setSafeU64(view, ENTRY_HEAD_BYTES + 8, answer.commitIndex);
  if (withEvents) bytes.set(answer.events, ENTRY_HEAD_BYTES + ANSWER_BYTES);
  return bytes;
}

/** Reads an ANSWER's body; undefined where it is none. */
export function readEntryAnswer(body: Uint8Array): EntryAnswer | undefined {
  if (body.length < ANSWER_BYTES) return undefined;
  const view = viewOf(body);
  return {
    outcome: body[0] as EntryOutcome,
    commandCount: view.getUint32(4, true),
    commitIndex: getSafeU64(view, 8),
    events: body.subarray(ANSWER_BYTES),
  };
}

export function encodeEntryHello({ member, memberMs, chainId }: EntryHello): Uint8Array {
  const bytes = startMessage(EntryKind.Hello, 0, 16 + chainId.length);
  const view = viewOf(bytes);
  view.setUint16(ENTRY_HEAD_BYTES, ENTRY_VERSION, true);
  view.setUint16(ENTRY_HEAD_BYTES + 2, member, true);
  setSafeU64(view, ENTRY_HEAD_BYTES + 8, memberMs);
  bytes.set(chainId, ENTRY_HEAD_BYTES + 16);
  return bytes;
}

/** Reads a HELLO's body; undefined where it is none of this version. */
export function readEntryHello(body: Uint8Array): EntryHello | undefined {
  if (body.length !== 48) return undefined;
  const view = viewOf(body);
  if (view.getUint16(0, true) !== ENTRY_VERSION) return undefined;
  return {
    member: view.getUint16(2, true),
    memberMs: getSafeU64(view, 8),
    chainId: body.subarray(16),
  };
}

export function encodeEntryCertified(commitIndex: number): Uint8Array {
  const bytes = startMessage(EntryKind.Certified, 0, 8);
  setSafeU64(viewOf(bytes), ENTRY_HEAD_BYTES, commitIndex);
  return bytes;
}

export function encodeEntryStatus(tag: number, status: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(status));
  const bytes = startMessage(EntryKind.Status, tag, text.length);
  bytes.set(text, ENTRY_HEAD_BYTES);
  return bytes;
}
