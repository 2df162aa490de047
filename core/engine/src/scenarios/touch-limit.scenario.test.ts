import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3: a command meets at most 16,384 makers.

scenario(
  "touch limit: a taker that could go on ends",
  SPOT,
  `
  repeat 16386 place alice sell 1 @ 100 gtc
  place    bob    buy   16_386 @ 100 gtc          | fills 1 @ 100 times 16384, ends 2 TouchLimit
  book     bids -                                 | asks 2 @ 100
  place    bob    buy   3 @ 100 gtc               | fills 1 @ 100 times 2, rests 1
`,
);

scenario(
  "touch limit: a taker that is done at its last touch is complete",
  SPOT,
  `
  repeat 16385 place alice sell 1 @ 100 gtc
  place    bob    buy   16_384 @ 100 ioc          | fills 1 @ 100 times 16384
  book     bids -                                 | asks 1 @ 100
`,
);

scenario(
  "touch limit: a taker that crosses no more rests, or ends for its own reason",
  SPOT,
  `
  repeat 16384 place alice sell 1 @ 100 gtc
  place    alice  sell  1 @ 101 gtc
  place    bob    buy   16_390 @ 100 gtc          | fills 1 @ 100 times 16384, rests 6
  book     bids 6 @ 100                           | asks 1 @ 101
  cancel   bob    bob#1                           | cancels bob#1 6
  repeat 16384 place alice sell 1 @ 100 gtc
  place    bob    buy   16_390 @ 100 ioc          | fills 1 @ 100 times 16384, ends 6 Immediate
`,
);

scenario(
  "touch limit: by quote, quanta for less than a lot more are complete",
  SPOT,
  `
  repeat 16385 place alice sell 1 @ 100 gtc
  place    bob    buy   1_638_499 quote           | fills 1 @ 100 times 16384
  repeat 16384 place alice sell 1 @ 100 gtc
  place    bob    buy   1_638_500 quote           | fills 1 @ 100 times 16384, ends 100 TouchLimit
`,
);

scenario(
  "touch limit: own makers that expire are touches",
  SPOT,
  `
  repeat 16383 place bob sell 1 @ 100 gtc
  repeat 2     place alice sell 1 @ 100 gtc
  place    bob    buy   2 @ 100 fok self maker    | ends 2 Unfillable
  book     bids -                                 | asks 16385 @ 100
  place    bob    buy   2 @ 100 ioc self maker    | cancels any 1 SelfTradeMaker times 16383, fills 1 @ 100 alice#1, ends 1 TouchLimit
  repeat 16383 place bob sell 1 @ 99 gtc
  place    bob    buy   1 @ 100 fok self maker    | cancels any 1 SelfTradeMaker times 16383, fills 1 @ 100 alice#2
  book     bids -                                 | asks -
  repeat 16385 place bob sell 1 @ 99 gtc
  place    bob    buy   16_385 @ 99 gtc self decrement | prevents 1 @ 99 times 16384, ends 1 TouchLimit
`,
);

scenario(
  "touch limit: fill-or-kill counts no further, and then is refused as a whole",
  SPOT,
  `
  repeat 16385 place alice sell 1 @ 100 gtc
  place    bob    buy   16_385 @ 100 fok          | ends 16385 Unfillable
  book     bids -                                 | asks 16385 @ 100
  place    bob    buy   16_384 @ 100 fok          | fills 1 @ 100 times 16384
`,
);

scenario(
  "touch limit: a market order needs money for no more makers than it may meet",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  1_000_000 BTC
  deposit  alice  10_000_000 USD
  deposit  bob    1_638_399 USD
  repeat 16384 place alice sell 1 @ 100 gtc
  place    alice  sell  100_000 @ 100 gtc
  place    alice  sell  1 @ 101 gtc
  -- 16,384 makers ask for 1,638,400 quanta, whoever else stands behind them.
  place    bob    buy   100_000 market            | rejects InsufficientBalance
  deposit  bob    1 USD
  place    bob    buy   100_000 market            | fills 1 @ 100 times 16384, ends 83616 TouchLimit
  balance  bob    USD  available 0 reserved 0
  repeat 16384 place alice buy 1 @ 90 gtc
  place    alice  buy   100_000 @ 89 gtc
  withdraw bob    1 BTC
  place    bob    sell  2_000_000 quote           | rejects InsufficientBalance
  deposit  alice  1_638_399 USD
  deposit  bob    1 BTC
  place    bob    sell  2_000_000 quote           | fills 1 @ 90 times 16384, ends 525440 TouchLimit
  balance  bob    BTC  available 0 reserved 0
`,
);

scenario(
  "touch limit: cancel-all has its own bound and cancels everything",
  SPOT,
  `
  repeat 16390 place alice buy 1 @ 100 gtc
  replace  alice  alice#1 with buy 1 @ 90 gtc     | cancels alice#1 1, rests 1
  cancelAll alice sells                           | count 0
  counts   orders 16_390
`,
);

scenario(
  "touch limit: where an order rests unseen a taker meets no more makers either",
  SPOT,
  `
  place    carol  sell  1 @ 101 gtc hidden        | rests 1, shows 0
  repeat 16385 place alice sell 1 @ 100 gtc
  place    bob    buy   16_387 @ 101 gtc          | fills 1 @ 100 times 16384, ends 3 TouchLimit
  place    bob    buy   2 @ 101 gtc               | fills 1 @ 100, fills 1 @ 101 carol#1
  place    carol  sell  1 @ 101 gtc hidden        | rests 1, shows 0
  repeat 16383 place bob sell 1 @ 100 gtc
  place    bob    buy   16_384 @ 101 fok self maker | ends 16384 Unfillable
  place    bob    buy   2 @ 101 gtc self maker    | cancels any 1 SelfTradeMaker times 16383, fills 1 @ 101 carol#2, rests 1
`,
);

scenario(
  "touch limit: a taker that looks out for its family meets no more makers either",
  SPOT,
  `
  subaccount part of bob
  deposit  part   100_000 BTC
  repeat 16385 place part sell 1 @ 100 gtc
  place    bob    buy   16_386 @ 100 gtc self familyDecrement | prevents 1 @ 100 times 16384, ends 2 TouchLimit
  repeat 16384 place part sell 1 @ 100 gtc
  place    bob    buy   1 @ 100 ioc self familyMaker | cancels any 1 SelfTradeMaker times 16384, ends 1 TouchLimit
  place    bob    buy   2 @ 100 gtc self familyMaker | cancels any 1 SelfTradeMaker, rests 2
`,
);

scenario(
  "touch limit: market orders that an auction has left are touches",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 100 band 0/100_000 state preOpen
  account  alice
  account  bob
  deposit  alice  1_000_000 BTC
  deposit  bob    1_000_000 USD
  -- They sell down to 90: what trades lower goes past them.
  repeat 6 place  alice sell 1 market             | rests 1, shows 0
  change   BTC/USD band 0/300_000
  repeat 8190 place alice sell 1 @ 80 gtc
  place    bob    buy   8_190 @ 80 gtc
  state    BTC/USD auction                        | done, indicates 8_190 @ 80
  state    BTC/USD closed                         | auctionsAny times 8_190, cancels any 1 NoLiquidity times 4
  cancelAll bob   both                            | cancels any 1 NoLiquidity times 2, turns closed, then count 0
`,
);

scenario(
  "touch limit: the end of an uncrossing is a touch",
  SPOT,
  `
  state    BTC/USD auction                        | done, indicates 0 @ 0
  repeat 8192 place alice sell 1 @ 80 gtc
  place    bob    buy   8_192 @ 80 gtc
  state    BTC/USD trading                        | auctionsAny times 8_192
  cancelAll bob   both                            | turns trading, then count 0
`,
);

scenario(
  "touch limit: market orders that an auction has left are touches, buys first",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 100 band 100_000/0 state preOpen
  account  alice
  account  bob
  deposit  alice  1_000_000 USD
  deposit  bob    1_000_000 BTC
  -- They buy up to 110: what trades higher goes past them.
  repeat 6 place  alice buy 1 market              | rests 1, shows 0
  change   BTC/USD band 300_000/0
  repeat 8190 place alice buy 1 @ 120 gtc
  place    bob    sell  8_190 @ 120 gtc
  state    BTC/USD auction                        | done, indicates 8_190 @ 120
  state    BTC/USD closed                         | auctionsAny times 8_190, cancels any 1 NoLiquidity times 4
  cancelAll bob   both                            | cancels any 1 NoLiquidity times 2, turns closed, then count 0
`,
);

scenario(
  "touch limit: fill-or-kill counts each slice that an iceberg hides",
  SPOT,
  `
  place    alice  sell  16_384 @ 100 gtc show 1   | rests 16_384, shows 1
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   16_385 @ 100 fok          | ends 16_385 Unfillable
  place    bob    buy   3 @ 100 fok               | fills 1 @ 100 alice#1, shows 1, fills 1 @ 100 alice#2, fills 1 @ 100 alice#1, shows 1
  -- What it hides may take all touches, and then none is left for the next price.
  replace  alice  alice#1 with sell 1 @ 101 gtc   | cancels alice#1 16_382, rests 1
  place    carol  sell  16_384 @ 100 gtc show 1   | rests 16_384, shows 1
  place    bob    buy   16_385 @ 101 fok          | ends 16_385 Unfillable
  book     bids -                                 | asks 1 @ 100, 1 @ 101
`,
);

scenario(
  "touch limit: fill-or-kill counts the slices of icebergs as they come, by turns",
  SPOT,
  `
  place    alice  sell  20_100 @ 100 gtc show 100 | rests 20_100, shows 100
  repeat 1500 place carol sell 100 @ 100 gtc show 1 | rests 100, shows 1
  -- In a round of 1,501 touches all show 1,600 lots: ten rounds, and 1,374 touches of the eleventh, give 17,473 lots.
  place    bob    buy   17_474 @ 100 fok          | ends 17_474 Unfillable
  place    bob    buy   40_000 @ 100 fok          | ends 40_000 Unfillable
`,
);

scenario(
  "touch limit: fill-or-kill that comes by itself counts no further than its command may still go",
  SPOT,
  `
  market   BTC/USD reference 50 as ENOUGH
  market   BTC/USD reference 50 as SHORT
  repeat   8_000 place alice sell 1 @ 100 gtc on ENOUGH
  repeat   8_384 place alice sell 1 @ 101 gtc on ENOUGH
  place    bob    buy   8_384 @ 101 fok on ENOUGH stop 100
  place    carol  buy   8_000 @ 100 gtc on ENOUGH | fills 1 @ 100 times 8_000, triggers bob#1, fills 1 @ 101 times 8_384
  repeat   8_000 place alice sell 1 @ 100 gtc on SHORT
  repeat   8_385 place alice sell 1 @ 101 gtc on SHORT
  place    bob    buy   8_385 @ 101 fok on SHORT stop 100
  place    carol  buy   8_000 @ 100 gtc on SHORT | fills 1 @ 100 times 8_000, triggers bob#2, ends 8_385 Unfillable
`,
);
