import { EventKind, RejectCode, Side } from "@rialto/protocol";
import { expect, test } from "vitest";
import {
  addAsset,
  cancelClientOrder,
  deposit,
  limitOrder,
  listMarket,
  openAccount,
} from "../commands.ts";
import { accountIndex, assetIndex, createEngine, marketIndex, sendCommands } from "../library.ts";

// Memory that the next commands need is touched before they run. What a command does not name must not lead astray.

/** So many that the page head of no level, as addresses go, is this last asset's record. */
const ASSETS = 306_525;
/** More than the hot core looks ahead for. */
const ORDERS = 9_000;

test("neither a client order id nor a number of what there is not is an address", () => {
  const engine = createEngine({ limits: { assetsMax: ASSETS } });
  const [account, market] = [accountIndex(1), marketIndex(0)];
  const [base, last] = [assetIndex(0), assetIndex(ASSETS - 1)];
  sendCommands(engine, Array.from({ length: ASSETS }, addAsset), 0);
  const opening = [
    listMarket({ baseAsset: base, quoteAsset: assetIndex(1), priceTicksMax: ORDERS }),
    openAccount(7n),
    // As the number of a market it is beyond the end of memory.
    deposit(account, last, 0x0100_0000n),
    // With this one the row of the base does not lie beside the account.
    deposit(account, assetIndex(2), 1n),
    deposit(account, base, BigInt(ORDERS)),
  ];
  sendCommands(engine, opening, 0);
  const sell = { market, account, side: Side.Sell, lots: 1n } as const;
  const orders = Array.from({ length: ORDERS }, (_, index) =>
    limitOrder({ ...sell, priceTicks: 1 + index, clientOrderId: BigInt(1 + index) }),
  );
  sendCommands(engine, orders, 1);
  const [event] = sendCommands(engine, [cancelClientOrder(account, 5n)], 2);
  expect(event).toMatchObject({ kind: EventKind.Canceled, remaining: 1n });
  const unknown = [
    limitOrder({ ...sell, account: accountIndex(0xffff_fffe), priceTicks: 1 }),
    limitOrder({ ...sell, market: marketIndex(0xffff_fffe), priceTicks: 1 }),
  ];
  expect(sendCommands(engine, unknown, 3)).toMatchObject([
    { kind: EventKind.Rejected, code: RejectCode.UnknownAccount },
    { kind: EventKind.Rejected, code: RejectCode.UnknownMarket },
  ]);
});
