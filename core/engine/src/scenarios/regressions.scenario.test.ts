import { scenario, SPOT } from "../testing/suite.ts";

// Faults of the earlier design, each held down by a test of its name.

/** A tick is a cent and a coin is 100 lots, so one lot costs one quantum a tick: 1/10,000 dollar. */
const CENTS = `
  asset    COIN
  asset    USD
  market   COIN/USD ticks 1..10_000 reference 29 lot 1 tickLot 1
  account  alice
  account  bob
  deposit  alice  1_000_000 COIN
  deposit  bob    1_000_000_000 USD
`;

scenario(
  "0.29 priced exactly",
  CENTS,
  `
  -- 0.29 * 100 is 28.999... in binary fractions; in ticks it is 29, whatever the quantity.
  place    alice  sell  100 @ 29 gtc
  book     bids -                                 | asks 100 @ 29
  place    bob    buy   100 @ 28 ioc              | ends 100 Immediate
  place    bob    buy   100 @ 29 ioc              | fills 100 @ 29 alice#1
  balance  bob    USD  available 999_997_100 reserved 0
  balance  alice  USD  available 2_900 reserved 0
  place    bob    buy   3 @ 29 gtc
  balance  bob    USD  available 999_997_013 reserved 87
  place    bob    buy   7 @ 29 gtc
  balance  bob    USD  available 999_996_810 reserved 290
  place    alice  sell  10 @ 29 gtc               | fills 3 @ 29 bob#3, fills 7 @ 29 bob#4
  balance  alice  USD  available 3_190 reserved 0
  balance  bob    USD  available 999_996_810 reserved 0
`,
);

scenario(
  "0.29 priced exactly, one lot after the other",
  CENTS,
  `
  place    alice  sell  1_000 @ 29 gtc
  repeat 1000 place bob buy 1 @ 29 ioc            | fills 1 @ 29 alice#1
  balance  alice  USD  available 29_000 reserved 0
  balance  bob    USD  available 999_971_000 reserved 0
`,
);

scenario(
  "a filled IOC is not re-booked",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    buy   5 @ 100 ioc               | fills 5 @ 100 alice#1
  book     bids -                                 | asks -
  counts   orders 0 pages 0
  place    bob    buy   5 @ 100 ioc               | ends 5 Immediate
  book     bids -                                 | asks -
  orders   bob                                    | -
  place    alice  sell  5 @ 100 gtc               | rests 5
`,
);

scenario(
  "FOK is all or nothing",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    buy   6 @ 100 fok               | ends 6 Unfillable
  book     bids -                                 | asks 5 @ 100
  last     1000 trades 0
  balance  bob    USD  available 1_000_000_000 reserved 0
  place    bob    buy   5 @ 99 fok                | ends 5 Unfillable
  place    bob    buy   5 @ 100 fok               | fills 5 @ 100 alice#1
`,
);

scenario(
  "best price is fresh after its level empties",
  SPOT,
  `
  place    alice  sell  1 @ 100 gtc
  place    alice  sell  1 @ 105 gtc
  place    alice  sell  1 @ 400 gtc
  place    bob    buy   1 @ 100 gtc               | fills 1 @ 100 alice#1
  place    bob    buy   1 @ 104 gtc               | rests 1
  cancel   alice  alice#2                         | cancels alice#2 1
  book     bids 1 @ 104                           | asks 1 @ 400
  place    bob    buy   1 @ 399 gtc               | rests 1
  cancel   bob    bob#3                           | cancels bob#3 1
  place    alice  sell  1 @ 105 post              | rests 1
  place    carol  sell  1 @ 104 gtc               | fills 1 @ 104 bob#2
  book     bids -                                 | asks 1 @ 105, 1 @ 400
`,
);

scenario(
  "only the owner cancels",
  SPOT,
  `
  place    alice  buy   7 @ 1600 gtc client 77    | rests 7
  cancel   bob    alice#1                         | rejects NotOrderOwner
  cancel   bob    client 77                       | rejects UnknownOrder
  replace  bob    alice#1 with buy 1 @ 1 gtc      | rejects NotOrderOwner
  cancelAll bob   both                            | count 0
  order    alice#1                                | open buy 7 @ 1600
  cancel   alice  alice#1                         | cancels alice#1 7
`,
);

scenario(
  "limit orders that cross trade at once",
  SPOT,
  `
  place    alice  sell  5 @ 100 gtc
  place    bob    buy   5 @ 101 gtc               | fills 5 @ 100 alice#1
  book     bids -                                 | asks -
  place    bob    buy   5 @ 101 gtc
  place    alice  sell  8 @ 100 gtc               | fills 5 @ 101 bob#2, rests 3
  book     bids -                                 | asks 3 @ 100
`,
);
