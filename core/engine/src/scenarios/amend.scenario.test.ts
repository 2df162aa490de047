import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.10.

scenario(
  "amend: fewer lots at the same price keep their place",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 5
  place    bob    buy   7 @ 100 gtc
  amend    alice  client 5 to 3 @ 100             | amends 3 kept
  balance  alice  USD  available 999_999_700 reserved 300
  book     bids 10 @ 100                          | asks -
  place    carol  sell  4 @ 100 gtc               | fills 3 @ 100 alice#1, fills 1 @ 100 bob#1
  amend    bob    bob#1 to 6 @ 100                | amends 6 kept
  amend    alice  client 5 to 3 @ 100             | rejects UnknownOrder
`,
);

scenario(
  "amend: one that expects lots is done only if the order has these left and keeps its place",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc
  place    bob    buy   7 @ 100 gtc
  place    carol  sell  2 @ 100 gtc               | fills 2 @ 100 alice#1
  amend    alice  alice#1 to 3 @ 100 if 7         | rejects OrderChanged
  amend    alice  alice#1 to 6 @ 100 if 5         | rejects OrderChanged
  amend    alice  alice#1 to 3 @ 101 if 5         | rejects OrderChanged
  order    alice#1                                | open buy 5 @ 100
  amend    alice  alice#1 to 5 @ 100 if 5         | amends 5 kept
  amend    alice  alice#1 to 3 @ 100 if 5         | amends 3 kept
  place    carol  sell  4 @ 100 gtc               | fills 3 @ 100 alice#1, fills 1 @ 100 bob#1
`,
);

scenario(
  "amend: more lots, or another price, go to the end of a level under the same id",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 5
  place    bob    buy   7 @ 100 gtc
  amend    alice  alice#1 to 8 @ 100              | amends 8 moved
  place    carol  sell  8 @ 100 gtc               | fills 7 @ 100 bob#1, fills 1 @ 100 alice#1
  amend    alice  client 5 to 2 @ 90              | amends 2 moved
  book     bids 2 @ 90                            | asks -
  balance  alice  USD  available 999_999_720 reserved 180
  client   alice  5                               | alice#1
  order    alice#1                                | open buy 2 @ 90
`,
);

scenario(
  "amend: what moves across the book trades as a taker",
  SPOT,
  `
  place    bob    sell  3 @ 110 gtc
  place    bob    sell  3 @ 120 gtc
  place    alice  buy   7 @ 100 gtc
  amend    alice  alice#1 to 7 @ 110 post         | rejects WouldTake
  amend    alice  alice#1 to 7 @ 115              | amends 4 moved, fills 3 @ 110 bob#1
  order    alice#1                                | open buy 4 @ 115
  amend    alice  alice#1 to 3 @ 120              | amends 0 moved, fills 3 @ 120 bob#2
  order    alice#1                                | gone
  balance  alice  USD  available 999_999_310 reserved 0
`,
);

scenario(
  "amend: an own maker ends it, or is ended",
  SPOT,
  `
  place    alice  sell  3 @ 110 gtc
  place    alice  buy   7 @ 100 gtc
  amend    alice  alice#2 to 7 @ 110 self both    | amends 0 moved, cancels alice#1 3 SelfTradeBoth, ends 7 SelfTradeBoth
  place    alice  sell  3 @ 110 gtc
  place    alice  buy   7 @ 100 gtc
  amend    alice  alice#4 to 7 @ 110 self decrement | amends 4 moved, prevents 3 @ 110 alice#3
  counts   orders 1
`,
);

scenario(
  "amend: the reserve that it has counts towards what it needs",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  deposit  alice  1_000 USD
  place    alice  buy   10 @ 100 gtc
  `,
  `
  amend    alice  alice#1 to 11 @ 100             | rejects InsufficientBalance
  amend    alice  alice#1 to 10 @ 101             | rejects InsufficientBalance
  amend    alice  alice#1 to 20 @ 50              | amends 20 moved
  balance  alice  USD  available 0 reserved 1_000
`,
);

scenario(
  "amend: type and mode, then the target, then the quantity, then what PLACE asks",
  SPOT,
  `
  market   BTC/USD ticks 10..200 lots 2..50 reference 100 notional 300..4_000 band 500_000/500_000 as TIGHT
  place    alice  buy   10 @ 100 gtc on TIGHT
  amend    99     nothing to 0 @ 0 ioc            | rejects Malformed
  amend    99     nothing to 0 @ 0 self 5         | rejects Malformed
  amend    99     nothing to 0 @ 0                | rejects Malformed
  amend    99     alice#1 to 0 @ 0                | rejects UnknownAccount
  amend    alice  2:1 to 0 @ 0                    | rejects UnknownOrder
  amend    bob    alice#1 to 0 @ 0                | rejects NotOrderOwner
  amend    alice  alice#1 to 0 @ 100              | rejects LotsOutOfRange
  amend    alice  alice#1 to 1 @ 9                | rejects PriceOutOfRange
  amend    alice  alice#1 to 1 @ 199              | rejects LotsOutOfRange
  amend    alice  alice#1 to 2 @ 149              | rejects NotionalTooSmall
  amend    alice  alice#1 to 50 @ 100             | rejects NotionalTooLarge
  amend    alice  alice#1 to 10 @ 160             | rejects PriceOutsideBand
  amend    alice  alice#1 to 1 @ 100              | amends 1 kept
`,
);

scenario(
  "amend: fewer lots in every state that lets orders out, moves only where orders come in",
  SPOT,
  `
  place    alice  buy   10 @ 100 gtc
  state    BTC/USD cancelOnly
  amend    alice  alice#1 to 9 @ 100              | amends 9 kept
  amend    alice  alice#1 to 9 @ 101              | rejects MarketCancelOnly
  state    BTC/USD halted
  amend    alice  alice#1 to 8 @ 100              | rejects MarketHalted alice#1
  state    BTC/USD postOnly
  amend    alice  alice#1 to 9 @ 101              | rejects MarketPostOnly
  amend    alice  alice#1 to 9 @ 101 post         | amends 9 moved
  trader   alice  off
  amend    alice  alice#1 to 9 @ 102 post         | rejects AccountBlocked
  amend    alice  alice#1 to 8 @ 101 post         | amends 8 kept
  trader   alice  on
  trading  off
  amend    alice  alice#1 to 9 @ 102 post         | rejects TradingSuspended
  trading  on
  state    BTC/USD auction
  place    bob    sell  5 @ 90 gtc
  amend    alice  alice#1 to 7 @ 102              | amends 7 moved
  book     bids 7 @ 102                           | asks 5 @ 90
`,
);

scenario(
  "amend: no page is left for another price, though the move would free one",
  `
  limits   pages 1
`,
  SPOT,
  `
  place    alice  buy   10 @ 100 gtc
  amend    alice  alice#1 to 10 @ 120             | rejects LevelsFull
  amend    alice  alice#1 to 10 @ 101             | amends 10 moved
`,
);
