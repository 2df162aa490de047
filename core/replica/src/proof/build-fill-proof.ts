import { fail, viewOf } from "@rialto/base";
import { type HashFunction, proveInclusion } from "@rialto/crypto";
import type { Certificate } from "@rialto/consensus";
import { EventKind, EventOffset } from "@rialto/protocol";
import { commitLeaf, RESULT_LEAF_HEAD_BYTES } from "../results.ts";
import type { CheckpointRecord, CommitRecord } from "./checkpoint-record.ts";
import type { FillProof } from "./fill-proof.ts";

/** Where a trade stands among the leaves of a commit. */
interface TradePlace {
  readonly leafIndex: number;
  /** In the events of the leaf. */
  readonly eventOffset: number;
}

/** Calls `visit` for each trade in the leaf of a frame, in order. Allocates nothing but a view. */
function visitTrades(
  leaf: Uint8Array,
  visit: (market: number, tradeId: number, eventOffset: number) => void,
): void {
  const view = viewOf(leaf);
  for (let at = RESULT_LEAF_HEAD_BYTES; at < leaf.length;) {
    const kind = leaf[at]!;
    if (kind === EventKind.Fill || kind === EventKind.Auctioned) {
      const high = view.getUint32(at + EventOffset.fillTradeId + 4, true);
      const tradeId = high * 0x1_0000_0000 + view.getUint32(at + EventOffset.fillTradeId, true);
      const market = view.getUint32(at + EventOffset.fillMarket, true);
      visit(market, tradeId, at - RESULT_LEAF_HEAD_BYTES);
    }
    const size = leaf[at + EventOffset.size]!;
    if (size === 0) fail("an event has a size");
    at += size * 8;
  }
}

/** The newest trade of each market in the commits of a record, by market. */
export function lastTrades(record: CheckpointRecord): Map<number, number> {
  const last = new Map<number, number>();
  for (const { leaves } of record.commits) {
    for (const leaf of leaves) visitTrades(leaf, (market, tradeId) => last.set(market, tradeId));
  }
  return last;
}

/**
 * Builds the proof of one trade.
 *
 * `records[0]` holds the commit of the trade, the others are those that follow it without a gap; `certificate` is of
 * the last one's checkpoint.
 *
 * Returns  undefined where the first record does not hold the trade.
 */
export function buildFillProof(options: {
  readonly market: number;
  readonly tradeId: number;
  readonly records: readonly CheckpointRecord[];
  readonly certificate: Certificate;
  /** What leads from the genesis to the epoch of the certificate. */
  readonly epochs: readonly Uint8Array[];
  readonly hash: HashFunction;
}): FillProof | undefined {
  const { market, tradeId, records, certificate, epochs, hash } = options;
  const [first, ...later] = records;
  if (first === undefined) return undefined;
  for (const [at, record] of first.commits.entries()) {
    const place = findPlace(record, market, tradeId);
    if (place === undefined) continue;
    const leaf = record.leaves[place.leafIndex]!;
    return {
      market,
      tradeId,
      frameId: leaf.subarray(0, RESULT_LEAF_HEAD_BYTES - 4),
      piece: viewOf(leaf).getUint32(RESULT_LEAF_HEAD_BYTES - 4, true),
      events: leaf.subarray(RESULT_LEAF_HEAD_BYTES),
      eventOffset: place.eventOffset,
      eventPath: proveInclusion(record.leaves, place.leafIndex, hash),
      commit: record.commit,
      eventsRoot: record.eventsRoot,
      commitPath: proveInclusion(resultsLeaves(first), at + 1, hash),
      links: later.map((next) => ({
        root: next.previousRoot,
        path: proveInclusion(resultsLeaves(next), 0, hash),
      })),
      epochs,
      certificate,
    };
  }
  return undefined;
}

function findPlace(
  { leaves }: CommitRecord,
  wantedMarket: number,
  wantedTrade: number,
): TradePlace | undefined {
  let place: TradePlace | undefined;
  for (const [leafIndex, leaf] of leaves.entries()) {
    visitTrades(leaf, (market, tradeId, eventOffset) => {
      if (market === wantedMarket && tradeId === wantedTrade) place = { leafIndex, eventOffset };
    });
    if (place !== undefined) return place;
  }
  return undefined;
}

function resultsLeaves({ previousRoot, commits }: CheckpointRecord): Uint8Array[] {
  const leaves = commits.map(({ commit, digest, eventsRoot }) =>
    commitLeaf({ index: commit.index, digest, eventsRoot }),
  );
  return [previousRoot, ...leaves];
}
