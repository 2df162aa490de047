import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.15: markets change and go while the exchange runs.

scenario(
  "change: bounds and rates hold from now on, orders that are there stay",
  SPOT,
  `
  place    alice  buy   50 @ 100 gtc
  change   BTC/USD lots 5..20 notional 600..3_000 fees 1_000/2_000 band 0/100_000
  order    alice#1                                | open buy 50 @ 100
  place    bob    sell  4 @ 1_000 gtc             | rejects LotsOutOfRange
  place    bob    sell  21 @ 1_000 gtc            | rejects LotsOutOfRange
  place    bob    sell  5 @ 1_000 gtc             | rejects NotionalTooLarge
  change   BTC/USD notional 600..2^62-1
  place    bob    sell  5 @ 100 gtc               | rejects NotionalTooSmall
  place    bob    sell  5 @ 899 gtc               | rejects PriceOutsideBand
  change   BTC/USD band 0/0
  place    bob    sell  20 @ 100 gtc              | fills 20 @ 100 alice#1 maker fee 1 taker fee 4
`,
);

scenario(
  "change: what orders and money are measured by stays",
  SPOT,
  `
  change   BTC/USD ticks 1..9_999                 | rejects InvalidListing
  change   BTC/USD ticks 2..10_000                | rejects InvalidListing
  change   BTC/USD lot 2                          | rejects InvalidListing
  change   BTC/USD tickLot 2                      | rejects InvalidListing
  change   BTC/USD reference 999                  | rejects InvalidListing
  change   BTC/USD state halted                   | rejects InvalidListing
  change   BTC/USD lots 9..8                      | rejects InvalidListing
  change   BTC/USD fees 100_001/0                 | rejects InvalidListing
  state    BTC/USD halted
  change   BTC/USD lots 1..9
`,
);

scenario(
  "change: what is not named stays as it is by then, its state too",
  SPOT,
  `
  place    alice  buy   30 @ 950 gtc
  change   BTC/USD fees 0/2_000
  change   BTC/USD band 0/100_000
  place    bob    sell  5 @ 899 gtc               | rejects PriceOutsideBand
  state    BTC/USD halted
  change   BTC/USD lots 5..20
  state    BTC/USD trading
  place    bob    sell  4 @ 950 gtc               | rejects LotsOutOfRange
  place    bob    sell  20 @ 950 gtc              | fills 20 @ 950 alice#1 maker fee 0 taker fee 38
  change   9 lots 5..20                           | rejects UnknownMarket
`,
);

scenario(
  "change: all terms may be named, as releases did that knew no other change",
  SPOT,
  `
  change   BTC/USD whole lots 5..20
  place    bob    sell  4 @ 950 gtc               | rejects LotsOutOfRange
  change   BTC/USD whole ticks 2..10_000          | rejects InvalidListing
  change   BTC/USD whole state halted             | rejects InvalidListing
  state    BTC/USD halted
  change   BTC/USD whole state trading            | rejects InvalidListing
  change   BTC/USD whole fees 7/8
  change   BTC/USD lots 5..20 reference 1_000
`,
);

scenario(
  "delist: a market that is closed and empty, for ever",
  SPOT,
  `
  delist   9                                      | rejects UnknownMarket
  place    alice  buy   5 @ 100 gtc
  place    alice  buy   5 market stop 2_000
  delist   BTC/USD                                | rejects MarketNotClosed
  state    BTC/USD closed
  delist   BTC/USD                                | rejects MarketNotEmpty
  cancel   alice  alice#1                         | cancels alice#1 5
  delist   BTC/USD                                | rejects MarketNotEmpty
  state    BTC/USD delisted                       | rejects TransitionNotAllowed
  cancel   alice  alice#2                         | cancels alice#2 5
  delist   BTC/USD
  delist   BTC/USD                                | rejects MarketNotClosed
  place    alice  buy   5 @ 100 gtc               | rejects MarketClosed
  change   BTC/USD lots 1..9                      | rejects MarketClosed
  guard    BTC/USD 100_000/0 window 10 auction 5  | rejects MarketClosed
  guard    BTC/USD off                            | rejects MarketClosed
  state    BTC/USD trading                        | rejects TransitionNotAllowed
  state    BTC/USD preOpen                        | rejects TransitionNotAllowed
  market   BTC/USD as AGAIN
  place    alice  buy   5 @ 100 gtc on AGAIN
  market   BTC/USD state delisted                 | rejects InvalidListing
`,
);
