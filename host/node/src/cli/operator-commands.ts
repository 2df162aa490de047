import { defineCommand, ExitCode } from "./command.ts";
import { openSignedClient, SIGNED_OPTIONS } from "./connection.ts";

// What the operator does to a running exchange, with a key that has the permission "operator".

const reference = {
  kind: "integer",
  flag: "reference",
  default: 0,
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  help: "the transfer's number in your own books",
} as const;

interface Moved {
  readonly account: string;
  readonly asset: string;
  readonly amount: string;
}

function moveCommand(word: "deposit" | "withdraw", summary: string, preposition: "to" | "from") {
  return defineCommand({
    name: `operator ${word}`,
    summary,
    positionals: "ACCOUNT AMOUNT ASSET",
    options: { ...SIGNED_OPTIONS, reference },
    examples: [`rialto operator ${word} 1001 2500.50 USD --api-key ... --secret-file ops.pem`],
    async run({ values, positionals, environment, print }) {
      const [account, amount, asset] = positionals as readonly [string, string, string];
      const client = await openSignedClient(values, environment);
      const parameters = { account, asset, amount, reference: values.reference };
      const moved = (await client.signed("POST", `/operator/${word}`, parameters)) as Moved;
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

interface Stated {
  readonly symbol: string;
  readonly state: string;
}

export const operatorMarketCommand = defineCommand({
  name: "operator market",
  summary: "open a market (TRADING), let it only take cancels (CANCEL_ONLY), or halt it (HALT)",
  positionals: "SYMBOL STATE",
  options: SIGNED_OPTIONS,
  examples: ["rialto operator market BTCUSD CANCEL_ONLY --api-key ... --secret-file ops.pem"],
  async run({ values, positionals, environment, print }) {
    const [symbol, state] = positionals as readonly [string, string];
    const client = await openSignedClient(values, environment);
    const parameters = { symbol, state: state.toUpperCase() };
    const answer = (await client.signed("POST", "/operator/market-state", parameters)) as Stated;
    print(answer, `${answer.symbol} is ${answer.state}`);
    return ExitCode.Done;
  },
});
