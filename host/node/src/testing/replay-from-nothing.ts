import { encodeHex, Fault } from "@rialto/base";
import type { SnapshotEngine } from "@rialto/engine";
import { createMemorySnapshots, openFileJournal } from "@rialto/storage";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkOf } from "../config/network-file.ts";
import { dataDirectory } from "../data-directory.ts";
import { hashState, readRecord, recover } from "../exchange/recovery.ts";
import { SMALL_NETWORK } from "./small-exchange.ts";

export interface Replayed {
  readonly engine: SnapshotEngine;
  readonly sequence: number;
  readonly stateHash: string;
  /** Client order ids in the journal. */
  readonly clientOrderIds: ReadonlySet<string>;
}

/** Executes a copy of the journal of `dataDir` from its first record, without any snapshot. */
export async function replayFromNothing(dataDir: string): Promise<Replayed> {
  const copy = mkdtempSync(join(tmpdir(), "rialto-replay-"));
  try {
    cpSync(dataDirectory(dataDir).journal, copy, { recursive: true });
    return await replayCopy(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

async function replayCopy(directory: string): Promise<Replayed> {
  const network = networkOf(SMALL_NETWORK);
  if (network instanceof Fault) throw network;
  const { hash: networkHash } = network;
  await using journal = await openFileJournal({ directory, networkHash, mode: "strict" });
  const clientOrderIds = new Set<string>();
  for await (const { sequence, payload } of journal.read(1)) {
    for (const { text } of readRecord(payload, sequence).notes) clientOrderIds.add(text);
  }
  const { engine } = await recover({
    limits: SMALL_NETWORK.capacities,
    hashKey: 1n,
    journal,
    snapshots: createMemorySnapshots(),
    readModel: undefined,
    warn: (warning) => {
      throw warning;
    },
  });
  engine.audit();
  const stateHash = encodeHex(hashState(engine));
  return { engine, sequence: journal.lastSequence, stateHash, clientOrderIds };
}
