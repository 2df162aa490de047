import { Fault, InvariantError } from "@rialto/base";
import { ApiError, NetworkError } from "@rialto/client";
import { ExitCode, UsageError } from "./command.ts";

/** Why a command ended without its result: what stands on stderr, as a line for people or, with --json, as an object. */
export interface CommandFailure {
  readonly event: "failed";
  /** What was called, without its arguments: "keys new"; empty where that is no command. */
  readonly command: string;
  readonly exitCode: ExitCode;
  /** What a program tells cases apart by: USAGE, REJECTED, UNKNOWN, NETWORK, BUG, UNEXPECTED, a fault's code, or the operating system's. */
  readonly code: string;
  readonly message: string;
  readonly toDo: string;
  /** What the code is about, in fields of its own: `apiCode` and `status` of a refusal, those of a fault. */
  readonly detail: object;
}

type Reason = Omit<CommandFailure, "event" | "command">;

/** What `error` means for whoever has called `command`. Pure. */
export function failureOf(error: unknown, command: string): CommandFailure {
  return { event: "failed", command, ...reasonOf(error, command) };
}

function reasonOf(error: unknown, command: string): Reason {
  if (error instanceof UsageError) {
    const toDo = `see ${["rialto", command, "--help"].filter((word) => word !== "").join(" ")}`;
    return { exitCode: ExitCode.Usage, code: "USAGE", message: error.message, toDo, detail: {} };
  }
  if (error instanceof ApiError) return error.isUnknown ? unknown(error) : rejection(error);
  if (error instanceof NetworkError) {
    const { message, isUnsent } = error;
    const next = isUnsent ? "then try again" : LOOK_FIRST;
    const toDo = `see that the node runs, and that its address is the one given; ${next}`;
    return { exitCode: ExitCode.Network, code: "NETWORK", message, toDo, detail: {} };
  }
  if (error instanceof Fault) return fault(error as Fault<{ readonly code: string }>);
  if (isSystemError(error)) return refusalOfSystem(error);
  return bug(error);
}

const LOOK_FIRST = "what was to change something may be done: look, before you try again";

function unknown({ message, code: apiCode, status }: ApiError): Reason {
  return {
    exitCode: ExitCode.Network,
    code: "UNKNOWN",
    message: `it is not known whether this was done: ${message} (${apiCode})`,
    toDo: LOOK_FIRST,
    detail: { apiCode, status },
  };
}

function rejection({ message, code: apiCode, status }: ApiError): Reason {
  return {
    exitCode: ExitCode.Rejected,
    code: "REJECTED",
    message: `the exchange refuses: ${message} (${apiCode})`,
    toDo: `docs/operating/codes.md says what to do about ${apiCode}`,
    detail: { apiCode, status },
  };
}

/** The message of a fault says by itself what to do about it, where that is known. */
function fault({ message, detail: { code, ...detail } }: Fault<{ readonly code: string }>): Reason {
  const toDo = "mend what the message names, and call the command again";
  const exitCode = code === "NODE_UNREACHABLE" ? ExitCode.Network : ExitCode.Failed;
  return { exitCode, code, message, toDo, detail };
}

function refusalOfSystem(error: NodeJS.ErrnoException): Reason {
  const hint = hintOf(error);
  return {
    exitCode: ExitCode.Failed,
    code: error.code!,
    message: hint === undefined ? error.message : `${error.message}. ${hint}`,
    toDo: hint ?? "see that the operating system allows what the message names",
    detail: { syscall: error.syscall, path: error.path },
  };
}

function bug(error: unknown): Reason {
  const isInvariant = error instanceof InvariantError;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: isInvariant ? ExitCode.Bug : ExitCode.Failed,
    code: isInvariant ? "BUG" : "UNEXPECTED",
    message: `a bug: ${text}`,
    toDo: "report it, with the message and what was called",
    detail: {},
  };
}

/** What to do where the operating system refuses. */
const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "Stop what listens there, or give another port in its place (--port, --metrics-port, --entry-port)",
  EADDRNOTAVAIL: "No interface of this machine has that address: give another --host",
  ENOTFOUND: "There is no host of that name: give another --host",
  EEXIST: "A file has that name: give another --data-dir",
  ENOTDIR: "A part of that path is a file: give another --data-dir",
  EACCES: "Give the node a place of its own that it may use",
  EPERM: "Give the node a place of its own that it may use",
  EROFS: "Nothing can be written there: give a --data-dir on a disk that takes writes",
  ENOSPC: "The disk is full: make room, and start again; nothing that was answered is lost",
  EDQUOT: "The quota is used up: make room, and start again; nothing that was answered is lost",
  EMFILE: "The process may open no more files: raise the limit (`ulimit -n`), and start again",
  ENFILE: "This machine has no more open files to give: close some, and start again",
};

/** The operating system refuses: an address in use, a directory that may not be written. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function hintOf({ code, syscall }: NodeJS.ErrnoException): string | undefined {
  if (code !== "ENOENT") return HINTS[code ?? ""];
  return syscall === "mkdir" ? "Make the directory that it shall lie in first" : "Correct the path";
}
