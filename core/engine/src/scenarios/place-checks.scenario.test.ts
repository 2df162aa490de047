import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.1: the checks of PLACE, and their order.

scenario(
  "place: each row is cured of what refused the row before it",
  `
  limits   orders 3 pages 1 balances 5 accountOrders 1
  asset    BTC
  asset    USD
  asset    ETH
  market   BTC/USD ticks 10..9_000 reference 100 lots 2..50 notional 300..6_000 band 500_000/500_000
  market   ETH/USD
  account  alice
  account  bob
  account  carol
  deposit  alice  10 USD
  state    BTC/USD halted
  place    99     7     1 @ 5 6 on 9              | rejects Malformed
  place    99     buy   1 @ 5 6 on 9              | rejects Malformed
  place    99     buy   1 @ 5 gtc self 9 on 9     | rejects Malformed
  place    99     buy   1 @ 5 market on 9         | rejects Malformed
  place    99     buy   1 @ 5 quote on 9          | rejects Malformed
  place    99     buy   1 @ 5 gtc on 9            | rejects UnknownMarket
  place    99     buy   1 @ 5 gtc                 | rejects UnknownAccount
  place    alice  buy   1 @ 5 gtc                 | rejects MarketHalted
  state    BTC/USD cancelOnly
  place    alice  buy   1 @ 5 gtc                 | rejects MarketCancelOnly
  state    BTC/USD trading
  place    alice  buy   1 @ 9 gtc                 | rejects PriceOutOfRange
  place    alice  buy   1 @ 9_001 gtc             | rejects PriceOutOfRange
  place    alice  buy   1 @ 9_000 gtc             | rejects LotsOutOfRange
  place    alice  buy   51 @ 9_000 gtc            | rejects LotsOutOfRange
  place    alice  buy   2 @ 10 gtc                | rejects NotionalTooSmall
  place    alice  buy   2 @ 9_000 gtc             | rejects NotionalTooLarge
  place    alice  buy   2 @ 3_000 gtc             | rejects PriceOutsideBand
  place    alice  buy   2 @ 150 gtc               | rejects InsufficientBalance
  deposit  alice  10_000 USD
  place    alice  buy   2 @ 150 gtc client 7      | rests 2
  place    alice  buy   50 @ 100 gtc client 7     | rejects DuplicateClientOrderId alice#1
  place    alice  buy   50 @ 120 gtc              | rejects AccountOrdersFull
  place    alice  buy   50 @ 120 ioc              | ends 50 Immediate
  place    bob    sell  2 @ 150 post              | rejects InsufficientBalance
  deposit  bob    50 BTC
  place    bob    sell  2 @ 150 post              | rejects WouldTake
  place    bob    sell  2 @ 160 gtc               | rejects PriceOutsideBand
  place    bob    buy   2 @ 150 gtc               | rejects InsufficientBalance
  deposit  bob    1_000 USD
  place    bob    buy   2 @ 150 gtc               | rests 2
  deposit  carol  1_000 USD
  place    carol  buy   3 @ 149 gtc               | rejects BalancesFull
  place    carol  buy   3 @ 128 gtc               | rejects LevelsFull
`,
);

scenario(
  "place: a refused order leaves no trace",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  deposit  alice  10 USD
  place    alice  buy   1 @ 11 gtc                | rejects InsufficientBalance
  place    alice  sell  1 @ 11 gtc                | rejects InsufficientBalance
  balance  alice  BTC none
  counts   orders 0 pages 0 balances 1
  place    alice  buy   1 @ 10 gtc
  order    alice#1                                | is 1:1
  balance  alice  BTC  available 0 reserved 0
`,
);

scenario(
  "place: price and quantity at their bounds",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 3..2^20 reference 3 lots 5..2^40-1
  account  alice
  deposit  alice  2^62-1 USD
  place    alice  buy   2^40-1 @ 3 gtc
  place    alice  buy   5 @ 2^20 gtc
  place    alice  buy   2^40 @ 3 gtc              | rejects LotsOutOfRange
  place    alice  buy   2^63 @ 3 gtc              | rejects LotsOutOfRange
  place    alice  buy   2^64-1 @ 3 gtc            | rejects LotsOutOfRange
  place    alice  buy   0 @ 3 gtc                 | rejects LotsOutOfRange
  place    alice  buy   4 @ 3 gtc                 | rejects LotsOutOfRange
  place    alice  buy   5 @ 2 gtc                 | rejects PriceOutOfRange
  place    alice  buy   5 @ 0 gtc                 | rejects PriceOutOfRange
  place    alice  buy   5 @ 2^20+1 gtc            | rejects PriceOutOfRange
  place    alice  buy   5 @ 2^32-1 gtc            | rejects PriceOutOfRange
  place    alice  buy   2^40-1 market             | ends 1099511627775 NoLiquidity
  place    alice  buy   4 market                  | rejects LotsOutOfRange
`,
);

scenario(
  "notional: at its bounds, of each type",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 20 tickLot 3 notional 600..1_200
  account  alice
  account  bob
  deposit  alice  1_000 BTC
  deposit  bob    1_000_000 USD
  place    bob    buy   10 @ 19 gtc               | rejects NotionalTooSmall
  place    bob    buy   10 @ 20 gtc
  place    bob    buy   20 @ 20 gtc
  place    bob    buy   21 @ 20 gtc               | rejects NotionalTooLarge
  cancelAll bob   both                            | cancels bob#1 10, cancels bob#2 20, count 2
  -- A market order is measured by the last trade, one by quote by what it says.
  place    bob    buy   9 market                  | rejects NotionalTooSmall
  place    bob    buy   10 market                 | ends 10 NoLiquidity
  place    bob    buy   21 market                 | rejects NotionalTooLarge
  place    bob    buy   599 quote                 | rejects NotionalTooSmall
  place    bob    buy   600 quote                 | ends 600 NoLiquidity
  place    bob    buy   1_200 quote               | ends 1200 NoLiquidity
  place    bob    buy   1_201 quote               | rejects NotionalTooLarge
  place    bob    buy   0 quote                   | rejects NotionalTooSmall
  place    bob    buy   2^64-1 quote              | rejects NotionalTooLarge
  place    alice  sell  5 @ 40 gtc
  place    bob    buy   5 @ 40 gtc                | fills 5 @ 40 alice#1
  place    bob    buy   5 market                  | ends 5 NoLiquidity
  place    bob    buy   4 market                  | rejects NotionalTooSmall
`,
);

scenario(
  "notional: does not wrap around",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 1..2^20 reference 2^20 lots 1..2^40-1 tickLot 2^41
  account  bob
  place    bob    buy   2^40-1 @ 2^20 gtc         | rejects NotionalTooLarge
  place    bob    buy   8 @ 2^20 gtc              | rejects NotionalTooLarge
  place    bob    buy   2^23 @ 2^20 gtc           | rejects NotionalTooLarge
  place    bob    buy   2^23 market               | rejects NotionalTooLarge
  place    bob    buy   1 @ 2^20 gtc              | rejects InsufficientBalance
  deposit  bob    2^61 USD
  place    bob    buy   1 @ 2^20 gtc              | rests 1
`,
);

scenario(
  "post-only: money is asked for before the price, slots after it",
  `
  limits   orders 1 balances 100
`,
  SPOT,
  `
  account  dan
  place    alice  sell  1 @ 100 gtc
  place    dan    buy   1 @ 100 post              | rejects InsufficientBalance
  place    bob    buy   1 @ 100 post              | rejects WouldTake
  place    bob    buy   1 @ 99 post               | rejects OrdersFull
`,
);
