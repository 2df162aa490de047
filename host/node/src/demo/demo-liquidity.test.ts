import type { ExchangePort } from "@rialto/gateway";
import type { AccountIndex } from "@rialto/protocol";
import { expect, test } from "vitest";
import { until } from "../testing/small-cluster.ts";
import { DemoLiquidity } from "./demo-liquidity.ts";

test("robots that are refused for long say so once, and once more when they are refused again", async () => {
  let isShut = false;
  let beats = 0;
  const submit = async (): Promise<[]> => {
    beats++;
    if (isShut) throw new Error("no quorum");
    return [];
  };
  const refused: unknown[] = [];
  const robots = new DemoLiquidity({
    exchange: { network: { markets: [] }, submit } as unknown as ExchangePort,
    maker: 1 as AccountIndex,
    taker: 2 as AccountIndex,
    seed: 1,
    beatMs: 1,
    onRefused: (error) => refused.push(error),
  });
  const untilBeats = async (count: number): Promise<void> => {
    const wanted = beats + count;
    await until("the robots have traded on", async () => beats >= wanted);
  };
  await robots.start();
  for (const times of [1, 2]) {
    isShut = true;
    await untilBeats(5);
    expect(refused).toHaveLength(times);
    isShut = false;
    await untilBeats(5);
  }
  await robots.stop();
});
