import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3.3: what is due before a command, in its order.

scenario(
  "due: of markets the earliest first, of these the lower number",
  SPOT,
  `
  market   BTC/USD state auction as LOWER
  market   BTC/USD state auction as UPPER
  place    alice  buy   1 @ 100 gtc on UPPER      | rests 1, indicates 0 @ 0
  place    alice  buy   2 @ 100 gtc on LOWER      | rests 2, indicates 0 @ 0
  place    bob    sell  1 @ 100 gtc on UPPER
  place    bob    sell  2 @ 100 gtc on LOWER
  time     5_000
  cancelAll carol both                            | indicates 1 @ 100, indicates 2 @ 100, count 0
`,
);

scenario(
  "due: an order that ends in an auction changes its indicative price",
  SPOT,
  `
  market   BTC/USD state auction as OTHER
  place    alice  buy   1 @ 100 gtc on OTHER until 5_000 | rests 1, indicates 0 @ 0
  place    bob    sell  1 @ 100 gtc on OTHER
  time     4_000
  cancelAll carol both                            | indicates 1 @ 100, count 0
  time     9_000
  cancelAll carol both                            | cancels alice#1 1 Expired, indicates 0 @ 0, count 0
`,
);

scenario(
  "due: the earliest first, whatever it is: an order takes part in an auction that ended before it did",
  SPOT,
  `
  guard    BTC/USD 50_000/50_000 window 60_000 auction 500
  place    bob    sell  2 @ 1_060 gtc
  time     1_000
  place    alice  buy   1 @ 1_060 gtc until 1_501 | rests 1, turns auction
  place    carol  buy   1 @ 1_060 gtc until 1_499
  deadline bob    498                             -- passes at 1,500
  time     9_000
  cancelAll carol both                            | cancels carol#1 1 Expired, cancels bob#1 2 Deadline, passes bob, turns trading, cancels alice#1 1 Expired, count 0
`,
);

scenario(
  "due: an order and a deadline are due before the end of an auction at the same time, and after an earlier one",
  SPOT,
  `
  guard    BTC/USD 50_000/50_000 window 60_000 auction 500
  place    bob    sell  2 @ 1_060 gtc
  time     1_000
  place    alice  buy   1 @ 1_060 gtc until 1_501 | rests 1, turns auction
  place    carol  buy   1 @ 1_060 gtc until 1_500
  deadline bob    499                             -- passes at 1,501
  time     9_000
  cancelAll carol both                            | cancels carol#1 1 Expired, auctions 1 @ 1_060 alice#1 bob#1, turns trading, cancels bob#1 1 Deadline, passes bob, count 0
`,
);

scenario(
  "due: what hangs on what was due has happened as well before the command",
  SPOT,
  `
  place    bob    buy   1 @ 1_000 gtc
  place    carol  sell  1 @ 1_000 ioc             | fills 1 @ 1_000 bob#1
  oco      alice  sell  5 @ 1_100 gtc and sell 5 market until 5_000 stop 900 | waits, waits, triggers alice#1 5
  place    bob    buy   1 @ 990 gtc until 5_000
  place    bob    buy   1 @ 900 gtc
  place    carol  buy   1 @ 1_050 post pegged 2   | waits, pegs carol#2 1 @ 988
  time     5_000
  place    bob    buy   5 @ 1_100 ioc             | cancels alice#2 5 Expired, cancels bob#2 1 Expired, cancels alice#1 5 ListPartner, pegs carol#2 1 @ 898, then ends 5 Immediate
`,
);

scenario(
  "due: an order whose price comes by what was due does not trade with what is due as well",
  SPOT,
  `
  place    bob    sell  1 @ 1_000 gtc
  place    carol  sell  1 @ 1_010 gtc
  place    alice  buy   1 market stop 1_010 by quote | waits
  deadline bob    500
  deadline carol  500
  time     5_000
  cancelAll alice both                            | cancels bob#1 1 Deadline, passes bob, cancels carol#1 1 Deadline, passes carol, then cancels alice#1 1, count 1
`,
);

scenario(
  "due: an order whose price has come waits while a protection has orders left to end",
  SPOT,
  `
  protection bob  BTC/USD window 60_000 fills 1
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   1 @ 1_100 ioc             | fills 1 @ 1_100 bob#1
  place    alice  sell  1 market stop 1_000       | waits
  place    carol  buy   1 @ 900 gtc
  place    bob    buy   1 @ 1_000 gtc protected
  repeat   1_100  place bob buy 1 @ 990 gtc protected
  place    carol  sell  1 @ 1_000 ioc             | fills 1 @ 1_000 bob#2, trips bob, cancels any 1 Protection times 1_024
  cancelAll carol sells                           | cancels any 1 Protection times 76, triggers alice#1, fills 1 @ 900 carol#2, count 0
`,
);

scenario(
  "due: an indicative price is told at once when the last is a second old, and put off before",
  SPOT,
  `
  market   BTC/USD state auction as EARLY
  market   BTC/USD state auction as LATE
  time     1_000
  place    alice  buy   1 @ 100 gtc on EARLY      | rests 1, indicates 0 @ 0
  place    alice  buy   1 @ 100 gtc on LATE       | rests 1, indicates 0 @ 0
  time     1_999
  place    bob    sell  1 @ 100 gtc on EARLY      | rests 1
  cancelAll carol both                            | indicates 1 @ 100, count 0
  place    bob    sell  1 @ 100 gtc on LATE       | rests 1, indicates 1 @ 100
`,
);

const PAUSED = `
  guard    BTC/USD 50_000/50_000 window 60_000 auction 20_000
  place    bob    sell  1 @ 1_060 gtc
`;

scenario(
  "due: an auction ends before what is due later, though many orders are to end by their lists before",
  SPOT,
  PAUSED,
  `
  repeat   1_100  oco carol buy 1 @ 900 gtc until 20_000 and buy 1 market stop 2_000 | waits, waits, triggers any 1
  time     5_000
  place    alice  buy   1 @ 1_060 gtc until 26_000 | rests 1, turns auction
  time     30_000
  cancelAll alice both                            | cancels any 1 Expired times 1_100, cancels any 1 ListPartner times 1_100, auctions 1 @ 1_060 alice#1 bob#1, turns trading, then count 0
`,
);

scenario(
  "due: an order that is to end by its list does not trade in an auction, however many are to end before",
  SPOT,
  PAUSED,
  `
  time     5_000
  place    alice  buy   1 @ 1_060 gtc             | rests 1, turns auction
  repeat   1_100  oco carol sell 1 @ 1_050 gtc and sell 1 market until 20_000 stop 900 | waits, waits, triggers any 1
  time     30_000
  cancelAll carol both                            | cancels any 1 Expired times 1_100, cancels any 1 ListPartner times 1_100, auctions 1 @ 1_060 alice#1 bob#1, turns trading, then count 0
`,
);

scenario(
  "due: an auction of many orders ends before what is due later, in as many steps as it needs",
  SPOT,
  PAUSED,
  `
  time     1_000
  place    alice  buy   1 @ 1_060 gtc             | rests 1, turns auction
  repeat   9_000  place alice buy 1 @ 1_060 gtc until 21_600
  place    bob    sell  9_000 @ 1_060 gtc
  time     30_000
  cancelAll alice both                            | auctionsAny times 9_001, turns trading, then count 0
`,
);
