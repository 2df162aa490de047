import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3: best price first, then oldest first; §2.3 to §2.5: leaving the queue.

scenario(
  "within a level the oldest order trades first",
  SPOT,
  `
  place    alice  sell  2 @ 100 gtc
  place    carol  sell  2 @ 100 gtc
  place    alice  sell  2 @ 100 gtc
  place    bob    buy   3 @ 100 gtc               | fills 2 @ 100 alice#1, fills 1 @ 100 carol#1
  place    bob    buy   3 @ 100 gtc               | fills 1 @ 100 carol#1, fills 2 @ 100 alice#2
`,
);

scenario(
  "an order that traded in part keeps its place",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  place    carol  buy   5 @ 100 gtc
  place    bob    sell  1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    bob    sell  5 @ 100 gtc               | fills 4 @ 100 alice#1, fills 1 @ 100 carol#1
`,
);

scenario(
  "the rest of a taker queues behind",
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   3 @ 100 gtc               | fills 1 @ 100 alice#1, rests 2
  place    carol  buy   2 @ 100 gtc
  place    alice  sell  3 @ 100 gtc               | fills 2 @ 100 bob#1, fills 1 @ 100 carol#1
`,
);

scenario(
  "price beats time",
  SPOT,
  `
  place    alice  buy   1 @ 100 gtc
  place    carol  buy   1 @ 101 gtc
  place    bob    sell  2 @ 1 gtc                 | fills 1 @ 101 carol#1, fills 1 @ 100 alice#1
`,
);

scenario(
  "an order that leaves the middle of a level closes the gap",
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    carol  sell  1 @ 100 gtc
  place    alice  sell  1 @ 100 gtc
  cancel   carol  carol#1                         | cancels carol#1 1
  book     bids -                                 | asks 2 @ 100
  place    bob    buy   3 @ 100 gtc               | fills 1 @ 100 alice#1, fills 1 @ 100 alice#2, rests 1
`,
);

scenario(
  "a replaced order loses its place, even on the same terms",
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    carol  sell  1 @ 100 gtc
  replace  alice  alice#1 with sell 1 @ 100 gtc   | cancels alice#1 1, rests 1
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 carol#1
`,
);

scenario(
  "levels far apart, and on both sides of a page's edge, are in order",
  SPOT,
  `
  place    alice  sell  1 @ 10_000 gtc
  place    alice  sell  1 @ 16 gtc
  place    alice  sell  1 @ 15 gtc
  place    alice  sell  1 @ 4_095 gtc
  place    alice  sell  1 @ 4_096 gtc
  place    alice  sell  1 @ 31 gtc
  place    alice  sell  1 @ 32 gtc
  book     bids - | asks 1 @ 15, 1 @ 16, 1 @ 31, 1 @ 32, 1 @ 4095, 1 @ 4096, 1 @ 10000
  place    bob    buy   7 @ 10_000 ioc            | fills 1 @ 15, fills 1 @ 16, fills 1 @ 31, fills 1 @ 32, fills 1 @ 4095, fills 1 @ 4096, fills 1 @ 10000
  place    alice  buy   1 @ 1 gtc
  place    alice  buy   1 @ 10_000 gtc
  place    alice  buy   1 @ 1_024 gtc
  place    alice  buy   1 @ 1_023 gtc
  book     bids 1 @ 10000, 1 @ 1024, 1 @ 1023, 1 @ 1 | asks -
  place    bob    sell  4 @ 1 ioc                 | fills 1 @ 10000, fills 1 @ 1024, fills 1 @ 1023, fills 1 @ 1
`,
);
