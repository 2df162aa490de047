import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.16: a market maker's protection.

scenario(
  "protection: too many fills in a window end all protected orders",
  SPOT,
  `
  time     1_000
  protection alice BTC/USD window 500 fills 2
  place    alice  sell  5 @ 100 gtc protected
  place    alice  sell  5 @ 101 gtc protected
  place    alice  sell  5 @ 102 gtc
  place    alice  buy   5 @ 90 gtc protected
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1
  time     1_600
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    bob    buy   9 @ 102 gtc | fills 3 @ 100 alice#1, trips alice, fills 5 @ 101 alice#2, fills 1 @ 102 alice#3, cancels alice#4 5 Protection
  protected alice  0 window 500 lots 0 fills 2 tripped
  place    alice  sell  5 @ 100 gtc protected     | rejects ProtectionTripped
  place    alice  sell  5 @ 110 gtc
  protection alice BTC/USD window 500 fills 2
  protected alice  0 window 500 lots 0 fills 2
  protected bob    none
  protected 9      none
  place    alice  sell  5 @ 111 gtc protected
`,
);

scenario(
  "protection: too many lots; what others and other markets do is not counted",
  SPOT,
  `
  market   BTC/USD as OTHER
  protection alice BTC/USD window 500 lots 6
  protection alice OTHER window 500 lots 6
  protected alice  0 window 500 lots 6 fills 0 1 window 500 lots 6 fills 0
  place    alice  buy   5 @ 100 gtc on BTC/USD protected
  place    alice  buy   5 @ 99 gtc on OTHER show 2 protected | rests 5, shows 2
  place    bob    sell  9 @ 100 gtc               | rests 4, fills 5 @ 100 alice#1
  place    alice  buy   4 @ 100 gtc               | fills 4 @ 100 bob#1
  place    alice  buy   2 @ 100 gtc protected
  place    bob    sell  5 @ 99 gtc on OTHER | fills 2 @ 99 alice#2, shows 2, fills 2 @ 99 alice#2, shows 1, fills 1 @ 99 alice#2
  place    bob    sell  1 @ 100 gtc               | fills 1 @ 100 alice#4, trips alice, cancels alice#4 1 Protection
`,
);

scenario(
  "protection: counts in an auction, on both sides",
  SPOT,
  `
  protection alice BTC/USD window 500 fills 2
  state    BTC/USD auction
  place    alice  buy   1 @ 100 gtc protected
  place    alice  sell  1 @ 100 gtc protected
  place    alice  buy   7 @ 90 gtc protected
  state    BTC/USD trading | auctions 1 @ 100 alice#1 alice#2, trips alice, turns trading, cancels alice#3 7 Protection
`,
);

scenario(
  "protection: what is refused",
  SPOT,
  `
  protection 99   9 window 500                    | rejects Malformed
  protection 99   9 fills 1                       | rejects Malformed
  protection 99   9 window 500 fills 1            | rejects UnknownMarket
  protection 99   BTC/USD window 500 fills 1      | rejects UnknownAccount
  place    alice  buy   1 @ 90 gtc protected      | rejects NotProtected
  protection alice BTC/USD window 500 fills 1
  place    alice  buy   1 @ 90 ioc protected      | rejects Malformed
  place    alice  buy   1 @ 90 gtc protected stop 2_000 | rejects Malformed
  oco      alice  buy   1 @ 90 gtc protected and buy 1 market stop 2_000 | rejects Malformed
  place    alice  buy   1 @ 90 gtc protected
  protection alice BTC/USD
  place    alice  buy   1 @ 90 gtc protected      | rejects NotProtected
  place    bob    sell  1 @ 90 gtc                | fills 1 @ 90 alice#1
`,
);

scenario(
  "protection: of sixteen markets",
  SPOT,
  Array.from({ length: 16 }, (_, index) => `  market   BTC/USD as M${index}`).join("\n"),
  Array.from({ length: 16 }, (_, index) => `  protection alice M${index} window 5 fills 1`).join(
    "\n",
  ),
  `
  protection alice BTC/USD window 500 fills 1     | rejects ProtectionsFull
  protection alice M3 window 500 fills 1
  protection alice M4
  protection alice BTC/USD window 500 fills 1
  protection bob  BTC/USD window 500 fills 1
`,
);

const MANY_PROTECTED = `
  account  dave
  deposit  dave   1_000_000 USD
  protection alice BTC/USD window 500 fills 1
  protection bob  BTC/USD window 500 fills 1
  protection carol BTC/USD window 500 fills 1
  place    alice  sell  1 @ 100 gtc protected
  place    bob    sell  2 @ 100 gtc protected
  place    carol  sell  2 @ 100 gtc protected
  repeat 1024 place alice sell 1 @ 101 gtc protected
  -- A command ends 1,024 orders; that an account has none left is a step of its own.
  place    dave   buy   4 @ 100 gtc               | fills 1 @ 100 alice#1, trips alice, fills 2 @ 100 bob#1, trips bob, fills 1 @ 100 carol#1, trips carol, cancels any 1 Protection times 1_024
`;

scenario(
  "protection: what is to end after one command is bounded, and nobody trades with the others",
  SPOT,
  MANY_PROTECTED,
  `
  place    dave   buy   1 @ 100 gtc               | cancels carol#1 1 Protection, then rests 1
  counts   orders 1
`,
);

scenario(
  "protection: one that has tripped is set anew: all its orders have ended before",
  SPOT,
  MANY_PROTECTED,
  `
  protection carol BTC/USD window 500 fills 9     | cancels carol#1 1 Protection, done
  order    carol#1                                | gone
`,
);

scenario(
  "protection: a window ends with its last millisecond",
  SPOT,
  `
  protection alice BTC/USD window 500 fills 2
  place    alice  sell  9 @ 100 gtc protected
  time     1_000
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1
  time     1_500
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1      -- begins the next one
  time     1_999
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1, trips alice, cancels alice#1 6 Protection
`,
);

scenario(
  "protection: of an account that has all it may, one that is not there is taken away",
  SPOT,
  `
${Array.from({ length: 17 }, (_, index) => `  market   BTC/USD as M${index}`).join("\n")}
${Array.from({ length: 16 }, (_, index) => `  protection alice M${index} window 500 fills 1`).join("\n")}
  protection alice M16 window 500 fills 1         | rejects ProtectionsFull
  protection alice M16 window 0
  protection alice M3 window 0
  protection alice M16 window 500 fills 1
`,
);

scenario(
  "protection: trips in one market, and ends no order in another",
  SPOT,
  `
  market   BTC/USD as OTHER
  protection alice BTC/USD window 500 fills 1
  protection alice OTHER window 500 fills 1
  place    alice  sell  1 @ 100 gtc on OTHER protected
  place    alice  sell  1 @ 100 gtc protected
  place    alice  sell  1 @ 101 gtc protected
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#2, trips alice, cancels alice#3 1 Protection
  place    bob    buy   1 @ 100 gtc on OTHER      | fills 1 @ 100 alice#1, trips alice
`,
);

scenario(
  "protection: where both sides of an uncrossing trip, the buyer's does first",
  SPOT,
  `
  protection alice BTC/USD window 500 fills 1
  protection bob   BTC/USD window 500 fills 1
  state    BTC/USD auction
  place    bob    sell  1 @ 100 gtc protected
  place    alice  buy   1 @ 100 gtc protected
  place    bob    sell  2 @ 110 gtc protected
  place    alice  buy   2 @ 90 gtc protected
  state    BTC/USD trading | auctions 1 @ 100 alice#1 bob#1, trips alice, trips bob, turns trading, cancels alice#2 2 Protection, cancels bob#2 2 Protection
`,
);
