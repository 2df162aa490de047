import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.17: orders whose prices follow the best of their own side.

scenario(
  "pegged: follows the best bid up and down, behind the others of its price",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  balance  alice  USD  available 999_999_700 reserved 300
  place    bob    buy   1 @ 103 gtc               | rests 1, pegs alice#1 3 @ 103
  place    carol  sell  2 @ 103 gtc               | fills 1 @ 103 bob#2, fills 1 @ 103 alice#1, pegs alice#1 2 @ 100
  book     bids 7 @ 100                           | asks -
  cancel   bob    bob#1                           | cancels bob#1 5, pegs alice#1 0
  order    alice#1                                | waits buy 2 @ 10_000
  place    bob    buy   1 @ 50 gtc                | rests 1, pegs alice#1 2 @ 50
  balance  alice  USD  available 999_999_797 reserved 100
`,
);

scenario(
  "pegged: at a distance, and never better than its own price",
  SPOT,
  `
  place    bob    sell  5 @ 200 gtc
  place    alice  sell  3 @ 195 post pegged 5     | waits, pegs alice#1 3 @ 205
  place    bob    sell  5 @ 180 gtc               | rests 5, pegs alice#1 3 @ 195
  place    carol  buy   5 @ 180 gtc               | fills 5 @ 180 bob#2, pegs alice#1 3 @ 205
  place    alice  buy   3 @ 10_000 post pegged 5  | waits
  place    bob    buy   1 @ 5 gtc
  place    bob    buy   1 @ 6 gtc                 | rests 1, pegs alice#2 3 @ 1
  amend    alice  alice#2 to 2 @ 1                | rejects NotAmendable
  cancelAll alice both                            | cancels alice#1 3, cancels alice#2 3, count 2
  counts   specials 0
`,
);

scenario(
  "pegged: several move in the order of their coming; they follow no pegged order",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   1 @ 10_000 post pegged 0  | waits, pegs alice#1 1 @ 100
  place    carol  buy   1 @ 10_000 post pegged 1  | waits, pegs carol#1 1 @ 99
  place    bob    buy   5 @ 90 gtc
  replace  bob    bob#1 with buy 5 @ 110 gtc      | cancels bob#1 5, rests 5, pegs alice#1 1 @ 110, pegs carol#1 1 @ 109
  cancel   bob    bob#3                           | cancels bob#3 5, pegs alice#1 1 @ 90, pegs carol#1 1 @ 89
`,
);

scenario(
  "pegged: ends where it cannot be paid for, or finds no page",
  `
  limits   pages 2
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  account  bob
  deposit  alice  350 USD
  deposit  bob    100_000 USD
  place    bob    buy   1 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  place    bob    buy   1 @ 116 gtc               | rests 1, pegs alice#1 3 @ 116
  place    bob    buy   1 @ 117 gtc               | rests 1, declines alice#1 InsufficientBalance
  place    alice  buy   1 @ 10_000 post pegged 10 | waits, pegs alice#2 1 @ 107
  cancel   bob    bob#3                           | cancels bob#3 1, pegs alice#2 1 @ 106
  cancel   bob    bob#1                           | cancels bob#1 1
  place    bob    buy   1 @ 127 gtc               | rests 1, pegs alice#2 1 @ 117
  place    bob    buy   1 @ 160 gtc               | rests 1, declines alice#2 LevelsFull
`,
);

scenario(
  "pegged: stays while the market does not trade, and is let go with the others",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  state    BTC/USD auction
  cancel   bob    bob#1                           | cancels bob#1 5
  place    carol  sell  1 @ 100 gtc
  state    BTC/USD trading | auctions 1 @ 100 alice#1 carol#1, done, pegs alice#1 0
  massCancel both                                 | cancels alice#1 2, count 1
`,
);

scenario(
  "pegged: a stop does not see a price that only pegged orders hold",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    bob    buy   5 @ 90 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  place    carol  sell  1 market stop 95 by quote
  cancel   bob    bob#1                           | cancels bob#1 5, pegs alice#1 3 @ 90, triggers carol#1, fills 1 @ 90 bob#2
`,
);

scenario(
  "pegged: what is refused",
  SPOT,
  `
  place    alice  buy   3 @ 100 gtc pegged 0      | rejects Malformed
  place    alice  buy   3 @ 100 post show 1 pegged 0 | rejects Malformed
  place    alice  buy   3 @ 100 post pegged 0 stop 2_000 | rejects Malformed
  oto      alice  buy   3 @ 100 post pegged 0 and sell 3 @ 100 gtc | rejects Malformed
  place    alice  buy   3 @ 100 post pegged 2^30  | rejects PriceOutOfRange
`,
);

scenario(
  "pegged: 8 of an account in a market, with those of its family, though they belong nowhere",
  SPOT,
  `
  market   BTC/USD as other
  subaccount desk of alice
  repeat 5 place alice buy 1 @ 100 post on BTC/USD pegged 0
  repeat 3 place desk sell 1 @ 100 post on BTC/USD pegMid 0
  place    alice  buy   1 @ 100 post on BTC/USD pegged 0 | rejects PegsFull
  place    desk   buy   1 @ 100 post on BTC/USD pegged 0 | rejects PegsFull
  place    alice  buy   1 @ 100 post on other pegged 0
  place    bob    buy   1 @ 100 post on BTC/USD pegged 0
  cancel   desk   desk#3                          | cancels desk#3 1
  place    alice  buy   1 @ 100 post on BTC/USD pegged 0
`,
);

scenario(
  "pegged: 64 of a market",
  SPOT,
  `
  market   BTC/USD as other
  ${Array.from({ length: 8 }, (_, nth) => `account p${nth}\n  repeat 8 place p${nth} buy 1 @ 100 post on BTC/USD pegged 0`).join("\n  ")}
  place    alice  buy   1 @ 100 post on BTC/USD pegged 0 | rejects PegsFull
  place    alice  buy   1 @ 100 post on other pegged 0
  cancel   p3     p3#7                            | cancels p3#7 1
  place    alice  buy   1 @ 100 post on BTC/USD pegged 0
`,
);

scenario(
  "pegged: of a blocked account it stays where it belongs, and ends where it would have to come",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    bob    buy   1 @ 103 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 103
  place    alice  buy   2 @ 10_000 post pegMarket 5 | waits
  trader   alice  off
  place    bob    buy   1 @ 90 gtc
  order    alice#1                                | open buy 3 @ 103
  cancel   bob    bob#2                           | cancels bob#2 1, declines alice#1 AccountBlocked
  place    bob    sell  1 @ 200 gtc               | rests 1, declines alice#2 AccountBlocked
  balance  alice  USD  available 1_000_000_000 reserved 0
  counts   specials 0
`,
);

scenario(
  "pegged: of a blocked account it leaves where there is nothing to follow any more",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  trader   alice  off
  cancel   bob    bob#1                           | cancels bob#1 5, pegs alice#1 0
  trader   alice  on
  place    bob    buy   5 @ 90 gtc                | rests 5, pegs alice#1 3 @ 90
`,
);

scenario(
  "pegged: stands still while trading is suspended, and goes where it belongs when it goes on",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    bob    buy   1 @ 103 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 103
  place    carol  sell  2 @ 1 post pegMarket 5    | waits, pegs carol#1 2 @ 108
  trading  off
  cancel   bob    bob#2                           | cancels bob#2 1
  book     bids 3 @ 103, 5 @ 100                  | asks 2 @ 108
  trading  on                                     | done, pegs alice#1 3 @ 100, pegs carol#1 2 @ 105
`,
);

scenario(
  "pegged: rows are made when it is accepted",
  `
  limits   balances 1
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  deposit  alice  350 USD
  place    alice  buy   3 @ 100 post pegged 0     | rejects BalancesFull
`,
);

scenario(
  "pegged to the other side: at a distance from its best, and no further than the middle",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegMarket 4 | waits
  place    bob    sell  5 @ 120 gtc               | rests 5, pegs alice#1 3 @ 109
  place    bob    sell  1 @ 111 gtc               | rests 1, pegs alice#1 3 @ 105
  place    carol  sell  1 @ 1 post pegMarket 1    | waits, pegs carol#1 1 @ 106
  book     bids 3 @ 105, 5 @ 100                  | asks 1 @ 106, 1 @ 111, 5 @ 120
  place    carol  buy   1 @ 103 gtc               | rests 1, pegs alice#1 3 @ 106, pegs carol#1 1 @ 108
  book     bids 3 @ 106, 1 @ 103, 5 @ 100         | asks 1 @ 108, 1 @ 111, 5 @ 120
  place    bob    sell  1 @ 104 gtc               | fills 1 @ 106 alice#1
  place    alice  buy   3 @ 10_000 post pegMarket 0 | rejects Malformed
`,
);

scenario(
  "pegged to the other side: alone it needs nobody on its own",
  SPOT,
  `
  place    bob    sell  5 @ 120 gtc
  place    alice  buy   3 @ 118 post pegMarket 1  | waits, pegs alice#1 3 @ 118
  place    carol  buy   3 @ 10_000 post pegMid 0  | waits
  place    bob    buy   1 @ 10 gtc                | rests 1, pegs alice#1 3 @ 64, pegs carol#1 3 @ 64
`,
);

scenario(
  "pegged to the middle: buys below it, sells above it, whatever its parity",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    bob    sell  5 @ 104 gtc
  place    alice  buy   1 @ 10_000 post pegMid 0  | waits, pegs alice#1 1 @ 101
  place    alice  sell  1 @ 1 post pegMid 0       | waits, pegs alice#2 1 @ 103
  place    carol  sell  5 @ 103 post              | rests 5, pegs alice#2 1 @ 102
  book     bids 1 @ 101, 5 @ 100                  | asks 1 @ 102, 5 @ 103, 5 @ 104
  place    carol  buy   5 @ 102 ioc               | fills 1 @ 102 alice#2, ends 4 Immediate
  place    carol  buy   2 @ 101 gtc
  cancel   alice  alice#1                         | cancels alice#1 1
`,
);

scenario(
  "pegged to the middle: behind what rests unseen, and before what it follows",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    bob    sell  5 @ 110 gtc
  place    alice  buy   1 @ 10_000 post pegMid 0  | waits, pegs alice#1 1 @ 104
  place    carol  sell  1 @ 105 gtc hidden        | rests 1, shows 0
  place    carol  buy   1 @ 102 gtc
  cancel   carol  carol#1                         | cancels carol#1 1, pegs alice#1 1 @ 105
`,
);

scenario(
  "pegged: moves in a post-only market too, and where it belongs when its market is one again",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  state    BTC/USD postOnly
  place    bob    buy   1 @ 103 post              | rests 1, pegs alice#1 3 @ 103
  state    BTC/USD cancelOnly
  cancel   bob    bob#2                           | cancels bob#2 1
  state    BTC/USD postOnly                       | turns postOnly, pegs alice#1 3 @ 100
`,
);
