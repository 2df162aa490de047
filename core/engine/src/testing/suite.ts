import { expect, test } from "vitest";
import { engines } from "./engines.ts";
import { type HeldRow, runScenario } from "./scenario.ts";

/**
 * Registers a test that runs the tables, one after the other, on each engine, and holds them to the same state after every row.
 * See scenario.ts.
 */
export function scenario(title: string, ...tables: readonly string[]): void {
  let first: readonly HeldRow[] | undefined;
  for (const { name, create } of engines) {
    test(`${name}: ${title}`, () => {
      const rows = runScenario(create, tables.join("\n"));
      expect(rows.length).toBeGreaterThan(0);
      first ??= rows;
      expect(rows).toEqual(first);
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
