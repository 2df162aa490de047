import {
  type AccountIndex,
  type Command,
  CommandKind,
  decodeEvents,
  encodeCommands,
  EventKind,
  type MarketIndex,
  type OrderId,
  OrderType,
  PegKind,
  SelfTrade,
  Side,
  type SpecialTerms,
  TriggerKind,
  NOTHING_SPECIAL,
} from "@rialto/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { EntrySigner } from "../../src/testing/entry-signer.ts";
import { findTestPort } from "../../src/testing/free-port.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster } from "../../src/testing/small-cluster.ts";

// Order entry takes every command of a trader, also those that no gateway sends: members with gateways are told of them all.

const ALL = [0, 1, 2] as const;
const TRADER = 1_001n;
const ACCOUNT = 1 as AccountIndex;
const MARKET = 0 as MarketIndex;
const trader = new EntrySigner(ACCOUNT);

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;
let entryPort: number;

beforeAll(async () => {
  entryPort = await findTestPort();
  cluster = cleanup.use(await SmallCluster.create(3, "crash", [], { signers: [trader.card] }));
  await Promise.all([
    cluster.start(0, "--entry-port", String(entryPort)),
    ...[1, 2].map((member) => cluster.start(member)),
  ]);
  await cluster.untilReady(ALL);
  await cluster.fund(0, TRADER);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

function special(terms: Partial<SpecialTerms>): Command {
  return {
    kind: CommandKind.PlaceSpecial,
    market: MARKET,
    account: ACCOUNT,
    side: Side.Buy,
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: 9_900,
    quantity: 10_000n,
    clientOrderId: 0n,
    ...NOTHING_SPECIAL,
    ...terms,
  };
}

/** A plain order, an iceberg, one that rests unseen, one that follows the best bid, a stop; the first made smaller. */
const COMMANDS: readonly Command[] = [
  special({ priceTicks: 9_800, clientOrderId: 7n }),
  special({ displayLots: 1_000n }),
  special({ isHidden: 1, priceTicks: 9_950 }),
  special({ orderType: OrderType.PostOnly, peg: PegKind.Primary, quantity: 3_000n }),
  special({ side: Side.Sell, trigger: TriggerKind.Stop, triggerTicks: 9_700, priceTicks: 9_700 }),
  {
    kind: CommandKind.Amend,
    account: ACCOUNT,
    target: { orderId: 0 as OrderId, clientOrderId: 7n },
    orderType: OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: 9_800,
    quantity: 5_000n,
    expectedLots: 0n,
  },
];

async function depth(member: number): Promise<unknown> {
  const response = await fetch(`${cluster.url(member)}/api/v3/depth?symbol=BTCUSD`);
  const { bids, asks } = (await response.json()) as Readonly<Record<"bids" | "asks", unknown>>;
  return { bids, asks };
}

test("a trader's icebergs, hidden, pegged and waiting orders end no member, and all show the same book", async () => {
  const { genesis } = memberPaths(cluster.directories[0]!);
  const answers = await trader.send(
    genesis,
    entryPort,
    COMMANDS.map((command) => encodeCommands([command])),
  );
  const kinds = answers.map((answer) => [...decodeEvents(answer!.events)][0]!.kind);
  const { Accepted, Amended } = EventKind;
  expect(kinds).toEqual([...Array.from({ length: 5 }, () => Accepted), Amended]);
  const states = await cluster.untilLevel(ALL);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  const bids = [
    ["99.00000000", "0.40000000"],
    ["98.00000000", "0.50000000"],
  ];
  for (const member of ALL) expect(await depth(member)).toEqual({ bids, asks: [] });
});

test("nor when they are executed again at a start", async () => {
  await cluster.kill(1);
  await cluster.start(1);
  await cluster.untilReady(ALL);
  await cluster.untilLevel(ALL);
  expect(await depth(1)).toEqual(await depth(0));
});
