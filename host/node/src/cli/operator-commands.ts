import { columns } from "./columns.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { openSignedClient, OPERATOR_OPTIONS } from "./connection.ts";
import { symbolOf } from "./symbol.ts";

// What the operator does to a running exchange, with a key that has the permission "operator".

const reference = {
  kind: "integer",
  flag: "reference",
  environment: false,
  default: 0,
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  help: "the transfer's number in your own books",
} as const;

interface Moved {
  readonly asset: string;
  readonly amount: string;
}
interface MovedBalance extends Moved {
  readonly account: string;
}

function moveCommand(word: "deposit" | "withdraw", summary: string, preposition: "to" | "from") {
  return defineCommand({
    name: `operator ${word}`,
    summary,
    positionals: "ACCOUNT AMOUNT ASSET",
    options: { ...OPERATOR_OPTIONS, reference },
    examples: [`rialto operator ${word} 1001 2500.50 USD --api-key ... --secret-file ops.pem`],
    async run({ values, positionals, environment, print }) {
      const [account, amount, asset] = positionals as readonly [string, string, string];
      const client = await openSignedClient(values, environment);
      const parameters = { account, asset, amount, reference: values.reference };
      const moved = (await client.signed("POST", `/operator/${word}`, parameters)) as MovedBalance;
      print(moved, `${word} of ${moved.amount} ${moved.asset} ${preposition} ${moved.account}`);
      return ExitCode.Done;
    },
  });
}

export const operatorDepositCommand = moveCommand(
  "deposit",
  "credit an account, which is opened if need be",
  "to",
);
export const operatorWithdrawCommand = moveCommand("withdraw", "debit an account", "from");

export const operatorWithdrawFeesCommand = defineCommand({
  name: "operator withdraw-fees",
  summary:
    "take fees that were collected out of the exchange; operator status tells how much there is",
  positionals: "AMOUNT ASSET",
  options: { ...OPERATOR_OPTIONS, reference },
  examples: ["rialto operator withdraw-fees 310.25 USD --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const [amount, asset] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const parameters = { asset, amount, reference: values.reference };
    const moved = (await client.signed("POST", "/operator/withdraw-fees", parameters)) as Moved;
    print(moved, `withdraw of ${moved.amount} ${moved.asset} from the fees`);
    return ExitCode.Done;
  },
});

export const operatorSubAccountCommand = defineCommand({
  name: "operator sub-account",
  summary: "open an account as a part of another, whose fees it has",
  positionals: "ACCOUNT MASTER",
  options: OPERATOR_OPTIONS,
  examples: ["rialto operator sub-account 1002 1001 --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const [account, master] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const answer = await client.signed("POST", "/operator/sub-account", { account, master });
    const opened = answer as { readonly account: string; readonly master: string };
    print(opened, `account ${opened.account} is a part of ${opened.master}`);
    return ExitCode.Done;
  },
});

export const operatorTransferCommand = defineCommand({
  name: "operator transfer",
  summary: "move an amount between a master and its sub-accounts",
  positionals: "SOURCE TARGET AMOUNT ASSET",
  options: { ...OPERATOR_OPTIONS, reference },
  examples: ["rialto operator transfer 1001 1002 250 USD --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const [source, target, amount, asset] = positionals as readonly [string, ...string[]];
    const client = await openSignedClient(values, environment);
    const parameters = { source, target, asset, amount, reference: values.reference };
    const answer = await client.signed("POST", "/operator/transfer", parameters);
    const moved = answer as Moved & { readonly source: string; readonly target: string };
    print(moved, `${moved.amount} ${moved.asset} from ${moved.source} to ${moved.target}`);
    return ExitCode.Done;
  },
});

interface MarketAnswer {
  readonly symbol: string;
  readonly state: string;
  readonly uncrossesTo?: string;
}

export const operatorMarketCommand = defineCommand({
  name: "operator market",
  summary:
    "set the state of a market: TRADING, POST_ONLY, PRE_OPEN, AUCTION, CANCEL_ONLY, HALT or CLOSED",
  positionals: "SYMBOL STATE",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator market BTCUSD CANCEL_ONLY --api-key ... --secret-file ops.pem",
    "rialto operator market BTCUSD TRADING --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [symbol, state] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const parameters = { symbol: symbolOf(symbol), state: state.toUpperCase() };
    const answer = await client.signed("POST", "/operator/market-state", parameters);
    const set = answer as MarketAnswer;
    const next = set.uncrossesTo === undefined ? "" : `, and ${set.uncrossesTo} when it has traded`;
    print(set, `${set.symbol} is ${set.state}${next}`);
    return ExitCode.Done;
  },
});

/** What `on` and `off` mean. Errors: UsageError. */
function parseSwitch(word: string): boolean {
  if (/^(on|off)$/i.test(word)) return word.toLowerCase() === "on";
  throw new UsageError(`it is on or off, not "${word}"`);
}

export const operatorTradingCommand = defineCommand({
  name: "operator trading",
  summary:
    "the kill switch: off stops all trading, on lets it go on; cancels are taken all the time",
  positionals: "on|off",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator trading off --api-key ... --secret-file ops.pem",
    "rialto operator trading on --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const enabled = parseSwitch(positionals[0]!);
    const client = await openSignedClient(values, environment);
    const answer = await client.signed("POST", "/operator/trading", { enabled });
    const set = answer as { readonly enabled: boolean };
    print(set, set.enabled ? "trading goes on" : "all trading is stopped");
    return ExitCode.Done;
  },
});

export const operatorAccountCommand = defineCommand({
  name: "operator account",
  summary: "whether an account may place orders; off keeps it from that, on lets it again",
  positionals: "ACCOUNT [on|off]",
  options: OPERATOR_OPTIONS,
  examples: [
    "rialto operator account 1001 off --api-key ... --secret-file ops.pem",
    "rialto operator account 1001 --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print }) {
    const [account, word] = positionals as readonly [string, string?];
    const enabled = word === undefined ? undefined : parseSwitch(word);
    const client = await openSignedClient(values, environment);
    const method = enabled === undefined ? "GET" : "POST";
    const answer = await client.signed(method, "/operator/account-state", { account, enabled });
    const shown = answer as { readonly account: string; readonly enabled: boolean };
    print(shown, `account ${shown.account} may ${shown.enabled ? "" : "not "}place orders`);
    return ExitCode.Done;
  },
});

interface CancelAnswer {
  readonly canceled: number;
  readonly more: boolean;
}

export const operatorCancelCommand = defineCommand({
  name: "operator cancel",
  summary:
    "cancel open orders, of one account or of everybody, whatever the state of their markets",
  positionals: "ACCOUNT|everybody",
  options: {
    ...OPERATOR_OPTIONS,
    symbol: {
      kind: "text",
      flag: "symbol",
      environment: false,
      default: "",
      placeholder: "SYMBOL",
      help: "only those of a market",
    },
    side: {
      kind: "choice",
      flag: "side",
      environment: false,
      default: "both",
      choices: ["both", "buy", "sell"],
      help: "only those of a side",
    },
    family: {
      kind: "switch",
      flag: "family",
      environment: false,
      default: false,
      help: "those of the account's sub-accounts too",
    },
  },
  examples: [
    "rialto operator cancel 1001 --api-key ... --secret-file ops.pem",
    "rialto operator cancel everybody --symbol BTCUSD --side sell --api-key ... --secret-file ops.pem",
  ],
  async run({ values, positionals, environment, print, progress }) {
    const [account] = positionals as readonly [string];
    const { symbol, side, family } = values;
    const client = await openSignedClient(values, environment);
    const parameters = {
      account,
      symbol: symbol === "" ? undefined : symbolOf(symbol),
      side: side === "both" ? undefined : side.toUpperCase(),
      withFamily: family ? true : undefined,
    };
    let canceled = 0;
    // One request does a bounded part.
    for (let more = true; more;) {
      const answer = await client.signed("DELETE", "/operator/open-orders", parameters);
      const part = answer as CancelAnswer;
      canceled += part.canceled;
      more = part.more;
      if (more) progress(`${canceled} orders cancelled`);
    }
    const scope = { account, symbol: parameters.symbol, side, family };
    const orders = canceled === 1 ? "order" : "orders";
    print({ ...scope, canceled }, `${canceled} ${orders} cancelled: ${describeScope(scope)}`);
    return ExitCode.Done;
  },
});

interface CancelScope {
  readonly account: string;
  readonly symbol: string | undefined;
  readonly side: string;
  readonly family: boolean;
}

function describeScope({ account, symbol, side, family }: CancelScope): string {
  const whose = account === "everybody" ? "everybody's" : `account ${account}'s`;
  const sides = side === "both" ? "on both sides" : `to ${side}`;
  const markets = symbol === undefined ? "in all markets" : `in ${symbol}`;
  return `${whose}${family ? " and its sub-accounts'" : ""}, ${sides}, ${markets}`;
}

interface StatusAnswer {
  readonly ready: boolean;
  readonly reason: string;
  readonly trading: boolean;
  readonly counts: { readonly accounts: number; readonly openOrders: number };
  readonly markets: readonly { readonly symbol: string; readonly state: string }[];
  readonly assets: readonly {
    readonly asset: string;
    readonly issued: string;
    readonly fees: string;
  }[];
}

export const operatorStatusCommand = defineCommand({
  name: "operator status",
  summary:
    "how the exchange stands: trading, the states of its markets, what was issued and earned",
  positionals: "",
  options: OPERATOR_OPTIONS,
  examples: ["rialto operator status --api-key ... --secret-file ops.pem"],
  async run({ values, environment, print }) {
    const client = await openSignedClient(values, environment);
    const status = (await client.signed("GET", "/operator/status")) as StatusAnswer;
    print(status, describeStatus(status));
    return ExitCode.Done;
  },
});

function describeStatus(status: StatusAnswer): string {
  const { ready, reason, trading, counts, markets, assets } = status;
  return [
    ready ? "orders are taken" : `no orders are taken: ${reason}`,
    trading ? "trading is on" : "all trading is stopped by the operator",
    `${counts.accounts} accounts, ${counts.openOrders} open orders`,
    ...columns(markets.map(({ symbol, state }) => [symbol, state])),
    ...columns(assets.map(({ asset, issued, fees }) => [asset, `${issued}, of it fees ${fees}`])),
  ].join("\n");
}
