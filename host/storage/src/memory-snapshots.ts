import { type KeepRule, keepRuleOf } from "./keep-rule.ts";
import type {
  LatestSnapshot,
  Snapshot,
  SnapshotMark,
  Snapshots,
  StoredContent,
} from "./snapshots.ts";
import { storageFault } from "./storage-fault.ts";

export interface MemorySnapshotsOptions {
  /** How many to keep, or which, asked whenever one has been saved. Default 2. */
  readonly keep?: number | KeepRule;
}

/** Snapshots that live in memory, for tests and simulations. */
export function createMemorySnapshots(options: MemorySnapshotsOptions = {}): Snapshots {
  return new MemorySnapshots(keepRuleOf(options.keep));
}

class MemorySnapshots implements Snapshots {
  readonly #keep: KeepRule;
  /** Oldest first. */
  #saved: Snapshot[] = [];

  constructor(keep: KeepRule) {
    this.#keep = keep;
  }

  async save(
    mark: SnapshotMark,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(new Uint8Array(chunk));
    const saved = this.#saved.filter(({ sequence }) => sequence !== mark.sequence);
    saved.push(copyOf({ ...mark, content: Buffer.concat(parts) }));
    saved.sort((left, right) => left.sequence - right.sequence);
    const kept = this.#keep(saved.map(({ sequence }) => sequence).toReversed());
    this.#saved = saved.filter(({ sequence }) => kept.includes(sequence));
  }

  async latest(atMostSequence: number = Infinity): Promise<LatestSnapshot> {
    const newest = this.#saved.findLast(({ sequence }) => sequence <= atMostSequence);
    return { snapshot: newest && copyOf(newest), warnings: [] };
  }

  async list(): Promise<readonly number[]> {
    return this.#saved.map(({ sequence }) => sequence).toReversed();
  }

  async open(sequence: number): Promise<StoredContent | undefined> {
    const saved = this.#saved.find((each) => each.sequence === sequence);
    if (saved === undefined) return undefined;
    const { content } = saved;
    return {
      contentBytes: content.length,
      read: async (target, position) => {
        const part = content.subarray(position, position + target.length);
        if (part.length < target.length) {
          const expected = `${position + target.length} bytes`;
          const found = `${content.length} bytes`;
          throw storageFault({ code: "SNAPSHOT_CORRUPT", path: "memory", expected, found });
        }
        target.set(part);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }
}

function copyOf({ sequence, stateHash, journalHash, content }: Snapshot): Snapshot {
  return {
    sequence,
    stateHash: new Uint8Array(stateHash),
    journalHash: new Uint8Array(journalHash),
    content: new Uint8Array(content),
  };
}
