import { Fault, type Severity } from "@rialto/base";

/** Everything that storage can report to its caller. Offsets and sizes are in bytes. */
export type StorageFaultDetail =
  | { readonly code: "JOURNAL_BUSY"; readonly queuedBytes: number; readonly limitBytes: number }
  | { readonly code: "JOURNAL_CLOSED" }
  | {
      readonly code: "JOURNAL_RECORD_TOO_LARGE";
      readonly payloadBytes: number;
      readonly limitBytes: number;
    }
  /** `offset` is the damaged byte where it is known exactly, else the start of its 512-byte sector. */
  | {
      readonly code: "JOURNAL_CORRUPT";
      readonly path: string;
      readonly offset: number;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly code: "JOURNAL_SEGMENT_MISSING"; readonly path: string }
  /** `pid` is undefined where the other writer had no time to write it down. */
  | { readonly code: "JOURNAL_LOCKED"; readonly path: string; readonly pid: number | undefined }
  | {
      readonly code: "JOURNAL_SEQUENCE_ABSENT";
      readonly sequence: number;
      readonly firstSequence: number;
      readonly lastSequence: number;
    }
  | {
      readonly code: "SNAPSHOT_CORRUPT";
      readonly path: string;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly code: "STORAGE_VERSION_UNKNOWN";
      readonly path: string;
      readonly found: number;
      readonly supported: number;
    }
  /** `expected` and `found` are network hashes in hexadecimal. */
  | {
      readonly code: "STORAGE_NETWORK_MISMATCH";
      readonly path: string;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly code: "STORAGE_FULL";
      readonly path: string;
      readonly freeBytes: number;
      readonly neededBytes: number;
    }
  /** `errorCode` is the system's name of the error, such as EIO. */
  | {
      readonly code: "STORAGE_IO";
      readonly path: string;
      readonly operation: string;
      readonly errorCode: string;
    };

export type StorageFault = Fault<StorageFaultDetail>;

const SEVERITY: Readonly<Record<StorageFaultDetail["code"], Severity>> = {
  JOURNAL_BUSY: "error",
  JOURNAL_CLOSED: "error",
  JOURNAL_RECORD_TOO_LARGE: "error",
  JOURNAL_CORRUPT: "fatal",
  JOURNAL_SEGMENT_MISSING: "fatal",
  JOURNAL_LOCKED: "fatal",
  JOURNAL_SEQUENCE_ABSENT: "fatal",
  SNAPSHOT_CORRUPT: "warn",
  STORAGE_VERSION_UNKNOWN: "fatal",
  STORAGE_NETWORK_MISMATCH: "fatal",
  STORAGE_FULL: "error",
  STORAGE_IO: "fatal",
};

/** True where `error` is a fault of this package. */
export function isStorageFault(error: unknown): error is StorageFault {
  if (!(error instanceof Fault)) return false;
  const detail: unknown = error.detail;
  return hasCode(detail) && Object.hasOwn(SEVERITY, String(detail.code));
}

/** A fault whose message tells the operator what to do. Pure. */
export function storageFault(detail: StorageFaultDetail, cause?: unknown): StorageFault {
  return new Fault(detail, SEVERITY[detail.code], messageOf(detail), cause);
}

/** The fault of a system call on `path` that failed with `error`. */
export function ioFault(path: string, operation: string, error: unknown): StorageFault {
  const errorCode = hasCode(error) ? String(error.code) : "UNKNOWN";
  return storageFault({ code: "STORAGE_IO", path, operation, errorCode }, error);
}

/** The same fault where the caller can go on without what failed. */
export function withSeverity(fault: StorageFault, severity: Severity): StorageFault {
  return new Fault(fault.detail, severity, fault.message, fault);
}

/** True where a system call failed because the file system or the quota has no room left. */
export function isOutOfSpace(error: unknown): error is StorageFault {
  if (!isStorageFault(error) || error.detail.code !== "STORAGE_IO") return false;
  return error.detail.errorCode === "ENOSPC" || error.detail.errorCode === "EDQUOT";
}

/** True where a system call failed because the named file does not exist. */
export function isAbsent(error: unknown): error is StorageFault {
  if (!isStorageFault(error) || error.detail.code !== "STORAGE_IO") return false;
  return error.detail.errorCode === "ENOENT";
}

function hasCode(value: unknown): value is { readonly code: unknown } {
  return typeof value === "object" && value !== null && "code" in value;
}

const NOT_ALLOWED =
  "The user that the node runs as may not use it: give it that file, and the directory that it lies in.";
/** What to do where the system has refused, and no disk has failed. SQLite says 8 and 14 where it cannot write, or open. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  SQLITE_8: NOT_ALLOWED,
  SQLITE_14: NOT_ALLOWED,
  EROFS: "Nothing can be written there: give the node a directory on a disk that takes writes.",
  EFBIG: "Files of this process may not be as long as that: raise the limit (`ulimit -f`).",
};
const FAILURE =
  "Check the disk and the kernel log before starting the node again: what the kernel still caches may never have reached the disk.";

function messageOf(detail: StorageFaultDetail): string {
  switch (detail.code) {
    case "JOURNAL_BUSY":
      return (
        `The journal holds ${detail.queuedBytes} of ${detail.limitBytes} bytes that are not yet on disk. ` +
        "Append again once flush() or an earlier append has resolved; if this lasts, the disk is too slow for the load."
      );
    case "JOURNAL_CLOSED":
      return "The journal is closed. Open it again before appending or reading.";
    case "JOURNAL_RECORD_TOO_LARGE":
      return (
        `A record of ${detail.payloadBytes} bytes exceeds the journal's limit of ${detail.limitBytes}. ` +
        "Split the batch, or configure larger segments and a larger queue."
      );
    case "JOURNAL_CORRUPT":
      return (
        `${detail.path} is damaged at byte ${detail.offset}: expected ${detail.expected}, found ${detail.found}. ` +
        "Nothing was changed. Keep a copy of the directory, check the disk, and restore this file from a backup or the node from its peers."
      );
    case "JOURNAL_SEGMENT_MISSING":
      return `${detail.path} is missing although other segments exist. Restore it from a backup, or restore the node from its peers.`;
    case "JOURNAL_LOCKED": {
      if (detail.pid === undefined) {
        return `${detail.path} is in use by another process, which writes there or looks at it. Let that one end first.`;
      }
      return `${detail.path} is open for writing in process ${detail.pid}. Stop it first, or give this node a directory of its own.`;
    }
    case "JOURNAL_SEQUENCE_ABSENT":
      return (
        `The journal holds sequences ${detail.firstSequence} to ${detail.lastSequence}, but reading was asked to start at ` +
        `${detail.sequence}. A part of it is lost or the snapshot belongs to another journal: restore the node from its peers or a backup.`
      );
    case "SNAPSHOT_CORRUPT":
      return (
        `${detail.path} is damaged: expected ${detail.expected}, found ${detail.found}. ` +
        "An older snapshot is used instead where there is one; check the disk."
      );
    case "STORAGE_VERSION_UNKNOWN":
      return `${detail.path} has format version ${detail.found}; this program reads version ${detail.supported}. Run the release that wrote it.`;
    case "STORAGE_NETWORK_MISMATCH":
      return (
        `${detail.path} belongs to network ${detail.found}, not ${detail.expected}. ` +
        "Correct the network configuration or point the node at its own directory."
      );
    case "STORAGE_FULL":
      return (
        `${detail.path} needs ${detail.neededBytes} bytes but its file system has ${detail.freeBytes} free. ` +
        "Free space or move the directory to a larger disk; nothing acknowledged is lost and writing resumes by itself."
      );
    case "STORAGE_IO":
      return (
        `${detail.operation} of ${detail.path} failed with ${detail.errorCode}. ` +
        (REFUSALS[detail.errorCode] ?? FAILURE)
      );
  }
}
