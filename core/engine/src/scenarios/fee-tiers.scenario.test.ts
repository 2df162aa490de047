import { scenario, SPOT } from "../testing/suite.ts";

// matching.md §2.13: fee schedules, and sub-accounts.

const DEALT = `
  asset    BTC
  asset    USD
  market   BTC/USD fees 1_000/2_000
  account  alice
  account  bob
  deposit  alice  1_000_000 BTC
  deposit  alice  1_000_000_000 USD
  deposit  bob    1_000_000 BTC
  deposit  bob    1_000_000_000 USD
`;

scenario(
  "tiers: the more was traded before, the less is paid; others pay as listed",
  DEALT,
  `
  tier     0 0 USD maker 500 taker 1_500
  tier     0 1 USD maker 0 taker 1_000 from 1_000_000
  schedule alice  0
  place    bob    sell  2_000 @ 1_000 gtc
  place    alice  buy   999 @ 1_000 gtc           | fills 999 @ 1_000 bob#1 maker fee 999 taker fee 2
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
  place    alice  buy   1_000 @ 1_000 gtc         | fills 1_000 @ 1_000 bob#1 maker fee 1_000 taker fee 1
  place    alice  buy   1_000 @ 1_000 gtc
  place    bob    sell  1_000 @ 1_000 gtc         | fills 1_000 @ 1_000 alice#4 taker fee 2_000
  schedule alice  none
  place    alice  buy   1_000 @ 1_000 gtc
  place    bob    sell  1_000 @ 1_000 gtc         | fills 1_000 @ 1_000 alice#5 maker fee 1 taker fee 2_000
`,
);

scenario(
  "tiers: 28 days count, today included",
  DEALT,
  `
  tiers    0 none
  volume   alice  none
  tier     0 0 USD maker 1_000 taker 1_000
  tier     0 1 USD maker 0 taker 0 from 1_000
  tier     15 0 BTC rebate 100 taker 200
  tiers    0 USD 0:1_000/1_000 1_000:0/0
  tiers    15 BTC 0:-100/200
  tiers    16 none
  schedule alice  0
  volume   alice  0 0
  volume   bob    none
  volume   9      none
  time     86_400_000
  place    bob    sell  10 @ 1_000 gtc
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
  volume   alice  0 1_000
  time     2_419_200_000
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  time     2_505_599_999
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  volume   alice  0 3_000
  time     4_752_000_000
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  time     9_838_400_000
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
`,
);

scenario(
  "tiers: what a family trades with itself does not count, in auctions neither",
  DEALT,
  `
  subaccount desk of alice
  transfer alice desk 1_000 BTC
  tier     0 0 USD maker 0 taker 0
  tier     0 1 USD maker 1_000 taker 1_000 from 1_000
  schedule alice  0
  place    alice  sell  10 @ 1_000 gtc
  place    alice  buy   5 @ 1_000 ioc             | fills 5 @ 1_000 alice#1
  place    alice  sell  5 @ 1_000 gtc hidden      | rests 5, shows 0
  place    desk   sell  5 @ 1_000 gtc
  place    alice  buy   12 @ 1_000 ioc            | fills 5 @ 1_000 alice#1, fills 5 @ 1_000 desk#1, fills 2 @ 1_000 alice#3
  cancelAll alice both                            | cancels alice#3 3, count 1
  state    BTC/USD auction
  place    alice  buy   10 @ 1_000 gtc
  place    desk   sell  10 @ 1_000 gtc
  state    BTC/USD trading                        | auctions 10 @ 1_000 alice#5 desk#2, done
  place    bob    sell  2 @ 1_000 gtc
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
`,
);

scenario(
  "rates: what an account pays is told by its own tier, also when days have passed without a trade",
  DEALT,
  `
  subaccount desk of alice
  rates    alice  BTC/USD maker 1_000 taker 2_000
  tier     0 0 USD maker 500 taker 1_500
  tier     0 1 USD rebate 100 taker 0 from 1_000
  schedule alice  0
  rates    alice  BTC/USD maker 500 taker 1_500
  rates    desk   BTC/USD maker 500 taker 1_500
  rates    bob    BTC/USD maker 1_000 taker 2_000
  place    bob    sell  1 @ 1_000 gtc
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
  rates    alice  BTC/USD rebate 100 taker 0
  rates    desk   BTC/USD rebate 100 taker 0
  rates    bob    BTC/USD maker 1_000 taker 2_000
  time     2_419_199_999
  place    bob    buy   1 @ 900 gtc
  rates    alice  BTC/USD rebate 100 taker 0
  time     2_419_200_000
  place    bob    buy   1 @ 900 gtc
  rates    alice  BTC/USD maker 500 taker 1_500
  tier     0 0 BTC maker 0 taker 0
  rates    alice  BTC/USD maker 1_000 taker 2_000
  schedule alice  none
  rates    desk   BTC/USD maker 1_000 taker 2_000
`,
);

scenario(
  "rebate: the maker is paid out of the taker's fee, never more than that",
  DEALT,
  `
  tier     0 0 USD rebate 1_000 taker 0
  schedule alice  0
  place    alice  sell  10_000 @ 100 gtc
  place    bob    buy   10_000 @ 100 gtc          | fills 10_000 @ 100 alice#1 rebate 10 taker fee 20
  balance  alice  BTC  available 990_010 reserved 0
  balance  alice  USD  available 1_001_000_000 reserved 0
  fees     BTC 10
  tier     0 0 USD rebate 5_000 taker 0
  place    alice  buy   10_000 @ 100 gtc
  place    bob    sell  10_000 @ 100 gtc          | fills 10_000 @ 100 alice#2 rebate 2_000 taker fee 2_000
  fees     USD 0
  schedule bob    0
  place    alice  buy   100 @ 100 gtc
  place    bob    sell  100 @ 100 gtc             | fills 100 @ 100 alice#3 rebate 0
`,
);

scenario(
  "rebate: none in an auction; the volume counts there too",
  DEALT,
  `
  tier     0 0 USD rebate 1_000 taker 0
  tier     0 1 USD maker 1_000 taker 0 from 1_000
  schedule alice  0
  state    BTC/USD auction
  place    alice  buy   10 @ 100 gtc
  place    bob    sell  10 @ 100 gtc
  state    BTC/USD trading                        | auctions 10 @ 100 alice#1 bob#1 fees 0 1, done
  place    alice  buy   10 @ 100 gtc
  place    bob    sell  10 @ 100 gtc              | fills 10 @ 100 alice#2 maker fee 1 taker fee 2
`,
);

scenario(
  "tiers: a schedule holds where its asset is the quote; setting its first tier begins it anew",
  DEALT,
  `
  asset    EUR
  tier     0 0 EUR maker 9 taker 9
  schedule alice  0
  place    bob    sell  1_000 @ 1_000 gtc
  place    alice  buy   1_000 @ 1_000 gtc         | fills 1_000 @ 1_000 bob#1 maker fee 1_000 taker fee 2
  tier     0 0 USD maker 0 taker 0
  place    bob    sell  1_000 @ 1_000 gtc
  place    alice  buy   1_000 @ 1_000 gtc         | fills 1_000 @ 1_000 bob#2 maker fee 1_000
`,
);

scenario(
  "tiers: what is refused",
  `
  limits   volumes 1
`,
  DEALT,
  `
  tier     16 0 9 maker 0 taker 0                 | rejects Malformed
  tier     0 8 9 maker 0 taker 0                  | rejects Malformed
  tier     0 0 9 maker 100_001 taker 0            | rejects UnknownAsset
  tier     0 0 USD maker 100_001 taker 0          | rejects InvalidFeeTier
  tier     0 0 USD rebate 100_001 taker 0         | rejects InvalidFeeTier
  tier     0 0 USD maker 0 taker 100_001          | rejects InvalidFeeTier
  tier     0 0 USD maker 0 taker 0 from 1         | rejects InvalidFeeTier
  tier     0 1 USD maker 0 taker 0 from 1         | rejects InvalidFeeTier
  schedule alice  16                              | rejects Malformed
  schedule 99     0                               | rejects UnknownAccount
  schedule alice  0                               | rejects UnknownFeeSchedule
  tier     0 0 USD maker 0 taker 0
  tier     0 2 USD maker 0 taker 0 from 1         | rejects InvalidFeeTier
  tier     0 1 BTC maker 0 taker 0 from 1         | rejects InvalidFeeTier
  tier     0 1 USD maker 0 taker 0 from 0         | rejects InvalidFeeTier
  tier     0 1 USD maker 0 taker 0 from 5
  tier     0 2 USD maker 0 taker 0 from 5         | rejects InvalidFeeTier
  schedule alice  0
  schedule bob    0                               | rejects VolumesFull
  schedule alice  0
  schedule alice  none
  schedule bob    0
  subaccount desk of bob
  schedule desk   0                               | rejects NotMasterAccount
`,
);

scenario(
  "sub-accounts: money moves within the family, and its volume counts for all",
  DEALT,
  `
  subaccount desk of alice
  subaccount till of alice
  subaccount deep of desk                         | rejects NotMasterAccount
  subaccount lone of 99                           | rejects UnknownAccount
  transfer alice  desk   600 USD
  transfer desk   till   500 USD
  balance  desk   USD  available 100 reserved 0
  balance  till   USD  available 500 reserved 0
  transfer till   alice  501 USD                  | rejects InsufficientBalance
  transfer till   bob    1 USD                    | rejects NotSameMaster
  transfer bob    alice  1 USD                    | rejects NotSameMaster
  transfer till   till   1 USD                    | rejects Malformed
  transfer till   99     1 USD                    | rejects UnknownAccount
  transfer 99     till   1 USD                    | rejects UnknownAccount
  transfer till   alice  1 9                      | rejects UnknownAsset
  transfer till   alice  0 USD                    | rejects AmountOutOfRange
  transfer till   alice  2^62 USD                 | rejects AmountOutOfRange
  issued   USD 2_000_000_000
  tier     0 0 USD maker 0 taker 100_000
  tier     0 1 USD maker 0 taker 0 from 100
  schedule alice  0
  place    bob    sell  9 @ 100 gtc
  place    desk   buy   1 @ 100 gtc               | fills 1 @ 100 bob#1 maker fee 1 taker fee 1
  place    till   buy   1 @ 100 gtc               | fills 1 @ 100 bob#1 maker fee 1
`,
);

scenario(
  "sub-accounts: no row is left for what is moved",
  `
  limits   balances 4
`,
  DEALT,
  `
  subaccount desk of alice
  transfer alice  desk   600 USD                  | rejects BalancesFull
`,
);

scenario(
  "tiers: what was traded 28 days before today counts no more",
  DEALT,
  `
  tier     0 0 USD maker 1_000 taker 1_000
  tier     0 1 USD maker 0 taker 0 from 1_000
  schedule alice  0
  time     86_400_000
  place    bob    sell  10 @ 1_000 gtc
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
  time     2_505_599_999
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  volume   alice  0 2_000
  time     2_505_600_000
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1
  time     4_924_800_000
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#1 maker fee 1 taker fee 1
`,
);

scenario(
  "tiers: what is traded in markets of other quotes counts nothing",
  DEALT,
  `
  asset    EUR
  deposit  alice  1_000_000 EUR
  market   BTC/EUR
  tier     0 0 USD maker 1_000 taker 1_000
  tier     0 1 USD maker 0 taker 0 from 1_000
  schedule alice  0
  place    bob    sell  9 @ 10_000 gtc on BTC/EUR
  place    alice  buy   9 @ 10_000 gtc on BTC/EUR | fills 9 @ 10_000 bob#1
  place    bob    sell  9 @ 1_000 gtc
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#2 maker fee 1 taker fee 1
  place    alice  buy   1 @ 1_000 gtc             | fills 1 @ 1_000 bob#2 maker fee 1
`,
);

scenario(
  "tiers: one day counts so much and no more, however much is traded",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 1..2^20 reference 2^19 lots 1..2^40-1 tickLot 2^41 lot 2^21
  account  alice
  account  bob
  deposit  alice  2^61 BTC
  deposit  bob    2^61 USD
  tier     0 0 USD maker 0 taker 10
  tier     0 1 USD maker 0 taker 5 from 2^58-1
  tier     0 2 USD maker 0 taker 0 from 2^58
  schedule bob    0
  place    alice  sell  2 @ 2^19 gtc
  place    bob    buy   1 @ 2^19 gtc              | fills 1 @ 2^19 alice#1 taker fee 21
  place    bob    buy   1 @ 2^19 gtc              | fills 1 @ 2^19 alice#1 taker fee 11
`,
);

scenario(
  "tiers: what is traded as a maker counts, and what is sold in an auction",
  DEALT,
  `
  tier     0 0 USD maker 1_000 taker 1_000
  tier     0 1 USD maker 0 taker 0 from 1_000
  schedule alice  0
  place    alice  sell  1 @ 1_000 gtc
  place    bob    buy   1 @ 1_000 gtc             | fills 1 @ 1_000 alice#1 maker fee 1 taker fee 1
  place    alice  sell  1 @ 1_000 gtc
  place    bob    buy   1 @ 1_000 gtc             | fills 1 @ 1_000 alice#2 taker fee 1
  schedule alice  0
  state    BTC/USD auction
  place    alice  sell  1 @ 1_000 gtc
  place    bob    buy   1 @ 1_000 gtc
  state    BTC/USD trading                        | auctions 1 @ 1_000 bob#3 alice#3 fees 1 1, done
  place    alice  sell  1 @ 1_000 gtc
  place    bob    buy   1 @ 1_000 gtc             | fills 1 @ 1_000 alice#4 taker fee 1
`,
);

scenario(
  "tiers: what was traded in one asset says nothing of a schedule that is in another since",
  SPOT,
  `
  market   USD/BTC as TURNED
  tier     0 0 USD maker 0 taker 10_000 from 0
  tier     0 1 USD maker 0 taker 0 from 1_000
  schedule alice 0
  schedule carol 0
  schedule alice none
  place    bob    sell  20 @ 100 gtc
  place    carol  buy   10 @ 100 gtc              | fills 10 @ 100 bob#1 taker fee 1
  place    carol  buy   10 @ 100 gtc              | fills 10 @ 100 bob#1
  tier     0 0 BTC maker 0 taker 10_000 from 0
  tier     0 1 BTC maker 0 taker 0 from 1_000
  place    bob    sell  10 @ 10 gtc on TURNED
  place    carol  buy   10 @ 10 gtc on TURNED     | fills 10 @ 10 bob#2 taker fee 1
  tier     0 0 BTC maker 0 taker 10_000 from 0
  tier     0 1 BTC maker 0 taker 0 from 100
  place    bob    sell  10 @ 10 gtc on TURNED
  place    carol  buy   10 @ 10 gtc on TURNED     | fills 10 @ 10 bob#3
`,
);
