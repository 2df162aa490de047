import { fail } from "@rialto/base";
import { addHmacKey, type DemoAccount, type ExchangePort, type KeyStore } from "@rialto/gateway";
import {
  type AccountIndex,
  type AssetIndex,
  CommandKind,
  type EngineEvent,
  EventKind,
  RejectCode,
} from "@rialto/protocol";
import { randomBytes } from "node:crypto";
import { type DataDirectory, openJson } from "../data-directory.ts";
import {
  DEMO_MAKER_NUMBER,
  DEMO_ROBOT_FUNDS,
  DEMO_TAKER_NUMBER,
  DEMO_TRADER_FUNDS,
  DEMO_TRADER_NUMBER,
} from "./demo-accounts.ts";

interface DemoKey {
  readonly keyId: string;
  readonly secret: string;
}

function isDemoKey(value: unknown): value is DemoKey {
  const { keyId, secret } = (value ?? {}) as Partial<DemoKey>;
  return [keyId, secret].every((text) => typeof text === "string" && /^[0-9a-f]{64}$/.test(text));
}

/** The demo account and its key, drawn at the first start. Anybody on this machine may see both. */
export function openDemoAccount(
  directory: DataDirectory,
  keys: KeyStore,
  nowMs: number,
): DemoAccount {
  const draw = (): string => randomBytes(32).toString("hex");
  const key = openJson(directory.demo, () => ({ keyId: draw(), secret: draw() }), isDemoKey);
  const account = DEMO_TRADER_NUMBER;
  if (keys.find(key.keyId) === undefined) {
    const permissions = ["read", "trade"] as const;
    const newKey = { account, permissions, label: "demo", nowMs };
    addHmacKey(keys, newKey, { id: key.keyId, secret: key.secret });
  }
  return { account, ...key };
}

export interface DemoRobots {
  readonly maker: AccountIndex;
  readonly taker: AccountIndex;
}

/** Opens the demo's accounts and gives them play money, once in the life of an exchange. */
export async function fundDemoAccounts(exchange: ExchangePort): Promise<DemoRobots> {
  await openFunded(exchange, DEMO_TRADER_NUMBER, (asset) => DEMO_TRADER_FUNDS[asset] ?? 0n);
  const maker = await openFunded(exchange, DEMO_MAKER_NUMBER, () => DEMO_ROBOT_FUNDS);
  const taker = await openFunded(exchange, DEMO_TAKER_NUMBER, () => DEMO_ROBOT_FUNDS);
  return { maker, taker };
}

async function openFunded(
  exchange: ExchangePort,
  number: bigint,
  unitsOf: (asset: string) => bigint,
): Promise<AccountIndex> {
  const known = exchange.engine.findAccount(number);
  const account = known ?? (await openAccount(exchange, number));
  // A crash between the two leaves an account without money: it gets it now.
  if (exchange.engine.balances(account).length > 0) return account;
  const deposits = exchange.network.assets.map(({ symbol, decimals }, index) => ({
    kind: CommandKind.Deposit,
    account,
    asset: index as AssetIndex,
    quanta: unitsOf(symbol) * 10n ** BigInt(decimals),
    reference: 0n,
  }));
  const commands = deposits.filter(({ quanta }) => quanta > 0n);
  expectNoRejection(commands.length === 0 ? [] : await exchange.submit({ commands }));
  return account;
}

async function openAccount(exchange: ExchangePort, number: bigint): Promise<AccountIndex> {
  const events = await exchange.submit({ commands: [{ kind: CommandKind.OpenAccount, number }] });
  // What was due before it stands before it.
  const event = events.find(
    ({ kind }) => kind === EventKind.AccountOpened || kind === EventKind.Rejected,
  );
  // In a cluster an impatient client of another node may have been first.
  if (event?.kind === EventKind.Rejected && event.code === RejectCode.AccountExists) {
    return Number(event.subject) as AccountIndex;
  }
  expectNoRejection(events);
  if (event?.kind !== EventKind.AccountOpened) return fail("opening an account opens it");
  return event.account;
}

function expectNoRejection(events: readonly EngineEvent[]): void {
  const rejection = events.find((event) => event.kind === EventKind.Rejected);
  if (rejection?.kind !== EventKind.Rejected) return;
  fail(`the demo can be set up: refused with ${rejection.code} for ${rejection.subject}`);
}
