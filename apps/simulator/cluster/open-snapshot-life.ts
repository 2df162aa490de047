import type { ChainReplica } from "@rialto/replica";
import type { Ledger } from "./ledger.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimNodeOptions } from "./sim-node-options.ts";
import { forgeSnapshot, type SnapshotForger } from "./snapshot-lies.ts";
import { SnapshotLife } from "./snapshot-life.ts";

/** For so long at most a snapshot is kept for others beyond the newest. */
const SNAPSHOT_HELD_MS_MAX = 15_000;

type Run = Pick<SimNodeOptions, "number" | "settings" | "run" | "book" | "forges" | "faults">;

/** The snapshots of one life of a process: who forges them gives others what it makes of them. */
export function openSnapshotLife(
  options: Run & {
    readonly chain: ChainReplica;
    readonly ledger: Ledger;
    readonly disk: SimDisk;
    readonly keepsChunk: () => boolean;
    readonly nowMs: () => number;
    readonly sendTo: (to: number, message: Uint8Array) => void;
  },
): SnapshotLife {
  const { number, settings, run, book, forges, faults } = options;
  const { chain, ledger, disk, keepsChunk, nowMs, sendTo } = options;
  const { fetchTimeoutMs } = settings.sync;
  const forger: SnapshotForger = {
    path: chain.path,
    signerIn: (epoch) => disk.guards.signerIn(epoch),
    chunkBytes: run.chunkBytes,
  };
  return new SnapshotLife({
    number,
    chain,
    ledger,
    disk,
    book,
    forge: forges ? (stored) => forgeSnapshot(stored, forger, faults) : undefined,
    settings: {
      queryMs: settings.statusMs,
      chunkTimeoutMs: fetchTimeoutMs,
      stallMs: 20 * fetchTimeoutMs,
      lagRounds: 1_000_000,
    },
    keepsChunk,
    keeping: { idleMs: 20 * fetchTimeoutMs, heldMsMax: SNAPSHOT_HELD_MS_MAX },
    chunkBytes: run.chunkBytes,
    nowMs,
    send: sendTo,
  });
}
