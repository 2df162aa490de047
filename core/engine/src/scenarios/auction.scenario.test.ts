import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3.4 and §3.5: call auctions, and the guard that leads to one.

const GATHERING = `
  state    BTC/USD closed
  state    BTC/USD preOpen
`;

scenario(
  "opening: the price that trades most; better prices first, then earlier orders",
  SPOT,
  GATHERING,
  `
  place    alice  buy   5 @ 110 gtc
  place    bob    buy   5 @ 105 gtc
  place    alice  buy   5 @ 100 gtc
  place    carol  sell  4 @ 95 gtc
  place    carol  sell  4 @ 104 gtc
  place    carol  sell  4 @ 106 gtc
  state    BTC/USD auction                        | done, indicates 8 @ 105 buy 2
  state    BTC/USD trading                        | auctions 4 @ 105 alice#1 carol#1, auctions 1 @ 105 alice#1 carol#2, auctions 3 @ 105 bob#1 carol#2, done
  book     bids 2 @ 105, 5 @ 100                  | asks 4 @ 106
  last     105 trades 3
  balance  alice  USD  available 999_998_975 reserved 500
  balance  carol  USD  available 1_000_000_840 reserved 0
`,
);

scenario(
  "price: of those that trade most, the one that leaves least",
  SPOT,
  GATHERING,
  `
  place    alice  buy   10 @ 110 gtc
  place    alice  buy   3 @ 105 gtc
  place    carol  sell  10 @ 100 gtc
  state    BTC/USD auction                        | done, indicates 10 @ 110
`,
);

scenario(
  "price: buyers left over drive it up, sellers down",
  SPOT,
  GATHERING,
  `
  place    alice  buy   10 @ 110 gtc
  place    carol  sell  7 @ 100 gtc
  state    BTC/USD auction                        | done, indicates 7 @ 110 buy 3
  time     2_000
  place    carol  sell  5 @ 100 gtc               | rests 5, indicates 10 @ 100 sell 2
`,
);

scenario(
  "price: who is left over moves it, however near the last trade is to the other end",
  SPOT,
  `
  market   BTC/USD reference 100 state auction as BUYERS
  market   BTC/USD reference 110 state auction as SELLERS
  place    alice  buy   5 @ 110 gtc on BUYERS
  place    bob    sell  4 @ 100 gtc on BUYERS
  place    alice  buy   4 @ 110 gtc on SELLERS
  place    bob    sell  5 @ 100 gtc on SELLERS
  state    BUYERS  trading                        | auctions 4 @ 110 alice#1 bob#1, done
  state    SELLERS trading                        | auctions 4 @ 100 alice#2 bob#2, done
`,
);

scenario(
  "price: nobody left over, the nearest to the last trade",
  SPOT,
  GATHERING,
  `
  market   BTC/USD reference 104 state auction as NEAR
  market   BTC/USD reference 90 state auction as BELOW
  market   BTC/USD reference 190 state auction as ABOVE
  place    alice  buy   1 @ 110 gtc on NEAR
  place    bob    sell  1 @ 100 gtc on NEAR
  place    alice  buy   1 @ 110 gtc on BELOW
  place    bob    sell  1 @ 100 gtc on BELOW
  place    alice  buy   1 @ 110 gtc on ABOVE
  place    bob    sell  1 @ 100 gtc on ABOVE
  state    NEAR   trading                         | auctions 1 @ 104 alice#1 bob#1, done
  state    BELOW  trading                         | auctions 1 @ 100 alice#2 bob#2, done
  state    ABOVE  trading                         | auctions 1 @ 110 alice#3 bob#3, done
`,
);

scenario(
  "indicative: told at most every second, and when the second is over",
  SPOT,
  GATHERING,
  `
  time     10_000
  state    BTC/USD auction                        | done, indicates 0 @ 0
  time     10_001
  place    alice  buy   5 @ 110 gtc
  place    carol  sell  5 @ 100 gtc
  time     10_999
  cancelAll bob   both                            | count 0
  time     11_000
  cancelAll bob   both                            | indicates 5 @ 110, count 0
  cancel   alice  alice#1                         | cancels alice#1 5
  time     12_500
  cancelAll bob   both                            | indicates 0 @ 0, count 0
  state    BTC/USD trading
  time     20_000
  cancelAll bob   both                            | count 0
`,
);

scenario(
  "closing: an auction ends in a closed market, or a post-only one",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  state    BTC/USD auction
  place    carol  sell  2 @ 90 gtc
  state    BTC/USD closed                         | auctions 2 @ 100 alice#1 carol#1, turns closed
  state    BTC/USD auction
  place    carol  sell  1 @ 90 gtc
  state    BTC/USD postOnly                       | auctions 1 @ 100 alice#1 carol#2, turns postOnly
`,
);

scenario(
  "an account may trade with itself in an auction; both sides pay the maker's fee",
  `
  asset    BTC
  asset    USD
  market   BTC/USD fees 100_000/0 state auction
  account  alice
  deposit  alice  1_000 BTC
  deposit  alice  100_000 USD
  place    alice  buy   10 @ 100 gtc
  place    alice  sell  10 @ 100 gtc
  state    BTC/USD trading                        | auctions 10 @ 100 alice#1 alice#2 fees 1 100, done
  balance  alice  BTC  available 999 reserved 0
  balance  alice  USD  available 99_900 reserved 0
  fees     USD 100
`,
);

scenario(
  "icebergs take part with all they have",
  SPOT,
  GATHERING,
  `
  place    alice  buy   10 @ 100 gtc show 3       | rests 10, shows 3
  place    bob    buy   4 @ 100 gtc
  place    carol  sell  12 @ 100 gtc
  state    BTC/USD auction                        | done, indicates 12 @ 100 buy 2
  state    BTC/USD trading | auctions 3 @ 100 alice#1 carol#1, shows 3 alice#1, auctions 4 @ 100 bob#1 carol#1, auctions 5 @ 100 alice#1 carol#1, shows 2 alice#1, done
  order    alice#1                                | open buy 2 @ 100
`,
);

scenario(
  "stops see the auction's price when trading begins",
  SPOT,
  GATHERING,
  `
  place    alice  sell  1 @ 50 gtc stop 600
  place    bob    buy   2 @ 500 gtc
  place    carol  sell  1 @ 500 gtc
  state    BTC/USD auction
  state    BTC/USD trading                        | auctions 1 @ 500 bob#1 carol#1, done, triggers alice#1, fills 1 @ 500 bob#1
`,
);

scenario(
  "icebergs trade what they show, and then all they have, however many parts they would show",
  SPOT,
  GATHERING,
  `
  place    alice  buy   16_000 @ 100 gtc show 1   | rests 16_000, shows 1
  place    carol  buy   2 @ 100 gtc
  place    alice  buy   16_000 @ 100 gtc show 1   | rests 16_000, shows 1
  place    bob    sell  15_000 @ 100 gtc show 1   | rests 15_000, shows 1
  place    bob    sell  1_000 @ 100 gtc
  place    bob    sell  10_000 @ 100 gtc show 1   | rests 10_000, shows 1
  state    BTC/USD auction                        | done, indicates 26_000 @ 100 buy 6_002
  state    BTC/USD trading | auctions 1 @ 100 alice#1 bob#1, shows 1 alice#1, shows 1 bob#1, auctions 2 @ 100 carol#1 bob#2, auctions 1 @ 100 alice#2 bob#2, shows 1 alice#2, auctions 997 @ 100 alice#1 bob#2, shows 1 alice#1, auctions 1 @ 100 alice#2 bob#3, shows 1 alice#2, shows 1 bob#3, auctions 14_999 @ 100 alice#1 bob#1, shows 1 alice#1, auctions 9_999 @ 100 alice#2 bob#3, shows 1 alice#2, done
  heads    bid 1                                  | ask -
`,
);

scenario(
  "icebergs show no more than they say after an uncrossing, and begin the next one with that",
  SPOT,
  `
  state    BTC/USD auction
  place    alice  buy   10 @ 100 gtc show 3       | rests 10, shows 3
  place    bob    sell  5 @ 100 gtc
  state    BTC/USD trading                        | auctions 3 @ 100 alice#1 bob#1, shows 3 alice#1, auctions 2 @ 100 alice#1 bob#1, done
  order    alice#1                                | open buy 1 @ 100 hides 4
  state    BTC/USD auction
  place    bob    sell  4 @ 100 gtc
  state    BTC/USD trading                        | auctions 1 @ 100 alice#1 bob#2, shows 3 alice#1, auctions 3 @ 100 alice#1 bob#2, shows 1 alice#1, done
  order    alice#1                                | open buy 1 @ 100
`,
);

const LONG = `
${GATHERING}
  place    carol  buy   3 @ 90 gtc
  repeat 9_000 place alice buy 1 @ 100 gtc
  place    bob    sell  9_000 @ 100 gtc
  state    BTC/USD auction
`;

scenario(
  "an uncrossing that is too long for one command goes on before the next",
  SPOT,
  LONG,
  `
  time     40_000
  state    BTC/USD trading                        | auctionsAny times 8_192
  cancelAll carol both                            | auctionsAny times 808, turns trading, then cancels carol#1 3, count 1
  last     100 trades 9_000
`,
);

scenario(
  "an uncrossing that goes on before the next command is due at once",
  SPOT,
  LONG,
  `
  time     40_000
  state    BTC/USD trading                        | auctionsAny times 8_192
  due      40_000
  cancelAll bob both                              | auctionsAny times 808, turns trading, then count 0
  due      never
`,
);

scenario(
  "an uncrossing that goes over several steps lets nobody in between",
  SPOT,
  LONG,
  `
  state    BTC/USD trading                        | auctionsAny times 8_192
  place    carol  sell  4 @ 90 ioc self allow     | auctionsAny times 808, turns trading, then fills 3 @ 90 carol#1, ends 1 Immediate
`,
);

scenario(
  "an uncrossing that goes over several steps is done before trading is suspended",
  SPOT,
  LONG,
  `
  state    BTC/USD trading                        | auctionsAny times 8_192
  trading  off                                    | auctionsAny times 808, turns trading, then done
  cancel   carol  carol#1                         | cancels carol#1 3
`,
);

scenario(
  "guard: an auction that ends by itself has ended when a command of that time comes",
  SPOT,
  `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
  guard    BTC/USD 50_000/50_000 window 60_000 auction 500
  place    alice  sell  1 market stop 900
  place    bob    sell  1 @ 1_060 gtc
  place    bob    buy   5 @ 900 gtc
  time     1_000
  place    alice  buy   2 @ 1_060 gtc             | rests 2, turns auction
  place    carol  sell  1 @ 900 gtc
  place    carol  sell  1 @ 900 gtc
  time     1_500
  place    carol  buy   1 @ 1_070 ioc             | auctions 1 @ 1_000 alice#2 carol#3, auctions 1 @ 1_000 alice#2 carol#4, turns trading, then ends 1 Immediate, turns auction
`,
);

scenario(
  "guard: a price that moves too far pauses the market, which opens again by itself",
  SPOT,
  `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
  guard    BTC/USD 50_000/50_000 window 60_000 auction 500
  place    bob    sell  1 @ 1_040 gtc
  place    bob    sell  1 @ 1_060 gtc
  time     1_000
  place    alice  buy   3 @ 1_100 gtc             | rests 2, fills 1 @ 1_040 bob#1, turns auction
  place    carol  sell  1 @ 1_060 gtc
  time     1_499
  place    carol  buy   1 @ 1_060 ioc             | rejects MarketInAuction
  time     1_500
  cancelAll carol buys                            | auctions 1 @ 1_060 alice#1 bob#2, auctions 1 @ 1_060 alice#1 carol#3, turns trading, count 0
  place    bob    sell  1 @ 1_110 gtc
  place    alice  buy   1 @ 1_110 gtc             | fills 1 @ 1_110 bob#3
`,
);

scenario(
  "guard: what may not rest ends; fill-or-kill does not begin; the window moves the guard",
  SPOT,
  `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
  time     100
  guard    BTC/USD 50_000/50_000 window 1_000 auction 500
  place    bob    buy   5 @ 960 gtc
  place    bob    buy   5 @ 940 gtc
  place    alice  sell  6 @ 940 fok               | ends 6 Unfillable
  place    alice  sell  1 @ 960 ioc               | fills 1 @ 960 bob#1
  time     1_100
  place    alice  sell  5 @ 940 fok               | fills 4 @ 960 bob#1, fills 1 @ 940 bob#2
  cancel   bob    bob#2                           | cancels bob#2 4
  place    bob    buy   5 @ 900 gtc
  place    alice  sell  1 market                  | ends 1 NoLiquidity, turns auction
  state    BTC/USD trading
  place    alice  sell  1 @ 900 ioc               | fills 1 @ 900 bob#3
  guard    BTC/USD off
  place    bob    buy   1 @ 100 gtc
  place    alice  sell  5 market                  | fills 4 @ 900 bob#3, fills 1 @ 100 bob#4
`,
);

scenario(
  "guard: an amended order pauses the market too; its values are checked",
  SPOT,
  `
  guard    BTC/USD 1_000_000_001/0 window 1 auction 1 | rejects Malformed
  guard    BTC/USD 0/1_000_001 window 1 auction 1 | rejects Malformed
  guard    BTC/USD 1/1 window 0 auction 1         | rejects Malformed
  guard    BTC/USD 1/1 window 1 auction 0         | rejects Malformed
  guard    BTC/USD 0/0 window 1 auction 0         | rejects Malformed
  guard    9       1/1 window 1 auction 1         | rejects UnknownMarket
  guard    BTC/USD 50_000/0 window 10_000 auction 500
  place    bob    sell  1 @ 1_060 gtc
  place    alice  buy   1 @ 900 gtc
  amend    alice  alice#1 to 1 @ 1_060            | amends 1 moved, turns auction
  state    BTC/USD trading                        | auctions 1 @ 1_060 alice#1 bob#1, done
`,
);
