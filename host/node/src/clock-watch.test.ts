import { expect, test } from "vitest";
import { ClockWatch, type ClockWatchOptions } from "./clock-watch.ts";

test("a clock that is set back while a node runs is told of once, and again when the time of the log has come", () => {
  const said: unknown[] = [];
  const say = (...words: unknown[]): void => void said.push(words);
  const log = { info: say, warn: say } as unknown as ClockWatchOptions["log"];
  let aheadMs = -5;
  using watch = new ClockWatch({ aheadMs: () => aheadMs, log });
  for (aheadMs of [0, 3_600_000, 1_800_000, 1_001, 1_000, -20, 5_000]) watch.look();
  const ahead = (ms: number): unknown => [{ aheadMs: ms }, "log.ahead-of-clock"];
  expect(said).toEqual([ahead(3_600_000), ["log.with-clock"], ahead(5_000)]);
});
