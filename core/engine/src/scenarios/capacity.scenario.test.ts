import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §1: slots and generations, pages, rows; the 9xxx codes.

scenario(
  "slots: numbered from 1, given back last is taken first, each use a new generation",
  SPOT,
  `
  place    alice  buy   1 @ 100 gtc
  place    alice  buy   1 @ 100 gtc
  place    alice  buy   1 @ 100 gtc
  order    alice#1                                | is 1:1
  order    alice#3                                | is 1:3
  cancel   alice  alice#1                         | cancels alice#1 1
  cancel   alice  alice#3                         | cancels alice#3 1
  place    alice  buy   1 @ 100 gtc
  order    alice#4                                | is 2:3
  place    alice  buy   1 @ 100 gtc
  order    alice#5                                | is 2:1
  place    alice  buy   1 @ 100 gtc
  order    alice#6                                | is 1:4
  cancel   alice  alice#4                         | cancels alice#4 1
  place    alice  buy   1 @ 100 gtc
  order    alice#7                                | is 3:3
  cancel   alice  alice#4                         | rejects UnknownOrder
  cancel   alice  4:3                             | rejects UnknownOrder
`,
);

scenario(
  "slots: an order that does not rest gives its slot back after its makers",
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   2 @ 100 gtc               | fills 1 @ 100 alice#1, fills 1 @ 100 alice#2
  order    bob#1                                  | is 1:3
  place    alice  sell  1 @ 100 gtc
  order    alice#3                                | is 2:3
  place    alice  sell  1 @ 100 gtc
  order    alice#4                                | is 2:2
  place    alice  sell  1 @ 100 gtc
  order    alice#5                                | is 2:1
  place    bob    buy   9 @ 100 ioc               | fills 1 @ 100 alice#3, fills 1 @ 100 alice#4, fills 1 @ 100 alice#5, ends 6 Immediate
  order    bob#2                                  | is 1:4
  place    bob    buy   1 @ 100 fok               | ends 1 Unfillable
  order    bob#3                                  | is 2:4
  place    bob    buy   1 market                  | ends 1 NoLiquidity
  order    bob#4                                  | is 3:4
  place    bob    buy   1 @ 100 gtc
  order    bob#5                                  | is 4:4
  place    bob    buy   1 @ 100 gtc
  order    bob#6                                  | is 3:1
`,
);

scenario(
  "slots: cancel-all gives them back, the lowest first",
  SPOT,
  `
  place    alice  buy   1 @ 100 gtc
  place    alice  buy   1 @ 100 gtc
  place    bob    buy   1 @ 100 gtc
  cancelAll alice both                            | cancels alice#1 1, cancels alice#2 1, count 2
  place    alice  buy   1 @ 100 gtc
  order    alice#3                                | is 2:2
  place    alice  buy   1 @ 100 gtc
  order    alice#4                                | is 2:1
`,
);

scenario(
  "orders full: even for an order that would not rest, or would free a slot",
  `
  limits   orders 2
`,
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    alice  sell  1 @ 101 gtc
  place    bob    buy   1 @ 100 gtc               | rejects OrdersFull
  place    bob    buy   1 @ 100 ioc               | rejects OrdersFull
  place    bob    buy   1 @ 100 fok               | rejects OrdersFull
  place    bob    buy   1 market                  | rejects OrdersFull
  place    bob    buy   100 quote                 | rejects OrdersFull
  place    bob    buy   1 @ 99 post               | rejects OrdersFull
  cancel   alice  alice#2                         | cancels alice#2 1
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    bob    buy   1 @ 100 gtc
  place    bob    buy   1 @ 100 gtc
  place    bob    buy   1 @ 100 gtc               | rejects OrdersFull
`,
);

scenario(
  "levels full: a page holds sixteen prices of one side of one market",
  `
  limits   pages 2
`,
  SPOT,
  `
  market   BTC/USD as OTHER
  place    alice  buy   1 @ 16 gtc
  place    alice  buy   1 @ 31 gtc
  counts   pages 1
  place    alice  sell  1 @ 31 ioc                | fills 1 @ 31 alice#2
  place    alice  sell  1 @ 47 gtc
  counts   pages 2
  place    alice  buy   1 @ 32 gtc                | rejects LevelsFull
  place    alice  buy   1 @ 15 gtc                | rejects LevelsFull
  place    alice  sell  1 @ 31 gtc                | rejects LevelsFull
  place    alice  sell  1 @ 48 post               | rejects LevelsFull
  place    alice  buy   1 @ 16 gtc on OTHER       | rejects LevelsFull
  place    alice  buy   1 @ 17 gtc
  place    alice  sell  1 @ 32 post
  counts   pages 2
`,
);

scenario(
  "levels full: also a limit order that would not rest, or would empty a page",
  `
  limits   pages 1
`,
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   1 @ 100 gtc               | rejects LevelsFull
  place    bob    buy   1 @ 100 ioc               | fills 1 @ 100 alice#1
  counts   pages 0
  place    bob    buy   1 @ 100 gtc
  place    alice  sell  1 @ 100 fok               | fills 1 @ 100 bob#2
  place    bob    buy   1 @ 100 gtc
  place    bob    buy   1 @ 108 gtc
  place    bob    buy   1 @ 108 gtc
  cancel   bob    bob#3                           | cancels bob#3 1
  counts   pages 1
  cancel   bob    bob#4                           | cancels bob#4 1
  counts   pages 1
  place    bob    buy   1 @ 112 gtc               | rejects LevelsFull
  cancel   bob    bob#5                           | cancels bob#5 1
  counts   pages 0
  place    bob    buy   1 @ 112 gtc
`,
);

scenario(
  "levels full: a page is free again however its orders end",
  `
  limits   pages 2
`,
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    alice  buy   1 @ 100 ioc self maker    | cancels alice#1 1 SelfTradeMaker, ends 1 Immediate
  counts   pages 0
  place    alice  sell  1 @ 100 gtc
  place    alice  buy   1 @ 100 ioc self decrement | prevents 1 @ 100 alice#3
  counts   pages 0
  place    alice  sell  1 @ 100 gtc
  place    alice  buy   1 @ 50 gtc
  replace  alice  alice#5 with sell 1 @ 200 gtc   | cancels alice#5 1, rests 1
  counts   pages 2
  cancelAll alice both                            | cancels alice#7 1, cancels alice#6 1, count 2
  counts   pages 0
`,
);

scenario(
  "balances full: rows are made by deposits and by accepted orders, and stay",
  `
  limits   balances 3
  asset    BTC
  asset    USD
  asset    ETH
  market   BTC/USD
  market   ETH/USD
  market   BTC/ETH
  account  alice
  account  bob
  deposit  alice  1_000 USD
  place    alice  buy   1 @ 100 gtc on ETH/USD
  balance  alice  ETH  available 0 reserved 0
  balance  alice  BTC none
  counts   balances 2
  cancel   alice  alice#1                         | cancels alice#1 1
  deposit  bob    5 ETH
  counts   balances 3
  place    alice  buy   1 @ 100 gtc               | rejects BalancesFull
  place    alice  buy   1 market                  | rejects BalancesFull
  deposit  bob    5 USD                           | rejects BalancesFull
  deposit  alice  5 ETH
  deposit  bob    5 ETH
  place    bob    sell  1 @ 100 gtc on ETH/USD    | rejects BalancesFull
  place    alice  buy   1 @ 100 gtc on ETH/USD
  withdraw bob    10 ETH
  counts   balances 3
  deposit  bob    5 USD                           | rejects BalancesFull
`,
);

scenario(
  "balances full: an order whose two rows do not both fit makes none",
  `
  limits   balances 1
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  place    alice  sell  100 quote                 | rejects BalancesFull
  counts   balances 0
  deposit  alice  100 BTC
  place    alice  sell  100 quote                 | rejects BalancesFull
`,
);

scenario(
  "capacity codes: slots, then levels, then balances",
  `
  limits   orders 1 pages 1 balances 4 accounts 3
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  account  carol
  deposit  alice  100 BTC
  deposit  bob    1_000 USD
  deposit  carol  1_000 USD
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   1 @ 50 gtc                | rejects OrdersFull
  cancel   alice  alice#1                         | cancels alice#1 1
  place    bob    buy   1 @ 50 gtc                | rejects BalancesFull
  place    bob    buy   1 @ 50 ioc                | rejects BalancesFull
`,
);

scenario(
  "account orders full: only for orders that could rest",
  `
  limits   accountOrders 2
`,
  SPOT,
  `
  market   BTC/USD as OTHER
  place    alice  buy   1 @ 100 gtc
  place    alice  buy   1 @ 100 gtc on OTHER
  place    alice  buy   1 @ 100 gtc               | rejects AccountOrdersFull
  place    alice  buy   1 @ 900 gtc               | rejects AccountOrdersFull
  place    alice  buy   1 @ 100 post on OTHER     | rejects AccountOrdersFull
  place    alice  buy   1 @ 100 ioc               | ends 1 Immediate
  place    alice  buy   1 @ 100 fok               | ends 1 Unfillable
  place    alice  buy   1 market                  | ends 1 NoLiquidity
  place    bob    buy   1 @ 100 gtc
  place    bob    sell  1 @ 100 ioc               | fills 1 @ 100 alice#1
  place    alice  buy   1 @ 100 gtc
`,
);

const PROTECTED_IN_16 = Array.from(
  { length: 16 },
  (_, market) => `protection alice ${market} window 500 fills 9`,
).join("\n");

scenario(
  "capacity codes: whatever is full, a code says so, and everything goes on",
  `
  limits   orders 70 pages 3 accounts 2 balances 4 assets 3 markets 17 accountOrders 68 specials 65 volumes 1
  asset    BTC
  asset    USD
  asset    ETH
  asset    XRP                                    | rejects AssetsFull
  repeat 17 market BTC/USD
  market   BTC/USD                                | rejects MarketsFull
  account  alice
  account  bob
  account  carol                                  | rejects AccountsFull
  subaccount desk of alice                        | rejects AccountsFull
  deposit  alice  1_000_000 BTC
  deposit  alice  1_000_000 USD
  deposit  bob    1_000_000 BTC
  deposit  bob    1_000_000 USD
  deposit  alice  1 ETH                           | rejects BalancesFull
  deposit  alice  1 BTC
  tier     0 0 USD maker 0 taker 0
  schedule alice  0
  schedule bob    0                               | rejects VolumesFull
  schedule alice  none
  schedule bob    0
`,
  PROTECTED_IN_16,
  `
  protection alice 16 window 500 fills 9          | rejects ProtectionsFull
  protection alice 0
  protection alice 16 window 500 fills 9
  -- They wait for prices that never come.
  repeat 16 place alice sell 1 market trail 5_000
  place    alice  sell  1 market trail 5_000      | rejects TrailingFull
  repeat 48 place alice sell 1 market stop 1
  place    bob    sell  1 @ 2_000 gtc until 9_000
  place    bob    sell  1 market stop 900         | rejects SpecialsFull
  repeat 4 place  alice buy 1 @ 900 gtc
  place    alice  buy   1 @ 900 gtc               | rejects AccountOrdersFull
  place    bob    buy   1 @ 800 gtc
  place    bob    buy   1 @ 800 gtc               | rejects OrdersFull
  massCancel buys of alice                        | cancels any 1 Operator times 4, count 4
  place    bob    buy   1 @ 900 gtc
  place    bob    buy   1 @ 700 gtc               | rejects LevelsFull
  place    alice  sell  1 @ 900 ioc               | fills 1 @ 900 bob#3
  massCancel both                                 | cancels bob#2 1, cancels bob#1 1, cancels any 1 Operator times 64, count 66
  repeat 8 place alice buy 1 @ 900 post pegged 0
  place    alice  buy   1 @ 900 post pegged 0     | rejects PegsFull
  massCancel both                                 | cancels any 1 Operator times 8, count 8
  place    alice  buy   1 @ 900 post pegged 0
  place    bob    buy   1 @ 800 gtc               | rests 1, pegs alice#78 1 @ 800
  place    alice  sell  2 @ 800 ioc               | fills 1 @ 800 bob#4, fills 1 @ 800 alice#78
  counts   orders 0 accounts 2 assets 3 markets 17 balances 4 pages 0
`,
);
