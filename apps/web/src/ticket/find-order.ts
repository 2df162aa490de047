import { ApiError, NetworkError } from "@rialto/client";

export interface FindTimes {
  /** Between one question and the next. Default 1,000. */
  readonly pauseMs?: number;
  /** An order that has not been there for so long has probably not arrived. Default 30,000. */
  readonly patienceMs?: number;
}

const PAUSE_MS = 1_000;
const PATIENCE_MS = 30_000;
const NO_SUCH_ORDER = -2013;

/**
 * Looks for an order of which it is not known whether it was placed, for as long as there is no answer, or `isWanted` holds.
 *
 * Returns  the answer of `ask`; undefined where the exchange still has no such order when the patience ends
 */
export async function findOrder(
  ask: () => Promise<unknown>,
  isWanted: () => boolean,
  { pauseMs = PAUSE_MS, patienceMs = PATIENCE_MS }: FindTimes = {},
): Promise<unknown> {
  const endMs = performance.now() + patienceMs;
  while (isWanted()) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      // Nobody but an exchange that answers can say that it has none.
      const isMissing = error instanceof ApiError && error.code === NO_SUCH_ORDER;
      if (isMissing && performance.now() >= endMs) return undefined;
    }
  }
  return undefined;
}
