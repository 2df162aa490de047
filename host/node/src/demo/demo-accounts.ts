/** Account numbers of the demo, far from those that operators begin with. */
export const DEMO_TRADER_NUMBER = 9_000_000n;
export const DEMO_MAKER_NUMBER = 9_000_001n;
export const DEMO_TAKER_NUMBER = 9_000_002n;

/** What the demo trader begins with, by asset, in whole units. */
export const DEMO_TRADER_FUNDS: Readonly<Record<string, bigint>> = {
  USD: 100_000n,
  USDT: 100_000n,
  BTC: 5n,
  ETH: 50n,
  SOL: 500n,
};

/**
 * What each demo robot begins with, in whole units of every asset. Fees take about 12 dollars a second from them (two
 * trades a second of about 4,000 dollars in three dollar markets, at 0.1 %, for one of the two): enough for years.
 */
export const DEMO_ROBOT_FUNDS = 2_000_000_000n;
