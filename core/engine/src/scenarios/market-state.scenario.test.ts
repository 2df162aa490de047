import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2: what each state of a market allows.

scenario(
  "cancel-only: orders leave, none comes",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  place    alice  sell  7 @ 200 gtc client 5
  place    alice  sell  7 @ 300 gtc
  state    BTC/USD cancelOnly
  place    bob    sell  7 @ 100 gtc               | rejects MarketCancelOnly
  place    bob    sell  7 market                  | rejects MarketCancelOnly
  cancel   alice  alice#1                         | cancels alice#1 7
  replace  alice  client 5 with sell 1 @ 200 gtc  | cancels alice#2 7, rejects MarketCancelOnly
  cancelAll alice both on BTC/USD                 | cancels alice#3 7, count 1
  state    BTC/USD trading
  place    bob    sell  7 @ 100 gtc               | rests 7
`,
);

scenario(
  "halted: nothing moves",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 5
  state    BTC/USD halted
  place    bob    sell  7 @ 100 gtc               | rejects MarketHalted
  cancel   alice  alice#1                         | rejects MarketHalted alice#1
  cancel   alice  client 5                        | rejects MarketHalted alice#1
  cancel   bob    alice#1                         | rejects NotOrderOwner
  replace  alice  client 5 with buy 1 @ 100 gtc   | rejects MarketHalted alice#1
  replace  alice  client 5 with buy 1 @ 100 gtc mode allow | rejects MarketHalted alice#1, rejects MarketHalted
  cancelAll alice both on BTC/USD                 | rejects MarketHalted
  cancelAll alice both                            | count 0
  order    alice#1                                | open buy 7 @ 100
  withdraw alice  999_999_300 USD
  balance  alice  USD  available 0 reserved 700
`,
);

scenario(
  "cancel all: orders of halted markets stay",
  SPOT,
  `
  market   BTC/USD as SHUT
  market   BTC/USD as OPEN
  place    alice  buy   1 @ 100 gtc on SHUT
  place    alice  buy   2 @ 100 gtc on OPEN
  place    alice  buy   3 @ 100 gtc on SHUT
  place    alice  buy   4 @ 100 gtc
  state    SHUT   halted
  state    OPEN   cancelOnly
  cancelAll alice both                            | cancels alice#4 4, cancels alice#2 2, count 2
  orders   alice                                  | alice#3 alice#1
  state    SHUT   trading
  cancelAll alice both                            | cancels alice#3 3, cancels alice#1 1, count 2
`,
);

scenario(
  "replace: an order may move out of an open market into no halted one",
  SPOT,
  `
  market   BTC/USD state halted as SHUT
  place    alice  buy   1 @ 100 gtc
  replace  alice  alice#1 with buy 1 @ 100 gtc on SHUT | cancels alice#1 1, rejects MarketHalted
`,
);

scenario(
  "set market state: also to the state it is in, to no unknown one, of no unknown market",
  SPOT,
  `
  state    BTC/USD trading
  state    BTC/USD halted
  state    BTC/USD halted
  state    9      0                               | rejects Malformed
  state    BTC/USD 4                              | rejects Malformed
  state    9      halted                          | rejects UnknownMarket
  state    BTC/USD trading
`,
);

scenario(
  "a market is listed in any state",
  SPOT,
  `
  market   BTC/USD state cancelOnly as SOON
  market   BTC/USD state halted as LATER
  place    alice  buy   1 @ 100 gtc on SOON       | rejects MarketCancelOnly
  place    alice  buy   1 @ 100 gtc on LATER      | rejects MarketHalted
`,
);
