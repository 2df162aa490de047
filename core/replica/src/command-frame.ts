import { Fault, setSafeU64, viewOf } from "@rialto/base";
import { FRAME_BYTES_MAX, FRAME_HEAD_BYTES } from "@rialto/consensus";
import {
  encodeLogRecord,
  LOG_RECORD_HEAD_BYTES,
  type LogRecord,
  type LogRecordFaultDetail,
  parseLogRecord,
} from "@rialto/protocol";
import { isSignedFrame, parseSignedCommands } from "./signed-frame.ts";

// What a gateway's frame holds: commands that share it, and what hosts must remember of them.
//
//   expiresMs u64 | nonce 16 | log record: its time is the gateway's, and means nothing to the engine

export const FRAME_NONCE_BYTES = 16;
const RECORD_AT: number = FRAME_HEAD_BYTES + FRAME_NONCE_BYTES;

/** Bytes of commands and notes that a frame has room for. */
export const FRAME_CONTENT_BYTES_MAX: number = FRAME_BYTES_MAX - RECORD_AT - LOG_RECORD_HEAD_BYTES;

export interface CommandFrame {
  /** Commit time in ms from which it is refused. */
  readonly expiresMs: number;
  /** 16 bytes, never twice the same: two clients may send the same commands. */
  readonly nonce: Uint8Array;
  readonly record: LogRecord;
}

export function encodeCommandFrame({ expiresMs, nonce, record }: CommandFrame): Uint8Array {
  const content = encodeLogRecord(record);
  const bytes = new Uint8Array(RECORD_AT + content.length);
  setSafeU64(viewOf(bytes), 0, expiresMs);
  bytes.set(nonce, FRAME_HEAD_BYTES);
  bytes.set(content, RECORD_AT);
  return bytes;
}

/**
 * The log record of a frame from anywhere, a gateway's or a client's own. Errors: LOG_RECORD_MALFORMED and those of
 * commands, returned.
 */
export function parseCommandFrame(frame: Uint8Array): LogRecord | Fault<LogRecordFaultDetail> {
  if (isSignedFrame(frame)) {
    const parsed = parseSignedCommands(frame);
    return parsed instanceof Fault ? parsed : { nowMs: 0, ...parsed, notes: [] };
  }
  return parseLogRecord(frame.subarray(RECORD_AT));
}
