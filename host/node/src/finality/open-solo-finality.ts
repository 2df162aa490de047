import { equalBytes } from "@rialto/base";
import type { Commit } from "@rialto/consensus";
import { FINALITY_HASHES_DEFAULT } from "@rialto/replica";
import type { Journal } from "@rialto/storage";
import { randomBytes } from "node:crypto";
import type { DataDirectory } from "../data-directory.ts";
import { sha256 } from "../sha256.ts";
import type { NodeOptions } from "../node-parts.ts";
import { FinalityKeeper } from "./finality-keeper.ts";
import { ProofStore } from "./proof-store.ts";
import { digestOfRecord, SoloAttester } from "./solo-attester.ts";
import { openSoloMember } from "./solo-member.ts";

/** What certifies the log of a node alone. */
export interface SoloFinality {
  readonly keeper: FinalityKeeper;
  readonly attester: SoloAttester;
}

/**
 * Opens what certifies the log of a node alone; undefined where it certifies nothing: it was told so, nothing is durable,
 * or it has certified what its journal does not hold, or holds another record in place of, and would have to contradict itself.
 *
 * Errors   DATA_FILES_MISSING, those of keys and genesis, of `ProofStore` and of the journal, thrown.
 */
export async function openSoloFinality(
  { settings, network, log }: NodeOptions,
  directory: DataDirectory,
  journal: Pick<Journal, "lastSequence" | "read">,
  parts: { readonly stateRoot: () => Uint8Array; readonly cleanup: AsyncDisposableStack },
): Promise<SoloFinality | undefined> {
  const { durability, checkpointMs, proofBytes: bytesMax } = settings;
  if (durability === "memory" || checkpointMs === 0) return undefined;
  const member = openSoloMember(directory, network, journal);
  const { committee, file } = member.genesis;
  if (member.isNew && journal.lastSequence > 0) {
    // As where it did not certify before; or where all that it did has been lost.
    log.warn({ lastSequence: journal.lastSequence }, "finality.begun-anew");
  }
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
  const { commitIndex: certified } = end;
  if (certified > journal.lastSequence) {
    log.error({ certified, journal: journal.lastSequence }, "finality.ahead");
    return undefined;
  }
  const last = newest?.record.commits.at(-1)?.commit;
  if (last !== undefined && !(await isOf(journal, last))) {
    log.error({ certified, journal: journal.lastSequence }, "finality.other");
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
    uncertified: newest?.certificate === undefined ? last : undefined,
    stateRoot: parts.stateRoot,
    checkpointMs,
  });
  made.attester = attester;
  return { keeper, attester };
}

/** Whether a commit is of what the journal holds at its place. */
async function isOf(journal: Pick<Journal, "read">, { index, leader }: Commit): Promise<boolean> {
  for await (const { payload } of journal.read(index)) {
    return equalBytes(leader.digest, digestOfRecord(payload));
  }
  return false;
}
