import { Fault } from "@rialto/base";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ReplayFault, ReplayFaultDetail } from "./replay-fault.ts";

/** Limit: a recorded file's text, unpacked. What a larger one needs is another way of reading. */
const RECORDED_BYTES_MAX = 256 * 1024 * 1024;

const GZIP_MAGIC = [0x1f, 0x8b];
const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a];

/**
 * Reads the lines of a recorded file, which may be packed with gzip or xz.
 *
 * Errors   returned: REPLAY_FILE_UNREADABLE; REPLAY_TOOL_MISSING where xz is needed and not installed.
 */
export async function readRecordedLines(path: string): Promise<readonly string[] | ReplayFault> {
  try {
    const text = (await unpack(path, await readFile(path))).toString("utf8");
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  } catch (error) {
    return unreadable(path, error as NodeJS.ErrnoException);
  }
}

async function unpack(path: string, bytes: Buffer): Promise<Buffer> {
  const begins = (magic: readonly number[]): boolean =>
    magic.every((byte, at) => bytes[at] === byte);
  if (begins(GZIP_MAGIC)) {
    return await promisify(gunzip)(bytes, { maxOutputLength: RECORDED_BYTES_MAX });
  }
  if (!begins(XZ_MAGIC)) return bytes;
  const options = { encoding: "buffer", maxBuffer: RECORDED_BYTES_MAX } as const;
  const packed = ["--decompress", "--stdout", "--", path];
  return (await promisify(execFile)("xz", packed, options)).stdout;
}

function unreadable(path: string, error: NodeJS.ErrnoException): ReplayFault {
  if (error.code === "ENOENT" && error.syscall === "spawn xz") {
    const message = `${path} is packed with xz, which is not installed here: apt-get install xz-utils`;
    return new Fault<ReplayFaultDetail>(
      { code: "REPLAY_TOOL_MISSING", tool: "xz" },
      "error",
      message,
      error,
    );
  }
  const reason = error.message;
  const detail = { code: "REPLAY_FILE_UNREADABLE", path, reason } as const;
  return new Fault<ReplayFaultDetail>(detail, "error", `${path} cannot be read: ${reason}`, error);
}
