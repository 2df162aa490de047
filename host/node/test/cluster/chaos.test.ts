import { expect, test } from "vitest";
import { runChaos } from "../../src/testing/chaos.ts";
import { BEGIN_TIMEOUT_MS } from "../../src/testing/small-cluster.ts";

// The short part of `npm run fuzz -- cluster`.

test(
  "members that are killed, stopped and ended under load lose nothing acknowledged, and agree",
  async () => {
    const options = { nodes: 3, seed: 7, episodes: 1, faultsPerEpisode: 14 };
    const { episodes, faults, placed, cancelled } = await runChaos({
      ...options,
      profile: "crash",
    });
    expect(episodes).toBe(1);
    const count = [...faults.values()].reduce((sum, each) => sum + each, 0);
    expect(count).toBeGreaterThan(5);
    expect(placed).toBeGreaterThan(50);
    expect(cancelled).toBeGreaterThan(10);
  },
  BEGIN_TIMEOUT_MS,
);
