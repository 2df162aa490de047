import { NetworkError, openMarketStreams, RestClient, type StreamMessage } from "@rialto/client";
import { defineCommand, ExitCode } from "./command.ts";
import { checkUrl, PUBLIC_OPTIONS } from "./connection.ts";
import { symbolOf } from "./symbol.ts";

const TRADES_SHOWN = 12;
/** So many lines of a screen are left to trades, as far as there is room for a level of each side. */
const TRADES_SHOWN_MIN = 3;
/** Lines that are neither levels nor trades: the heads, the spread, a blank, and where the cursor stands. */
const OTHER_LINES = 4;

interface Trade {
  readonly p: string;
  readonly q: string;
  readonly T: number;
  /** The buyer was the maker: the taker has sold. */
  readonly m: boolean;
}
interface Book {
  readonly bids: readonly (readonly [price: string, quantity: string])[];
  readonly asks: readonly (readonly [price: string, quantity: string])[];
}

export const watchCommand = defineCommand({
  name: "watch",
  summary: "show a market's book and trades as they change; with --json every message as a line",
  positionals: "SYMBOL",
  options: {
    ...PUBLIC_OPTIONS,
    depth: {
      kind: "choice",
      flag: "depth",
      default: "10",
      choices: ["5", "10", "20"],
      help: "levels of each side",
    },
    count: {
      kind: "integer",
      flag: "count",
      default: 0,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      help: "end after this many messages; 0 for never",
    },
  },
  examples: ["rialto watch BTCUSD", "rialto watch ETHUSD --json --count 100 > flow.ndjson"],
  async run(context) {
    const { values, positionals, json, print, isTerminal, signal } = context;
    const symbol = symbolOf(positionals[0]!);
    // An unknown market is an error here; a stream of it would only stay silent.
    const origin = checkUrl(values.url);
    await new RestClient({ url: origin }).request("GET", "/api/v3/depth", { symbol, limit: 5 });
    const name = symbol.toLowerCase();
    const screen = new MarketScreen(symbol);
    const { promise: enough, resolve: finish } = Promise.withResolvers<void>();
    let count = 0;
    const show = (message: StreamMessage): void => {
      if (values.count > 0 && count >= values.count) return;
      count++;
      const line = screen.update(message);
      if (json) print(message, "");
      else if (isTerminal) print({}, screen.draw(context.rows));
      else if (line !== undefined) print({}, line);
      if (count === values.count) finish();
    };
    const topics = [`${name}@depth${values.depth}@100ms`, `${name}@trade`];
    const streams = await openMarketStreams(origin, topics, show);
    signal.addEventListener("abort", () => finish(), { once: true });
    await Promise.race([enough, streams.closed.then(() => finish())]);
    const isOver = signal.aborted || (values.count > 0 && count === values.count);
    streams.close();
    if (!isOver) throw new NetworkError(`${origin} has ended the stream`);
    return ExitCode.Done;
  },
});

/** What a terminal shows of a market. */
class MarketScreen {
  readonly #symbol: string;
  readonly #trades: string[] = [];
  #book: Book = { bids: [], asks: [] };

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  /** Takes in a message; a trade is returned as a line. */
  update({ stream, data }: StreamMessage): string | undefined {
    if (!stream.endsWith("@trade")) {
      this.#book = data as unknown as Book;
      return undefined;
    }
    const { p, q, T, m } = data as unknown as Trade;
    const line = `${new Date(T).toISOString().slice(11, 23)}  ${m ? "sell" : "buy "}  ${q} at ${p}`;
    this.#trades.unshift(line);
    this.#trades.length = Math.min(this.#trades.length, TRADES_SHOWN);
    return line;
  }

  /** What fits on a screen of so many lines: one that scrolls would show its end alone. */
  draw(rows: number): string {
    const room = rows - OTHER_LINES;
    const levels = Math.max(1, Math.floor((room - TRADES_SHOWN_MIN) / 2));
    const asks = this.#book.asks.slice(0, levels);
    const bids = this.#book.bids.slice(0, levels);
    const level = ([price, quantity]: readonly [string, string]): string =>
      `  ${price.padStart(18)}  ${quantity.padStart(18)}`;
    const lines = [
      `${this.#symbol}                price            quantity`,
      ...asks.toReversed().map(level),
      "  ------------------------------------",
      ...bids.map(level),
      "",
      ...this.#trades.slice(0, Math.max(0, room - asks.length - bids.length)),
    ];
    return `\u001b[H\u001b[2J${lines.join("\n")}`;
  }
}
