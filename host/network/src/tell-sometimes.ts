import { TOLD_PER_SECOND } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { TransportEvent } from "./transport.ts";

type Observe = (event: TransportEvent) => void;

/**
 * Tells `observe` of each kind of event TOLD_PER_SECOND times a second at most. Whoever is on the other end can bring about
 * most of them as often as he likes, and observers write them down: he could fill the disk.
 */
export function tellSometimes(observe: Observe): Observe {
  const told = new Map<TransportEvent["kind"], TokenBucket>();
  return (event) => {
    const nowMs = performance.now();
    const bucket = told.get(event.kind) ?? new TokenBucket(TOLD_PER_SECOND, nowMs);
    told.set(event.kind, bucket);
    if (bucket.takeIfLeft(nowMs)) observe(event);
  };
}
