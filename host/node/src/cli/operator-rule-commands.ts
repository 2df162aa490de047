import type { SettingTable, TextSetting } from "../config/settings.ts";
import { columns } from "./columns.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { openSignedClient, OPERATOR_OPTIONS } from "./connection.ts";
import { symbolOf } from "./symbol.ts";

// The rules that an operator sets while the exchange runs: fees, the terms of markets and their guards.

interface Rates {
  readonly maker: string;
  readonly taker: string;
}
type MarketRates = Rates & { readonly symbol: string };
interface Schedule {
  readonly schedule: number;
  readonly asset: string;
  readonly tiers: readonly (Rates & { readonly volume: string })[];
}

function describeRates({ maker, taker }: Rates): string {
  return `maker ${maker}, taker ${taker}`;
}

function describeMarkets(markets: readonly MarketRates[]): string[] {
  return columns(markets.map((market) => [market.symbol, describeRates(market)]));
}

function describeSchedule({ schedule, asset, tiers }: Schedule): string[] {
  const rows = tiers.map((tier) => [`from ${tier.volume} ${asset}`, describeRates(tier)] as const);
  return [`schedule ${schedule}, in markets quoted in ${asset}:`, ...columns(rows)];
}

interface FeesAnswer {
  readonly markets: readonly MarketRates[];
  readonly schedules: readonly Schedule[];
}

interface AccountFeesAnswer {
  readonly account: string;
  readonly schedule: number | null;
  readonly asset?: string;
  readonly volume?: string;
  readonly markets: readonly MarketRates[];
}

function describeAccount({ account, schedule, asset, volume, markets }: AccountFeesAnswer): string {
  const follows =
    schedule === null
      ? "follows no fee schedule"
      : `follows schedule ${schedule}, with a volume of ${volume} ${asset} in 28 days`;
  return [`account ${account} ${follows}; it pays`, ...describeMarkets(markets)].join("\n");
}

export const operatorFeesCommand = defineCommand({
  name: "operator fees",
  summary: "what the markets ask for, and the fee schedules; or what an account pays",
  positionals: "[ACCOUNT]",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator fees --api-key ... --secret-file ops.pem",
    "rialto operator fees 1001 --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [account] = positionals;
    const client = await openSignedClient(values, environment);
    if (account !== undefined) {
      const answer = await client.signed("GET", "/operator/account-fees", { account });
      print(answer as object, describeAccount(answer as AccountFeesAnswer));
      return ExitCode.Done;
    }
    const fees = (await client.signed("GET", "/operator/fees")) as FeesAnswer;
    const schedules = fees.schedules.flatMap(describeSchedule);
    const none = schedules.length === 0 ? ["no fee schedule is set"] : schedules;
    print(fees, ["the markets:", ...describeMarkets(fees.markets), ...none].join("\n"));
    return ExitCode.Done;
  },
});

/** Reads `0:0.001:0.002,1000000:0.0008:0.0018` as the API has it. Errors: UsageError. */
function parseTiers(text: string): object[] {
  return text.split(",").map((each) => {
    const [volume, maker, taker, ...more] = each.split(":");
    if (taker === undefined || more.length > 0) {
      throw new UsageError(`a tier is VOLUME:MAKER:TAKER, not "${each}"`);
    }
    return { volume, maker, taker };
  });
}

export const operatorFeeScheduleCommand = defineCommand({
  name: "operator fee-schedule",
  summary:
    "set all tiers of a fee schedule, 0 to 15, each VOLUME:MAKER:TAKER from a volume of 28 days on; a maker's rate below 0 is paid to makers",
  positionals: "SCHEDULE ASSET TIER[,...]",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator fee-schedule 0 USD 0:0.001:0.002,1000000:-0.0001:0.0015 --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [schedule, asset, words] = positionals as readonly [string, string, string];
    const tiers = JSON.stringify(parseTiers(words));
    const client = await openSignedClient(values, environment);
    const parameters = { schedule, asset, tiers };
    const set = (await client.signed("POST", "/operator/fee-schedule", parameters)) as Schedule;
    print(set, describeSchedule(set).join("\n"));
    return ExitCode.Done;
  },
});

export const operatorAccountFeesCommand = defineCommand({
  name: "operator account-fees",
  summary:
    "have an account and its sub-accounts follow a fee schedule, or none; their volume begins with nothing",
  positionals: "ACCOUNT SCHEDULE|none",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator account-fees 1001 0 --api-key ... --secret-file ops.pem",
    "rialto operator account-fees 1001 none --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [account, schedule] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const parameters = { account, schedule: schedule.toLowerCase() };
    const answer = await client.signed("POST", "/operator/account-fees", parameters);
    print(answer as object, describeAccount(answer as AccountFeesAnswer));
    return ExitCode.Done;
  },
});

const term = (flag: string, placeholder: string, help: string) =>
  ({
    kind: "text",
    flag,
    environment: false,
    default: "",
    placeholder,
    help,
  }) satisfies TextSetting;

const TERMS = {
  maker: term("maker", "RATE", "what makers pay: 0.001 of what they receive"),
  taker: term("taker", "RATE", "what takers pay"),
  bandUp: term("band-up", "RATE", "how far above the last price orders may be; 0 for any"),
  bandDown: term("band-down", "RATE", "how far below it; 0 for any"),
  quantityMin: term("quantity-min", "QUANTITY", "of an order at least"),
  quantityMax: term("quantity-max", "QUANTITY", "of an order at most"),
  notionalMin: term("notional-min", "AMOUNT", "price times quantity at least"),
  notionalMax: term("notional-max", "AMOUNT", "price times quantity at most"),
} satisfies SettingTable;

interface TermsAnswer extends MarketRates {
  readonly bandUp: string;
  readonly bandDown: string;
  readonly quantityMin: string;
  readonly quantityMax: string;
  readonly notionalMin: string;
  readonly notionalMax: string;
}

function describeTerms(terms: TermsAnswer): string {
  return [
    `${terms.symbol}:`,
    ...columns([
      ["fees", describeRates(terms)],
      ["band", `${terms.bandUp} above the last price, ${terms.bandDown} below; 0 is any`],
      ["quantity", `${terms.quantityMin} to ${terms.quantityMax}`],
      ["price times quantity", `${terms.notionalMin} to ${terms.notionalMax}`],
    ]),
  ].join("\n");
}

export const operatorTermsCommand = defineCommand({
  name: "operator terms",
  summary:
    "the fees, the price band and the sizes of orders of a market; options change them while it trades",
  positionals: "SYMBOL",
  options: { ...OPERATOR_OPTIONS, ...TERMS },
  examples: [
    "rialto operator terms BTCUSD --api-key ... --secret-file ops.pem",
    "rialto operator terms BTCUSD --maker 0.0005 --band-up 0.1 --band-down 0.1 --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const symbol = symbolOf(positionals[0]!);
    const names = Object.keys(TERMS) as (keyof typeof TERMS)[];
    const changes = Object.fromEntries(
      names.filter((name) => values[name] !== "").map((name) => [name, values[name]]),
    );
    const method = Object.keys(changes).length === 0 ? "GET" : "POST";
    const client = await openSignedClient(values, environment);
    const answer = await client.signed(method, "/operator/market-terms", { symbol, ...changes });
    print(answer as object, describeTerms(answer as TermsAnswer));
    return ExitCode.Done;
  },
});

interface GuardAnswer {
  readonly symbol: string;
  readonly enabled: boolean;
  readonly up: string;
  readonly down: string;
  readonly windowMs: number;
  readonly auctionMs: number;
}

function describeGuard({ symbol, enabled, ...guard }: GuardAnswer): string {
  if (!enabled) return `${symbol} has no guard`;
  const { up, down, windowMs, auctionMs } = guard;
  return (
    `${symbol} pauses in an auction of ${auctionMs} ms where it would trade, within ${windowMs} ms, ` +
    `${up} above or ${down} below the price that stood; 0 is any`
  );
}

const bound = (flag: string, help: string) => term(flag, "RATE", help);
const lengthMs = (flag: string, help: string) =>
  ({
    kind: "integer",
    flag,
    environment: false,
    default: 0,
    min: 0,
    max: 2 ** 32 - 1,
    help,
  }) as const;

const GUARD = {
  up: bound("up", "how far above the price that stood trades may be; any without it"),
  down: bound("down", "how far below it; any without it"),
  windowMs: lengthMs("window-ms", "how long that price stands before the last one takes its place"),
  auctionMs: lengthMs("auction-ms", "how long the market pauses"),
  off: {
    kind: "switch",
    flag: "off",
    environment: false,
    default: false,
    help: "the market has no guard any more",
  },
} as const satisfies SettingTable;

export const operatorGuardCommand = defineCommand({
  name: "operator guard",
  summary:
    "how far trades may move a market's price before it pauses in an auction; options set it",
  positionals: "SYMBOL",
  options: { ...OPERATOR_OPTIONS, ...GUARD },
  examples: [
    "rialto operator guard BTCUSD --api-key ... --secret-file ops.pem",
    "rialto operator guard BTCUSD --up 0.1 --down 0.1 --window-ms 300000 --auction-ms 120000 --api-key ... --secret-file ops.pem",
    "rialto operator guard BTCUSD --off --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const symbol = symbolOf(positionals[0]!);
    const { up, down, windowMs, auctionMs, off } = values;
    const isSet = up !== "" || down !== "" || windowMs > 0 || auctionMs > 0;
    if (isSet && off) throw new UsageError("--off stands alone");
    if (isSet && (windowMs === 0 || auctionMs === 0)) {
      throw new UsageError("a guard needs --window-ms and --auction-ms");
    }
    const client = await openSignedClient(values, environment);
    const terms = {
      up: up === "" ? undefined : up,
      down: down === "" ? undefined : down,
      windowMs,
      auctionMs,
    };
    const method = isSet ? "POST" : off ? "DELETE" : "GET";
    const parameters = isSet ? { symbol, ...terms } : { symbol };
    const answer = await client.signed(method, "/operator/guard", parameters);
    print(answer as object, describeGuard(answer as GuardAnswer));
    return ExitCode.Done;
  },
});

const FIRST_STATES = ["HALT", "CLOSED", "PRE_OPEN", "AUCTION", "TRADING"] as const;

const LISTING = {
  tickSize: term("tick-size", "PRICE", "the smallest step of a price; needed"),
  lotSize: term("lot-size", "QUANTITY", "the smallest step of a quantity; needed"),
  priceMin: term("price-min", "PRICE", "the lowest price; needed"),
  priceMax: term("price-max", "PRICE", "the highest price; needed"),
  referencePrice: term("reference-price", "PRICE", "stands for the last price at first; needed"),
  quantityMin: term("quantity-min", "QUANTITY", "of an order at least; needed"),
  quantityMax: term("quantity-max", "QUANTITY", "of an order at most; needed"),
  notionalMin: term("notional-min", "AMOUNT", "price times quantity at least; needed"),
  notionalMax: term("notional-max", "AMOUNT", "price times quantity at most; needed"),
} satisfies SettingTable;

const LISTING_STATE = {
  kind: "choice",
  flag: "state",
  environment: false,
  default: "HALT",
  choices: FIRST_STATES,
  help: "in which it begins",
} as const;

export const operatorAddAssetCommand = defineCommand({
  name: "operator add-asset",
  summary:
    "add an asset, for ever; amounts of it have so many decimals, 0 to 18, and markets of it can be listed",
  positionals: "SYMBOL DECIMALS",
  options: OPERATOR_OPTIONS,
  examples: ["rialto operator add-asset GOLD 4 --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const [symbol, decimals] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const parameters = { symbol: symbol.toUpperCase(), decimals };
    const answer = await client.signed("POST", "/operator/add-asset", parameters);
    const added = answer as { readonly asset: string; readonly decimals: number };
    print(added, `${added.asset} is added, with ${added.decimals} decimals`);
    return ExitCode.Done;
  },
});

export const operatorListCommand = defineCommand({
  name: "operator list",
  summary: "list a market between two assets; its name is theirs, and a second time it is refused",
  positionals: "BASE QUOTE",
  options: {
    ...OPERATOR_OPTIONS,
    ...LISTING,
    symbol: term("symbol", "SYMBOL", "its name, if there was one of its assets: theirs, and 2"),
    maker: TERMS.maker,
    taker: TERMS.taker,
    bandUp: TERMS.bandUp,
    bandDown: TERMS.bandDown,
    state: LISTING_STATE,
  },
  examples: [
    "rialto operator list SOL BTC --tick-size 0.000001 --lot-size 0.01 --price-min 0.000001 --price-max 1 --reference-price 0.002 --quantity-min 0.01 --quantity-max 100000 --notional-min 0.0001 --notional-max 100 --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [base, quote] = positionals.map((asset) => asset.toUpperCase());
    const missing = Object.entries(LISTING).find(([name]) => values[name as "tickSize"] === "");
    if (missing !== undefined) throw new UsageError(`--${missing[1].flag} is needed`);
    const names = [...Object.keys(LISTING), "maker", "taker", "bandUp", "bandDown"];
    const sent = names.map((name) => [name, values[name as "tickSize"]] as const);
    const terms = Object.fromEntries(sent.filter(([, value]) => value !== ""));
    const client = await openSignedClient(values, environment);
    const symbol = values.symbol === "" ? undefined : symbolOf(values.symbol);
    const parameters = { base, quote, symbol, ...terms, state: values.state };
    const answer = await client.signed("POST", "/operator/list", parameters);
    const listed = answer as TermsAnswer & { readonly state: string };
    print(listed, `${listed.symbol} is listed, and ${listed.state}\n${describeTerms(listed)}`);
    return ExitCode.Done;
  },
});

export const operatorDelistCommand = defineCommand({
  name: "operator delist",
  summary: "end a market for ever: it is CLOSED, and has no open order",
  positionals: "SYMBOL",
  options: OPERATOR_OPTIONS,
  examples: ["rialto operator delist BTCUSD --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const symbol = symbolOf(positionals[0]!);
    const client = await openSignedClient(values, environment);
    const answer = await client.signed("POST", "/operator/delist", { symbol });
    const ended = answer as { readonly symbol: string; readonly state: string };
    print(ended, `${ended.symbol} is ${ended.state}`);
    return ExitCode.Done;
  },
});
