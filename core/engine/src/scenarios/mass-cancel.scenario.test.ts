import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.9: the operator cancels for others.

const FULL = `
  market   BTC/USD as OTHER
  place    alice  buy   1 @ 90 gtc
  place    bob    buy   2 @ 95 gtc
  place    alice  buy   3 @ 95 gtc
  place    bob    sell  4 @ 105 gtc
  place    alice  sell  5 @ 100 gtc
  place    carol  buy   6 @ 100 gtc on OTHER
`;

scenario(
  "mass cancel: a market, bids first, from the best level, oldest first",
  SPOT,
  FULL,
  `
  massCancel both on BTC/USD | cancels bob#1 2, cancels alice#2 3, cancels alice#1 1, cancels alice#3 5, cancels bob#2 4, count 5
  orders   carol                                  | carol#1
  massCancel both            | cancels carol#1 6, count 1
  massCancel both            | count 0
  balance  alice  USD  available 1_000_000_000 reserved 0
`,
);

scenario(
  "mass cancel: one side, one account, also in a halted market",
  SPOT,
  FULL,
  `
  state    BTC/USD halted
  massCancel sells on BTC/USD of alice | cancels alice#3 5, count 1
  massCancel buys of alice   | cancels alice#1 1, cancels alice#2 3, count 2
  massCancel sells           | cancels bob#2 4, count 1
  massCancel buys            | cancels bob#1 2, cancels carol#1 6, count 2
`,
);

scenario(
  "mass cancel: so many at a time",
  SPOT,
  `
  repeat 16_385 place alice  buy 1 @ 100 gtc
  massCancel both            | cancels any 1 Operator times 16_384, count 16_384 more
  massCancel both            | cancels any 1, count 1
  repeat 16_385 place alice  buy 1 @ 100 gtc
  massCancel buys of alice   | cancels any 1 Operator times 16_384, count 16_384 more
  massCancel buys of alice   | cancels any 1, count 1
`,
);

scenario(
  "mass cancel: sides, market and account are checked in this order",
  SPOT,
  `
  massCancel 3 on 9 of 99    | rejects Malformed
  massCancel both on 9 of 99 | rejects UnknownMarket
  massCancel both of 99      | rejects UnknownAccount
`,
);

scenario(
  "mass cancel: what is ripe and has not come yet, of the market",
  SPOT,
  `
  market   BTC/USD as OTHER
  place    carol  buy   1 @ 99 gtc
  place    carol  buy   1 @ 99 gtc on OTHER
  repeat 69 place alice sell 1 @ 200 gtc stop 99  | waits
  repeat 3 place alice sell 1 @ 200 gtc on OTHER stop 99 | waits
  -- 64 come after one command; the others are ripe, and come after the next.
  place    bob    sell  1 @ 99 gtc                | fills 1 @ 99 carol#1, triggers any 1 times 64
  massCancel buys on BTC/USD                      | count 0, triggers any 1 times 5
  massCancel sells on BTC/USD                     | cancels any 1 Operator times 69, count 69
  place    carol  buy   1 @ 99 gtc
  repeat 69 place alice sell 2 @ 200 gtc stop 98  | waits
  place    carol  buy   1 @ 98 gtc
  place    bob    sell  2 @ 98 gtc                | fills 1 @ 99 carol#3, fills 1 @ 98 carol#4, triggers any 2 times 64
  massCancel sells on BTC/USD                     | cancels any 2 Operator times 69, count 69
  massCancel sells on OTHER                       | cancels any 1 Operator times 3, count 3
`,
);

scenario(
  "mass cancel: of all markets those that are ripe are last, the first first",
  SPOT,
  `
  market   BTC/USD as OTHER
  place    carol  buy   9 @ 99 gtc
  place    carol  buy   9 @ 99 gtc on OTHER
  repeat 128 place alice sell 1 @ 200 gtc stop 99
  place    alice  sell  3 @ 201 gtc stop 99
  place    carol  sell  2 @ 201 gtc on OTHER stop 99
  place    alice  sell  5 @ 201 gtc stop 99
  place    bob    sell  1 @ 99 gtc                | fills 1 @ 99 carol#1, triggers any 1 times 64
  place    bob    sell  1 @ 99 gtc on OTHER       | fills 1 @ 99 carol#2, triggers any 1 times 64
  massCancel sells on OTHER                       | cancels carol#3 2, count 1, triggers alice#129 3, triggers alice#130 5
  massCancel both                                 | cancels carol#1 8, cancels any 1 Operator times 128, cancels alice#129 3, cancels alice#130 5, cancels carol#2 8, count 132
`,
);

scenario(
  "mass cancel: of one side, the dormant orders of lists as well, but for those that end by them",
  SPOT,
  `
  market   BTC/USD as OTHER
  oto      alice  buy   5 @ 90 gtc and sell 5 @ 110 gtc | waits, waits, triggers alice#1 5
  oto      alice  buy   5 @ 90 gtc on OTHER and sell 5 @ 110 gtc on OTHER | waits, waits, triggers alice#3 5
  otoco    bob    buy   5 @ 90 gtc and sell 5 @ 110 gtc and sell 5 market stop 80 | waits, waits, waits, triggers bob#1 5
  oto      carol  sell  5 @ 120 gtc and sell 5 @ 130 gtc | waits, waits, triggers carol#1 5
  massCancel sells on BTC/USD                     | cancels carol#1 5, cancels alice#2 5, cancels bob#2 5, count 3, cancels carol#2 5 ListPartner, cancels bob#3 5 ListPartner
  massCancel buys                                 | cancels alice#1 5, cancels bob#1 5, cancels alice#3 5, count 3, cancels alice#4 5 ListPartner
  oto      alice  buy   5 @ 90 gtc on OTHER and sell 5 @ 110 gtc on OTHER | waits, waits, triggers alice#5 5
  massCancel sells                                | cancels alice#6 5, count 1
  massCancel buys                                 | cancels alice#5 5, count 1
  counts   orders 0 specials 0
`,
);

scenario(
  "mass cancel: of all markets, what is ripe in each",
  SPOT,
  `
  market   BTC/USD as OTHER
  place    carol  buy   9 @ 99 gtc
  place    carol  buy   9 @ 99 gtc on OTHER
  repeat 64 place alice sell 1 @ 200 gtc on OTHER stop 99
  repeat 64 place alice sell 1 @ 200 gtc on OTHER stop 99
  place    alice  sell  3 @ 201 gtc on OTHER stop 99
  place    carol  sell  2 @ 201 gtc stop 99
  place    alice  sell  5 @ 201 gtc on OTHER stop 99
  place    bob    sell  1 @ 99 gtc on OTHER       | fills 1 @ 99 carol#2, triggers any 1 times 64
  place    bob    sell  1 @ 99 gtc                | fills 1 @ 99 carol#1, triggers any 1 times 64
  massCancel sells | cancels any 1 Operator times 128, cancels alice#129 3, cancels alice#130 5, cancels carol#3 2, count 131
`,
);
