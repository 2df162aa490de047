import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.11: icebergs, and orders that end at a time.

scenario(
  "iceberg: shows a part, then the next at the end of the level",
  SPOT,
  `
  place    alice  sell  10 @ 100 gtc show 4       | rests 10, shows 4 alice#1
  place    bob    sell  3 @ 100 gtc
  balance  alice  BTC  available 999_990 reserved 10
  book     bids -                                 | asks 7 @ 100
  order    alice#1                                | open sell 4 @ 100 hides 6
  place    carol  buy   5 @ 100 gtc               | fills 4 @ 100 alice#1, shows 4 alice#1, fills 1 @ 100 bob#1
  book     bids -                                 | asks 6 @ 100
  place    carol  buy   8 @ 100 gtc               | fills 2 @ 100 bob#1, fills 4 @ 100 alice#1, shows 2 alice#1, fills 2 @ 100 alice#1
  book     bids -                                 | asks -
  counts   specials 0 orders 0
`,
);

scenario(
  "iceberg: what is left of a taker rests and shows no more than it says",
  SPOT,
  `
  place    bob    sell  3 @ 100 gtc
  place    alice  buy   10 @ 100 gtc show 4       | rests 7, fills 3 @ 100 bob#1, shows 4 alice#1
  balance  alice  USD  available 999_999_000 reserved 700
  place    alice  buy   2 @ 99 gtc show 4         | rests 2, shows 2 alice#2
  cancel   alice  alice#1                         | cancels alice#1 7
  balance  alice  USD  available 999_999_502 reserved 198
`,
);

scenario(
  "iceberg: fill-or-kill counts what is hidden, a market order pays for it",
  SPOT,
  `
  place    alice  sell  10 @ 100 gtc show 1       | rests 10, shows 1
  place    bob    buy   11 @ 100 fok              | ends 11 Unfillable
  place    bob    buy   3 @ 100 fok               | fills 1 @ 100, shows 1, fills 1 @ 100, shows 1, fills 1 @ 100, shows 1
  place    bob    buy   2 market                  | fills 1 @ 100, shows 1, fills 1 @ 100, shows 1
  place    bob    buy   250 quote                 | fills 1 @ 100, shows 1, fills 1 @ 100, shows 1
`,
);

scenario(
  "iceberg: a market order ends when its money does, though the walk saw only what is shown",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  bob    350 USD
  place    alice  sell  10 @ 100 gtc show 1       | rests 10, shows 1
  place    bob    buy   9 market                  | fills 1 @ 100, shows 1, fills 1 @ 100, shows 1, fills 1 @ 100, shows 1, ends 6 NoLiquidity
`,
);

scenario(
  "iceberg: self-trade takes what is shown, or all of it",
  SPOT,
  `
  place    alice  sell  10 @ 100 gtc show 4       | rests 10, shows 4
  place    alice  buy   5 @ 100 ioc self decrement | prevents 4 @ 100 alice#1, shows 4 alice#1, prevents 1 @ 100 alice#1
  order    alice#1                                | open sell 3 @ 100 hides 2
  place    alice  buy   5 @ 100 fok self maker    | ends 5 Unfillable
  place    alice  buy   5 @ 100 ioc self maker    | cancels alice#1 5 SelfTradeMaker, ends 5 Immediate
  balance  alice  BTC  available 1_000_000 reserved 0
`,
);

scenario(
  "iceberg: not amended, shows no less than a least order",
  SPOT,
  `
  market   BTC/USD lots 3..100 as COARSE
  place    alice  sell  10 @ 100 gtc on COARSE show 2 | rejects LotsOutOfRange
  place    alice  sell  10 @ 100 gtc on COARSE show 3 | rests 10, shows 3
  amend    alice  alice#1 to 5 @ 100              | rejects NotAmendable
`,
);

scenario(
  "iceberg: waits for a price first",
  SPOT,
  `
  place    alice  sell  10 @ 800 gtc show 4 until 500 stop 900
  place    bob    buy   1 @ 900 gtc
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#1, triggers alice#1 10, shows 4 alice#1
  counts   specials 1
  time     500
  place    bob    buy   1 @ 10 gtc                | cancels alice#1 10 Expired, rests 1
`,
);

scenario(
  "good till a time: ends before the first command at or after it, the earliest first",
  SPOT,
  `
  place    alice  buy   1 @ 100 gtc until 500
  place    alice  buy   2 @ 100 gtc until 400
  place    alice  buy   3 @ 100 gtc until 500
  place    alice  buy   4 market until 450 stop 5_000
  place    alice  buy   5 @ 100 gtc until 5       | rejects ExpiryPassed
  time     399
  place    bob    sell  1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    bob    sell  1 @ 100 gtc               | cancels alice#2 2 Expired, fills 1 @ 100 alice#3
  state    BTC/USD halted
  time     600
  state    BTC/USD halted                         | cancels alice#4 4 Expired, cancels alice#3 2 Expired, done
  counts   orders 0 specials 0
`,
);

scenario(
  "good till a time: amended, it still ends",
  SPOT,
  `
  place    alice  buy   9 @ 100 gtc until 500
  amend    alice  alice#1 to 5 @ 100              | amends 5 kept
  amend    alice  alice#1 to 7 @ 101              | amends 7 moved
  time     500
  cancel   alice  alice#1                         | cancels alice#1 7 Expired, rejects UnknownOrder
`,
);

scenario(
  "good till a time: all that have expired end before a command, however many",
  SPOT,
  `
  repeat 2_100 place alice buy 1 @ 100 gtc until 5_000
  time     5_000
  place    bob    sell  1 @ 100 gtc               | cancels any 1 Expired times 2_100, rests 1
`,
);

scenario(
  "good till a time: a time that has come is none",
  SPOT,
  `
  time     500
  place    alice  buy   1 @ 100 gtc until 500     | rejects ExpiryPassed
  place    alice  buy   1 @ 100 gtc until 502
`,
);

scenario(
  "iceberg: of no more slices than a command may meet makers",
  SPOT,
  `
  place    alice  sell  16_384 @ 100 gtc show 1   | rests 16_384, shows 1
  place    alice  sell  16_385 @ 100 gtc show 1   | rejects LotsOutOfRange
  place    alice  sell  16_385 @ 100 gtc show 1 stop 90 | rejects LotsOutOfRange
  oto      alice  sell  16_385 @ 100 gtc show 1 and buy 1 @ 90 gtc | rejects LotsOutOfRange
  place    alice  sell  32_768 @ 100 gtc show 2   | rests 32_768, shows 2
`,
);
