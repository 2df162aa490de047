/** The symbol of a market as people write it: btc-usd is BTCUSD. */
export function symbolOf(text: string): string {
  return text.replace("-", "").toUpperCase();
}
