import { encodeHex, Fault } from "@rialto/base";
import type { Evidence } from "@rialto/consensus";
import type { HaltReason } from "@rialto/replica";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isNoRoom, writeWhole } from "../write-whole.ts";

const HALT_FILE = "halt.json";

export type HaltedFaultDetail = { readonly code: "MEMBER_HALTED"; readonly path: string };

/**
 * Keeps what proves that another member lied, or that members have parted: for people and for courts. What finds no room waits for
 * it: a disk that is full ends no member, and whoever makes it so must not be spared by that.
 */
export class ProofKeeper {
  readonly #directory: string;
  /** By path. */
  readonly #waiting = new Map<string, Uint8Array>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps two blocks of one author and round. Returns the file's path; the first proof against a member stays. Errors: as `retry`. */
  keepEvidence(evidence: Evidence): string {
    return this.#keep(`evidence-${evidence.first.author}.json`, evidenceOf(evidence));
  }

  /** Keeps why this member has halted. Returns the file's path. Errors: as `retry`. */
  keepHalt(reason: HaltReason): string {
    return this.#keep(HALT_FILE, haltOf(reason));
  }

  /**
   * Whoever restarts what has ended would also restart a member that must take no part: only people end a halt.
   *
   * Errors   MEMBER_HALTED where this member has halted before, thrown.
   */
  refuseHalted(): void {
    const path = join(this.#directory, HALT_FILE);
    if (!existsSync(path)) return;
    const message = `this member has halted, and going on could fork: ${path} says why. When that is settled, remove it`;
    throw new Fault<HaltedFaultDetail>({ code: "MEMBER_HALTED", path }, "fatal", message);
  }

  /** Tries again to keep what has found no room. Errors: what else the system says, thrown. */
  retry(): void {
    for (const [path, bytes] of this.#waiting) this.#write(path, bytes);
  }

  #keep(name: string, content: object): string {
    const path = join(this.#directory, name);
    if (existsSync(path) || this.#waiting.has(path)) return path;
    this.#write(path, Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`));
    return path;
  }

  /** Whole or not at all: half a proof would stand in the way of a whole one. */
  #write(path: string, bytes: Uint8Array): void {
    try {
      writeWhole(path, bytes);
      this.#waiting.delete(path);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#waiting.set(path, bytes);
    }
  }
}

/** Whole blocks with their signatures: whoever has the genesis file can check them. */
function evidenceOf({ first, second }: Evidence): object {
  const { author, round } = first;
  return { author, round, blocks: [first, second].map(({ bytes }) => encodeHex(bytes)) };
}

function haltOf(reason: HaltReason): object {
  switch (reason.code) {
    case "ASSUMPTION_BROKEN": {
      const { reason: problem, round, blocks } = reason.broken;
      const bytes = blocks.flatMap(({ block }) => (block === undefined ? [] : [block.bytes]));
      return { code: reason.code, problem, round, blocks: bytes.map((each) => encodeHex(each)) };
    }
    case "CRASH_PROFILE_LIE":
      return { code: reason.code, ...evidenceOf(reason.evidence) };
    case "STATE_DIVERGED":
    case "COMMIT_DIVERGED": {
      const { code, commitIndex, own, theirs, authors } = reason;
      return { code, commitIndex, own: encodeHex(own), theirs: encodeHex(theirs), authors };
    }
  }
}
