import { encodeHex } from "@rialto/base";
import type { Evidence } from "@rialto/consensus";
import type { HaltReason } from "@rialto/replica";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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
    return this.#keep("halt.json", haltOf(reason));
  }

  #keep(name: string, content: object): string {
    const path = join(this.#directory, name);
    if (!existsSync(path)) writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`);
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
