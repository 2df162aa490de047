import type { AccountIndex, AssetIndex } from "@rialto/protocol";
import type { EngineReader } from "../exchange-port.ts";

/**
 * Sums up all balances and fees and compares them with what was issued of each asset.
 *
 * Returns  the sum of the differences' sizes, in quanta: 0 where no money was made or lost.
 * Effects  none; takes about a microsecond for each account, between two commands.
 */
export function computeImbalance(engine: EngineReader): bigint {
  const { accounts, assets } = engine.counts();
  const sums: bigint[] = Array.from({ length: assets }, () => 0n);
  for (let account = 1; account <= accounts; account++) {
    for (const row of engine.balances(account as AccountIndex)) {
      sums[row.asset]! += row.availableQuanta + row.reservedQuanta;
    }
  }
  let imbalance = 0n;
  for (let asset = 0; asset < assets; asset++) {
    const { issuedQuanta, feesQuanta } = engine.assetTotals(asset as AssetIndex);
    const difference = sums[asset]! + feesQuanta - issuedQuanta;
    imbalance += difference < 0n ? -difference : difference;
  }
  return imbalance;
}
