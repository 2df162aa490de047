import { scenario } from "../testing/suite.ts";

// matching.md §2.6 and §2.7.

scenario(
  "accounts: numbered from 1, one for each number, which may be any",
  `
  limits   accounts 3
  account  alice  0
  account  bob    2^64-1
  account  twin   0                               | rejects AccountExists alice
  account  carol  2^63
  account  dan    7                               | rejects AccountsFull
  account  twin   2^63                            | rejects AccountExists carol
  counts   accounts 3
`,
);

scenario(
  "deposits and withdrawals: available and issued",
  `
  asset    USD
  account  alice
  balance  alice  USD none
  deposit  alice  100 USD ref 2^64-1
  deposit  alice  1 USD
  balance  alice  USD  available 101 reserved 0
  issued   USD    101
  withdraw alice  102 USD                         | rejects InsufficientBalance
  withdraw alice  100 USD ref 5
  withdraw alice  1 USD
  withdraw alice  1 USD                           | rejects InsufficientBalance
  balance  alice  USD  available 0 reserved 0
  issued   USD    0
`,
);

scenario(
  "deposits and withdrawals: account, asset, amount are checked in this order",
  `
  asset    USD
  account  alice
  deposit  9      0 7                             | rejects UnknownAccount
  deposit  0      0 7                             | rejects UnknownAccount
  deposit  alice  0 1                             | rejects UnknownAsset
  deposit  alice  0 2^32-1                        | rejects UnknownAsset
  deposit  alice  0 USD                           | rejects AmountOutOfRange
  deposit  alice  2^62 USD                        | rejects AmountOutOfRange
  deposit  alice  2^63 USD                        | rejects AmountOutOfRange
  deposit  alice  2^64-1 USD                      | rejects AmountOutOfRange
  withdraw 9      0 7                             | rejects UnknownAccount
  withdraw alice  0 1                             | rejects UnknownAsset
  withdraw alice  0 USD                           | rejects AmountOutOfRange
  withdraw alice  2^62 USD                        | rejects AmountOutOfRange
  withdraw alice  2^62-1 USD                      | rejects InsufficientBalance
  counts   balances 0
`,
);

scenario(
  "deposits: an asset has no more than 2^62 - 1 quanta, over all accounts",
  `
  limits   balances 1
  asset    USD
  account  alice
  account  bob
  deposit  alice  2^62-1 USD
  deposit  alice  1 USD                           | rejects BalanceOverflow
  deposit  bob    1 USD                           | rejects BalanceOverflow
  deposit  bob    2^62-1 USD                      | rejects BalanceOverflow
  withdraw alice  1 USD
  deposit  bob    1 USD                           | rejects BalancesFull
  deposit  alice  1 USD
  issued   USD    2^62-1
`,
);

scenario(
  "withdrawals: what is reserved stays",
  `
  asset    BTC
  asset    USD
  market   BTC/USD
  account  alice
  deposit  alice  100 USD
  place    alice  buy   1 @ 60 gtc
  withdraw alice  41 USD                          | rejects InsufficientBalance
  withdraw alice  40 USD
  balance  alice  USD  available 0 reserved 60
`,
);

scenario(
  "assets: numbered from 0 until they are full",
  `
  limits   assets 2
  asset    BTC
  asset    USD
  asset    ETH                                    | rejects AssetsFull
  counts   assets 2
`,
);

scenario(
  "assets: a name is one asset's, for ever",
  `
  limits   assets 4
  asset    USD
  asset    gold   named GOLD 4
  asset    again  named GOLD 4                    | rejects AssetExists 1
  asset    again  named GOLD 5                    | rejects AssetExists 1
  asset    more   named GOLDGOLDGOLDGOLDGOLD 18
  asset    again  named GOLDGOLDGOLDGOLDGOLD 0    | rejects AssetExists 2
  asset    gold   named gold 4                    | rejects Malformed
  asset    gold   named GO-LD 4                   | rejects Malformed
  asset    gold   named GOLD2 19                  | rejects Malformed
  asset    last   named GOLDGOLDGOLDGOLDGOL 0
  asset    full   named FULL 2                    | rejects AssetsFull
  asset    again  named GOLD 4                    | rejects AssetExists 1
  counts   assets 4
`,
);

scenario(
  "markets: as many as fit, counted before the terms are read",
  `
  limits   markets 2
  asset    BTC
  asset    USD
  market   BTC/USD
  market   BTC/USD as AGAIN
  market   BTC/USD as MORE                        | rejects MarketsFull
  market   BTC/BTC                                | rejects MarketsFull
  counts   markets 2
`,
);

scenario(
  "markets: one that is to have a number has that, or is not listed",
  `
  limits   markets 2
  asset    BTC
  asset    USD
  market   BTC/USD number 1                       | rejects MarketsChanged
  market   BTC/USD number 0
  market   BTC/USD number 0                       | rejects MarketsChanged
  market   BTC/BTC number 2^32-2                  | rejects MarketsChanged
  market   BTC/BTC number 1                       | rejects InvalidListing
  market   BTC/USD number 1 as AGAIN
  market   BTC/USD number 1                       | rejects MarketsChanged
  market   BTC/USD number 2                       | rejects MarketsFull
  counts   markets 2
`,
);

scenario(
  "markets: their ladders share a pool, for ever",
  `
  limits   ladder 10
  asset    BTC
  asset    USD
  -- 2 * ceil((15 + 1) / 16) = 2, 2 * ceil((16 + 1) / 16) = 4.
  market   BTC/USD ticks 1..15 reference 5 as TWO
  market   BTC/USD ticks 1..16 reference 5 as FOUR
  market   BTC/USD ticks 1..32 reference 5 as SIX | rejects MarketsFull
  market   BTC/BTC ticks 1..32 reference 5        | rejects MarketsFull
  market   BTC/USD ticks 1..2^32-1 reference 5    | rejects MarketsFull
  market   BTC/BTC ticks 1..31 reference 5        | rejects InvalidListing
  market   BTC/USD ticks 1..31 reference 5 as LAST
  market   BTC/USD ticks 1..1 reference 1         | rejects MarketsFull
`,
);

scenario(
  "listing: terms that are not valid",
  `
  limits   ladder 2^27+2
  asset    BTC
  asset    USD
  market   BTC/USD state 0                        | rejects InvalidListing
  market   BTC/USD state 9                        | rejects InvalidListing
  market   BTC/BTC                                | rejects InvalidListing
  market   BTC/2                                  | rejects InvalidListing
  market   2/USD                                  | rejects InvalidListing
  market   BTC/USD ticks 0..100 reference 5       | rejects InvalidListing
  market   BTC/USD ticks 6..100 reference 5       | rejects InvalidListing
  market   BTC/USD ticks 1..4 reference 5         | rejects InvalidListing
  market   BTC/USD ticks 1..2^30                  | rejects InvalidListing
  -- Room for the ladder is looked for before the terms are.
  market   BTC/USD ticks 1..2^32-1                | rejects MarketsFull
  market   BTC/USD lots 0..5                      | rejects InvalidListing
  market   BTC/USD lots 6..5                      | rejects InvalidListing
  market   BTC/USD lots 1..2^40                   | rejects InvalidListing
  market   BTC/USD lot 0                          | rejects InvalidListing
  market   BTC/USD tickLot 0                      | rejects InvalidListing
  market   BTC/USD lots 1..2^40-1 lot 2^22+2      | rejects InvalidListing
  market   BTC/USD lots 1..2 lot 2^61             | rejects InvalidListing
  market   BTC/USD lots 1..2 lot 2^63             | rejects InvalidListing
  market   BTC/USD lots 1..2^32 lot 2^32          | rejects InvalidListing
  market   BTC/USD ticks 1..2 reference 1 tickLot 2^61 | rejects InvalidListing
  market   BTC/USD ticks 1..2 reference 1 tickLot 2^63 | rejects InvalidListing
  market   BTC/USD ticks 1..2^20 tickLot 2^44     | rejects InvalidListing
  market   BTC/USD notional 0..5                  | rejects InvalidListing
  market   BTC/USD notional 6..5                  | rejects InvalidListing
  market   BTC/USD notional 1..2^62               | rejects InvalidListing
  market   BTC/USD notional 2^63..2^64-1          | rejects InvalidListing
  market   BTC/USD fees 100_001/0                 | rejects InvalidListing
  market   BTC/USD fees 0/100_001                 | rejects InvalidListing
  market   BTC/USD band 1_000_000_001/0           | rejects InvalidListing
  market   BTC/USD band 0/1_000_001               | rejects InvalidListing
  counts   markets 0
`,
);

scenario(
  "listing: terms that are just valid",
  `
  asset    BTC
  asset    USD
  market   BTC/USD ticks 1..1 reference 1
  market   USD/BTC ticks 5..5 reference 5
  market   BTC/USD lots 2^40-1..2^40-1 lot 2^22
  market   BTC/USD lots 1..1 lot 2^62-1
  market   BTC/USD ticks 1..1 reference 1 tickLot 2^62-1
  market   BTC/USD notional 2^62-1..2^62-1
  market   BTC/USD fees 100_000/100_000 band 1_000_000_000/1_000_000
  counts   markets 7
`,
);
