import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.3 and §2.5, and client order ids (§2.1, check 9).

scenario(
  "cancel: the order leaves, its reserve becomes available",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc
  place    alice  sell  3 @ 1700 gtc
  balance  alice  USD  available 999_988_800 reserved 11_200
  balance  alice  BTC  available 999_997 reserved 3
  place    bob    sell  2 @ 1600 ioc              | fills 2 @ 1600 alice#1
  cancel   alice  alice#1                         | cancels alice#1 5
  cancel   alice  alice#2                         | cancels alice#2 3
  balance  alice  USD  available 999_996_800 reserved 0
  balance  alice  BTC  available 1_000_002 reserved 0
  book     bids -                                 | asks -
`,
);

scenario(
  "cancel: an order that is gone, was never there, or is another's",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc
  cancel   bob    alice#1                         | rejects NotOrderOwner
  cancel   alice  alice#1                         | cancels alice#1 7
  cancel   alice  alice#1                         | rejects UnknownOrder
  cancel   bob    alice#1                         | rejects UnknownOrder
  cancel   alice  1:2                             | rejects UnknownOrder
  cancel   alice  2:2                             | rejects UnknownOrder
  cancel   alice  1                               | rejects UnknownOrder
  cancel   alice  2^24                            | rejects UnknownOrder
  cancel   alice  2^53-1                          | rejects UnknownOrder
  cancel   alice  client 5                        | rejects UnknownOrder
  cancel   alice  client 2^64-1                   | rejects UnknownOrder
`,
);

scenario(
  "cancel: exactly one id, then the account, then the order",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc client 5
  cancel   alice  nothing                         | rejects Malformed
  cancel   alice  alice#1 client 5                | rejects Malformed
  cancel   99     nothing                         | rejects Malformed
  cancel   99     alice#1                         | rejects UnknownAccount
  cancel   0      alice#1                         | rejects UnknownAccount
  cancel   0      client 5                        | rejects UnknownAccount
  order    alice#1                                | open buy 7 @ 1600
`,
);

scenario(
  "cancel: an order that filled in the same breath is unknown",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc
  place    bob    sell  7 @ 1600 gtc              | fills 7 @ 1600 alice#1
  cancel   alice  alice#1                         | rejects UnknownOrder
  cancel   bob    bob#1                           | rejects UnknownOrder
`,
);

scenario(
  "client order id: names an open order of its account",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 77
  place    bob    buy   7 @ 100 gtc client 77
  client   alice 77                               | alice#1
  client   bob 77                                 | bob#1
  client   carol 77                               | -
  cancel   bob    client 77                       | cancels bob#1 7
  client   bob 77                                 | -
  client   alice 77                               | alice#1
  cancel   bob    client 77                       | rejects UnknownOrder
`,
);

scenario(
  "client order id: a duplicate is refused with the open order's id, before money is asked for",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 77
  place    alice  sell  1 @ 100 gtc client 77     | rejects DuplicateClientOrderId alice#1
  place    alice  buy   1 market client 77        | rejects DuplicateClientOrderId alice#1
  place    alice  buy   1_000_000 @ 10_000 gtc client 77 | rejects DuplicateClientOrderId alice#1
  place    alice  buy   1_000_000 @ 10_000 gtc client 78 | rejects InsufficientBalance
  place    alice  buy   0 @ 100 gtc client 77     | rejects LotsOutOfRange
`,
);

scenario(
  "client order id: unique over all markets of the account",
  SPOT,
  `
  asset    ETH
  market   ETH/USD
  place    alice  buy   7 @ 100 gtc client 77
  place    alice  buy   7 @ 100 gtc client 77 on ETH/USD | rejects DuplicateClientOrderId alice#1
`,
);

scenario(
  "client order id: free again when its order ends, however it ends",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 2^64-1
  cancel   alice  client 2^64-1                   | cancels alice#1 7
  place    alice  buy   7 @ 100 gtc client 2^64-1
  place    bob    sell  7 @ 100 gtc client 2^64-1 | fills 7 @ 100 alice#2
  place    alice  buy   7 @ 100 gtc client 2^64-1
  place    alice  sell  7 @ 100 gtc self both     | cancels alice#3 7 SelfTradeBoth, ends 7 SelfTradeBoth
  place    alice  buy   7 @ 100 gtc client 2^64-1
  place    alice  sell  7 @ 100 gtc self decrement | prevents 7 @ 100 alice#5
  place    alice  buy   7 @ 100 ioc client 2^64-1 | ends 7 Immediate
  place    alice  buy   7 @ 100 gtc client 2^64-1
  cancelAll alice both                            | cancels alice#8 7, count 1
  client   alice 2^64-1                           | -
`,
);

scenario(
  "client order id: zero names nothing and may be used again and again",
  SPOT,
  `
  place    alice  buy   7 @ 100 gtc client 0
  place    alice  buy   7 @ 100 gtc client 0
  client   alice 0                                | -
`,
);

const LADDER_OF_ALICE = `
  asset    ETH
  market   ETH/USD
  deposit  alice  100 ETH
  place    alice  buy   1 @ 100 gtc
  place    alice  sell  2 @ 200 gtc on ETH/USD
  place    alice  buy   3 @ 100 gtc on ETH/USD
  place    bob    buy   9 @ 100 gtc
  place    alice  sell  4 @ 200 gtc
`;

scenario(
  "cancel all: in the order of slots, over all markets",
  SPOT,
  LADDER_OF_ALICE,
  `
  orders   alice                                  | alice#1 alice#2 alice#3 alice#4
  cancelAll alice both                            | cancels alice#1 1, cancels alice#2 2, cancels alice#3 3, cancels alice#4 4, count 4
  orders   alice                                  | -
  orders   bob                                    | bob#1
  cancelAll alice both                            | count 0
  balance  alice  USD  available 1_000_000_000 reserved 0
`,
);

scenario(
  "cancel all: one market, one side",
  SPOT,
  LADDER_OF_ALICE,
  `
  cancelAll alice buys on ETH/USD                 | cancels alice#3 3, count 1
  cancelAll alice sells                           | cancels alice#2 2, cancels alice#4 4, count 2
  cancelAll alice both on ETH/USD                 | count 0
  cancelAll alice both on BTC/USD                 | cancels alice#1 1, count 1
`,
);

scenario(
  "cancel all: by slot, not by age, also of orders that traded in part",
  SPOT,
  `
  place    alice  buy   5 @ 100 gtc
  place    alice  buy   5 @ 101 gtc
  place    bob    sell  2 @ 101 gtc               | fills 2 @ 101 alice#2
  place    alice  buy   5 @ 99 gtc
  cancel   alice  alice#2                         | cancels alice#2 3
  place    alice  buy   5 @ 101 gtc
  orders   alice                                  | alice#1 alice#4 alice#3
  cancelAll alice buys                            | cancels alice#1 5, cancels alice#4 5, cancels alice#3 5, count 3
`,
);

scenario(
  "cancel all: sides, market, account, halt are checked in this order",
  SPOT,
  `
  market   BTC/USD state halted as SHUT
  cancelAll 99    3 on 9                          | rejects Malformed
  cancelAll 99    both on 9                       | rejects UnknownMarket
  cancelAll 99    both on SHUT                    | rejects UnknownAccount
  cancelAll 99    both                            | rejects UnknownAccount
  cancelAll alice both on SHUT                    | rejects MarketHalted
  cancelAll alice both on 2^32-2                  | rejects UnknownMarket
`,
);
