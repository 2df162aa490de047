import { scenario } from "../testing/suite.ts";

// matching.md §3, money: fees are paid out of what is received, rounded up.

const FEES = `
  asset    BTC
  asset    USD
  market   BTC/USD fees 1_000/2_500
  account  alice
  account  bob
  deposit  alice  1_000_000 BTC
  deposit  bob    1_000_000_000 USD
`;

scenario(
  "fees: the buyer pays in base, the seller in quote, the venue keeps both",
  FEES,
  `
  place    alice  sell  2_000 @ 100 gtc
  place    bob    buy   2_000 @ 100 gtc           | fills 2000 @ 100 alice#1 maker fee 200 taker fee 5
  balance  alice  USD  available 199_800 reserved 0
  balance  bob    BTC  available 1_995 reserved 0
  fees     BTC    5
  fees     USD    200
  issued   BTC    1_000_000
  issued   USD    1_000_000_000
`,
);

scenario(
  "fees: what was collected leaves the exchange by a withdrawal of nobody's, and no more than that",
  FEES,
  `
  place    alice  sell  2_000 @ 100 gtc
  place    bob    buy   2_000 @ 100 gtc           | fills 2000 @ 100 alice#1 maker fee 200 taker fee 5
  deposit  0      1 USD                           | rejects UnknownAccount
  withdraw 0      1 9                             | rejects UnknownAsset
  withdraw 0      0 USD                           | rejects AmountOutOfRange
  withdraw 0      2^62 USD                        | rejects AmountOutOfRange
  withdraw 0      201 USD                         | rejects InsufficientBalance
  withdraw 0      150 USD ref 5
  fees     USD    50
  fees     BTC    5
  issued   USD    999_999_850
  withdraw 0      50 USD
  withdraw 0      1 USD                           | rejects InsufficientBalance
  withdraw 0      5 BTC
  fees     USD    0
  fees     BTC    0
  issued   BTC    999_995
  balance  alice  USD  available 199_800 reserved 0
  balance  bob    BTC  available 1_995 reserved 0
  place    alice  sell  10 @ 100 gtc
  place    bob    buy   10 @ 100 gtc              | fills 10 @ 100 alice#2 maker fee 1 taker fee 1
  fees     USD    1
`,
);

scenario(
  "fees: of a buying maker and a selling taker",
  FEES,
  `
  place    bob    buy   2_000 @ 100 gtc
  place    alice  sell  2_000 @ 100 gtc           | fills 2000 @ 100 bob#1 maker fee 2 taker fee 500
  balance  alice  USD  available 199_500 reserved 0
  balance  bob    BTC  available 1_998 reserved 0
  balance  bob    USD  available 999_800_000 reserved 0
  fees     BTC    2
  fees     USD    500
`,
);

scenario(
  "fees: rounded up for each fill, so that no fill is free",
  FEES,
  `
  place    alice  sell  10 @ 1 gtc
  place    bob    buy   3 @ 1 gtc                 | fills 3 @ 1 alice#1 maker fee 1 taker fee 1
  place    bob    buy   1 @ 1 gtc                 | fills 1 @ 1 alice#1 maker fee 1 taker fee 1
  balance  alice  USD  available 2 reserved 0
  balance  bob    BTC  available 2 reserved 0
  place    alice  sell  1_000 @ 1_000 gtc
  place    bob    buy   400 @ 1_000 gtc           | fills 6 @ 1 alice#1 maker fee 1 taker fee 1, fills 394 @ 1000 alice#2 maker fee 394 taker fee 1
  place    bob    buy   401 @ 1_000 gtc           | fills 401 @ 1000 alice#2 maker fee 401 taker fee 2
`,
);

scenario(
  "fees: exact where they divide, one more where they do not",
  `
  asset    BTC
  asset    USD
  market   BTC/USD fees 10_000/10_000
  account  alice
  account  bob
  deposit  alice  1_000 BTC
  deposit  bob    1_000_000 USD
  place    alice  sell  500 @ 1 gtc
  place    bob    buy   100 @ 1 gtc               | fills 100 @ 1 alice#1 maker fee 1 taker fee 1
  place    bob    buy   101 @ 1 gtc               | fills 101 @ 1 alice#1 maker fee 2 taker fee 2
  place    bob    buy   200 @ 1 gtc               | fills 200 @ 1 alice#1 maker fee 2 taker fee 2
`,
);

scenario(
  "fees: none where the rate is zero, a tenth at the highest rate",
  `
  asset    BTC
  asset    USD
  market   BTC/USD fees 0/100_000
  account  alice
  account  bob
  deposit  alice  1_000 BTC
  deposit  bob    1_000_000 USD
  place    alice  sell  500 @ 1 gtc
  place    bob    buy   100 @ 1 gtc               | fills 100 @ 1 alice#1 taker fee 10
  place    bob    buy   1 @ 1 gtc                 | fills 1 @ 1 alice#1 taker fee 1
  balance  bob    BTC  available 90 reserved 0
  balance  alice  USD  available 101 reserved 0
`,
);

scenario(
  "fees: of amounts near the largest",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 1..2^20 reference 2^20 lots 1..2^40-1 tickLot 2^41 lot 2^21 fees 33_333/100_000
  account  alice
  account  bob
  deposit  alice  2^61 BTC
  deposit  bob    2^61 USD
  place    alice  sell  1 @ 2^20 gtc
  place    bob    buy   1 @ 2^20 gtc              | fills 1 @ 2^20 alice#1 maker fee 76860665026120061 taker fee 209716
  balance  bob    USD  available 0 reserved 0
  balance  alice  USD  available 2228982344187573891 reserved 0
`,
);

scenario(
  "lots and ticks: a lot's base and a tick's quote are multiplied in",
  `
  asset    BTC
  asset    USD
  market   BTC/USD lot 1_000 tickLot 25
  account  alice
  account  bob
  deposit  alice  10_000 BTC
  deposit  bob    10_000 USD
  place    alice  sell  10 @ 7 gtc
  balance  alice  BTC  available 0 reserved 10_000
  place    bob    buy   4 @ 8 gtc                 | fills 4 @ 7 alice#1
  balance  alice  USD  available 700 reserved 0
  balance  alice  BTC  available 0 reserved 6_000
  balance  bob    BTC  available 4_000 reserved 0
  place    bob    buy   5 @ 6 gtc
  balance  bob    USD  available 8_550 reserved 750
`,
);
