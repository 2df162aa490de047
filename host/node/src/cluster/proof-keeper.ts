import { encodeHex, Fault } from "@rialto/base";
import type { Evidence } from "@rialto/consensus";
import type { HaltReason } from "@rialto/replica";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HALT_FILE = "halt.json";

export type HaltedFaultDetail = { readonly code: "MEMBER_HALTED"; readonly path: string };

/** Keeps what proves that another member lied, or that members have parted: for people and for courts. */
export class ProofKeeper {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Keeps two blocks of one author and round. Returns the file's path; the first proof against a member stays. */
  keepEvidence(evidence: Evidence): string {
    return this.#keep(`evidence-${evidence.first.author}.json`, evidenceOf(evidence));
  }

  /** Keeps why this member has halted. Returns the file's path. */
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

  #keep(name: string, content: object): string {
    const path = join(this.#directory, name);
    if (existsSync(path)) return path;
    // Whole or not at all: half a proof would stand in the way of a whole one.
    const temporary = `${path}.new`;
    writeFileSync(temporary, `${JSON.stringify(content, undefined, 2)}\n`, { flush: true });
    renameSync(temporary, path);
    return path;
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
