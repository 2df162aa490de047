import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3.5: from which price a guard measures, how far, and on which side. auction.scenario.test.ts has the pause itself.

const LAST_AT_1_000 = `
  place    carol  sell  1 @ 1_000 gtc
  place    carol  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 carol#1
`;

scenario(
  "guard: an order that crosses nothing begins no window",
  SPOT,
  LAST_AT_1_000,
  `
  time     100
  guarded  BTC/USD none
  guard    BTC/USD 50_000/50_000 window 1_000 auction 500
  guarded  BTC/USD 50_000/50_000 window 1_000 auction 500
  time     1_100
  place    alice  buy   1 @ 900 gtc
  time     1_900
  place    bob    sell  1 @ 1_040 gtc
  place    alice  buy   1 @ 1_040 gtc             | fills 1 @ 1_040 bob#1      -- measures from 1,000 for a second from now
  time     2_899
  place    bob    sell  1 @ 1_060 gtc
  place    alice  buy   1 @ 1_060 gtc             | rests 1, turns auction
`,
);

scenario(
  "guard: a window is over when its time is, and then measures from the last trade",
  SPOT,
  LAST_AT_1_000,
  `
  time     100
  guard    BTC/USD 50_000/50_000 window 1_000 auction 500
  place    bob    sell  1 @ 1_040 gtc
  place    bob    sell  1 @ 1_060 gtc
  place    bob    sell  1 @ 1_100 gtc
  time     1_099
  place    alice  buy   1 @ 1_040 gtc             | fills 1 @ 1_040 bob#1
  time     1_100
  place    alice  buy   2 @ 1_100 gtc             | rests 1, fills 1 @ 1_060 bob#2, turns auction
`,
);

scenario(
  "guard: its bounds are rounded inwards",
  SPOT,
  `
  place    carol  sell  1 @ 1_001 gtc
  place    carol  buy   1 @ 1_001 gtc             | fills 1 @ 1_001 carol#1
  market   BTC/USD as OTHER
  place    carol  sell  1 @ 1_001 gtc on OTHER
  place    carol  buy   1 @ 1_001 gtc on OTHER    | fills 1 @ 1_001 carol#3
  guard    BTC/USD 500/500 window 60_000 auction 500
  guard    OTHER   500/500 window 60_000 auction 500
  place    bob    buy   1 @ 1_001 gtc
  place    bob    buy   1 @ 1_000 gtc
  place    alice  sell  2 @ 1_000 gtc             | rests 1, fills 1 @ 1_001 bob#1, turns auction
  place    bob    sell  1 @ 1_001 gtc on OTHER
  place    bob    sell  1 @ 1_002 gtc on OTHER
  place    alice  buy   2 @ 1_002 gtc on OTHER    | rests 1, fills 1 @ 1_001 bob#3, turns auction
`,
);

scenario(
  "guard: a side without a bound goes as far as it likes, the other does not",
  SPOT,
  LAST_AT_1_000,
  `
  market   BTC/USD as OTHER
  place    carol  sell  1 @ 1_000 gtc on OTHER
  place    carol  buy   1 @ 1_000 gtc on OTHER    | fills 1 @ 1_000 carol#3
  guard    BTC/USD 0/50_000 window 60_000 auction 500
  guard    OTHER   50_000/0 window 60_000 auction 500
  place    bob    sell  1 @ 5_000 gtc
  place    alice  buy   1 @ 5_000 gtc             | fills 1 @ 5_000 bob#1
  place    bob    buy   1 @ 949 gtc
  place    alice  sell  1 @ 949 gtc               | rests 1, turns auction
  place    bob    buy   1 @ 100 gtc on OTHER
  place    alice  sell  1 @ 100 gtc on OTHER      | fills 1 @ 100 bob#3
  place    bob    sell  1 @ 1_051 gtc on OTHER
  place    alice  buy   1 @ 1_051 gtc on OTHER    | rests 1, turns auction
`,
);

scenario(
  "guard: a pause whose market the operator has set to another state does not end by itself",
  SPOT,
  LAST_AT_1_000,
  `
  guard    BTC/USD 50_000/50_000 window 60_000 auction 500
  place    bob    sell  1 @ 1_060 gtc
  time     1_000
  place    alice  buy   1 @ 1_060 gtc             | rests 1, turns auction
  state    BTC/USD halted
  state    BTC/USD auction                        | turns auction, indicates 1 @ 1_060
  time     9_000
  cancelAll carol both                            | count 0
  state    BTC/USD trading                        | auctions 1 @ 1_060 alice#1 bob#1, turns trading
`,
);

scenario(
  "guard: its auction goes where the operator has sent it, however long that takes",
  SPOT,
  `
  guard    BTC/USD 10_000/10_000 window 500 auction 100_000
  place    bob    sell  1 @ 1_000 gtc
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   2 @ 1_100 gtc             | rests 1, fills 1 @ 1_000 bob#1, turns auction
  repeat 8_200 place bob sell 1 @ 1_100 gtc
  repeat 8_200 place carol buy 1 @ 1_100 gtc
  state    BTC/USD closed                         | auctionsAny times 8_192
  time     200_000                                -- its own end has passed
  cancelAll alice both                            | auctionsAny times 9, turns closed, count 0
`,
);
