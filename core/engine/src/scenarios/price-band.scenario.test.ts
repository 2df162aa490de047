import { scenario } from "../testing/suite.ts";

// matching.md §5: the band for limit prices, the collar of market orders.

const BANDED = `
  asset    BTC
  asset    USD
  account  alice
  account  bob
  deposit  alice  1_000_000 BTC
  deposit  alice  1_000_000_000 USD
  deposit  bob    1_000_000 BTC
  deposit  bob    1_000_000_000 USD
`;

scenario(
  "band: rounded inwards, around the reference until there is a trade",
  BANDED,
  `
  -- 333 * 1.1 = 366.3 and 333 * 0.9 = 299.7.
  market   BTC/USD reference 333 band 100_000/100_000
  place    bob    buy   1 @ 367 gtc               | rejects PriceOutsideBand
  place    bob    buy   1 @ 299 gtc               | rejects PriceOutsideBand
  place    bob    buy   1 @ 300 gtc
  place    alice  sell  1 @ 366 gtc
  place    alice  sell  1 @ 367 ioc               | rejects PriceOutsideBand
  place    alice  sell  1 @ 367 fok               | rejects PriceOutsideBand
  place    alice  sell  1 @ 367 post              | rejects PriceOutsideBand
`,
);

scenario(
  "band: follows the last trade",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/100_000
  place    alice  sell  1 @ 1_100 gtc
  place    alice  sell  1 @ 1_101 gtc             | rejects PriceOutsideBand
  place    bob    buy   1 @ 1_100 gtc             | fills 1 @ 1100 alice#1
  place    alice  sell  1 @ 1_210 gtc
  place    alice  sell  1 @ 1_211 gtc             | rejects PriceOutsideBand
  place    bob    buy   1 @ 990 gtc
  place    bob    buy   1 @ 989 gtc               | rejects PriceOutsideBand
`,
);

scenario(
  "band: each side may be off",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/0 as UP
  place    bob    buy   1 @ 1 gtc on UP
  place    bob    buy   1 @ 1_101 gtc on UP       | rejects PriceOutsideBand
  market   BTC/USD reference 1_000 band 0/100_000 as DOWN
  place    alice  sell  1 @ 10_000 gtc on DOWN
  place    alice  sell  1 @ 899 gtc on DOWN       | rejects PriceOutsideBand
  market   BTC/USD reference 1_000 band 1_000_000_000/1_000_000 as WIDE
  place    bob    buy   1 @ 1 gtc on WIDE
  place    bob    buy   1 @ 10_000 gtc on WIDE
`,
);

scenario(
  "band: so narrow that only the last price is left",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 1/1
  place    bob    buy   1 @ 1_001 gtc             | rejects PriceOutsideBand
  place    bob    buy   1 @ 999 gtc               | rejects PriceOutsideBand
  place    bob    buy   1 @ 1_000 gtc
`,
);

scenario(
  "collar: a market order goes no further than the band, measured when it starts",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/100_000
  place    alice  sell  1 @ 1_050 gtc
  place    alice  sell  1 @ 1_100 gtc
  place    bob    buy   1 @ 1_050 gtc             | fills 1 @ 1050 alice#1
  place    alice  sell  1 @ 1_155 gtc
  -- The first fill lifts the band to 1_210, but not for this order.
  place    alice  sell  1 @ 1_150 gtc
  place    bob    sell  1 @ 950 gtc
  place    alice  buy   1 @ 950 gtc               | fills 1 @ 950 bob#2
  place    bob    buy   4 market                  | ends 4 NoLiquidity
  place    alice  sell  1 @ 1_045 gtc
  place    bob    buy   4 market                  | fills 1 @ 1045 alice#6, ends 3 NoLiquidity
  place    bob    buy   4 market                  | fills 1 @ 1100 alice#2, ends 3 NoLiquidity
  place    bob    buy   4 quote                   | completes
  place    bob    buy   1_154 quote               | fills 1 @ 1150 alice#4
  place    bob    buy   4_000 quote               | fills 1 @ 1155 alice#3, ends 2845 NoLiquidity
`,
);

scenario(
  "collar: of a market sell",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/100_000
  place    alice  buy   1 @ 900 gtc
  place    alice  buy   1 @ 950 gtc
  place    bob    sell  1 @ 950 gtc               | fills 1 @ 950 alice#2
  place    alice  buy   1 @ 855 gtc
  place    alice  buy   1 @ 1_045 gtc
  place    bob    sell  1 @ 1_045 gtc             | fills 1 @ 1045 alice#4
  place    bob    sell  1 market                  | ends 1 NoLiquidity
  place    bob    sell  855 quote                 | ends 855 NoLiquidity
  place    alice  buy   1 @ 1_000 gtc
  place    bob    sell  1 @ 1_000 gtc             | fills 1 @ 1000 alice#5
  place    bob    sell  2 market                  | fills 1 @ 900 alice#1, ends 1 NoLiquidity
  place    bob    sell  2 market                  | fills 1 @ 855 alice#3, ends 1 NoLiquidity
`,
);

scenario(
  "collar: the walk stops there, so no money is asked for what lies beyond",
  BANDED,
  `
  market   BTC/USD reference 100 band 100_000/100_000
  account  carol
  deposit  carol  1_000 BTC
  deposit  carol  105 USD
  place    alice  sell  1 @ 105 gtc
  place    alice  sell  1 @ 110 gtc
  place    bob    sell  1 @ 95 gtc
  place    alice  buy   1 @ 95 gtc                | fills 1 @ 95 bob#1
  -- The band is now 86 to 104.
  place    carol  buy   2 market                  | ends 2 NoLiquidity
  place    bob    sell  1 @ 104 gtc
  place    carol  buy   2 market                  | fills 1 @ 104 bob#2, ends 1 NoLiquidity
`,
);

scenario(
  "an order that waits for a last price is priced within the band around that",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/100_000
  place    alice  sell  1 @ 719 gtc stop 800      | rejects PriceOutsideBand
  place    alice  sell  1 @ 720 gtc stop 800
  place    alice  sell  1 @ 881 ioc stop 800      | rejects PriceOutsideBand
  place    bob    buy   1 @ 1_321 fok stop 1_200  | rejects PriceOutsideBand
  place    bob    buy   1 @ 1_320 fok stop 1_200
  place    alice  sell  1 @ 1_079 post take 1_200 | rejects PriceOutsideBand
  oto      alice  sell  1 @ 1_000 gtc and buy 1 @ 600 gtc take 700 | rejects PriceOutsideBand
  oco      alice  sell  1 @ 1_300 gtc and sell 1 @ 700 gtc stop 800 | rejects PriceOutsideBand
  -- The last price is not what these wait for, or not what it will be when they come.
  place    alice  sell  1 @ 719 gtc stop 800 by quote
  place    alice  sell  1 @ 500 gtc trail 100 from 800
  place    alice  sell  1 market stop 800
`,
);

scenario(
  "limit orders that wait outside the band still trade at their price",
  BANDED,
  `
  market   BTC/USD reference 1_000 band 100_000/100_000
  place    alice  buy   5 @ 900 gtc
  place    bob    sell  1 @ 1_100 gtc
  place    alice  buy   1 @ 1_100 gtc             | fills 1 @ 1100 bob#1
  place    bob    sell  1 @ 900 ioc               | rejects PriceOutsideBand
  place    bob    sell  1 @ 990 ioc               | ends 1 Immediate
  place    bob    sell  1 market                  | ends 1 NoLiquidity
`,
);
