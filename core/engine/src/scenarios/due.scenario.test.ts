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
  cancelAll carol both                            | cancels alice#1 1 Expired, count 0, indicates 0 @ 0
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
