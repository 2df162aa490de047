// What a client of the benchmark takes in of the events: all of them, and no more than it has to count.

import { EventKind, EventOffset } from "@rialto/protocol";
import type { SnapshotEngine } from "@rialto/engine";
import type { Gone } from "./flow.ts";

const SIZE_SHIFT = 8;
const A_SHIFT = 16;
const MAKER_DONE = 1 << 24;

/** Counts of the events since it was made. */
export class Tally {
  accepted = 0;
  rejected = 0;
  fills = 0;

  /** Takes in the events of the last `execute`. */
  count(engine: SnapshotEngine): void {
    const words = wordsOf(engine);
    let [accepted, rejected, fills] = [0, 0, 0];
    for (let at = 0; at < words.length;) {
      const head = words[at]!;
      const kind = head & 0xff;
      if (kind === EventKind.Accepted) accepted += 1;
      else if (kind === EventKind.Fill) fills += 1;
      else if (kind === EventKind.Rejected) rejected += 1;
      at += ((head >>> SIZE_SHIFT) & 0xff) << 1;
    }
    this.accepted += accepted;
    this.rejected += rejected;
    this.fills += fills;
  }
}

/** Adds the makers that have traded in full to `gone`, and the lots of each market's fills to `lots`. */
export function collectFills(engine: SnapshotEngine, gone: Gone, lots: Float64Array): void {
  const words = wordsOf(engine);
  for (let at = 0; at < words.length; at += ((words[at]! >>> SIZE_SHIFT) & 0xff) << 1) {
    const head = words[at]!;
    if ((head & 0xff) !== EventKind.Fill) continue;
    const market = words[at + EventOffset.fillMarket / 4]!;
    lots[market]! += words[at + EventOffset.fillLots / 4]! >>> 0;
    const takerSide = (head >>> A_SHIFT) & 1;
    if ((head & MAKER_DONE) !== 0) gone.add(market, 1 - takerSide);
  }
}

function wordsOf({ events, eventBytes }: SnapshotEngine): Int32Array {
  return new Int32Array(events.buffer, events.byteOffset, eventBytes / 4);
}
