import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.12: orders that hang together.

const TRADED_AT_1000 = `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
`;

scenario(
  "one cancels the other: the limit trades in part, the stop ends",
  SPOT,
  TRADED_AT_1000,
  `
  oco      alice  sell  5 @ 1_100 gtc and sell 5 market stop 900 | waits, waits, triggers alice#1 5
  balance  alice  BTC  available 999_995 reserved 5
  orders   alice                                  | alice#2 alice#1
  place    bob    buy   2 @ 1_100 gtc             | fills 2 @ 1_100 alice#1, cancels alice#2 5 ListPartner
  order    alice#1                                | open sell 3 @ 1_100
  counts   specials 1
  cancel   alice  alice#1                         | cancels alice#1 3
  counts   specials 0
`,
);

scenario(
  "one cancels the other: the stop comes, the limit ends before, and its lots are free",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  5 BTC
  deposit  bob    100_000 USD
  deposit  bob    10 BTC
  `,
  `
  place    bob    buy   9 @ 900 gtc
  oco      alice  sell  5 @ 1_100 gtc and sell 5 market stop 900 | waits, waits, triggers alice#1 5
  place    bob    sell  1 @ 900 ioc | fills 1 @ 900 bob#1, cancels alice#1 5 ListPartner, triggers alice#2, fills 5 @ 900 bob#1
  balance  alice  BTC  available 0 reserved 0
  counts   specials 0
`,
);

scenario(
  "one cancels the other: either ends, the other ends",
  SPOT,
  TRADED_AT_1000,
  `
  oco      alice  sell  5 @ 1_100 gtc and sell 5 market stop 900 | waits, waits, triggers alice#1 5
  cancel   alice  alice#2                         | cancels alice#2 5, cancels alice#1 5 ListPartner
  oco      alice  buy   5 market stop 1_200 and buy 5 @ 800 gtc take 850 | waits, waits
  cancel   alice  alice#3                         | cancels alice#3 5, cancels alice#4 5 ListPartner
  oco      alice  sell  5_000_000 @ 1_100 gtc client 1 and sell 5 market stop 900 | rejects LotsOutOfRange
  oco      bob    buy   1_000_000 @ 1_100 gtc and buy 5 market stop 1_500 | waits, waits, declines bob#1 InsufficientBalance, cancels bob#2 5 ListPartner
  counts   specials 0 orders 0
`,
);

scenario(
  "one cancels the other: the stop's price comes as a guard pauses the market, which does not let it in: the limit trades in the auction",
  SPOT,
  `
  guard    BTC/USD 100_000/100_000 window 1_000 auction 500
  oco      alice  sell  5 @ 1_090 gtc and sell 5 @ 880 ioc stop 950 | waits, waits, triggers alice#1 5
  oco      carol  sell  5 @ 1_095 gtc and sell 5 @ 880 ioc stop 950 | waits, waits, triggers carol#1 5
  place    bob    buy   3 @ 940 gtc
  place    bob    buy   4 @ 890 gtc
  place    carol  sell  9 @ 890 ioc               | fills 3 @ 940 bob#1, ends 6 Immediate, turns auction
  place    bob    buy   2 @ 1_090 gtc
  orders   alice                                  | alice#1 alice#2
  time     1_000
  cancelAll bob   sells                           | auctions 2 @ 1_090 bob#3 alice#1, turns trading, cancels alice#2 5 ListPartner, cancels carol#1 5 ListPartner, triggers carol#2, cancels carol#2 5 Immediate, turns auction, count 0
  order    alice#1                                | open sell 3 @ 1_090
  counts   specials 1 orders 2
`,
);

scenario(
  "one triggers the other: comes when the first has traded in full, at once or later",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    sell  2 @ 1_000 gtc
  oto      alice  buy   5 @ 1_000 gtc and sell 5 @ 1_050 gtc | waits, waits, triggers alice#1 3, fills 2 @ 1_000 bob#1
  order    alice#2                                | waits sell 5 @ 1_050
  place    bob    sell  3 @ 1_000 gtc             | fills 3 @ 1_000 alice#1, triggers alice#2 5
  order    alice#2                                | open sell 5 @ 1_050
  place    bob    sell  5 @ 990 gtc
  oto      alice  buy   5 @ 1_000 gtc and sell 5 market stop 900 | waits, waits, triggers alice#3, fills 5 @ 990 bob#3
  order    alice#4                                | waits sell 5 @ 0
  place    bob    buy   9 @ 900 gtc
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#4, triggers alice#4, fills 5 @ 900 bob#4
`,
);

scenario(
  "one triggers the other: a price that has come already lets it come at once",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   9 @ 500 gtc
  oto      alice  buy   5 @ 1_000 gtc and sell 5 market stop 950 | waits, waits, triggers alice#1 5
  place    carol  sell  5 @ 900 gtc               | fills 5 @ 1_000 alice#1
  place    carol  sell  1 @ 500 gtc               | fills 1 @ 500 bob#1, triggers alice#2, fills 5 @ 500 bob#1
  oto      alice  buy   2 @ 499 gtc and sell 2 market stop 501 | waits, waits, triggers alice#3 2
  cancel   bob    bob#1                           | cancels bob#1 3
  place    bob    buy   4 @ 300 gtc
  place    carol  sell  2 @ 499 gtc               | fills 2 @ 499 alice#3, triggers alice#4, fills 2 @ 300 bob#2
`,
);

scenario(
  "one triggers the other: the first ends otherwise, the other ends",
  SPOT,
  TRADED_AT_1000,
  `
  oto      alice  buy   5 @ 900 gtc and sell 5 @ 1_050 gtc | waits, waits, triggers alice#1 5
  place    carol  sell  4 @ 900 gtc               | fills 4 @ 900 alice#1
  cancel   alice  alice#1                         | cancels alice#1 1, cancels alice#2 5 ListPartner
  oto      alice  buy   5 @ 900 gtc until 500 and sell 5 @ 1_050 gtc | waits, waits, triggers alice#3 5
  cancel   alice  alice#4                         | cancels alice#4 5
  order    alice#3                                | open buy 5 @ 900
  amend    alice  alice#3 to 4 @ 900              | amends 4 kept
  oto      alice  buy   5 @ 900 gtc until 500 and sell 5 @ 1_050 gtc | waits, waits, triggers alice#5 5
  amend    alice  alice#5 to 4 @ 900              | rejects NotAmendable
  time     500
  cancelAll bob   both                            | cancels alice#3 4 Expired, cancels alice#5 5 Expired, cancels alice#6 5 ListPartner, count 0
  counts   specials 0
`,
);

scenario(
  "one triggers the other: the first loses lots by Decrement, the other ends, whatever else trades",
  SPOT,
  TRADED_AT_1000,
  `
  oto      alice  buy   5 @ 900 gtc and sell 5 @ 1_050 gtc | waits, waits, triggers alice#1 5
  place    alice  sell  5 @ 900 gtc self decrement | prevents 5 @ 900 alice#1, cancels alice#2 5 ListPartner
  oto      alice  buy   5 @ 900 gtc and sell 5 @ 1_050 gtc | waits, waits, triggers alice#4 5
  place    carol  sell  2 @ 900 gtc               | fills 2 @ 900 alice#4
  place    alice  sell  1 @ 900 gtc self decrement | prevents 1 @ 900 alice#4, cancels alice#5 5 ListPartner
  amend    alice  alice#4 to 1 @ 900              | amends 1 kept
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 alice#4
  counts   specials 0 orders 0
`,
);

scenario(
  "one triggers a pair: both end when the first meets an order of its family by Decrement, as it comes or rests",
  SPOT,
  TRADED_AT_1000,
  `
  subaccount desk of alice
  transfer alice desk 100 BTC
  place    desk   sell  2 @ 900 gtc
  place    carol  sell  3 @ 900 gtc
  otoco    alice  buy   5 @ 900 gtc self familyDecrement and sell 5 @ 1_100 gtc and sell 5 market stop 800 | waits, waits, waits, triggers alice#1, prevents 2 @ 900 desk#1, fills 3 @ 900 carol#3, cancels alice#2 5 ListPartner, cancels alice#3 5 ListPartner
  otoco    alice  buy   5 @ 900 gtc hidden and sell 5 @ 1_100 gtc and sell 5 market stop 800 | waits, waits, waits, triggers alice#4 5, shows 0
  place    desk   sell  1 @ 900 gtc self familyDecrement | prevents 1 @ 900 alice#4, cancels alice#5 5 ListPartner, cancels alice#6 5 ListPartner
  order    alice#4                                | open buy 0 @ 900 hides 4
  place    carol  sell  4 @ 900 gtc               | fills 4 @ 900 alice#4
  otoco    alice  buy   5 @ 880 gtc show 2 and sell 5 @ 1_100 gtc and sell 5 market stop 800 | waits, waits, waits, triggers alice#7 5, shows 2
  place    alice  sell  1 @ 880 ioc self decrement | prevents 1 @ 880 alice#7, cancels alice#8 5 ListPartner, cancels alice#9 5 ListPartner
  cancelAll alice both                            | cancels alice#7 4, count 1
  place    alice  sell  1 @ 900 gtc
  otoco    alice  buy   5 @ 900 gtc self decrement and sell 5 @ 1_100 gtc and sell 5 market stop 800 | waits, waits, waits, triggers alice#12 4, prevents 1 @ 900 alice#11, cancels alice#13 5 ListPartner, cancels alice#14 5 ListPartner
  amend    alice  alice#12 to 3 @ 900             | amends 3 kept
  counts   specials 0 orders 1
`,
);

scenario(
  "one triggers a pair: an entry, then its profit and its stop",
  SPOT,
  TRADED_AT_1000,
  `
  otoco    alice  buy   5 @ 1_000 gtc and sell 5 @ 1_100 gtc and sell 5 market stop 900 | waits, waits, waits, triggers alice#1 5
  place    bob    sell  5 @ 1_000 gtc             | fills 5 @ 1_000 alice#1, triggers alice#2 5
  orders   alice                                  | alice#2 alice#3
  place    carol  buy   9 @ 900 gtc
  place    carol  sell  1 @ 900 gtc | fills 1 @ 900 carol#3, cancels alice#2 5 ListPartner, triggers alice#3, fills 5 @ 900 carol#3
  counts   specials 0
  otoco    alice  buy   5 @ 800 gtc and sell 5 @ 1_100 gtc and sell 5 market stop 700 | waits, waits, waits, triggers alice#4 5
  cancelAll alice both | cancels alice#5 5, cancels alice#6 5, cancels alice#4 5, count 3
  otoco    alice  buy   5 @ 800 gtc and sell 5 @ 1_100 gtc and sell 5 market stop 700 | waits, waits, waits, triggers alice#7 5
  massCancel buys | cancels carol#3 3, cancels alice#7 5, count 2, cancels alice#8 5 ListPartner, cancels alice#9 5 ListPartner
`,
);

scenario(
  "lists: the checks, in their order",
  `
  limits   specials 3 orders 4 accountOrders 3
`,
  SPOT,
  `
  oco      99     sell  0 @ 9 ioc and sell 0 market stop 20_000 | rejects Malformed
  oco      99     sell  0 @ 9 gtc and sell 0 @ 9 gtc | rejects Malformed
  oco      99     sell  0 @ 9 gtc and buy 0 market stop 20_000 | rejects Malformed
  oto      99     sell  0 @ 9 gtc and sell 0 quote | rejects Malformed
  oco      99     sell  0 @ 9 gtc on 9 and sell 0 market stop 20_000 | rejects Malformed
  oco      99     sell  0 @ 20_000 gtc on 9 and sell 0 market on 9 stop 20_000 | rejects UnknownMarket
  oco      99     sell  0 @ 20_000 gtc and sell 0 market stop 20_000 | rejects UnknownAccount
  oco      alice  sell  0 @ 20_000 gtc and sell 0 market stop 20_000 | rejects PriceOutOfRange
  oco      alice  sell  1 @ 2_000 gtc client 5 and sell 0 market client 5 stop 20_000 | rejects PriceOutOfRange
  oco      alice  sell  1 @ 2_000 gtc client 5 and sell 1 market client 5 stop 1_000 | rejects WouldTrigger
  oco      alice  sell  1 @ 2_000 gtc client 5 and sell 1 market client 5 stop 900 | rejects DuplicateClientOrderId
  place    alice  sell  1 @ 5_000 gtc client 6
  oco      alice  sell  1 @ 2_000 gtc client 5 and sell 1 market client 6 stop 900 | rejects DuplicateClientOrderId alice#1
  otoco    alice  sell  1 @ 2_000 gtc and buy 1 @ 900 gtc and buy 1 market stop 3_000 | rejects AccountOrdersFull
  place    carol  sell  1 @ 5_000 gtc
  otoco    bob    sell  1 @ 2_000 gtc and buy 1 @ 900 gtc and buy 1 market stop 3_000 | rejects OrdersFull
  cancel   carol  carol#1                         | cancels carol#1 1
  cancel   alice  client 6                        | cancels alice#1 1
  place    alice  sell  1 @ 5_000 gtc until 5_000
  otoco    bob    sell  1 @ 2_000 gtc and buy 1 @ 900 gtc and buy 1 market stop 3_000 | rejects SpecialsFull
  oco      bob    sell  1 @ 2_000 gtc and sell 1 market stop 900 | waits, waits, triggers bob#1 1
`,
);

scenario(
  "lists: trailing stops are counted",
  SPOT,
  `
  repeat 15 place alice sell 1 market trail 5
  oco      alice  sell  1 market trail 5 and sell 1 market trail 6 | rejects TrailingFull
  oto      alice  sell  1 @ 2_000 gtc and sell 1 market trail 6 | waits, waits, triggers alice#16 1
  oto      alice  sell  1 @ 2_000 gtc and sell 1 market trail 6 | rejects TrailingFull
  cancel   alice  alice#16                        | cancels alice#16 1, cancels alice#17 1 ListPartner
  oco      alice  sell  1 @ 2_000 gtc and sell 1 market trail 6 | waits, waits, triggers alice#18 1
`,
);

scenario(
  "lists: a leg that trails follows the price from when the first has traded",
  SPOT,
  TRADED_AT_1000,
  `
  oto      alice  buy   1 @ 990 gtc and sell 1 market trail 500 | waits, waits, triggers alice#1 1
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   1 @ 1_100 gtc             | fills 1 @ 1_100 bob#1
  place    carol  sell  1 @ 990 gtc               | fills 1 @ 990 alice#1
  place    bob    buy   9 @ 900 gtc
  place    carol  sell  1 @ 950 gtc
  place    carol  buy   1 @ 950 gtc               | fills 1 @ 950 carol#5
  place    bob    sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#3
  place    carol  sell  1 @ 950 gtc
  place    bob    buy   1 @ 950 gtc               | fills 1 @ 950 carol#8, triggers alice#2, fills 1 @ 900 bob#2
`,
);

scenario(
  "lists: a leg that trails from a price follows it when that has come after the first has traded",
  SPOT,
  TRADED_AT_1000,
  `
  oto      alice  buy   1 @ 990 gtc and sell 1 @ 5_000 gtc trailTake 500 from 1_100 | waits, waits, triggers alice#1 1
  place    bob    sell  1 @ 1_200 gtc
  place    carol  buy   1 @ 1_200 gtc             | fills 1 @ 1_200 bob#1
  place    carol  sell  1 @ 990 gtc               | fills 1 @ 990 alice#1
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   1 @ 1_100 gtc             | fills 1 @ 1_100 bob#2
  place    bob    sell  1 @ 1_046 gtc
  place    carol  buy   1 @ 1_046 gtc             | fills 1 @ 1_046 bob#3
  place    bob    sell  1 @ 1_045 gtc
  place    carol  buy   1 @ 1_045 gtc             | fills 1 @ 1_045 bob#4, triggers alice#2 1
`,
);

scenario(
  "lists: what orders do to others is carried out so many times after one command",
  SPOT,
  TRADED_AT_1000,
  `
  repeat 1025 oco alice sell  1 @ 1_100 gtc and sell 1 market stop 900 | waits, waits, triggers any 1
  place    bob    buy   1_025 @ 1_100 gtc         | fills 1 @ 1_100 times 1_025, cancels any 1 ListPartner times 1_024
  counts   orders 1
  cancelAll bob   both                            | cancels any 1 ListPartner, count 0
  counts   orders 0
`,
);

scenario(
  "lists: of a kind that there is",
  SPOT,
  `
  list 0   alice  sell  5 @ 1_100 gtc and sell 5 market stop 900 | rejects Malformed
  list 4   alice  sell  5 @ 1_100 gtc and sell 5 market stop 900 | rejects Malformed
`,
);

scenario(
  "one triggers a pair: of two whose prices have come both, the one that waits for a rise comes, the other ends",
  SPOT,
  TRADED_AT_1000,
  `
  otoco    alice  sell  5 @ 1_000 gtc and buy 1 @ 500 gtc take 1_100 and buy 1 @ 600 gtc stop 900 | waits, waits, waits, triggers alice#1 5
  place    bob    buy   5 @ 1_000 gtc | fills 5 @ 1_000 alice#1, cancels alice#2 1 ListPartner, triggers alice#3 1
`,
);

scenario(
  "one cancels the other: the limit trades in part as it comes, and the stop ends",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   2 @ 1_000 gtc
  oco      alice  sell  5 @ 1_000 gtc and sell 5 market stop 900 | waits, waits, triggers alice#1 3, fills 2 @ 1_000 bob#1, cancels alice#2 5 ListPartner
  counts   specials 0
`,
);

scenario(
  "one triggers the other: what begins to wait is not shown a price from before",
  SPOT,
  `
  place    carol  sell  1 @ 1_050 gtc
  place    carol  buy   1 @ 1_050 gtc             | fills 1 @ 1_050 carol#1
  place    bob    buy   1 market stop 5_000       | waits
  place    bob    buy   1 @ 1_000 gtc
  place    bob    buy   9 @ 900 gtc
  oto      alice  buy   5 @ 990 gtc and sell 5 market take 1_000 | waits, waits, triggers alice#1 5
  place    carol  sell  6 @ 990 ioc               | fills 1 @ 1_000 bob#2, fills 5 @ 990 alice#1
  order    alice#2                                | waits sell 5 @ 0
  place    carol  sell  1 @ 1_000 gtc
  place    bob    buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#4, triggers alice#2, fills 5 @ 900 bob#3
`,
);

scenario(
  "one triggers the other: those that waited before it are shown the price it is not",
  SPOT,
  `
  place    carol  sell  1 @ 1_050 gtc
  place    carol  buy   1 @ 1_050 gtc             | fills 1 @ 1_050 carol#1
  place    carol  buy   2 market take 1_000       | waits
  place    bob    buy   1 @ 1_000 gtc
  place    bob    buy   9 @ 900 gtc
  place    bob    sell  9 @ 1_100 gtc
  oto      alice  buy   5 @ 990 gtc and sell 5 market take 1_000 | waits, waits, triggers alice#1 5
  place    carol  sell  6 @ 990 ioc | fills 1 @ 1_000 bob#1, fills 5 @ 990 alice#1, triggers carol#3, fills 2 @ 1_100 bob#3, triggers alice#2, fills 5 @ 900 bob#2
`,
);

scenario(
  "one cancels the other: what is still to end does not come when its price has",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   200 @ 900 gtc
  repeat 3_100 oco alice sell 1 @ 1_100 gtc and sell 1 market take 1_100 | waits, waits, triggers any 1
  -- The trade that ends them is also at their price.
  place    bob    buy   3_100 @ 1_100 gtc         | fills 1 @ 1_100 times 3_100, cancels any 1 ListPartner times 1_024
  place    carol  sell  1 @ 900 ioc               | cancels any 1 ListPartner times 2_076, then fills 1 @ 900 bob#1
  order    bob#1                                  | open buy 199 @ 900
  counts   specials 0
`,
);
