import { FINALITY_HASHES_DEFAULT } from "@rialto/replica";
import { randomBytes } from "node:crypto";
import type { DataDirectory } from "../data-directory.ts";
import { sha256 } from "../sha256.ts";
import type { NodeOptions } from "../node-parts.ts";
import { FinalityKeeper } from "./finality-keeper.ts";
import { ProofStore } from "./proof-store.ts";
import { SoloAttester } from "./solo-attester.ts";
import { openSoloMember } from "./solo-member.ts";

/** What certifies the log of a node alone. */
export interface SoloFinality {
  readonly keeper: FinalityKeeper;
  readonly attester: SoloAttester;
}

/**
 * Opens what certifies the log of a node alone; undefined where it certifies nothing: it was told so, nothing is durable,
 * or it has certified more than its journal holds, and would have to contradict itself.
 *
 * Errors   those of keys and genesis, and of `ProofStore`, thrown.
 */
export function openSoloFinality(
  { settings, network, log }: NodeOptions,
  directory: DataDirectory,
  lastSequence: number,
  parts: { readonly stateRoot: () => Uint8Array; readonly cleanup: AsyncDisposableStack },
): SoloFinality | undefined {
  const { durability, checkpointMs, proofBytes: bytesMax } = settings;
  if (durability === "memory" || checkpointMs === 0) return undefined;
  const member = openSoloMember(directory.path, network);
  const { committee, file } = member.genesis;
  const store = parts.cleanup.use(
    new ProofStore({
      path: directory.proofs,
      networkHash: committee.hash,
      bytesMax,
      onDamaged: (path) => log.error({ path }, "proofs.damaged"),
    }),
  );
  const { end } = store;
  const [newest] = store.newest(1);
  if (end.commitIndex > lastSequence) {
    log.error({ certified: end.commitIndex, journal: lastSequence }, "finality.ahead");
    return undefined;
  }
  const made: { attester: SoloAttester | undefined } = { attester: undefined };
  const keeper = new FinalityKeeper({
    committee,
    hash: sha256,
    store,
    genesis: JSON.stringify(file),
    hashesMax: FINALITY_HASHES_DEFAULT,
    hashKey: randomBytes(8).readBigUInt64LE(),
    dag: (roundsMax) => made.attester!.dag(roundsMax),
    onFailed: (error) => log.error({ err: error }, "finality.unwritten"),
    onResumed: () => log.info({}, "finality.resumed"),
    onLost: () => log.error({}, "finality.lost"),
  });
  const attester = new SoloAttester({
    member,
    keeper,
    end,
    uncertified:
      newest?.certificate === undefined ? newest?.record.commits.at(-1)?.commit : undefined,
    stateRoot: parts.stateRoot,
    checkpointMs,
  });
  made.attester = attester;
  return { keeper, attester };
}
