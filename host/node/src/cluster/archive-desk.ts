import type { Dag } from "@rialto/consensus";
import { encodeBlockMessage, MessageKind, type PeerMessage } from "@rialto/replica";
import type { RoundArchive } from "./round-archive.ts";

/** Blocks that one question is answered with at most. */
const BLOCKS_MAX = 512;

/**
 * Answers members that ask for rounds that memory does not reach back to, from the journal. One question of a member
 * at a time: whoever asks more waits, and asks again.
 */
export class ArchiveDesk {
  readonly #archive: RoundArchive;
  readonly #dag: Dag;
  readonly #send: (to: number, message: Uint8Array) => void;
  readonly #busy = new Map<number, Promise<void>>();
  #isStopped = false;

  constructor(archive: RoundArchive, dag: Dag, send: (to: number, message: Uint8Array) => void) {
    this.#archive = archive;
    this.#dag = dag;
    this.#send = send;
  }

  /** Takes the questions that the replica cannot answer. */
  consider(from: number, message: PeerMessage): void {
    if (this.#isStopped || this.#busy.has(from)) return;
    const blocks = this.#blocksFor(message);
    if (blocks === undefined) return;
    const answering = this.#answer(from, blocks).finally(() => this.#busy.delete(from));
    this.#busy.set(from, answering);
  }

  #blocksFor(message: PeerMessage): AsyncIterable<Uint8Array> | undefined {
    const { lowestRound } = this.#dag;
    if (message.kind === MessageKind.FetchRounds) {
      const { fromRound, roundCount } = message;
      if (fromRound >= lowestRound) return undefined;
      return this.#archive.rounds(fromRound, Math.min(fromRound + roundCount, lowestRound) - 1);
    }
    if (message.kind !== MessageKind.FetchBlocks) return undefined;
    const old = message.refs.filter((ref) => ref.round > 0 && ref.round < lowestRound);
    return old.length === 0 ? undefined : findAll(this.#archive, old);
  }

  async #answer(to: number, blocks: AsyncIterable<Uint8Array>): Promise<void> {
    let left = BLOCKS_MAX;
    for await (const bytes of blocks) {
      if (this.#isStopped || left-- <= 0) return;
      this.#send(to, encodeBlockMessage({ bytes }));
    }
  }

  /** Waits until nothing reads the journal any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#busy.values());
  }
}

async function* findAll(
  archive: RoundArchive,
  refs: readonly Parameters<RoundArchive["find"]>[0][],
): AsyncGenerator<Uint8Array> {
  for (const ref of refs) {
    const bytes = await archive.find(ref);
    if (bytes !== undefined) yield bytes;
  }
}
