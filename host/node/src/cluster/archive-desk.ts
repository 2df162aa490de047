import { encodeBlockMessage, MessageKind, type PeerMessage } from "@rialto/replica";
import type { RoundArchive } from "./round-archive.ts";

/** Blocks that one question is answered with at most. */
const BLOCKS_MAX = 512;

export interface ArchiveDeskOptions {
  readonly archive: RoundArchive;
  /** The lowest round of an epoch that is in memory: the replica answers for it, and above. */
  readonly lowestRound: (epoch: number) => number;
  readonly send: (to: number, message: Uint8Array) => void;
  /**
   * Puts bytes that were read for a member on its account. Returns whether it may have more: a question that costs its
   * asker nothing may cost the reading of a whole journal.
   */
  readonly charge: (member: number, bytes: number) => boolean;
  /** Told of a journal that cannot be read any more. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Answers members that ask for rounds that memory does not reach back to, from the journal. One question of a member
 * at a time, and none while it is in debt for the last: whoever asks more waits, and asks again.
 */
export class ArchiveDesk {
  readonly #options: ArchiveDeskOptions;
  readonly #busy = new Map<number, Promise<void>>();
  #isStopped = false;

  constructor(options: ArchiveDeskOptions) {
    this.#options = options;
  }

  /** Takes the questions that the replica cannot answer. */
  consider(from: number, message: PeerMessage): void {
    if (this.#isStopped || this.#busy.has(from)) return;
    const blocks = this.#blocksFor(from, message);
    if (blocks === undefined || !this.#options.charge(from, 0)) return;
    const answering = this.#answer(from, blocks)
      .catch(this.#options.onFatal)
      .finally(() => this.#busy.delete(from));
    this.#busy.set(from, answering);
  }

  #blocksFor(from: number, message: PeerMessage): AsyncIterable<Uint8Array> | undefined {
    const { archive, charge, lowestRound } = this.#options;
    // What has begun is ended, whatever it costs: else there could be rounds that nobody ever gets to.
    const noteRead = (bytes: number): void => void charge(from, bytes);
    if (message.kind === MessageKind.FetchRounds) {
      const { epoch, fromRound, roundCount } = message;
      const lowest = lowestRound(epoch);
      if (fromRound >= lowest) return undefined;
      const toRound = Math.min(fromRound + roundCount, lowest) - 1;
      return archive.rounds(epoch, fromRound, toRound, noteRead);
    }
    if (message.kind !== MessageKind.FetchBlocks) return undefined;
    const { epoch } = message;
    const lowest = lowestRound(epoch);
    const old = message.refs.filter((ref) => ref.round > 0 && ref.round < lowest);
    return old.length === 0 ? undefined : archive.findAll(epoch, old, noteRead);
  }

  async #answer(to: number, blocks: AsyncIterable<Uint8Array>): Promise<void> {
    let left = BLOCKS_MAX;
    for await (const bytes of blocks) {
      if (this.#isStopped || left-- <= 0) return;
      this.#options.send(to, encodeBlockMessage({ bytes }));
    }
  }

  /** Waits until nothing reads the journal any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#busy.values());
  }
}
