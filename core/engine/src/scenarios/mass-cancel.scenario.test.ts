import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.9: the operator cancels for others.

const FULL = `
  market   BTC/USD as OTHER
  place    alice  buy   1 @ 90 gtc
  place    bob    buy   2 @ 95 gtc
  place    alice  buy   3 @ 95 gtc
  place    bob    sell  4 @ 105 gtc
  place    alice  sell  5 @ 100 gtc
  place    carol  buy   6 @ 100 gtc on OTHER
`;

scenario(
  "mass cancel: a market, bids first, from the best level, oldest first",
  SPOT,
  FULL,
  `
  massCancel both on BTC/USD | cancels bob#1 2, cancels alice#2 3, cancels alice#1 1, cancels alice#3 5, cancels bob#2 4, count 5
  orders   carol                                  | carol#1
  massCancel both            | cancels carol#1 6, count 1
  massCancel both            | count 0
  balance  alice  USD  available 1_000_000_000 reserved 0
`,
);

scenario(
  "mass cancel: one side, one account, also in a halted market",
  SPOT,
  FULL,
  `
  state    BTC/USD halted
  massCancel sells on BTC/USD of alice | cancels alice#3 5, count 1
  massCancel buys of alice   | cancels alice#1 1, cancels alice#2 3, count 2
  massCancel sells           | cancels bob#2 4, count 1
  massCancel buys            | cancels bob#1 2, cancels carol#1 6, count 2
`,
);

scenario(
  "mass cancel: so many at a time",
  SPOT,
  `
  repeat 16_385 place alice  buy 1 @ 100 gtc
  massCancel both            | cancels any 1 Operator times 16_384, count 16_384 more
  massCancel both            | cancels any 1, count 1
  repeat 16_385 place alice  buy 1 @ 100 gtc
  massCancel buys of alice   | cancels any 1 Operator times 16_384, count 16_384 more
  massCancel buys of alice   | cancels any 1, count 1
`,
);

scenario(
  "mass cancel: sides, market and account are checked in this order",
  SPOT,
  `
  massCancel 3 on 9 of 99    | rejects Malformed
  massCancel both on 9 of 99 | rejects UnknownMarket
  massCancel both of 99      | rejects UnknownAccount
`,
);
