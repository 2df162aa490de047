import { expect, test } from "vitest";
import { engines } from "./engines.ts";
import { runScenario } from "./scenario.ts";

/** Registers a test that runs the tables, one after the other, on each engine. See scenario.ts. */
export function scenario(title: string, ...tables: readonly string[]): void {
  for (const engine of engines) {
    test(`${engine.name}: ${title}`, () => {
      expect(runScenario(engine.create, tables.join("\n"))).toBeGreaterThan(0);
    });
  }
}

/**
 * The usual start of a scenario: one market, three traders with enough of both assets. Prices and
 * lots are quanta, so 3 @ 100 costs 300 USD.
 */
export const SPOT = `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  account  carol
  deposit  alice  1_000_000 BTC
  deposit  alice  1_000_000_000 USD
  deposit  bob    1_000_000 BTC
  deposit  bob    1_000_000_000 USD
  deposit  carol  1_000_000 BTC
  deposit  carol  1_000_000_000 USD
`;
