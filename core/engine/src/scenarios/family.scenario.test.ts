import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3 and §2.5, §2.9: what holds for an account and all that are parts of its master.

const FAMILY = `
  subaccount one  of  alice
  subaccount two  of  alice
  transfer alice one  1_000 BTC
  transfer alice one  100_000 USD
  transfer alice two  1_000 BTC
  transfer alice two  100_000 USD
`;

scenario(
  "family: a taker that looks out for its family trades with none of it, from the master and from its parts",
  SPOT,
  FAMILY,
  `
  place    one    sell  5 @ 100 gtc
  place    bob    sell  5 @ 101 gtc
  place    two    buy   1 @ 100 ioc self taker    | fills 1 @ 100 one#1
  place    two    buy   1 @ 100 ioc self familyTaker | ends 1 SelfTradeTaker
  place    alice  buy   1 @ 100 ioc self familyTaker | ends 1 SelfTradeTaker
  place    alice  buy   1 @ 100 ioc self familyDecrement | prevents 1 @ 100 one#1
  place    one    buy   1 @ 100 ioc self familyDecrement | prevents 1 @ 100 one#1
  place    two    buy   2 @ 100 ioc self familyBoth | cancels one#1 2 SelfTradeBoth, ends 2 SelfTradeBoth
  balance  one    BTC  available 999 reserved 0
  place    one    sell  5 @ 100 gtc
  place    two    buy   7 @ 101 gtc self familyMaker | rests 2, cancels one#3 5 SelfTradeMaker, fills 5 @ 101 bob#1
`,
);

scenario(
  "family: strangers trade, and so do the families of others",
  SPOT,
  FAMILY,
  `
  subaccount part of bob
  transfer bob   part 100 BTC
  place    part   sell  3 @ 100 gtc
  place    carol  buy   1 @ 100 ioc self familyTaker | fills 1 @ 100 part#1
  place    one    buy   1 @ 100 ioc self familyTaker | fills 1 @ 100 part#1
  place    bob    buy   1 @ 100 ioc self familyTaker | ends 1 SelfTradeTaker
`,
);

scenario(
  "family: fill-or-kill passes over what it would cancel, stops before what it would not",
  SPOT,
  FAMILY,
  `
  place    one    sell  5 @ 100 gtc show 2        | rests 5, shows 2
  place    bob    sell  5 @ 101 gtc
  place    two    buy   6 @ 101 fok self familyMaker | ends 6 Unfillable
  place    two    buy   5 @ 101 fok self familyTaker | ends 5 Unfillable
  place    two    buy   3 @ 101 fok self familyMaker | cancels one#1 5 SelfTradeMaker, fills 3 @ 101 bob#1
  place    one    sell  5 @ 100 gtc show 2        | rests 5, shows 2
  place    two    buy   3 @ 100 ioc self familyDecrement | prevents 2 @ 100 one#2, shows 2 one#2, prevents 1 @ 100 one#2
`,
);

scenario(
  "family: an order that is moved, one that waited, and an order by quote look out for it too",
  SPOT,
  FAMILY,
  `
  place    one    sell  1 @ 100 gtc
  place    two    buy   4 @ 90 gtc
  amend    two    two#1 to 4 @ 100 gtc self familyTaker | amends 0 moved, cancels two#1 4 SelfTradeTaker
  place    two    buy   4 market self familyBoth stop 1_100
  place    bob    sell  1 @ 1_100 gtc
  place    carol  buy   2 @ 1_100 gtc             | rests 0, fills 1 @ 100 one#1, fills 1 @ 1_100 bob#1, triggers two#2, ends 4 NoLiquidity
  place    one    sell  1 @ 100 gtc
  place    bob    sell  3 @ 100 gtc
  place    two    buy   350 quote self familyDecrement | prevents 1 @ 100 one#2, fills 2 @ 100 bob#2
  place    two    buy   1 @ 100 fok self familyDecrement | fills 1 @ 100 bob#2
`,
);

scenario(
  "family: cancel-all and mass cancel end the orders of all its accounts, in order of their opening",
  SPOT,
  FAMILY,
  `
  market   BTC/USD as TWO
  place    two    buy   1 @ 90 gtc
  place    one    buy   2 @ 90 gtc
  place    one    sell  3 @ 190 gtc on TWO
  place    alice  buy   4 @ 90 gtc
  place    bob    buy   5 @ 90 gtc
  cancelAll one   both family                     | rejects NotMasterAccount
  massCancel both of one family                   | rejects NotMasterAccount
  massCancel both family                          | rejects Malformed
  cancelAll alice both                            | cancels alice#1 4, count 1
  cancelAll alice both on BTC/USD family          | cancels one#1 2, cancels two#1 1, count 2
  cancelAll bob   both family                     | cancels bob#1 5, count 1
  place    two    sell  1 @ 190 gtc
  massCancel sells of alice family                | cancels one#2 3 Operator, cancels two#2 1 Operator, count 2
  counts   orders 0
`,
);
