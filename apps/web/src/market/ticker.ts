/** The last 24 hours of a market. Amounts are texts as the exchange wrote them; prices are "" where there was no trade. */
export interface Ticker {
  readonly symbol: string;
  readonly last: string;
  readonly change: string;
  readonly changePercent: string;
  readonly high: string;
  readonly low: string;
  /** In the base, and in the quote. */
  readonly volume: string;
  readonly quoteVolume: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The exchange writes zero where there is no price. */
function priceOf(field: unknown): string {
  const text = String(field);
  return /[1-9]/.test(text) ? text : "";
}

/** From the answer of ticker/24hr. */
export function tickerOfReply(reply: unknown): Ticker {
  const fields = reply as Fields;
  return {
    symbol: String(fields["symbol"]),
    last: priceOf(fields["lastPrice"]),
    change: String(fields["priceChange"]),
    changePercent: String(fields["priceChangePercent"]),
    high: priceOf(fields["highPrice"]),
    low: priceOf(fields["lowPrice"]),
    volume: String(fields["volume"]),
    quoteVolume: String(fields["quoteVolume"]),
  };
}

/** From a message of the stream `@ticker`. */
export function tickerOfMessage(fields: Fields): Ticker {
  return {
    symbol: String(fields["s"]),
    last: priceOf(fields["c"]),
    change: String(fields["p"]),
    changePercent: String(fields["P"]),
    high: priceOf(fields["h"]),
    low: priceOf(fields["l"]),
    volume: String(fields["v"]),
    quoteVolume: String(fields["q"]),
  };
}
