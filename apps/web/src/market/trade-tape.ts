/** A public trade. `isBuy`: the taker, who began it, bought. */
export interface Trade {
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  readonly timeMs: number;
  readonly isBuy: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** From the answer of trades. */
export function tradeOfReply(reply: unknown): Trade {
  const fields = reply as Fields;
  return {
    id: Number(fields["id"]),
    price: String(fields["price"]),
    quantity: String(fields["qty"]),
    timeMs: Number(fields["time"]),
    isBuy: fields["isBuyerMaker"] !== true,
  };
}

/** From a message of the stream `@trade`. */
export function tradeOfMessage(fields: Fields): Trade {
  return {
    id: Number(fields["t"]),
    price: String(fields["p"]),
    quantity: String(fields["q"]),
    timeMs: Number(fields["T"]),
    isBuy: fields["m"] !== true,
  };
}

/** The last trades, newest first, each once however often it is told. */
export class TradeTape {
  readonly #tradesMax: number;
  #trades: readonly Trade[] = [];
  #isOld = false;

  constructor(tradesMax: number) {
    this.#tradesMax = tradesMax;
  }

  get trades(): readonly Trade[] {
    return this.#trades;
  }

  /** What is added from now on is told by an exchange that may have begun anew. The old trades stay to be shown until then. */
  restart(): void {
    this.#isOld = true;
  }

  add(trades: readonly Trade[]): void {
    const known = this.#isOld ? [] : this.#trades;
    this.#isOld = false;
    const byId = new Map([...trades, ...known].map((trade) => [trade.id, trade]));
    this.#trades = [...byId.values()]
      .sort((left, right) => right.id - left.id)
      .slice(0, this.#tradesMax);
  }
}
