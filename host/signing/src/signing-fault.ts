import { Fault, type Severity } from "@rialto/base";

/** Everything that signing can report to its caller. No detail ever holds a secret. */
export type SigningFaultDetail =
  | { readonly code: "KEY_FILE_EXISTS"; readonly path: string }
  | { readonly code: "KEY_FILE_ABSENT"; readonly path: string }
  /** `mode` is the file's permission bits. */
  | { readonly code: "KEY_FILE_EXPOSED"; readonly path: string; readonly mode: number }
  | { readonly code: "KEY_FILE_MALFORMED"; readonly path: string; readonly problem: string }
  | { readonly code: "KEY_FILE_IO"; readonly path: string; readonly errorCode: string }
  | { readonly code: "SODIUM_UNAVAILABLE"; readonly errorCode: string }
  | { readonly code: "TABLES_UNAVAILABLE" }
  | {
      readonly code: "VERIFY_POOL_BUSY";
      readonly queuedCount: number;
      readonly limitCount: number;
    }
  | { readonly code: "VERIFY_POOL_CLOSED" }
  | { readonly code: "VERIFY_WORKER_FAILED"; readonly reason: string }
  | { readonly code: "GUARD_EXISTS"; readonly path: string }
  /** Something else has been signed at this place or above it. */
  | {
      readonly code: "GUARD_CONFLICT";
      readonly epoch: number;
      readonly round: number;
      readonly signedEpoch: number;
      readonly signedRound: number;
    }
  /** The guard does not know what was signed: nothing may be until the others have told. */
  | { readonly code: "GUARD_AMNESIA"; readonly path: string; readonly reason: string }
  | { readonly code: "GUARD_FAILED"; readonly path: string }
  | { readonly code: "GUARD_FOREIGN"; readonly path: string }
  | { readonly code: "GUARD_VERSION_UNKNOWN"; readonly path: string; readonly found: number };

export type SigningFault = Fault<SigningFaultDetail>;

const SEVERITY: Readonly<Record<SigningFaultDetail["code"], Severity>> = {
  KEY_FILE_EXISTS: "error",
  KEY_FILE_ABSENT: "fatal",
  KEY_FILE_EXPOSED: "fatal",
  KEY_FILE_MALFORMED: "fatal",
  KEY_FILE_IO: "fatal",
  SODIUM_UNAVAILABLE: "warn",
  TABLES_UNAVAILABLE: "warn",
  VERIFY_POOL_BUSY: "error",
  VERIFY_POOL_CLOSED: "error",
  VERIFY_WORKER_FAILED: "fatal",
  GUARD_EXISTS: "error",
  GUARD_CONFLICT: "error",
  GUARD_AMNESIA: "error",
  GUARD_FAILED: "fatal",
  GUARD_FOREIGN: "fatal",
  GUARD_VERSION_UNKNOWN: "fatal",
};

/** True where `error` is a fault of this package. */
export function isSigningFault(error: unknown): error is SigningFault {
  if (!(error instanceof Fault)) return false;
  const detail: unknown = error.detail;
  if (typeof detail !== "object" || detail === null || !("code" in detail)) return false;
  return Object.hasOwn(SEVERITY, String(detail.code));
}

/** A fault whose message tells the operator what to do. Pure. */
export function signingFault(detail: SigningFaultDetail, cause?: unknown): SigningFault {
  return new Fault(detail, SEVERITY[detail.code], messageOf(detail), cause);
}

function messageOf(detail: SigningFaultDetail): string {
  switch (detail.code) {
    case "KEY_FILE_EXISTS":
      return `${detail.path} exists. A key is never overwritten: choose another name or move it away.`;
    case "KEY_FILE_ABSENT":
      return `${detail.path} does not exist. Restore it from a backup, or correct the path; \`rialto keys member\` makes the keys of a new member.`;
    case "KEY_FILE_EXPOSED":
      return (
        `${detail.path} can be read or written by others (mode ${detail.mode.toString(8)}). ` +
        "Consider the key known, or run `chmod 600` on it if you are sure that it is not."
      );
    case "KEY_FILE_MALFORMED":
      return `${detail.path} is no key file: ${detail.problem}. Restore it from a backup.`;
    case "KEY_FILE_IO":
      return `${detail.path} could not be used: ${detail.errorCode}. Check that its disk has room and takes writes, and that this user may use it.`;
    case "SODIUM_UNAVAILABLE":
      return `sodium-native does not load here (${detail.errorCode}); node:crypto does the same at a third of the speed.`;
    case "TABLES_UNAVAILABLE":
      return (
        "This runtime has no relaxed SIMD, or this processor no fused multiplication and addition: " +
        "signatures are checked by libsodium or node:crypto, at a third of the speed or less."
      );
    case "VERIFY_POOL_BUSY":
      return (
        `${detail.queuedCount} of ${detail.limitCount} signatures wait to be checked. ` +
        "Take in less until an earlier batch has resolved."
      );
    case "VERIFY_POOL_CLOSED":
      return "The pool that checks signatures is closed.";
    case "VERIFY_WORKER_FAILED":
      return `A thread that checks signatures ended: ${detail.reason}.`;
    case "GUARD_EXISTS":
      return `${detail.path} exists. A signing guard is never replaced by a new one: it is what prevents signing twice.`;
    case "GUARD_CONFLICT":
      return (
        `Epoch ${detail.epoch}, round ${detail.round} may not be signed: ` +
        `epoch ${detail.signedEpoch}, round ${detail.signedRound} has been.`
      );
    case "GUARD_AMNESIA":
      return (
        `${detail.path} does not say what this member has signed (${detail.reason}). ` +
        "It signs nothing until enough other members have told it; this needs no operator. Check the disk."
      );
    case "GUARD_FAILED":
      return `A write of ${detail.path} failed, so nothing more is signed. Check the disk and start the node again.`;
    case "GUARD_FOREIGN":
      return `${detail.path} guards the key of another member, or another purpose. Point the node at its own directory.`;
    case "GUARD_VERSION_UNKNOWN":
      return `${detail.path} has format version ${detail.found}, which this program does not read. Run the release that wrote it.`;
  }
}
