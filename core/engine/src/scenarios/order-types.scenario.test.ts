import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.1 and §3: what becomes of each type of order.

scenario(
  "limit: trades what crosses at the maker's price, the rest waits",
  SPOT,
  `
  place    alice  sell  7 @ 1600 gtc              | rests 7
  place    bob    buy   3 @ 1650 gtc              | fills 3 @ 1600 alice#1
  order    alice#1                                | open sell 4 @ 1600
  order    bob#1                                  | gone
  place    bob    buy   9 @ 1600 gtc              | fills 4 @ 1600 alice#1, rests 5
  book     bids 5 @ 1600                          | asks -
  order    bob#2                                  | open buy 5 @ 1600
  last     1600 trades 2
`,
);

scenario(
  "limit: a buy pays the maker's price and its reserve is its own limit",
  SPOT,
  `
  place    alice  sell  4 @ 100 gtc
  place    bob    buy   10 @ 150 gtc              | fills 4 @ 100 alice#1, rests 6
  balance  bob    USD  available 999_998_700 reserved 900
  balance  bob    BTC  available 1_000_004 reserved 0
  balance  alice  USD  available 1_000_000_400 reserved 0
  balance  alice  BTC  available 999_996 reserved 0
`,
);

scenario(
  "limit: walks the levels from the best",
  SPOT,
  `
  place    alice  buy   2 @ 99 gtc
  place    alice  buy   2 @ 101 gtc
  place    alice  buy   2 @ 100 gtc
  place    bob    sell  5 @ 100 gtc               | fills 2 @ 101 alice#2, fills 2 @ 100 alice#3, rests 1
  book     bids 2 @ 99                            | asks 1 @ 100
`,
);

scenario(
  "immediate-or-cancel: trades what it can, the rest is cancelled",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc
  place    bob    sell  2 @ 1550 ioc              | fills 2 @ 1600
  place    bob    sell  9 @ 1550 ioc              | fills 5 @ 1600 alice#1, ends 4 Immediate
  place    bob    sell  1 @ 1550 ioc              | ends 1 Immediate
  book     bids -                                 | asks -
  balance  bob    BTC  available 999_993 reserved 0
`,
);

scenario(
  "fill-or-kill: all of it, over as many levels as it takes",
  SPOT,
  `
  place    alice  sell  2 @ 100 gtc
  place    carol  sell  2 @ 101 gtc
  place    alice  sell  2 @ 102 gtc
  place    bob    buy   5 @ 101 fok               | ends 5 Unfillable
  place    bob    buy   4 @ 101 fok               | fills 2 @ 100 alice#1, fills 2 @ 101 carol#1
  place    bob    buy   3 @ 102 fok               | ends 3 Unfillable
  book     bids -                                 | asks 2 @ 102
  place    bob    buy   2 @ 102 fok               | fills 2 @ 102 alice#2
  place    bob    buy   2 @ 102 fok               | ends 2 Unfillable
  balance  bob    USD  available 999_999_394 reserved 0
`,
);

scenario(
  "post-only: waits, or is refused if it would trade",
  SPOT,
  `
  place    alice  sell  2 @ 100 post              | rests 2
  place    bob    buy   2 @ 100 post              | rejects WouldTake
  place    bob    buy   2 @ 101 post              | rejects WouldTake
  place    bob    buy   2 @ 99 post               | rests 2
  place    carol  sell  2 @ 99 post               | rejects WouldTake
  place    carol  sell  2 @ 100 post              | rests 2
  book     bids 2 @ 99                            | asks 4 @ 100
`,
);

scenario(
  "post-only: its own order on the other side is an order like any other",
  SPOT,
  `
  place    alice  sell  2 @ 100 post
  place    alice  buy   2 @ 100 post self maker   | rejects WouldTake
`,
);

scenario(
  "market: takes lots at the best prices, the rest ends",
  SPOT,
  `
  place    alice  sell  2 @ 100 gtc
  place    alice  sell  2 @ 200 gtc
  place    bob    buy   3 market                  | fills 2 @ 100 alice#1, fills 1 @ 200 alice#2
  place    bob    buy   3 market                  | fills 1 @ 200 alice#2, ends 2 NoLiquidity
  place    bob    buy   3 market                  | ends 3 NoLiquidity
  place    bob    sell  3 market                  | ends 3 NoLiquidity
  book     bids -                                 | asks -
  balance  bob    USD  available 999_999_400 reserved 0
`,
);

scenario(
  "market: a sell takes the bids downwards",
  SPOT,
  `
  place    alice  buy   2 @ 100 gtc
  place    alice  buy   2 @ 200 gtc
  place    bob    sell  3 market                  | fills 2 @ 200 alice#2, fills 1 @ 100 alice#1
  balance  bob    BTC  available 999_997 reserved 0
  balance  bob    USD  available 1_000_000_500 reserved 0
`,
);

scenario(
  "by quote: a buy spends quanta and is complete when they buy no lot more",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    alice  sell  5 @ 150 gtc
  place    bob    buy   250 quote                 | fills 2 @ 100 alice#1
  balance  bob    USD  available 999_999_800 reserved 0
  place    bob    buy   600 quote                 | fills 3 @ 100 alice#1, fills 2 @ 150 alice#2
  place    bob    buy   99 quote                  | completes
  place    bob    buy   149 quote                 | completes
  place    bob    buy   150 quote                 | fills 1 @ 150 alice#2
  place    bob    buy   1_000 quote               | fills 2 @ 150 alice#2, ends 700 NoLiquidity
  place    bob    buy   300 quote                 | ends 300 NoLiquidity
  balance  bob    USD  available 999_998_750 reserved 0
`,
);

scenario(
  "by quote: quanta that are all spent need no liquidity more",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    buy   500 quote                 | fills 5 @ 100 alice#1
  place    alice  sell  5 @ 100 gtc
  place    bob    buy   501 quote                 | fills 5 @ 100 alice#2, ends 1 NoLiquidity
`,
);

scenario(
  "by quote: a sell sells until it has received its quanta",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  place    alice  buy   5 @ 50 gtc
  place    bob    sell  620 quote                 | fills 5 @ 100 alice#1, fills 2 @ 50 alice#2
  balance  bob    USD  available 1_000_000_600 reserved 0
  balance  bob    BTC  available 999_993 reserved 0
  place    bob    sell  200 quote                 | fills 3 @ 50 alice#2, ends 50 NoLiquidity
`,
);

scenario(
  "by quote: a fee does not stretch what is spent or received",
  `
  asset    BTC
  asset    USD
  market   BTC/USD fees 0/10_000
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  bob    1_000 USD
  place    alice  sell  10 @ 100 gtc
  place    bob    buy   1_000 quote               | fills 10 @ 100 alice#1 taker fee 1
  balance  bob    USD  available 0 reserved 0
  balance  bob    BTC  available 9 reserved 0
`,
);
