import { scenario } from "../testing/suite.ts";

// matching.md §2.2: what an account must have available, and §3: what a market order can pay for.

scenario(
  "paying: limit orders need their worst case, whatever their type",
  `
  asset    BTC
  asset    USD
  market   BTC/USD lot 7 tickLot 3
  account  alice
  account  bob
  deposit  alice  70 BTC
  deposit  bob    299 USD
  place    bob    buy   1 @ 100 gtc               | rejects InsufficientBalance
  place    bob    buy   1 @ 100 post              | rejects InsufficientBalance
  place    bob    buy   1 @ 100 ioc               | rejects InsufficientBalance
  place    bob    buy   1 @ 100 fok               | rejects InsufficientBalance
  deposit  bob    1 USD
  place    bob    buy   1 @ 100 fok               | ends 1 Unfillable
  place    bob    buy   1 @ 100 gtc
  balance  bob    USD  available 0 reserved 300
  place    alice  sell  11 @ 100 ioc              | rejects InsufficientBalance
  place    alice  sell  10 @ 100 gtc              | fills 1 @ 100 bob#2, rests 9
  balance  alice  BTC  available 0 reserved 63
  balance  alice  USD  available 300 reserved 0
  balance  bob    BTC  available 7 reserved 0
`,
);

scenario(
  "paying: a market buy needs the cost of its walk, a sell all its base",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  alice  100_000 USD
  deposit  bob    1_400 USD
  deposit  bob    5 BTC
  place    alice  sell  5 @ 100 gtc
  place    alice  sell  5 @ 200 gtc
  place    bob    buy   10 market                 | rejects InsufficientBalance
  withdraw bob    1 USD
  place    bob    buy   9_999 market              | rejects InsufficientBalance
  place    bob    buy   9 market                  | fills 5 @ 100 alice#1, fills 4 @ 200 alice#2
  balance  bob    USD  available 99 reserved 0
  place    bob    buy   5 market                  | rejects InsufficientBalance
  cancel   alice  alice#2                         | cancels alice#2 1
  place    bob    buy   5 market                  | ends 5 NoLiquidity
  place    bob    sell  15 market                 | rejects InsufficientBalance
  place    bob    sell  14 market                 | ends 14 NoLiquidity
`,
);

scenario(
  "paying: by quote a buy needs its quanta, a sell the base of its walk",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  100_000 USD
  deposit  bob    5 BTC
  deposit  bob    99 USD
  place    bob    buy   100 quote                 | rejects InsufficientBalance
  place    bob    buy   99 quote                  | ends 99 NoLiquidity
  place    alice  buy   3 @ 100 gtc
  place    alice  buy   9 @ 50 gtc
  place    bob    sell  400 quote                 | fills 3 @ 100 alice#1, fills 2 @ 50 alice#2
  place    bob    sell  49 quote                  | completes
  place    bob    sell  50 quote                  | rejects InsufficientBalance
`,
);

scenario(
  "paying: the walk ends in the level it does not empty, like the order itself",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  10_000 USD
  deposit  bob    1 BTC
  place    alice  buy   5 @ 100 gtc
  place    alice  buy   5 @ 50 gtc
  -- 60 quanta are left after the first lot: none at 100 any more, and none at 50 yet.
  place    bob    sell  160 quote                 | fills 1 @ 100 alice#1
  balance  bob    BTC  available 0 reserved 0
`,
);

scenario(
  "paying: an order that needs nothing is accepted from an account that has nothing",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  carol
  place    carol  sell  100 quote                 | ends 100 NoLiquidity
  balance  carol  BTC  available 0 reserved 0
  balance  carol  USD  available 0 reserved 0
  place    carol  buy   1 market                  | ends 1 NoLiquidity
  place    carol  sell  1 market                  | rejects InsufficientBalance
`,
);

scenario(
  "paying: the walk counts own orders, so a taker that expires them may run out of money",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  bob    10 BTC
  deposit  bob    350 USD
  place    bob    sell  3 @ 100 gtc
  place    alice  sell  1 @ 150 gtc
  place    alice  sell  9 @ 160 gtc
  place    bob    buy   3 market self maker       | cancels bob#1 3 SelfTradeMaker, fills 1 @ 150 alice#1, fills 1 @ 160 alice#2, ends 1 NoLiquidity
  balance  bob    USD  available 40 reserved 0
`,
);

scenario(
  "paying: by quote, a sell that expires own bids may run out of base",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  10_000 USD
  deposit  bob    10_000 USD
  deposit  bob    2 BTC
  place    bob    buy   2 @ 100 gtc
  place    alice  buy   5 @ 50 gtc
  place    bob    sell  200 quote self maker      | cancels bob#1 2 SelfTradeMaker, fills 2 @ 50 alice#1, ends 100 NoLiquidity
  balance  bob    BTC  available 0 reserved 0
`,
);

scenario(
  "paying: the cost of a walk does not wrap around",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 1..2^20 reference 1 tickLot 2^41
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  bob    2^61 USD
  -- Each lot costs 2^61, so four cost 2^63 and eight 2^64.
  repeat 9 place alice sell 1 @ 2^20 gtc
  place    bob    buy   4 market                  | rejects InsufficientBalance
  place    bob    buy   8 market                  | rejects InsufficientBalance
  place    bob    buy   9 market                  | rejects InsufficientBalance
  place    bob    buy   1 market                  | fills 1 @ 2^20 alice#1
`,
);

scenario(
  "paying: the base of a walk by quote does not wrap around",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 1 lots 1..2^22 lot 2^40-1
  account  alice
  account  bob
  deposit  alice  2^30 USD
  deposit  bob    2^40-1 BTC
  -- 2^23 lots are nearly 2^63 quanta of base, 2^24 nearly 2^64, one more is beyond.
  repeat 5 place alice buy 2^22 @ 1 gtc
  place    bob    sell  2^23 quote                | rejects InsufficientBalance
  place    bob    sell  2^24 quote                | rejects InsufficientBalance
  place    bob    sell  16_777_217 quote          | rejects InsufficientBalance
  place    bob    sell  1 quote                   | fills 1 @ 1 alice#1
`,
);
