import { scenario, SPOT } from "../testing/suite.ts";

// The first order at each of the best prices. The hot core keeps its lots beside the prices (assembly/heads.ts): a table for
// each way in which it becomes another, or has other lots. What a row does not say the audit after it does.

scenario(
  "heads: an order behind another changes none, one at a better price or on an empty side does",
  SPOT,
  `
  heads    bid -                                  | ask -
  place    alice  buy   5 @ 100 gtc
  heads    bid 5                                  | ask -
  place    bob    buy   7 @ 100 gtc
  place    bob    buy   9 @ 99 gtc
  heads    bid 5                                  | ask -
  place    bob    buy   2 @ 101 gtc
  place    alice  sell  4 @ 110 gtc
  heads    bid 2                                  | ask 4
  place    alice  sell  3 @ 105 gtc
  heads    bid 2                                  | ask 3
`,
);

scenario(
  "heads: a taker leaves part of the first order, the next of its level, another level, or none",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    sell  7 @ 100 gtc
  place    bob    sell  9 @ 101 gtc
  place    bob    sell  8 @ 900 gtc
  place    carol  buy   2 @ 100 gtc               | fills 2 @ 100 alice#1
  heads    bid -                                  | ask 3
  place    carol  buy   3 @ 100 gtc               | fills 3 @ 100 alice#1
  heads    bid -                                  | ask 7
  place    carol  buy   8 @ 101 gtc               | fills 7 @ 100 bob#1, fills 1 @ 101 bob#2
  heads    bid -                                  | ask 8
  place    carol  buy   9 @ 101 gtc               | rests 1, fills 8 @ 101 bob#2
  heads    bid 1                                  | ask 8
  place    carol  buy   8 market                  | fills 8 @ 900 bob#3
  heads    bid 1                                  | ask -
`,
);

scenario(
  "heads: cancels of the first order of the best level, of another, of one in a worse level, of the last",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  place    bob    buy   7 @ 100 gtc
  place    carol  buy   8 @ 100 gtc client 9
  place    alice  buy   6 @ 90 gtc
  place    bob    buy   4 @ 90 gtc
  cancel   bob    bob#1                           | cancels bob#1 7
  cancel   alice  alice#2                         | cancels alice#2 6
  heads    bid 5                                  | ask -
  cancel   alice  alice#1                         | cancels alice#1 5
  heads    bid 8                                  | ask -
  cancel   carol  client 9                        | cancels carol#1 8
  heads    bid 4                                  | ask -
  place    bob    buy   3 @ 90 gtc client 5
  place    bob    buy   2 @ 90 gtc client 6
  cancel   bob    bob#2                           | cancels bob#2 4
  heads    bid 3                                  | ask -
  cancel   bob    client 5                        | cancels bob#3 3
  heads    bid 2                                  | ask -
  cancel   bob    client 6                        | cancels bob#4 2
  heads    bid -                                  | ask -
`,
);

scenario(
  "heads: while a cancel anywhere is looked at, since some market is in an auction",
  SPOT,
  `
  market   BTC/USD as OTHER
  state    OTHER closed
  state    OTHER preOpen
  state    OTHER auction
  place    alice  buy   5 @ 100 gtc
  place    bob    buy   7 @ 100 gtc
  place    bob    buy   8 @ 100 gtc
  cancel   alice  alice#1                         | cancels alice#1 5
  heads    bid 7                                  | ask -
  replace  bob    bob#1 with buy 4 @ 100 gtc      | cancels bob#1 7, rests 4
  heads    bid 8                                  | ask -
  cancelAll bob   both                            | cancels bob#3 4, cancels bob#2 8, count 2
  heads    bid -                                  | ask -
`,
);

scenario(
  "heads: what ends many orders, or one at its time",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    sell  7 @ 100 gtc until 50
  place    carol  sell  8 @ 100 gtc
  place    bob    sell  6 @ 100 gtc
  massCancel sells on BTC/USD of alice            | cancels alice#1 5, count 1
  heads    bid -                                  | ask 7
  time     50
  place    alice  buy   1 @ 9 gtc                 | cancels bob#1 7 Expired, rests 1
  heads    bid 1                                  | ask 8
  deadline carol  10
  time     70
  place    alice  buy   2 @ 9 gtc                 | cancels carol#1 8 Deadline, passes carol, rests 2
  heads    bid 1                                  | ask 6
  massCancel both                                 | cancels alice#2 1, cancels alice#3 2, cancels bob#2 6, count 3
  heads    bid -                                  | ask -
`,
);

scenario(
  "heads: an iceberg has what it shows, and goes behind the others with the next of it",
  SPOT,
  `
  place    alice  sell  10 @ 100 gtc show 4       | rests 10, shows 4
  heads    bid -                                  | ask 4
  place    carol  buy   4 @ 100 gtc               | fills 4 @ 100 alice#1, shows 4 alice#1
  heads    bid -                                  | ask 4
  place    bob    sell  7 @ 100 gtc
  place    carol  buy   5 @ 100 gtc               | fills 4 @ 100 alice#1, shows 2 alice#1, fills 1 @ 100 bob#1
  heads    bid -                                  | ask 6
  place    carol  buy   6 @ 100 gtc               | fills 6 @ 100 bob#1
  heads    bid -                                  | ask 2
  cancel   alice  alice#1                         | cancels alice#1 2
  heads    bid -                                  | ask -
`,
);

scenario(
  "heads: self-trade prevention takes from the first order, or all of it",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    sell  7 @ 100 gtc
  place    alice  buy   2 @ 100 gtc self decrement | prevents 2 @ 100 alice#1
  heads    bid -                                  | ask 3
  place    alice  buy   1 @ 100 ioc self both     | cancels alice#1 3 SelfTradeBoth, ends 1 SelfTradeBoth
  heads    bid -                                  | ask 7
  place    bob    sell  6 @ 100 gtc
  place    bob    buy   1 @ 100 ioc self maker    | cancels bob#1 7 SelfTradeMaker, cancels bob#2 6 SelfTradeMaker, ends 1 Immediate
  heads    bid -                                  | ask -
`,
);

scenario(
  "heads: a first order is amended, in its place or to another",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  place    bob    buy   7 @ 100 gtc
  amend    alice  alice#1 to 3 @ 100              | amends 3 kept
  amend    bob    bob#1 to 6 @ 100                | amends 6 kept
  heads    bid 3                                  | ask -
  amend    alice  alice#1 to 4 @ 100              | amends 4 moved
  heads    bid 6                                  | ask -
  amend    alice  alice#1 to 4 @ 101              | amends 4 moved
  heads    bid 4                                  | ask -
`,
);

scenario(
  "heads: orders that rest unseen are none, also where takers go the long way to them",
  SPOT,
  `
  place    alice  sell  9 @ 99 gtc hidden         | rests 9, shows 0
  heads    bid -                                  | ask -
  place    bob    sell  5 @ 100 gtc
  place    alice  sell  6 @ 100 gtc show 4        | rests 6, shows 4
  heads    bid -                                  | ask 5
  place    carol  buy   10 @ 100 gtc              | fills 9 @ 99 alice#1, fills 1 @ 100 bob#1
  heads    bid -                                  | ask 4
  place    alice  sell  9 @ 101 gtc hidden        | rests 9, shows 0
  place    carol  buy   2 @ 100 gtc               | fills 2 @ 100 bob#1
  heads    bid -                                  | ask 2
  place    carol  buy   2 @ 100 gtc               | fills 2 @ 100 bob#1
  heads    bid -                                  | ask 4
  place    carol  buy   4 @ 100 gtc               | fills 4 @ 100 alice#2, shows 2 alice#2
  heads    bid -                                  | ask 2
  place    bob    sell  8 @ 100 gtc
  place    carol  buy   2 @ 100 gtc               | fills 2 @ 100 alice#2
  heads    bid -                                  | ask 8
`,
);

scenario(
  "heads: an auction's, before and after it",
  SPOT,
  `
  state    BTC/USD closed
  state    BTC/USD preOpen
  place    alice  buy   6 @ 110 gtc show 3        | rests 6, shows 3
  place    bob    buy   5 @ 110 gtc
  place    bob    buy   2 @ 90 gtc
  place    carol  sell  4 @ 95 gtc
  place    carol  sell  5 @ 95 gtc
  heads    bid 3                                  | ask 4
  state    BTC/USD auction                        | done, indicates 9 @ 110 buy 2
  state    BTC/USD trading                        | auctions 3 @ 110 alice#1 carol#1, shows 3 alice#1, auctions 1 @ 110 bob#1 carol#1, auctions 4 @ 110 bob#1 carol#2, auctions 1 @ 110 alice#1 carol#2, done
  book     bids 2 @ 110, 2 @ 90                   | asks -
  heads    bid 2                                  | ask -
`,
);

scenario(
  "heads: a pegged order becomes one, and is one no more",
  SPOT,
  `
  place    bob    buy   5 @ 100 gtc
  place    alice  buy   3 @ 10_000 post pegged 0  | waits, pegs alice#1 3 @ 100
  place    bob    buy   1 @ 103 gtc               | rests 1, pegs alice#1 3 @ 103
  heads    bid 1                                  | ask -
  place    carol  sell  1 @ 103 gtc               | fills 1 @ 103 bob#2, pegs alice#1 3 @ 100
  heads    bid 5                                  | ask -
`,
);

scenario(
  "heads: however long an order is, also where its market's least order is long",
  `
  asset    BTC
  asset    USD
  market   BTC/USD lots 1..1_099_511_627_775
  market   BTC/USD lots 67_108_863..1_099_511_627_775 as LONG
  market   BTC/USD lots 67_108_864..1_099_511_627_775 as LONGER
  account  alice
  account  bob
  deposit  alice  3_000_000_000_000 BTC
  deposit  bob    100_000_000_000_000 USD
  place    alice  sell  2_147_483_646 @ 9 gtc
  heads    bid -                                  | ask 2_147_483_646
  place    alice  sell  2_147_483_647 @ 8 gtc
  heads    bid -                                  | ask 2_147_483_647
  place    alice  sell  1_099_511_627_775 @ 7 gtc
  heads    bid -                                  | ask 1_099_511_627_775
  place    bob    buy   1_097_364_144_128 @ 7 gtc | fills 1_097_364_144_128 @ 7 alice#3
  heads    bid -                                  | ask 2_147_483_647
  place    bob    buy   1 @ 7 gtc                 | fills 1 @ 7 alice#3
  heads    bid -                                  | ask 2_147_483_646
  place    alice  sell  67_108_862 @ 7 gtc on LONG   | rejects LotsOutOfRange
  place    alice  sell  67_108_863 @ 7 gtc on LONG
  heads    LONG bid -                             | ask 67_108_863
  place    alice  sell  67_108_863 @ 7 gtc on LONGER | rejects LotsOutOfRange
  place    alice  sell  1 @ 7 gtc on LONGER          | rejects LotsOutOfRange
  place    alice  sell  67_108_864 @ 7 gtc on LONGER
  place    alice  sell  67_108_864 @ 7 gtc on LONGER show 67_108_863 | rejects LotsOutOfRange
  heads    LONGER bid -                           | ask 67_108_864
`,
);
