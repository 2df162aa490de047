import type { EpochPath } from "@rialto/replica";
import type { Logger } from "pino";
import { epochsFileText, stepTexts } from "./epoch-file.ts";
import type { Genesis } from "./genesis.ts";
import { isNoRoom, writeWhole } from "../write-whole.ts";

export interface EpochKeeperOptions {
  /** Of the file. */
  readonly file: string;
  readonly genesis: Genesis;
  readonly path: EpochPath;
  /** Steps that the file has already. */
  readonly kept: number;
  readonly log: Pick<Logger, "error">;
}

/** Keeps what leads to the epochs that a member knows on its disk: a snapshot is of no use without it. */
export class EpochKeeper {
  readonly #options: EpochKeeperOptions;
  #kept: number;

  constructor(options: EpochKeeperOptions) {
    this.#options = options;
    this.#kept = options.kept;
  }

  /**
   * Writes what is new, durably, all of it or nothing.
   *
   * Returns  false where the disk is full: nothing that rests on it may be kept before it is tried again.
   * Errors   what else the system says, thrown.
   */
  keep(): boolean {
    const { file, genesis, path, log } = this.#options;
    const { steps } = path;
    if (steps.length <= this.#kept) return true;
    try {
      writeWhole(file, Buffer.from(epochsFileText(stepTexts(genesis, steps))));
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      log.error({ err: error }, "epochs.unkept");
      return false;
    }
    this.#kept = steps.length;
    return true;
  }
}
