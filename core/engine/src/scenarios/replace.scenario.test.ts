import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.4: a cancel and a place with nothing between.

scenario(
  "replace: the old order's money pays for the new one",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  deposit  alice  700 USD
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#1 with buy 14 @ 50 gtc    | cancels alice#1 7, rests 14
  balance  alice  USD  available 0 reserved 700
  book     bids 14 @ 50                           | asks -
`,
);

scenario(
  "replace: the new order trades, rests or ends like any other",
  SPOT,
  `
  place    bob    sell  5 @ 200 gtc
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#1 with buy 3 @ 200 gtc    | cancels alice#1 7, fills 3 @ 200 bob#1
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#3 with buy 3 @ 200 ioc    | cancels alice#3 7, fills 2 @ 200 bob#1, ends 1 Immediate
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#5 with buy 3 @ 200 fok    | cancels alice#5 7, ends 3 Unfillable
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#7 with sell 3 market      | cancels alice#7 7, ends 3 NoLiquidity
`,
);

scenario(
  "replace: by client order id, which the new order may take over",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 77
  replace  alice  client 77 with buy 8 @ 90 gtc client 77 | cancels alice#1 7, rests 8
  client   alice 77                               | alice#2
  replace  alice  client 77 with buy 8 @ 90 gtc client 78 | cancels alice#2 8, rests 8
  client   alice 77                               | -
  client   alice 78                               | alice#3
`,
);

scenario(
  "replace: an order of another market and side may stand in for the old one",
  SPOT,
  `
  asset    ETH
  market   ETH/USD
  place    alice  buy   7 @ 100 gtc
  deposit  alice  5 ETH
  replace  alice  alice#1 with sell 5 @ 300 post on ETH/USD | cancels alice#1 7, rests 5
  book     BTC/USD bids -                         | asks -
  book     ETH/USD bids -                         | asks 5 @ 300
`,
);

scenario(
  "replace, stop on failure: no new order unless the old one was cancelled",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 5
  replace  alice  9:9 with buy 1 @ 100 gtc mode stop        | rejects UnknownOrder
  replace  alice  client 6 with buy 1 @ 100 gtc mode stop   | rejects UnknownOrder
  replace  alice  nothing with buy 1 @ 100 gtc mode stop    | rejects Malformed
  replace  alice  alice#1 client 5 with buy 1 @ 100 gtc     | rejects Malformed
  replace  bob    alice#1 with buy 1 @ 100 gtc mode stop    | rejects NotOrderOwner
  replace  99     alice#1 with buy 1 @ 100 gtc mode stop    | rejects UnknownAccount
  book     bids 7 @ 100                           | asks -
`,
);

scenario(
  "replace, allow failure: the new order is placed in any case",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 5
  replace  alice  9:9 with buy 1 @ 101 gtc mode allow       | rejects UnknownOrder, rests 1
  replace  alice  nothing with buy 1 @ 102 gtc mode allow   | rejects Malformed, rests 1
  replace  alice  alice#1 client 5 with buy 1 @ 103 gtc mode allow | rejects Malformed, rests 1
  replace  bob    alice#1 with buy 1 @ 104 gtc mode allow   | rejects NotOrderOwner, rests 1
  replace  alice  client 5 with buy 2 @ 105 gtc mode allow  | cancels alice#1 7, rests 2
  book     bids 2 @ 105, 1 @ 104, 1 @ 103, 1 @ 102, 1 @ 101 | asks -
`,
);

scenario(
  "replace: each part is refused for itself",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  replace  99     alice#1 with buy 1 @ 100 gtc mode allow   | rejects UnknownAccount, rejects UnknownAccount
  replace  alice  9:9 with buy 0 @ 100 gtc mode allow       | rejects UnknownOrder, rejects LotsOutOfRange
  replace  alice  alice#1 with buy 0 @ 100 gtc mode stop    | cancels alice#1 7, rejects LotsOutOfRange
  order    alice#1                                | gone
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#2 with buy 1 @ 100 9 mode allow     | cancels alice#2 7, rejects Malformed
  balance  alice  USD  available 1_000_000_000 reserved 0
`,
);

scenario(
  "replace: an unknown mode ends it before anything",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#1 with buy 1 @ 100 gtc mode 2       | rejects Malformed
  replace  99     nothing with 7 0 @ 0 9 mode 255           | rejects Malformed
  order    alice#1                                | open buy 7 @ 100
`,
);

scenario(
  "replace: the slot given back by the old order is the new one's",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  place    alice  buy   7 @ 100 gtc
  replace  alice  alice#1 with buy 1 @ 100 gtc    | cancels alice#1 7, rests 1
  order    alice#3                                | is 2:1
`,
);

scenario(
  "replace: a full book has room for it",
  `
  limits   orders 2 pages 1 accountOrders 2
`,
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  place    alice  buy   7 @ 101 gtc
  place    alice  buy   7 @ 101 gtc               | rejects AccountOrdersFull
  place    bob    buy   7 @ 101 gtc               | rejects OrdersFull
  replace  alice  alice#1 with buy 7 @ 102 gtc    | cancels alice#1 7, rests 7
  replace  alice  alice#2 with buy 7 @ 200 gtc    | cancels alice#2 7, rejects LevelsFull
  replace  alice  alice#3 with buy 7 @ 200 gtc    | cancels alice#3 7, rests 7
`,
);
