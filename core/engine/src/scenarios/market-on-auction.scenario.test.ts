import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3.4: market orders that rest for an auction.

const GATHERING = `
  state    BTC/USD halted
  state    BTC/USD preOpen
`;

scenario(
  "market on auction: first of all, at the auction's price; what is left ends",
  SPOT,
  GATHERING,
  `
  place    alice  buy   5 @ 110 gtc
  place    bob    buy   4 market                  | rests 4, shows 0 bob#1
  order    bob#1                                  | open buy 0 @ 2_000 hides 4
  balance  bob    USD  available 999_992_000 reserved 8_000
  place    carol  sell  6 @ 100 gtc
  book     bids 5 @ 110                           | asks 6 @ 100
  state    BTC/USD auction                        | done, indicates 6 @ 110 buy 3
  state    BTC/USD trading                        | auctions 4 @ 110 bob#1 carol#1, auctions 2 @ 110 alice#1 carol#1, turns trading
`,
);

scenario(
  "market on auction: the price is looked for between the lowest and the highest limit and the last trade",
  SPOT,
  GATHERING,
  `
  place    alice  buy   9 market                  | rests 9, shows 0
  place    bob    sell  4 market                  | rests 4, shows 0
  state    BTC/USD auction                        | done, indicates 4 @ 1_000 buy 5
  state    BTC/USD preOpen
  place    carol  sell  2 @ 1_100 gtc
  place    carol  sell  1 @ 1_200 gtc
  state    BTC/USD auction                        | done, indicates 7 @ 1_200 buy 2
  state    BTC/USD trading                        | auctions 4 @ 1_200 alice#1 bob#1, auctions 2 @ 1_200 alice#1 carol#1, auctions 1 @ 1_200 alice#1 carol#2, cancels alice#1 2 NoLiquidity, turns trading
  balance  alice  USD  available 999_991_600 reserved 0
  last     1_200 trades 3
`,
);

scenario(
  "market on auction: nobody stands against it",
  SPOT,
  GATHERING,
  `
  place    alice  sell  9 market                  | rests 9, shows 0
  place    bob    sell  2 @ 100 gtc
  state    BTC/USD auction                        | done, indicates 0 @ 0
  state    BTC/USD closed                         | cancels alice#1 9 NoLiquidity, turns closed
  counts   orders 1 specials 0
`,
);

scenario(
  "market on auction: rests only where orders gather, and a market opens only through its auction",
  SPOT,
  `
  market   BTC/USD as TWO
  place    alice  sell  9 market on TWO           | ends 9 NoLiquidity
  state    TWO    auction                         | done, indicates 0 @ 0
  place    alice  sell  9 market on TWO           | rests 9, shows 0
  place    alice  sell  9 quote on TWO            | rejects MarketInAuction
  place    alice  sell  9 @ 9 ioc on TWO          | rejects MarketInAuction
  amend    alice  alice#2 to 5 @ 10_000           | rejects NotAmendable
  state    TWO    cancelOnly
  state    TWO    trading                         | rejects BookCrossed
  state    TWO    halted
  cancel   alice  alice#2                         | rejects MarketHalted
  state    TWO    auction                         | done, indicates 0 @ 0
  cancel   alice  alice#2                         | cancels alice#2 9
  balance  alice  BTC  available 1_000_000 reserved 0
  state    TWO    trading
`,
);

scenario(
  "market on auction: up to the collar that it came with",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 100 band 100_000/100_000 state auction
  account  alice
  account  bob
  account  carol
  deposit  alice  10_000 USD
  deposit  bob    100 BTC
  deposit  carol  10_000 USD
  place    alice  buy   3 market                  | rests 3, shows 0, indicates 0 @ 0
  order    alice#1                                | open buy 0 @ 110 hides 3
  change   BTC/USD band 300_000/300_000
  place    bob    sell  3 @ 120 gtc
  place    carol  buy   2 market                  | rests 2, shows 0
  place    carol  buy   1 @ 125 gtc
  state    BTC/USD trading                        | auctions 2 @ 120 carol#1 bob#1, auctions 1 @ 120 carol#2 bob#1, cancels alice#1 3 NoLiquidity, turns trading
  balance  alice  USD  available 10_000 reserved 0
`,
);

scenario(
  "market on auction: what it has to be able to pay, and what there has to be room for",
  `
  limits   accountOrders 1 specials 1
  asset    BTC
  asset    USD
  market   BTC/USD notional 1..20_000 band 9_000_000/0 state preOpen
  account  alice
  account  bob
  deposit  alice  20_000 USD
  deposit  bob    10 BTC
  place    alice  buy   3 market                  | rejects NotionalTooLarge
  place    alice  buy   2 market                  | rests 2, shows 0
  place    alice  buy   1 market                  | rejects AccountOrdersFull
  place    bob    sell  11 market                 | rejects InsufficientBalance
  place    bob    sell  3 market                  | rejects SpecialsFull
  cancel   alice  alice#1                         | cancels alice#1 2
  place    bob    sell  3 market                  | rests 3, shows 0
`,
);

scenario(
  "market on auction: a stop that comes when another has halted the market joins the auction",
  SPOT,
  `
  guard    BTC/USD 500_000/50_000 window 1_000 auction 1_000
  place    alice  sell  2 @ 900 gtc stop 960
  place    alice  sell  2 market stop 960
  place    bob    buy   1 @ 960 gtc
  place    bob    buy   1 @ 940 gtc
  place    carol  sell  1 @ 960 ioc               | fills 1 @ 960 bob#1, triggers alice#1 2, turns auction, triggers alice#2 2, shows 0 alice#2, indicates 1 @ 900 sell 3
  state    BTC/USD trading                        | auctions 1 @ 900 bob#2 alice#2, cancels alice#2 1 NoLiquidity, turns trading
`,
);

scenario(
  "market on auction: a buy that no band bounds reserves for twice the last price, which it trades up to",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 100 ticks 1..1_000_000 state preOpen as WIDE
  market   BTC/USD reference 100 ticks 1..150 state preOpen as LOW
  market   BTC/USD reference 100 band 1_500_000/0 state preOpen as BOUND
  account  alice
  account  bob
  deposit  alice  1_000 USD
  deposit  bob    100 BTC
  place    alice  buy   6 market on WIDE          | rejects InsufficientBalance
  place    alice  buy   2 market on WIDE          | rests 2, shows 0
  place    alice  buy   2 market on LOW           | rests 2, shows 0
  place    alice  buy   1 market on BOUND         | rests 1, shows 0
  order    alice#1                                | open buy 0 @ 200 hides 2
  order    alice#2                                | open buy 0 @ 150 hides 2
  order    alice#3                                | open buy 0 @ 250 hides 1
  balance  alice  USD  available 50 reserved 950
  place    bob    sell  1 @ 200 gtc on WIDE
  place    bob    sell  1 @ 201 gtc on WIDE
  state    WIDE   auction                         | done, indicates 1 @ 200 buy 1
  state    WIDE   trading                         | auctions 1 @ 200 alice#1 bob#1, cancels alice#1 1 NoLiquidity, turns trading
  place    alice  buy   1 market on WIDE          | fills 1 @ 201 bob#2
`,
);

const TWO_COLLARS = `
  asset    BTC
  asset    USD
  market   BTC/USD reference 100 band 50_000/50_000 state auction
  account  alice
  account  bob
  account  carol
  deposit  alice  2_000_000 USD
  deposit  bob    20_000 BTC
  deposit  carol  10_000 USD
`;

scenario(
  "market on auction: one that takes all at its collar leaves no book crossed beyond it",
  TWO_COLLARS,
  `
  place    alice  buy   10 market                 | rests 10, shows 0
  change   BTC/USD band 300_000/300_000
  place    bob    sell  10 @ 100 gtc
  place    bob    sell  5 @ 118 gtc
  place    carol  buy   5 @ 120 gtc
  state    BTC/USD trading                        | auctions 10 @ 105 alice#1 bob#1, auctions 5 @ 118 carol#1 bob#2, turns trading
`,
);

scenario(
  "market on auction: who begins to wait in the middle of an uncrossing is shown no price from before",
  TWO_COLLARS,
  `
  place    alice  buy   9_000 market              | rests 9_000, shows 0
  change   BTC/USD band 300_000/300_000
  oto      bob    sell  1 @ 100 gtc and sell 1 market stop 110 | waits, waits, triggers bob#1 1
  repeat 8_999 place bob sell 1 @ 100 gtc
  place    bob    sell  5 @ 118 gtc
  place    carol  buy   5 @ 120 gtc
  state    BTC/USD trading                        | auctionsAny times 8_192
  last     105 trades 8_192
  cancelAll alice both                            | auctionsAny times 809, turns trading, then count 0
  last     118 trades 9_001
  order    bob#2                                  | waits sell 1 @ 0
`,
);

scenario(
  "market on auction: an uncrossing that goes over several steps keeps its price as long as anything trades at it",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 50 state auction
  account  alice
  account  bob
  account  carol
  deposit  alice  2_000_000 USD
  deposit  bob    20_000 BTC
  deposit  carol  2_000_000 USD
  repeat 1_000 place carol buy 1 market           | rests 1, shows 0
  repeat 9_000 place alice buy 1 @ 101 gtc
  place    bob    sell  9_000 @ 90 gtc
  place    bob    sell  5_000 @ 101 gtc
`,
  `
  state    BTC/USD trading                        | auctionsAny times 8_192
  last     100 trades 8_192
  cancelAll alice both                            | auctionsAny times 1_808, turns trading, then count 0
  last     101 trades 10_000
  balance  bob    USD  available 1_001_000 reserved 0
`,
);

scenario(
  "market on auction: what a protection ends in the middle may leave market orders that no price in question is for",
  `
  asset    BTC
  asset    USD
  market   BTC/USD reference 50 state auction
  account  alice
  account  bob
  account  carol
  deposit  alice  2_000_000 USD
  deposit  bob    20_000 BTC
  deposit  carol  2_000_000 USD
  protection carol BTC/USD window 500 fills 1
  place    carol  buy   1 @ 151 gtc protected
  repeat 8_191 place alice buy 1 @ 150 gtc
  place    carol  buy   5_000 @ 150 gtc protected
  place    alice  buy   10 market                 | rests 10, shows 0
  place    bob    sell  13_191 market             | rests 13_191, shows 0
`,
  `
  state    BTC/USD trading                        | auctions 1 @ 150 carol#1 bob#1, trips carol, auctionsAny times 8_191, cancels carol#2 5_000 Protection
  last     150 trades 8_192
  cancelAll alice both                            | cancels alice#8192 10 NoLiquidity, cancels bob#1 4_999 NoLiquidity, turns trading, count 0
`,
);
