import { Fault } from "@rialto/base";
import type { CommittedBatch } from "@rialto/consensus";
import { type ChainReplica, type CommitResult, type Effect, Outbox } from "@rialto/replica";

/** What a journal has led to. */
export interface Replayed {
  readonly newest: { readonly batch: CommittedBatch; readonly result: CommitResult } | undefined;
}

/** What comes of a journal, in its order. */
export interface ReplayTalk {
  readonly noteEpoch: (begun: Extract<Effect, { readonly kind: "epoch" }>["begun"]) => void;
  readonly apply: (batch: CommittedBatch) => CommitResult | undefined;
}

/** Goes through a journal. Undefined where it is of something else. Effects: on the chain. */
export function replayJournal(
  chain: ChainReplica,
  records: readonly Uint8Array[],
  talk: ReplayTalk,
): Replayed | undefined {
  let newest: Replayed["newest"];
  const outbox = new Outbox();
  for (const [index, record] of records.entries()) {
    if (chain.isPassed(record, index)) continue;
    if (chain.restore(record, index, outbox) instanceof Fault) return undefined;
    for (const effect of outbox.take()) {
      if (effect.kind === "epoch") talk.noteEpoch(effect.begun);
      // What it votes for and certifies on the way was said before.
      if (effect.kind !== "commit") continue;
      const result = talk.apply(effect.batch);
      if (result !== undefined) newest = { batch: effect.batch, result };
    }
  }
  return { newest };
}
