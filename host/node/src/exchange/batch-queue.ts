import { fail } from "@rialto/base";
import type { Submission, SubmitFault } from "@rialto/gateway";
import {
  COMMAND_BUFFER_BYTES,
  encodeCommands,
  type EngineEvent,
  LOG_RECORD_COMMANDS_MAX,
  type Note,
} from "@rialto/protocol";

/** Bytes of commands in one log record: large enough to share a flush, small enough to execute at once. */
const BATCH_BYTES_MAX = 256 * 1024;

/** A submission that waits, or is on its way: its commands encoded, and whom to tell. */
export interface Pending {
  readonly commands: Uint8Array;
  readonly commandCount: number;
  readonly texts: readonly (string | undefined)[];
  /** Of what the submitter's exchange measures waiting by: a clock that is never set. */
  readonly submittedMs: number;
  /** Set when its submitter has been told "unknown": the result is nobody's any more. */
  abandoned: boolean;
  readonly resolve: (events: readonly EngineEvent[]) => void;
  readonly reject: (fault: SubmitFault) => void;
}

/** Submissions that share a log record. */
export interface Batch {
  readonly items: readonly Pending[];
  readonly commands: Uint8Array;
  readonly commandCount: number;
  readonly notes: readonly Note[];
}

/** Encodes a submission. One that no batch could hold is a bug of the caller. */
export function encodeSubmission(submission: Submission): Uint8Array {
  const { commands } = submission;
  if (commands.length > LOG_RECORD_COMMANDS_MAX) fail("a submission fits a log record");
  const bytes = encodeCommands(commands);
  if (bytes.length === 0 || bytes.length > COMMAND_BUFFER_BYTES) {
    fail("a submission fits the command buffer");
  }
  return bytes;
}

/** Takes from the front of `queue` what fits `bytesMax` and one log record: at least one submission. */
export function takeBatch(queue: Pending[], bytesMax: number = BATCH_BYTES_MAX): Batch {
  let bytes = 0;
  let commandCount = 0;
  let taken = 0;
  for (const item of queue) {
    const tooMuch =
      bytes + item.commands.length > bytesMax ||
      commandCount + item.commandCount > LOG_RECORD_COMMANDS_MAX;
    if (taken > 0 && tooMuch) break;
    bytes += item.commands.length;
    commandCount += item.commandCount;
    taken++;
  }
  const items = queue.splice(0, taken);
  const commands = new Uint8Array(bytes);
  const notes: Note[] = [];
  let at = 0;
  let first = 0;
  for (const item of items) {
    commands.set(item.commands, at);
    item.texts.forEach((text, index) => {
      if (text !== undefined) notes.push({ commandIndex: first + index, text });
    });
    at += item.commands.length;
    first += item.commandCount;
  }
  return { items, commands, commandCount, notes };
}
