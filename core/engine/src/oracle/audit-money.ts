import { fail } from "@rialto/base";
import { QUANTA_MAX } from "@rialto/protocol";
import type { Account, Exchange } from "./exchange.ts";
import { reserveOf } from "./money.ts";
import { remainingLots } from "./orders.ts";

/**
 * Checks that no quantum appeared, vanished, or is reserved for no order.
 *
 * Effects  pure.
 * Errors   an `InvariantError` that names the first thing that does not hold.
 * Source   matching.md §1.
 */
export function auditMoney(exchange: Exchange): void {
  for (const account of exchange.accounts) auditReserves(account);
  auditIssue(exchange);
}

/** The part of `auditMoney` that is cheap enough for every command: no quantum appeared or vanished. */
export function auditIssue(exchange: Exchange): void {
  const heldByAsset = exchange.assets.map((asset) => asset.feesQuanta);
  let rowCount = 0;
  for (const account of exchange.accounts) {
    rowCount += account.rows.size;
    for (const [asset, row] of account.rows) {
      if (row.asset !== asset) fail("a balance row is found by its asset");
      if (row.availableQuanta < 0n || row.reservedQuanta < 0n) fail("no amount is negative");
      const held = heldByAsset[asset] ?? fail("a balance row is of an asset that exists");
      heldByAsset[asset] = held + row.availableQuanta + row.reservedQuanta;
    }
  }
  if (rowCount !== exchange.balanceCount) fail("the count of balance rows is right");
  for (const [index, asset] of exchange.assets.entries()) {
    if (asset.feesQuanta < 0n) fail("no amount is negative");
    if (asset.issuedQuanta < 0n || asset.issuedQuanta > QUANTA_MAX) fail("an issue is in range");
    if (heldByAsset[index] !== asset.issuedQuanta) fail("balances and fees add up to the issue");
  }
}

function auditReserves(account: Account): void {
  const needed = new Map<number, bigint>();
  for (const order of account.orders.values()) {
    if (order.isWaiting) continue;
    const lots = remainingLots(order);
    const { asset, quanta } = reserveOf(order.market, order.side, order.priceTicks, lots);
    needed.set(asset, (needed.get(asset) ?? 0n) + quanta);
    if (!account.rows.has(asset)) fail("an account has a row for what its orders reserve");
  }
  for (const row of account.rows.values()) {
    if (row.reservedQuanta !== (needed.get(row.asset) ?? 0n)) {
      fail("what is reserved is what open orders need");
    }
  }
}
