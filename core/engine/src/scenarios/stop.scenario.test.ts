import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.11 and §3.2: orders that wait for a price.

const TRADED_AT_1000 = `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
`;

scenario(
  "stop: a sell comes when the last price falls to it, as a market order",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  5 market stop 900
  balance  alice  BTC  available 1_000_000 reserved 0
  order    alice#1                                | waits sell 5 @ 0
  place    bob    buy   9 @ 901 gtc
  place    carol  sell  1 @ 901 gtc               | fills 1 @ 901 bob#1
  place    bob    buy   9 @ 900 gtc
  place    carol  sell  9 @ 900 gtc               | fills 8 @ 901 bob#1, fills 1 @ 900 bob#2, triggers alice#1, fills 5 @ 900 bob#2
  order    alice#1                                | gone
  last     900 trades 5
`,
);

scenario(
  "stop: of a blocked account it ends when its price comes",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  5 market stop 900
  trader   alice  off
  place    bob    buy   9 @ 900 gtc
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#1, declines alice#1 AccountBlocked
  order    alice#1                                | gone
`,
);

scenario(
  "stop: it waits for a price that its market has",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 10..99 reference 50
  account  alice
  place    alice  sell  1 market stop 9           | rejects PriceOutOfRange
  place    alice  buy   1 market stop 100         | rejects PriceOutOfRange
  place    alice  sell  1 market stop 10
  place    alice  buy   1 market stop 99
`,
);

scenario(
  "stop-limit: a buy comes when the last price rises to it, and rests at its limit",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  buy   5 @ 1_110 gtc client 7 stop 1_100
  place    bob    sell  2 @ 1_105 gtc
  client   alice  7                               | alice#1
  place    carol  buy   1 @ 1_105 gtc             | fills 1 @ 1_105 bob#1, triggers alice#1 4, fills 1 @ 1_105 bob#1
  order    alice#1                                | open buy 4 @ 1_110
  client   alice  7                               | alice#1
  balance  alice  USD  available 999_994_455 reserved 4_440
`,
);

scenario(
  "take-profit: a sell comes when the price rises, a buy when it falls",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  5 @ 1_200 gtc take 1_100
  place    alice  buy   5 @ 800 gtc take 900
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   1 @ 1_100 gtc             | fills 1 @ 1_100 bob#1, triggers alice#1 5
  place    bob    buy   1 @ 900 gtc
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#2, triggers alice#2 5
  book     bids 5 @ 800                           | asks 5 @ 1_200
`,
);

scenario(
  "best quote: asks for a buy, bids for a sell, also when an order only comes or goes",
  SPOT,
  `
  place    bob    buy   9 @ 100 gtc
  place    bob    sell  9 @ 200 gtc
  place    alice  buy   1 @ 210 gtc stop 210 by quote
  place    alice  sell  1 @ 90 gtc stop 90 by quote
  place    alice  buy   1 @ 150 gtc take 180 by quote
  place    alice  sell  1 @ 170 gtc take 120 by quote
  place    carol  buy   1 @ 110 gtc
  place    carol  buy   1 @ 120 gtc               | rests 1, triggers alice#4 1, triggers alice#3 1
  book     bids 1 @ 150, 1 @ 120, 1 @ 110, 9 @ 100 | asks 1 @ 170, 9 @ 200
  cancel   alice  alice#4                         | cancels alice#4 1
  place    bob    sell  1 @ 210 gtc
  cancel   bob    bob#2                           | cancels bob#2 9, triggers alice#1, fills 1 @ 210 bob#3
`,
);

scenario(
  "a trigger that has come already is refused",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   9 @ 100 gtc
  place    alice  sell  5 market stop 1_000       | rejects WouldTrigger
  place    alice  buy   5 market stop 1_000       | rejects WouldTrigger
  place    alice  sell  5 market take 1_000       | rejects WouldTrigger
  place    alice  buy   5 market take 1_000       | rejects WouldTrigger
  place    alice  sell  5 market stop 100 by quote | rejects WouldTrigger
  place    alice  buy   5 market stop 100 by quote
  place    alice  sell  5 market stop 999
`,
);

scenario(
  "trailing stop: follows the price away, never back",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1 market trail 500
  place    alice  buy   1 market trail 500
  place    bob    buy   9 @ 900 gtc
  place    bob    sell  1 @ 1_040 gtc
  place    carol  buy   1 @ 1_040 gtc             | fills 1 @ 1_040 bob#2
  place    bob    sell  1 @ 1_030 gtc
  place    carol  buy   1 @ 1_030 gtc             | fills 1 @ 1_030 bob#3
  place    bob    buy   1 @ 989 gtc
  place    carol  sell  1 @ 989 gtc               | fills 1 @ 989 bob#4
  place    bob    buy   1 @ 988 gtc
  place    carol  sell  1 @ 988 gtc               | fills 1 @ 988 bob#5, triggers alice#1, fills 1 @ 900 bob#1
  place    bob    sell  1 @ 944 gtc
  place    carol  buy   1 @ 944 gtc               | fills 1 @ 944 bob#6
  place    bob    sell  2 @ 945 gtc
  place    carol  buy   1 @ 945 gtc               | fills 1 @ 945 bob#7, triggers alice#2, fills 1 @ 945 bob#7
`,
);

scenario(
  "trailing stop buy with a price: what came before it does not count, then up from the lowest",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  buy   1 @ 1_125 gtc trail 500 from 1_100
  ${tradesAt(925, 1_100, 1_154, 1_050, 1_102)}
  place    bob    sell  1 @ 1_103 gtc
  place    carol  buy   1 @ 1_103 gtc             | fills 1 @ 1_103 bob#6, triggers alice#1 1
`,
);

scenario(
  "trailing stop sell with a price: what came before it does not count, then down from the highest",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1 @ 920 gtc trail 1_000 from 975
  ${tradesAt(1_037, 975, 878, 1_025, 923)}
  place    bob    sell  1 @ 922 gtc
  place    carol  buy   1 @ 922 gtc               | fills 1 @ 922 bob#6, triggers alice#1 1
`,
);

scenario(
  "trailing take-profit buy: from its price on, up from the lowest",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  buy   1 @ 960 gtc trailTake 850 from 950
  ${tradesAt(1_050, 950, 925, 1_003, 950)}
  place    bob    sell  1 @ 1_004 gtc
  place    carol  buy   1 @ 1_004 gtc             | fills 1 @ 1_004 bob#6, triggers alice#1 1
`,
);

scenario(
  "trailing take-profit sell: from its price on, down from the highest",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1 @ 1_080 gtc trailTake 750 from 1_050
  place    alice  sell  1 @ 2_000 gtc trailTake 750
  ${tradesAt(1_037, 975)}
  place    bob    sell  1 @ 959 gtc
  place    carol  buy   1 @ 959 gtc               | fills 1 @ 959 bob#3, triggers alice#2 1
  ${tradesAt(1_050, 1_125, 1_041, 1_162, 1_075)}
  place    bob    sell  1 @ 1_074 gtc
  place    carol  buy   1 @ 1_074 gtc             | fills 1 @ 1_074 bob#9, triggers alice#1 1
`,
);

scenario(
  "a trailing stop is a tick away at least, and a sell that trails by all of the price waits for ever",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1 @ 5_000 gtc trail 1
  place    alice  sell  1 @ 5_000 gtc trail 10_000
  place    bob    sell  1 @ 999 gtc
  place    carol  buy   1 @ 999 gtc               | fills 1 @ 999 bob#1, triggers alice#1 1
  ${tradesAt(1)}
  orders   alice                                  | alice#2 alice#1
`,
);

scenario(
  "a sweep shows its first and its last price",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1 @ 50 gtc stop 960
  place    bob    sell  1 @ 950 gtc
  place    bob    sell  1 @ 990 gtc
  place    carol  buy   2 @ 990 gtc               | fills 1 @ 950 bob#1, fills 1 @ 990 bob#2, triggers alice#1 1
`,
);

scenario(
  "a cascade: nearest first, then the earliest; each may make others ripe",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   1 @ 900 gtc
  place    bob    buy   1 @ 800 gtc
  place    bob    buy   1 @ 700 gtc
  place    bob    buy   9 @ 600 gtc
  place    alice  sell  1 market stop 700
  place    alice  sell  1 market stop 800
  place    alice  sell  1 market stop 900
  place    alice  sell  1 market stop 900
  place    carol  sell  1 @ 900 gtc | fills 1 @ 900 bob#1, triggers alice#3, fills 1 @ 800 bob#2, triggers alice#4, fills 1 @ 700 bob#3, triggers alice#2, fills 1 @ 600 bob#4, triggers alice#1, fills 1 @ 600 bob#4
`,
);

scenario(
  "a cascade: 64 come after a command, the others after the next",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   100 @ 900 gtc
  repeat 65 place alice sell  1 @ 950 gtc stop 900
  time     40_000
  place    carol  sell  1 @ 900 gtc ${cascade(64)}
  due      40_000
  cancelAll bob   sells                           | count 0, triggers alice#65 1
  counts   specials 0
  due      never
`,
);

/** One trade of bob's and carol's after the other. */
function tradesAt(...prices: readonly number[]): string {
  return prices
    .map(
      (price) =>
        `place bob sell 1 @ ${price} gtc\n  place carol buy 1 @ ${price} ioc | fills 1 @ ${price}`,
    )
    .join("\n  ");
}

/** The events of `count` stops that rest one after the other. */
function cascade(count: number): string {
  const each = Array.from({ length: count }, (_, index) => `triggers alice#${index + 1} 1`);
  return `| fills 1 @ 900 bob#1, ${each.join(", ")}`;
}

scenario(
  "an order that has waited is refused if it may not come any more",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  1_000_000 @ 500 gtc stop 900
  place    alice  sell  1_000_000 @ 500 gtc stop 900
  place    alice  buy   1 @ 2_000 post stop 1_100
  withdraw alice  1 BTC
  place    bob    buy   1 @ 900 gtc
  place    carol  sell  1 @ 900 gtc | fills 1 @ 900 bob#1, declines alice#1 InsufficientBalance, declines alice#2 InsufficientBalance
  place    bob    sell  2 @ 1_100 gtc
  place    carol  buy   1 @ 1_100 gtc | fills 1 @ 1_100 bob#2, declines alice#3 WouldTake
  counts   specials 0
`,
);

scenario(
  "waiting orders are cancelled as others are, and not amended",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  sell  7 market client 5 stop 900
  place    alice  sell  8 market trail 10
  place    alice  buy   9 @ 100 gtc take 200 by quote
  place    bob    sell  4 market stop 800
  amend    alice  client 5 to 3 @ 0               | rejects NotAmendable
  orders   alice                                  | alice#2 alice#1 alice#3
  cancel   alice  client 5                        | cancels alice#1 7
  replace  alice  alice#2 with sell 1 @ 2_000 gtc | cancels alice#2 8, rests 1
  state    BTC/USD halted
  cancel   alice  alice#3                         | rejects MarketHalted alice#3
  cancelAll alice both                            | count 0
  state    BTC/USD trading
  cancelAll alice buys                            | cancels alice#3 9, count 1
  massCancel both                                 | cancels alice#4 1, cancels bob#1 4, count 2
  counts   specials 0 orders 0
`,
);

scenario(
  "mass cancel: waiting orders by price and direction, nearest first",
  SPOT,
  TRADED_AT_1000,
  `
  place    alice  buy   1 market stop 1_300
  place    alice  buy   2 market stop 1_200
  place    alice  sell  3 market stop 700
  place    alice  sell  4 market stop 800
  place    alice  buy   5 market take 500 by quote
  place    alice  sell  6 market stop 500 by quote
  massCancel both on BTC/USD | cancels alice#2 2, cancels alice#1 1, cancels alice#4 4, cancels alice#3 3, cancels alice#6 6, cancels alice#5 5, count 6
`,
);

scenario(
  "what happened while a market did not trade is seen when it does",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   2 @ 500 gtc
  place    alice  sell  1 market stop 400 by quote
  place    carol  buy   1 @ 300 gtc
  state    BTC/USD cancelOnly
  cancel   bob    bob#1                           | cancels bob#1 2
  state    BTC/USD trading                        | done, triggers alice#1, fills 1 @ 300 carol#3
`,
);

scenario(
  "waiting orders: the checks, in their order",
  `
  limits   specials 1 orders 3 accountOrders 2
`,
  SPOT,
  `
  place    alice  sell  1 market trigger 5 5      | rejects Malformed
  place    alice  sell  1 market stop 5 by 2      | rejects Malformed
  place    alice  sell  1 market stop 0           | rejects Malformed
  place    alice  sell  1 market trail 0          | rejects Malformed
  place    alice  sell  1 market trail 5 by quote | rejects Malformed
  place    alice  sell  1 quote stop 5            | rejects Malformed
  place    alice  sell  1 @ 5 market stop 5       | rejects Malformed
  place    alice  sell  1 market show 1 stop 5    | rejects Malformed
  place    alice  sell  1 @ 5 ioc until 500       | rejects Malformed
  place    99     sell  0 market self allow client 1 on 9 stop 20_000 | rejects UnknownMarket
  place    99     sell  0 market stop 20_000      | rejects UnknownAccount
  state    BTC/USD cancelOnly
  place    alice  sell  0 market stop 20_000      | rejects MarketCancelOnly
  state    BTC/USD trading
  place    alice  sell  0 market stop 20_000      | rejects PriceOutOfRange
  place    alice  sell  0 market trail 10_001     | rejects PriceOutOfRange
  place    alice  sell  0 market trailTake 5 from 20_000 | rejects PriceOutOfRange
  place    alice  sell  0 market stop 1_000       | rejects LotsOutOfRange
  place    alice  sell  1 @ 0 gtc until 1 stop 1_000 | rejects PriceOutOfRange
  place    alice  sell  1 @ 5 gtc until 1 stop 1_000 | rejects ExpiryPassed
  place    alice  sell  1 @ 5 gtc stop 1_000      | rejects WouldTrigger
  place    alice  sell  1 @ 5 gtc trail 5 from 1_000 | rejects WouldTrigger
  place    alice  buy   1 @ 5 gtc trailTake 5 from 1_000 | rejects WouldTrigger
  place    alice  sell  1 @ 5 gtc client 5 stop 900
  place    alice  sell  1 @ 5 gtc client 5 stop 900 | rejects DuplicateClientOrderId alice#1
  place    alice  sell  1 @ 5_000 gtc
  place    alice  sell  1 market stop 900         | rejects AccountOrdersFull
  place    bob    sell  1 @ 5_000 gtc
  place    bob    sell  1 market stop 900         | rejects OrdersFull
  cancel   bob    bob#1                           | cancels bob#1 1
  place    bob    sell  1 market stop 900         | rejects SpecialsFull
  place    bob    sell  5 @ 5_000 gtc show 2      | rejects SpecialsFull
  place    bob    sell  5 @ 5_000 gtc until 5_000 | rejects SpecialsFull
  cancel   alice  client 5                        | cancels alice#1 1
  place    bob    sell  1 market stop 900
`,
);

scenario(
  "trailing stops: 16 of an account in a market, with those that do not follow yet",
  SPOT,
  `
  repeat 8 place alice sell 1 market trail 5
  repeat 8 place alice sell 1 market trailTake 5 from 2_000
  place    alice  sell  1 market trail 5          | rejects TrailingFull
  place    alice  sell  1 market stop 900
  place    bob    sell  1 market trail 5
  cancel   alice  alice#7                         | cancels alice#7 1
  place    alice  sell  1 market trail 5
`,
);

scenario(
  "trailing stops: 16 of an account in a market, with those of its family",
  SPOT,
  `
  subaccount one of alice
  subaccount two of alice
  repeat 9 place one sell 1 market trail 5
  repeat 7 place two sell 1 market trail 5
  place    two    sell  1 market trail 5          | rejects TrailingFull
  place    alice  sell  1 market trail 5          | rejects TrailingFull
  oco      alice  sell  1 @ 2_000 gtc and sell 1 market trail 6 | rejects TrailingFull
  place    bob    sell  1 market trail 5
`,
);

scenario(
  "trailing stops: 256 of a market",
  SPOT,
  `
  market   BTC/USD as other
  ${Array.from({ length: 16 }, (_, nth) => `account t${nth}\n  repeat 16 place t${nth} sell 1 market on BTC/USD trail 5`).join("\n  ")}
  place    alice  sell  1 market on BTC/USD trail 5 | rejects TrailingFull
  place    alice  sell  1 market on other trail 5
  cancel   t3     t3#7                            | cancels t3#7 1
  place    alice  sell  1 market on BTC/USD trail 5
`,
);

scenario(
  "the price of an auction that ended in a post-only market is seen when it trades",
  SPOT,
  `
  place    alice  sell  1 @ 50 gtc stop 600
  state    BTC/USD auction
  place    bob    buy   2 @ 500 gtc
  place    carol  sell  1 @ 500 gtc
  state    BTC/USD postOnly                       | auctions 1 @ 500 bob#1 carol#1, turns postOnly
  cancelAll carol both                            | count 0
  state    BTC/USD trading                        | turns trading, triggers alice#1, fills 1 @ 500 bob#1
`,
);

scenario(
  "what comes by the best bid comes before what comes by the best ask, whichever was accepted first",
  SPOT,
  `
  place    bob    sell  1 @ 150 gtc
  place    bob    sell  9 @ 200 gtc
  place    alice  buy   1 @ 210 gtc stop 200 by quote
  place    alice  sell  1 @ 300 gtc take 120 by quote
  place    carol  buy   2 @ 150 gtc | rests 1, fills 1 @ 150 bob#1, triggers alice#2 1, triggers alice#1, fills 1 @ 200 bob#2
`,
);

scenario(
  "stop: what it was accepted with holds when it comes, at a price that makes it too small, and in a market that has changed",
  SPOT,
  TRADED_AT_1000,
  `
  change   BTC/USD notional 4_600..7_000
  place    alice  sell  5 market stop 900
  place    alice  buy   6 market stop 1_200
  change   BTC/USD lots 7..20
  place    bob    buy   9 @ 700 gtc
  place    bob    sell  7 @ 900 gtc
  place    carol  buy   7 @ 900 gtc               | fills 7 @ 900 bob#2, triggers alice#1, fills 5 @ 700 bob#1
  change   BTC/USD notional 1..2^62-1
  place    bob    sell  13 @ 1_200 gtc
  change   BTC/USD notional 4_600..7_000
  place    carol  buy   7 @ 1_000 gtc             | rests 7
  change   BTC/USD notional 1..2^62-1
  place    carol  buy   7 @ 1_200 gtc             | fills 7 @ 1_200 bob#3, triggers alice#2, fills 6 @ 1_200 bob#3
`,
);

scenario(
  "stop: one whose price came with the trades that paused its market comes, wherever the price is afterwards",
  SPOT,
  TRADED_AT_1000,
  `
  guard    BTC/USD 100_000/100_000 window 60_000 auction 500
  place    bob    buy   1 @ 1_040 gtc
  place    bob    buy   1 @ 905 gtc
  place    bob    buy   9 @ 800 gtc
  place    alice  sell  5 @ 940 gtc stop 950
  place    alice  sell  4 @ 940 ioc stop 950
  place    alice  buy   3 @ 920 gtc stop 1_030   -- the first trade's price
  place    alice  sell  2 market trail 1_500     -- follows 1,040, to 884
  place    alice  sell  2 market trail 1_200     -- follows 1,040, to 915
  time     1_000
  place    carol  sell  3 @ 800 gtc               | rests 1, fills 1 @ 1_040 bob#1, fills 1 @ 905 bob#2, turns auction, triggers alice#3 3, triggers alice#1 5, triggers alice#5 2, shows 0 alice#5, indicates 3 @ 905 buy 0
  order    alice#2                                | waits sell 4 @ 940
  order    alice#4                                | waits sell 2 @ 0
  time     1_500
  cancelAll carol buys                            | auctions 2 @ 905 alice#3 alice#5, auctions 1 @ 905 alice#3 carol#3, turns trading, triggers alice#2, cancels alice#2 4 Immediate, count 0
`,
);

scenario(
  "stop: one that its market's state does not let in when its turn comes waits until it does, as for an auction",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   100 @ 900 gtc
  repeat 64 place alice sell 1 @ 1_300 gtc stop 900 | waits
  place    alice  sell  1 market stop 900
  place    alice  sell  1 @ 1_300 gtc stop 900
  oco      alice  sell  2 @ 1_200 gtc and sell 2 market stop 900 | waits, waits, triggers alice#67 2
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#1, triggers any 1 times 64
  state    BTC/USD halted                         | turns halted
  order    alice#65                               | waits sell 1 @ 0
  state    BTC/USD cancelOnly                     | turns cancelOnly
  cancel   alice  alice#66                        | cancels alice#66 1
  state    BTC/USD preOpen                        | turns preOpen, triggers alice#65 1, shows 0 alice#65, cancels alice#67 2 ListPartner, triggers alice#68 2, shows 0 alice#68
  state    BTC/USD auction
  state    BTC/USD trading                        | auctions 1 @ 900 bob#1 alice#65, auctions 2 @ 900 bob#1 alice#68, turns trading
`,
);

scenario(
  "list: what a closing auction lets begin takes part in the opening one",
  SPOT,
  `
  state    BTC/USD auction
  oto      alice  buy   5 @ 1_000 gtc and sell 5 @ 1_050 gtc | waits, waits, triggers alice#1 5
  place    bob    sell  5 @ 1_000 gtc
  state    BTC/USD closed                         | auctions 5 @ 1_000 alice#1 bob#1, turns closed
  order    alice#2                                | waits sell 5 @ 1_050
  state    BTC/USD preOpen                        | turns preOpen, triggers alice#2 5
  place    carol  buy   2 @ 1_060 gtc
  state    BTC/USD auction
  state    BTC/USD trading                        | auctions 2 @ 1_050 carol#1 alice#2, turns trading
`,
);

scenario(
  "stop: what waits for its market to let it in comes in the order of acceptance, each type when it may",
  SPOT,
  TRADED_AT_1000,
  `
  place    bob    buy   9 @ 900 gtc
  repeat 64 place alice sell 1 @ 1_300 gtc stop 900 | waits
  place    alice  sell  1 @ 1_310 post stop 900   | waits
  place    alice  sell  2 @ 1_320 ioc stop 900    | waits
  place    alice  sell  3 @ 1_330 gtc stop 900    | waits
  place    alice  sell  4 @ 1_340 gtc stop 900    | waits
  place    carol  sell  1 @ 900 gtc               | fills 1 @ 900 bob#1, triggers any 1 times 64
  state    BTC/USD closed                         | turns closed
  cancelAll bob   sells                           | count 0
  trading  off
  state    BTC/USD auction                        | turns auction
  trading  on                                     | done, triggers alice#67 3, triggers alice#68 4
  state    BTC/USD postOnly                       | turns postOnly, triggers alice#65 1
  state    BTC/USD trading                        | turns trading, triggers alice#66, cancels alice#66 2 Immediate
`,
);

scenario(
  "stop: a market order that cannot pay up to its collar while orders gather waits until the market trades",
  SPOT,
  TRADED_AT_1000,
  `
  guard    BTC/USD 100_000/100_000 window 1_000 auction 500
  account  dave
  deposit  dave   10_000 USD
  place    dave   buy   5 market stop 1_050
  place    bob    sell  2 @ 1_060 gtc
  place    bob    sell  9 @ 1_200 gtc
  place    carol  buy   3 @ 1_300 gtc             | rests 1, fills 2 @ 1_060 bob#1, turns auction
  -- It would have to pay for 5 at twice the last price.
  order    dave#1                                 | waits buy 5 @ 0
  balance  dave   USD  available 10_000 reserved 0
  time     5_000
  cancelAll dave  sells                           | auctions 1 @ 1_200 carol#3 bob#2, turns trading, triggers dave#1, fills 5 @ 1_200 bob#2, count 0
`,
);
