import * as rialto from "@rialto/engine";

const engine = rialto.createEngine();
const [btc, usd] = [rialto.assetIndex(0), rialto.assetIndex(1)];
const [alice, bob] = [rialto.accountIndex(1), rialto.accountIndex(2)];
const market = rialto.marketIndex(0);
const { Sell, Buy } = rialto.Side;
const commands = [
  rialto.addAsset(),
  rialto.addAsset(),
  rialto.listMarket({ baseAsset: btc, quoteAsset: usd, priceTicksMax: 1_000_000 }),
  ...[1001n, 1002n].map(rialto.openAccount),
  rialto.deposit(alice, btc, 500n),
  rialto.deposit(bob, usd, 100_000_000n),
  rialto.limitOrder({ market, account: alice, side: Sell, priceTicks: 60_000, lots: 500n }),
  rialto.limitOrder({ market, account: bob, side: Buy, priceTicks: 60_100, lots: 200n }),
];
for (const event of rialto.sendCommands(engine, commands, 0)) {
  if (event.kind === rialto.EventKind.Fill) console.log(event.lots, "lots at", event.priceTicks);
}
const digest = await crypto.subtle.digest("SHA-256", rialto.stateBytes(engine));
console.log("state", rialto.encodeHex(new Uint8Array(digest)));
