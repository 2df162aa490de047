import { Fault } from "@rialto/base";
import { type NodeExchange, type NodeOptions, startDemo } from "../node-parts.ts";

/** How often it is looked whether orders are taken. */
const LOOK_MS = 100;

/**
 * Starts the demo as soon as orders are taken. Funding it takes a quorum, which may be long in coming; the member is of use
 * before.
 *
 * Effects  ends it with `cleanup`, whatever has come of it by then.
 */
export function startDemoLater(
  options: Pick<NodeOptions, "log" | "onFatal">,
  exchange: NodeExchange,
  cleanup: AsyncDisposableStack,
): void {
  const demo = new AsyncDisposableStack();
  let timer: NodeJS.Timeout | undefined;
  let starting = Promise.resolve();
  let isStopped = false;
  const attempt = (): void => {
    if (!exchange.status().ready) {
      timer = setTimeout(attempt, LOOK_MS);
      return;
    }
    starting = startDemo(options, exchange, demo).catch((error: unknown) => {
      if (!(error instanceof Fault)) return options.onFatal(error);
      // Refused since the node stops: nothing comes after that.
      if (isStopped) return;
      options.log.warn({ err: error }, "demo.refused");
      timer = setTimeout(attempt, LOOK_MS);
    });
  };
  cleanup.defer(async () => {
    isStopped = true;
    clearTimeout(timer);
    // The robots' last orders may wait for others that have gone before, as may what funds them: the exchange gives them up.
    await Promise.all([exchange.drain(), starting.then(() => demo.disposeAsync())]);
  });
  attempt();
}
