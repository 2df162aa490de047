import { Fault, setSafeU64, viewOf } from "@rialto/base";
import {
  concatBytes,
  FRAME_HEAD_BYTES,
  type HashFunction,
  SIGNATURE_BYTES,
  type SignFunction,
  tagBytes,
} from "@rialto/consensus";
import {
  commandBytes,
  type CommandFaultDetail,
  CommandKind,
  CommandOffset,
  ListKind,
  parseCommands,
  SPECIAL_BYTES,
} from "@rialto/protocol";

// What a client's own frame holds: commands under one signature, which any member can check.
//
//   0           8       24     25    28       32
//   +-----------+-------+------+-----+--------+----------+--------------+
//   | expiresMs | nonce | kind | 0   | signer | commands | signature 64 |
//   | u64       | 16    | = 2  | * 3 | u32    |          |              |
//   +-----------+-------+------+-----+--------+----------+--------------+
//
// signer: place in the genesis' list of signers. A gateway's frame has a log record where `kind` is: 1.

const KIND_AT: number = FRAME_HEAD_BYTES + 16;
const SIGNER_AT: number = KIND_AT + 4;
const COMMANDS_AT: number = KIND_AT + 8;
const KIND_SIGNED = 2;
const SIGN_TAG: Uint8Array = tagBytes("rialto/signed-frame/1");

/** Bytes of a signed frame besides its commands. */
const SIGNED_FRAME_EXTRA_BYTES: number = COMMANDS_AT + SIGNATURE_BYTES;

/** Whose frames are taken. The list of them is the same for all members: a part of the genesis. */
export interface FrameSigner {
  /** Ed25519. */
  readonly publicKey: Uint8Array;
  /** Row of the account that it trades for; 0 for an operator, who may command anything. */
  readonly account: number;
}

/** What judging signed frames needs. */
export interface FrameChecks {
  readonly chainId: Uint8Array;
  readonly signers: readonly FrameSigner[];
  readonly hash: HashFunction;
  readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

export interface SignedFrame {
  /** Commit time in ms from which it is refused. */
  readonly expiresMs: number;
  /** 16 bytes, never twice the same from one signer: else the second frame is the first. */
  readonly nonce: Uint8Array;
  readonly signer: number;
  /** Encoded. */
  readonly commands: Uint8Array;
}

/** True for a frame that says that a client has signed it. */
export function isSignedFrame(frame: Uint8Array): boolean {
  return frame.length > KIND_AT && frame[KIND_AT] === KIND_SIGNED;
}

/** Encodes and signs. `chainId` keeps the frame from being carried to another chain. */
export function encodeSignedFrame(
  { expiresMs, nonce, signer, commands }: SignedFrame,
  chainId: Uint8Array,
  hash: HashFunction,
  sign: SignFunction,
): Uint8Array {
  const bytes = new Uint8Array(SIGNED_FRAME_EXTRA_BYTES + commands.length);
  const view = viewOf(bytes);
  setSafeU64(view, 0, expiresMs);
  bytes.set(nonce, FRAME_HEAD_BYTES);
  bytes[KIND_AT] = KIND_SIGNED;
  view.setUint32(SIGNER_AT, signer, true);
  bytes.set(commands, COMMANDS_AT);
  bytes.set(sign(signMessage(bytes, chainId, hash)), COMMANDS_AT + commands.length);
  return bytes;
}

/** What is signed is a digest: the longest part of a frame is hashed by whatever is fastest. */
function signMessage(frame: Uint8Array, chainId: Uint8Array, hash: HashFunction): Uint8Array {
  const body = frame.subarray(0, frame.length - SIGNATURE_BYTES);
  return concatBytes(SIGN_TAG, chainId, hash(body));
}

/**
 * What is wrong with a frame that comes from a client; undefined where it is whole, signed by one of the signers, and
 * commands nothing that its signer may not. A function of the frame and the genesis alone: all members agree on it.
 */
export function findSignedFrameProblem(
  frame: Uint8Array,
  { chainId, signers, hash, verify }: FrameChecks,
): string | undefined {
  if (!isSignedFrame(frame) || frame.length <= SIGNED_FRAME_EXTRA_BYTES) return "no signed frame";
  if (frame[KIND_AT + 1] !== 0 || frame[KIND_AT + 2] !== 0 || frame[KIND_AT + 3] !== 0) {
    return "its head is not canonical";
  }
  const signer = signers[viewOf(frame).getUint32(SIGNER_AT, true)];
  if (signer === undefined) return "its signer is not known";
  const commands = commandsOf(frame);
  if (signer.account !== 0 && !isOfAccount(commands, signer.account)) {
    return "a command of it is not its signer's to give";
  }
  const signature = frame.subarray(frame.length - SIGNATURE_BYTES);
  const isSigned = verify(signer.publicKey, signMessage(frame, chainId, hash), signature);
  return isSigned ? undefined : "its signature does not hold";
}

/** The commands of a signed frame, which alias it, and their number; or what is wrong with them. */
export function parseSignedCommands(
  frame: Uint8Array,
): { readonly commands: Uint8Array; readonly commandCount: number } | Fault<CommandFaultDetail> {
  const commands = commandsOf(frame);
  const commandCount = parseCommands(commands);
  return commandCount instanceof Fault ? commandCount : { commands, commandCount };
}

function commandsOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(COMMANDS_AT, Math.max(COMMANDS_AT, frame.length - SIGNATURE_BYTES));
}

/** True where every command is a trader's, of this account. Whether they are well formed is judged elsewhere. */
function isOfAccount(commands: Uint8Array, account: number): boolean {
  const view = viewOf(commands);
  for (let at = 0; at < commands.length;) {
    const kind = commands[at]!;
    const size = commandBytes(kind);
    // Kinds from 16 on are an operator's.
    if (kind >= CommandKind.OpenAccount || at + size > commands.length) return false;
    const legs = kind === CommandKind.PlaceList ? legCount(commands, at) : 1;
    for (let leg = 0; leg < legs; leg++) {
      const place = at + leg * SPECIAL_BYTES + CommandOffset.account;
      if (view.getUint32(place, true) !== account) return false;
    }
    at += size;
  }
  return true;
}

function legCount(commands: Uint8Array, at: number): number {
  return commands[at + SPECIAL_BYTES] === ListKind.OneTriggersPair ? 3 : 2;
}
