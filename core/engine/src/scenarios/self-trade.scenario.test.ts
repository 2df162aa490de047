import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §3: a taker that meets its own maker.

/** bob's own order stands between two of alice's. */
const OWN_ASK_IN_THE_MIDDLE = `
  place    alice  sell  2 @ 100 gtc
  place    bob    sell  3 @ 101 gtc
  place    alice  sell  4 @ 102 gtc
`;

scenario(
  "allow: an account may trade with itself, and pays both fees",
  `
  asset    BTC
  asset    USD
  market   BTC/USD fees 1_000/2_000
  account  bob
  deposit  bob    10 BTC
  deposit  bob    10_000 USD
  place    bob    sell  5 @ 1_000 gtc
  place    bob    buy   5 @ 1_000 gtc self allow  | fills 5 @ 1_000 bob#1 maker fee 5 taker fee 1
  balance  bob    BTC  available 9 reserved 0
  balance  bob    USD  available 9_995 reserved 0
  fees     BTC    1
  fees     USD    5
`,
);

scenario(
  "expire taker: what is left of the taker ends, the maker stays",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   6 @ 102 gtc self taker    | fills 2 @ 100 alice#1, ends 4 SelfTradeTaker
  book     bids -                                 | asks 3 @ 101, 4 @ 102
  place    bob    buy   6 @ 102 ioc self taker    | ends 6 SelfTradeTaker
  place    bob    buy   6 market self taker       | ends 6 SelfTradeTaker
  place    bob    buy   606 quote self taker      | ends 606 SelfTradeTaker
  place    bob    buy   1 @ 100 gtc self taker    | rests 1
  book     bids 1 @ 100                           | asks 3 @ 101, 4 @ 102
`,
);

scenario(
  "expire maker: the maker ends, the taker goes on",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   7 @ 102 gtc self maker    | fills 2 @ 100 alice#1, cancels bob#1 3 SelfTradeMaker, fills 4 @ 102 alice#2, rests 1
  book     bids 1 @ 102                           | asks -
  balance  bob    BTC  available 1_000_006 reserved 0
  balance  bob    USD  available 999_999_290 reserved 102
`,
);

scenario(
  "expire maker: immediate, market and by quote",
  SPOT,
  `
  place    bob    sell  3 @ 100 gtc
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   2 @ 100 ioc self maker    | cancels bob#1 3 SelfTradeMaker, fills 1 @ 100 alice#1, ends 1 Immediate
  place    bob    sell  3 @ 100 gtc
  place    alice  sell  1 @ 101 gtc
  place    bob    buy   2 market self maker       | cancels bob#3 3 SelfTradeMaker, fills 1 @ 101 alice#2, ends 1 NoLiquidity
  place    bob    sell  3 @ 100 gtc
  place    alice  sell  5 @ 101 gtc
  place    bob    buy   210 quote self maker      | cancels bob#5 3 SelfTradeMaker, fills 2 @ 101 alice#3
`,
);

scenario(
  "expire both: the maker ends first, then the taker",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   7 @ 102 gtc self both     | fills 2 @ 100 alice#1, cancels bob#1 3 SelfTradeBoth, ends 5 SelfTradeBoth
  book     bids -                                 | asks 4 @ 102
  place    bob    sell  3 @ 101 gtc
  place    bob    buy   7 @ 102 ioc self both     | cancels bob#3 3 SelfTradeBoth, ends 7 SelfTradeBoth
  place    bob    sell  3 @ 101 gtc
  place    bob    buy   7 market self both        | cancels bob#5 3 SelfTradeBoth, ends 7 SelfTradeBoth
  place    bob    sell  3 @ 101 gtc
  place    bob    buy   700 quote self both       | cancels bob#7 3 SelfTradeBoth, ends 700 SelfTradeBoth
  book     bids -                                 | asks 4 @ 102
`,
);

scenario(
  "decrement: both lose the smaller quantity without a trade",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   4 @ 102 gtc self decrement | fills 2 @ 100 alice#1, prevents 2 @ 101 bob#1
  order    bob#1                                  | open sell 1 @ 101
  balance  bob    BTC  available 1_000_001 reserved 1
  balance  bob    USD  available 999_999_800 reserved 0
  last     100 trades 1
  place    bob    buy   7 @ 102 gtc self decrement | prevents 1 @ 101 bob#1, fills 4 @ 102 alice#2, rests 2
  order    bob#1                                  | gone
  book     bids 2 @ 102                           | asks -
`,
);

scenario(
  "decrement: immediate, market and by quote",
  SPOT,
  `
  place    bob    sell  3 @ 100 gtc
  place    bob    buy   5 @ 100 ioc self decrement | prevents 3 @ 100 bob#1, ends 2 Immediate
  place    bob    sell  3 @ 100 gtc
  place    bob    buy   5 market self decrement   | prevents 3 @ 100 bob#3, ends 2 NoLiquidity
  place    bob    sell  3 @ 100 gtc
  place    bob    buy   250 quote self decrement  | prevents 2 @ 100 bob#5
  order    bob#5                                  | open sell 1 @ 100
  place    alice  sell  1 @ 100 gtc
  place    bob    buy   250 quote self decrement  | prevents 1 @ 100 bob#5, fills 1 @ 100 alice#1, ends 50 NoLiquidity
  place    bob    sell  3 @ 100 gtc
  place    bob    buy   99 quote self decrement   | completes
  order    bob#8                                  | open sell 3 @ 100
`,
);

scenario(
  "by quote: quanta too few for a lot leave an own maker alone in every mode",
  SPOT,
  `
  place    bob    sell  3 @ 100 gtc
  place    bob    buy   99 quote self taker       | completes
  place    bob    buy   99 quote self maker       | completes
  place    bob    buy   99 quote self both        | completes
  place    bob    buy   99 quote self decrement   | completes
  place    bob    buy   99 quote self allow       | completes
  order    bob#1                                  | open sell 3 @ 100
`,
);

scenario(
  "fill-or-kill: an own maker counts if allowed, is passed over if it will expire, else ends the count",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   3 @ 102 fok self taker    | ends 3 Unfillable
  place    bob    buy   3 @ 102 fok self both     | ends 3 Unfillable
  place    bob    buy   3 @ 102 fok self decrement | ends 3 Unfillable
  place    bob    buy   7 @ 102 fok self maker    | ends 7 Unfillable
  book     bids -                                 | asks 2 @ 100, 3 @ 101, 4 @ 102
  place    bob    buy   6 @ 102 fok self maker    | fills 2 @ 100 alice#1, cancels bob#1 3 SelfTradeMaker, fills 4 @ 102 alice#2
`,
);

scenario(
  "fill-or-kill: filled before its own maker is reached, it does not touch it",
  SPOT,
  OWN_ASK_IN_THE_MIDDLE,
  `
  place    bob    buy   1 @ 102 fok self taker    | fills 1 @ 100 alice#1
  place    bob    buy   1 @ 102 fok self both     | fills 1 @ 100 alice#1
  place    alice  sell  2 @ 100 gtc
  place    bob    buy   1 @ 102 fok self decrement | fills 1 @ 100 alice#3
  place    bob    buy   1 @ 102 fok self maker    | fills 1 @ 100 alice#3
  place    bob    buy   7 @ 102 fok self allow    | fills 3 @ 101 bob#1, fills 4 @ 102 alice#2
`,
);

scenario(
  "the taker's mode decides, not the maker's",
  SPOT,
  `
  place    bob    sell  3 @ 100 gtc self taker
  place    bob    buy   3 @ 100 gtc self allow    | fills 3 @ 100 bob#1
`,
);

scenario(
  "sells are prevented like buys",
  SPOT,
  `
  place    bob    buy   3 @ 100 gtc
  place    bob    sell  1 @ 100 gtc self decrement | prevents 1 @ 100 bob#1
  balance  bob    USD  available 999_999_800 reserved 200
  place    bob    sell  1 @ 100 gtc self taker    | ends 1 SelfTradeTaker
  place    bob    sell  1 @ 100 gtc self both     | cancels bob#1 2 SelfTradeBoth, ends 1 SelfTradeBoth
  place    bob    buy   3 @ 100 gtc
  place    bob    sell  1 @ 100 gtc self maker    | cancels bob#5 3 SelfTradeMaker, rests 1
  balance  bob    USD  available 1_000_000_000 reserved 0
  balance  bob    BTC  available 999_999 reserved 1
`,
);
