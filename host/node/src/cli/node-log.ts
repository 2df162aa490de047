import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import { isNoRoom } from "../write-whole.ts";

/** Of log lines that wait for room on a full disk: those beyond are lost. */
const WAITING_BYTES_MAX = 1_048_576;

/**
 * Log lines go to stderr, one JSON object each, so that stdout holds only results. Where they lie on a disk that is full they wait
 * there for room: a node that holds on through it, and goes on by itself, must not end because it cannot say so.
 */
export function createLog(level: string): Logger {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: WAITING_BYTES_MAX });
  // Who read them is gone: a program, which pino itself sees to but for what comes after a full disk; or a terminal.
  const goneCodes = isatty(2) ? ["EPIPE", "EIO"] : ["EPIPE"];
  destination.on("error", (error: NodeJS.ErrnoException) => {
    if (!isNoRoom(error) && !goneCodes.includes(error.code ?? "")) throw error;
  });
  return pino({ level, base: null }, destination);
}
