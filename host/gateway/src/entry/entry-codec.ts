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

/**
 * Takes a stream of bytes apart into messages, however it was cut.
 *
 * Shape    bodies alias what was pushed, which must not change afterwards.
 */
export class EntryReader {
  readonly #bytesMax: number;
  #rest = new Uint8Array(0);

  /** `bytesMax` bounds one message, and so what waits for its end. */
  constructor(bytesMax: number = ENTRY_MESSAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** The messages that are whole now. Errors: returned, and the stream is of no use any more. */
  push(chunk: Uint8Array): EntryMessage[] | Fault<EntryFaultDetail> {
    const whole = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    // No Buffer goes on from here: its slices would be the same memory.
    const bytes = new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
    const view = viewOf(bytes);
    const messages: EntryMessage[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + view.getUint32(at, true);
      if (end - at > this.#bytesMax) {
        const detail: EntryFaultDetail = { code: "ENTRY_MESSAGE_TOO_LONG", bytes: end - at };
        return new Fault(detail, "warn");
      }
      if (end - at < ENTRY_HEAD_BYTES) {
        return new Fault<EntryFaultDetail>({ code: "ENTRY_MESSAGE_MALFORMED" }, "warn");
      }
      if (end > bytes.length) break;
      const kind = bytes[at + 4]!;
      const flags = bytes[at + 5]!;
      if (flags > FLAGS_ALL || bytes[at + 6] !== 0 || bytes[at + 7] !== 0) {
        return new Fault<EntryFaultDetail>({ code: "ENTRY_MESSAGE_MALFORMED" }, "warn");
      }
      const tag = view.getUint32(at + 8, true);
      messages.push({ kind, flags, tag, body: bytes.subarray(at + ENTRY_HEAD_BYTES, end) });
      at = end;
    }
    this.#rest = new Uint8Array(bytes.subarray(at));
    return messages;
  }
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
