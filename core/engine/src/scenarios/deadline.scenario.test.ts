import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.14: the dead-man switch.

scenario(
  "deadline: set again in time nothing happens; else all orders end, the lowest slot first",
  SPOT,
  `
  market   BTC/USD as OTHER
  place    alice  buy   1 @ 100 gtc
  place    alice  buy   2 @ 100 gtc on OTHER
  place    alice  sell  3 market stop 50
  place    bob    buy   4 @ 100 gtc
  time     1_000
  ends     alice  never
  due      never
  deadline alice  500
  ends     alice  1_500
  time     1_499
  deadline alice  500
  ends     alice  1_999
  due      1_999
  ends     9      never
  time     1_998
  place    carol  sell  1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    carol  sell  1 @ 100 gtc               | cancels alice#2 2 Deadline, cancels alice#3 3 Deadline, passes alice, fills 1 @ 100 bob#1
  place    alice  buy   1 @ 90 gtc
  time     9_000
  place    alice  buy   1 @ 90 gtc
`,
);

scenario(
  "deadline: off, or without orders; the earliest first, also in halted markets",
  SPOT,
  `
  deadline 99     500                             | rejects UnknownAccount
  deadline 99     1_099_511_627_777               | rejects Malformed
  place    bob    buy   1 @ 100 gtc
  place    carol  buy   1 @ 100 gtc
  time     1_000
  deadline alice  500
  deadline bob    400
  deadline carol  300
  deadline carol  off
  state    BTC/USD halted
  time     2_000
  cancelAll carol both                            | cancels bob#1 1 Deadline, passes bob, passes alice, count 0
`,
);

scenario(
  "deadline: however many orders there are, all end before a command",
  SPOT,
  `
  repeat 1_024 place alice buy 1 @ 100 gtc
  time     5_000
  deadline alice  500
  time     6_000
  place    bob    sell  1 @ 100 gtc               | cancels any 1 Deadline times 1_024, passes alice, rests 1
`,
);

scenario(
  "deadline: all that have passed are carried out before another is set, or none",
  SPOT,
  `
  repeat 1_500 place alice buy 1 @ 100 gtc
  repeat 1_100 place bob buy 1 @ 100 gtc
  deadline alice  500
  deadline bob    500
  time     9_000
  deadline alice  500                             | cancels any 1 Deadline times 1_500, passes alice, cancels any 1 Deadline times 1_100, passes bob, done
  counts   orders 0
  place    alice  buy   1 @ 100 gtc
  deadline alice  off
  time     20_000
  cancelAll alice both                            | cancels alice#1501 1, count 1
`,
);
