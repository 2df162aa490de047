import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.18: orders that rest unseen.

scenario(
  "hidden: not in the book, met after all that is shown at its price, before any worse price",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc hidden        | rests 5, shows 0 alice#1
  place    bob    sell  3 @ 100 gtc
  place    bob    sell  4 @ 101 gtc
  book     bids -                                 | asks 3 @ 100, 4 @ 101
  order    alice#1                                | open sell 0 @ 100 hides 5
  balance  alice  BTC  available 999_995 reserved 5
  place    carol  buy   10 @ 101 gtc              | fills 3 @ 100 bob#1, fills 5 @ 100 alice#1, fills 2 @ 101 bob#2
  book     bids -                                 | asks 2 @ 101
  counts   specials 0 orders 1
`,
);

scenario(
  "hidden: a better price goes first, of one price the oldest, and what is left rests unseen",
  SPOT,
  `
  place    alice  buy   2 @ 100 gtc hidden        | rests 2, shows 0
  place    bob    buy   2 @ 100 gtc hidden        | rests 2, shows 0
  place    alice  buy   2 @ 101 gtc hidden        | rests 2, shows 0
  place    bob    buy   1 @ 100 gtc
  book     bids 1 @ 100                           | asks -
  place    carol  sell  9 @ 100 gtc hidden        | rests 2, fills 2 @ 101 alice#2, fills 1 @ 100 bob#2, fills 2 @ 100 alice#1, fills 2 @ 100 bob#1, shows 0 carol#1
  book     bids -                                 | asks -
  balance  carol  BTC  available 999_991 reserved 2
  place    alice  buy   1 @ 99 ioc                | ends 1 Immediate
  place    alice  buy   1 @ 100 ioc               | fills 1 @ 100 carol#1
`,
);

scenario(
  "hidden: behind what an iceberg hides at the same price",
  SPOT,
  `
  place    alice  sell  6 @ 100 gtc hidden        | rests 6, shows 0
  place    bob    sell  6 @ 100 gtc show 2        | rests 6, shows 2
  place    carol  buy   8 @ 100 gtc               | fills 2 @ 100 bob#1, shows 2 bob#1, fills 2 @ 100 bob#1, shows 2 bob#1, fills 2 @ 100 bob#1, fills 2 @ 100 alice#1
  order    alice#1                                | open sell 0 @ 100 hides 4
`,
);

scenario(
  "hidden: no post-only order comes that would trade with it",
  SPOT,
  `
  place    alice  sell  6 @ 100 gtc hidden        | rests 6, shows 0
  place    bob    buy   1 @ 100 post              | rejects WouldTake
  place    bob    buy   1 @ 100 post hidden       | rejects WouldTake
  place    bob    buy   1 @ 99 post hidden        | rests 1, shows 0
  amend    bob    bob#1 to 1 @ 98                 | rejects NotAmendable
  place    carol  buy   1 @ 90 gtc
  amend    carol  carol#1 to 1 @ 100 post         | rejects WouldTake
  amend    carol  carol#1 to 2 @ 100              | amends 0 moved, fills 2 @ 100 alice#1
  cancel   alice  alice#1                         | cancels alice#1 4
  balance  alice  BTC  available 999_998 reserved 0
`,
);

scenario(
  "hidden: fill-or-kill counts it, market orders trade with it and pay as they go",
  SPOT,
  `
  place    alice  sell  3 @ 100 gtc hidden        | rests 3, shows 0
  place    bob    sell  2 @ 101 gtc
  place    carol  buy   6 @ 101 fok               | ends 6 Unfillable
  place    carol  buy   4 @ 101 fok               | fills 3 @ 100 alice#1, fills 1 @ 101 bob#1
  place    alice  sell  3 @ 102 gtc hidden        | rests 3, shows 0
  place    carol  buy   3 market                  | fills 1 @ 101 bob#1, fills 2 @ 102 alice#2
  place    carol  buy   150 quote                 | fills 1 @ 102 alice#2, ends 48 NoLiquidity
`,
);

scenario(
  "hidden: a market order ends when its money does, though the walk saw nothing",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  100 BTC
  deposit  bob    350 USD
  place    alice  sell  10 @ 100 gtc hidden       | rests 10, shows 0
  place    bob    buy   9 market                  | fills 3 @ 100, ends 6 NoLiquidity
`,
);

scenario(
  "hidden: self-trade as with any other",
  SPOT,
  `
  place    alice  sell  9 @ 100 gtc hidden        | rests 9, shows 0
  place    alice  buy   2 @ 100 ioc self taker    | ends 2 SelfTradeTaker
  place    alice  buy   2 @ 100 ioc self decrement | prevents 2 @ 100 alice#1
  place    alice  buy   8 @ 100 fok self both     | ends 8 Unfillable
  place    alice  buy   2 @ 100 ioc self both     | cancels alice#1 7 SelfTradeBoth, ends 2 SelfTradeBoth
  place    alice  sell  9 @ 100 gtc hidden        | rests 9, shows 0
  place    bob    sell  1 @ 100 gtc hidden        | rests 1, shows 0
  place    alice  buy   2 @ 100 ioc self maker    | cancels alice#6 9 SelfTradeMaker, fills 1 @ 100 bob#1, ends 1 Immediate
  balance  alice  BTC  available 1_000_001 reserved 0
`,
);

scenario(
  "hidden: triggers and pegs look at what is shown",
  SPOT,
  `
  place    bob    buy   1 @ 90 gtc
  place    bob    buy   1 @ 80 post pegged 0      | waits, pegs bob#2 1 @ 80
  place    alice  sell  1 @ 120 gtc stop 95 by quote | rejects WouldTrigger
  place    alice  sell  1 @ 120 gtc take 95 by quote
  place    carol  buy   1 @ 96 gtc hidden         | rests 1, shows 0
  place    carol  buy   1 @ 95 gtc                | rests 1, triggers alice#1 1
  cancel   bob    bob#2                           | cancels bob#2 1
`,
);

scenario(
  "hidden: it waits for a price first, and is under a protection",
  SPOT,
  `
  protection carol BTC/USD window 1_000 fills 1
  place    carol  sell  5 @ 100 gtc hidden protected | rests 5, shows 0
  place    carol  sell  5 @ 99 gtc hidden protected until 500 | rests 5, shows 0
  place    alice  sell  3 @ 100 gtc hidden stop 99
  place    bob    buy   1 @ 99 gtc                | fills 1 @ 99 carol#2, trips carol, cancels carol#1 5 Protection, cancels carol#2 4 Protection, triggers alice#1 3, shows 0 alice#1
  book     bids -                                 | asks -
  place    bob    buy   9 @ 100 gtc               | rests 6, fills 3 @ 100 alice#1
`,
);

scenario(
  "hidden: trades in an auction behind what is shown at its price",
  SPOT,
  `
  state    BTC/USD halted
  state    BTC/USD preOpen
  place    alice  buy   4 @ 105 gtc hidden        | rests 4, shows 0
  place    bob    buy   4 @ 105 gtc
  place    carol  sell  6 @ 100 gtc
  state    BTC/USD auction                        | done, indicates 6 @ 105 buy 2
  book     bids 4 @ 105                           | asks 6 @ 100
  state    BTC/USD trading                        | auctions 4 @ 105 bob#1 carol#1, auctions 2 @ 105 alice#1 carol#1, turns trading
  order    alice#1                                | open buy 0 @ 105 hides 2
  state    BTC/USD preOpen                        | rejects TransitionNotAllowed
`,
);

scenario(
  "hidden: a book that is crossed unseen does not trade on, a guard sees it, an operator clears it",
  SPOT,
  `
  state    BTC/USD halted
  state    BTC/USD preOpen
  place    alice  buy   4 @ 105 gtc hidden        | rests 4, shows 0
  place    carol  sell  6 @ 100 gtc hidden        | rests 6, shows 0
  place    carol  sell  6 @ 103 gtc hidden        | rests 6, shows 0
  state    BTC/USD cancelOnly
  state    BTC/USD trading                        | rejects BookCrossed
  massCancel sells                                | cancels carol#1 6 Operator, cancels carol#2 6 Operator, count 2
  state    BTC/USD trading
  guard    BTC/USD 100_000/100_000 window 1_000 auction 1_000
  place    carol  sell  1 @ 100 ioc               | ends 1 Immediate, turns auction, indicates 0 @ 0
  massCancel both                                 | cancels alice#1 4 Operator, count 1
  counts   specials 0 orders 0
`,
);

scenario(
  "hidden: what an order may not say with it; no page of levels is needed",
  `
  limits   pages 1
`,
  SPOT,
  `
  place    alice  sell  6 @ 100 gtc show 2 hidden | rejects Malformed
  place    alice  sell  6 @ 100 ioc hidden        | rejects Malformed
  place    alice  sell  6 @ 100 post hidden pegged 0 | rejects Malformed
  place    alice  sell  6 @ 100 gtc
  place    alice  sell  6 @ 200 gtc               | rejects LevelsFull
  place    alice  sell  6 @ 200 gtc hidden        | rests 6, shows 0
  state    BTC/USD closed
  cancel   alice  alice#1                         | cancels alice#1 6
  delist   BTC/USD                                | rejects MarketNotEmpty
  cancel   alice  alice#2                         | cancels alice#2 6
  delist   BTC/USD
`,
);
