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
  cancelAll alice both                            | cancels alice#2 2, cancels alice#4 4, count 2
  orders   alice                                  | alice#1 alice#3
  state    SHUT   trading
  cancelAll alice both                            | cancels alice#1 1, cancels alice#3 3, count 2
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
  state    BTC/USD 9                              | rejects Malformed
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

scenario(
  "pre-open and auction: limit orders gather, nothing trades, orders may leave",
  SPOT,
  `
  state    BTC/USD closed
  place    alice  buy   1 @ 100 gtc               | rejects MarketClosed
  state    BTC/USD preOpen
  place    alice  buy   7 @ 110 gtc
  place    bob    sell  4 @ 100 gtc
  place    bob    sell  4 @ 100 post              | rejects MarketInAuction
  place    bob    sell  4 @ 100 ioc               | rejects MarketInAuction
  place    bob    sell  4 @ 100 fok               | rejects MarketInAuction
  place    bob    sell  400 quote                 | rejects MarketInAuction
  book     bids 7 @ 110                           | asks 4 @ 100
  state    BTC/USD auction
  place    carol  buy   2 @ 105 gtc
  replace  carol  carol#1 with buy 2 @ 106 gtc    | cancels carol#1 2, rests 2
  cancel   bob    bob#1                           | cancels bob#1 4
  book     bids 7 @ 110, 2 @ 106                  | asks -
  state    BTC/USD trading
  place    bob    sell  8 @ 100 gtc               | fills 7 @ 110 alice#1, fills 1 @ 106 carol#2
`,
);

scenario(
  "post-only: orders come that take from nobody",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  state    BTC/USD postOnly
  place    bob    sell  1 @ 101 gtc               | rejects MarketPostOnly
  place    bob    sell  1 @ 100 ioc               | rejects MarketPostOnly
  place    bob    sell  1 @ 100 post              | rejects WouldTake
  place    bob    sell  1 @ 101 post
  cancel   alice  alice#1                         | cancels alice#1 7
`,
);

scenario(
  "closed: orders leave, none comes",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  state    BTC/USD closed
  replace  alice  alice#1 with buy 1 @ 100 gtc    | cancels alice#1 7, rejects MarketClosed
`,
);

scenario(
  "transitions: each state goes only where the table says",
  SPOT,
  `
  state    BTC/USD preOpen                        | rejects TransitionNotAllowed
  state    BTC/USD postOnly
  state    BTC/USD preOpen                        | rejects TransitionNotAllowed
  state    BTC/USD closed
  state    BTC/USD trading                        | rejects TransitionNotAllowed
  state    BTC/USD postOnly                       | rejects TransitionNotAllowed
  state    BTC/USD cancelOnly                     | rejects TransitionNotAllowed
  state    BTC/USD preOpen
  state    BTC/USD preOpen
  state    BTC/USD trading                        | rejects TransitionNotAllowed
  state    BTC/USD postOnly                       | rejects TransitionNotAllowed
  state    BTC/USD auction
  state    BTC/USD preOpen
  state    BTC/USD halted
  state    BTC/USD preOpen
  state    BTC/USD cancelOnly
  state    BTC/USD auction
  state    BTC/USD postOnly
  state    BTC/USD trading
`,
);

scenario(
  "a crossed book does not begin to trade",
  SPOT,
  `
  state    BTC/USD closed
  state    BTC/USD preOpen
  place    alice  buy   1 @ 100 gtc
  place    bob    sell  1 @ 100 gtc
  state    BTC/USD cancelOnly
  state    BTC/USD trading                        | rejects BookCrossed
  state    BTC/USD postOnly                       | rejects BookCrossed
  state    BTC/USD halted
  state    BTC/USD trading                        | rejects BookCrossed
  state    BTC/USD cancelOnly
  cancel   bob    bob#1                           | cancels bob#1 1
  state    BTC/USD trading
`,
);

scenario(
  "kill switch: nobody places, everybody may cancel",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  trading  2                                      | rejects Malformed
  suspended no
  trading  off
  suspended yes
  market   BTC/USD as OTHER
  place    bob    sell  7 @ 100 gtc               | rejects TradingSuspended
  place    bob    sell  7 @ 100 gtc on OTHER      | rejects TradingSuspended
  replace  alice  alice#1 with buy 1 @ 99 gtc     | cancels alice#1 7, rejects TradingSuspended
  state    BTC/USD halted
  state    BTC/USD trading
  place    bob    sell  7 @ 100 gtc               | rejects TradingSuspended
  trading  on
  suspended no
  place    bob    sell  7 @ 100 gtc
  place    bob    sell  7 @ 100 gtc on OTHER
`,
);

scenario(
  "kill switch: an auction that would end by itself waits until trading goes on",
  SPOT,
  `
  guard    BTC/USD 10_000/10_000 window 500 auction 100
  place    bob    sell  1 @ 1_000 gtc
  place    bob    sell  5 @ 1_100 gtc
  place    carol  buy   5 @ 1_100 gtc             | rests 4, fills 1 @ 1_000 bob#1, turns auction
  trading  off
  time     500
  cancelAll alice both                            | count 0
  book     bids 4 @ 1_100 | asks 5 @ 1_100
  trading  on                                     | done, auctions 4 @ 1_100 carol#1 bob#2, turns trading
`,
);

scenario(
  "kill switch: orders that wait are shown no price until trading goes on",
  SPOT,
  `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
  place    bob    buy   9 @ 900 gtc
  place    bob    buy   9 @ 800 gtc
  place    alice  sell  2 market stop 850 by quote | waits
  trading  off
  cancel   bob    bob#1                           | cancels bob#1 9
  order    alice#1                                | waits sell 2 @ 0
  trading  on                                     | done, triggers alice#1, fills 2 @ 800 bob#2
`,
);

scenario(
  "kill switch: orders whose price has come wait until trading goes on, can be cancelled, and are not declined",
  SPOT,
  `
  place    carol  buy   1 @ 99 gtc
  repeat 66 place alice sell 1 @ 200 gtc stop 99  | waits
  -- 64 come after one command; the others are ripe, and come after the next.
  place    bob    sell  1 @ 99 gtc                | fills 1 @ 99 carol#1, triggers any 1 times 64
  trading  off                                    | done
  order    alice#66                               | waits sell 1 @ 200
  cancel   alice  alice#65                        | cancels alice#65 1
  trading  on                                     | done, triggers alice#66 1
`,
);

scenario(
  "a blocked account places nothing; its orders still trade and leave",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  place    alice  buy   5 @ 90 gtc
  trader   alice  2                               | rejects Malformed
  trader   99     off                             | rejects UnknownAccount
  blocked  alice  no
  trader   alice  off
  blocked  alice  yes
  blocked  bob    no
  place    alice  buy   1 @ 100 gtc               | rejects AccountBlocked
  place    alice  buy   1 market                  | rejects AccountBlocked
  place    bob    sell  7 @ 100 gtc               | fills 7 @ 100 alice#1
  cancel   alice  alice#2                         | cancels alice#2 5
  trader   alice  on
  blocked  alice  no
  place    alice  buy   1 @ 100 gtc
`,
);
