import { fail, Fault } from "@rialto/base";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeChange, signChange } from "../../src/cluster/epoch-change-file.ts";
import { askBase, submitChange } from "../../src/cluster/epoch-client.ts";
import { epochsFileText } from "../../src/cluster/epoch-file.ts";
import { loadGenesis, type MemberCard } from "../../src/cluster/genesis.ts";
import { KeyRing } from "../../src/cluster/key-ring.ts";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { MEMBER_SEGMENT_BYTES_MIN } from "../../src/cluster/member-journal.ts";
import { rotateKeys } from "../../src/cluster/rotate-keys.ts";
import { editRoster, type RosterEdit } from "../../src/cluster/roster-edit.ts";
import { dataDirectory } from "../../src/data-directory.ts";
import { findTestPort } from "../../src/testing/free-port.ts";
import { JournalFiller } from "../../src/testing/journal-filler.ts";
import { runRialto } from "../../src/testing/node-process.ts";
import { BEGIN_TIMEOUT_MS, SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Four members of which one may lie, so that two must offer the same bytes; one sleeps while the others change and cut their
// journals back to the newest epoch; a fifth comes then. The tests follow one another on the same cluster.

const MAKER = 1_001n;
const TAKER = 1_002n;
const SLEEPER = 2;
const AWAKE = [0, 1, 3] as const;
/** Few, so that snapshots are near. */
const SPACING = { checkpointEvery: 4, snapshotCommits: 12 };

const cleanup = new AsyncDisposableStack();
const filler = new JournalFiller();
/** Ids of the orders that were acknowledged, all of them open. */
const placed: number[] = [];
let cluster: SmallCluster;
let joiner: number;
let entryPort: number;

beforeAll(async () => {
  entryPort = await findTestPort();
  const args = ["--segment-bytes", String(MEMBER_SEGMENT_BYTES_MIN)];
  const signers = [filler.card];
  cluster = cleanup.use(await SmallCluster.create(4, "byzantine", args, { ...SPACING, signers }));
  for (const directory of cluster.directories) {
    const path = memberPaths(directory).genesis;
    const genesis = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...genesis, ...SPACING }));
  }
  await Promise.all([
    cluster.start(0, "--entry-port", String(entryPort)),
    cluster.start(1),
    cluster.start(3),
    cluster.start(SLEEPER),
  ]);
  await cluster.untilReady([...AWAKE, SLEEPER]);
  for (const account of [MAKER, TAKER]) await cluster.fund(0, account);
}, BEGIN_TIMEOUT_MS);
afterAll(() => cleanup.disposeAsync());

const genesisOf = (): string => memberPaths(cluster.directories[0]!).genesis;

async function epochOf(member: number): Promise<number> {
  const response = await fetch(`${cluster.url(member)}/stats`);
  return ((await response.json()) as { readonly epoch: number }).epoch;
}

/** Has those who run end the epoch. Returns what leads to the next. */
async function change(edit: RosterEdit): Promise<readonly string[]> {
  const genesis = loadGenesis(genesisOf());
  if (genesis instanceof Fault) throw genesis;
  const base = await askBase(cluster.url(0), genesis);
  const roster = editRoster(base.before.roster, edit);
  if (roster instanceof Fault) throw roster;
  let pending = makeChange(genesis, base, roster, Date.now() + 60_000);
  for (const member of AWAKE) {
    const ring = new KeyRing(cluster.directories[member]!);
    pending = signChange(pending, ring) ?? fail("it is a member");
  }
  await submitChange(cluster.url(0), pending);
  for (const member of AWAKE) {
    await until(`member ${member} is in epoch ${roster.epoch}`, async () => {
      return (await epochOf(member)) === roster.epoch;
    });
  }
  return (await askBase(cluster.url(0), genesis)).steps;
}

/** Orders that rest, each acknowledged by the member that it was placed at. */
async function place(member: number, count: number): Promise<void> {
  const client = cluster.client(member, cluster.makeKey(member, MAKER, ["read", "trade"]));
  const order = { symbol: "BTCUSD", side: "SELL", type: "LIMIT", timeInForce: "GTC" };
  for (let left = count; left > 0; left--) {
    const terms = { quantity: "1", price: String(500 + placed.length) };
    const answer = await client.signed("POST", "/api/v3/order", { ...order, ...terms });
    placed.push((answer as { readonly orderId: number }).orderId);
  }
}

async function openAt(member: number): Promise<readonly number[]> {
  const client = cluster.client(member, cluster.makeKey(member, MAKER, ["read"]));
  const orders = (await client.signed("GET", "/api/v3/openOrders")) as readonly {
    readonly orderId: number;
  }[];
  return orders.map(({ orderId }) => orderId).toSorted((left, right) => left - right);
}

/** One trade at a price of its own. Returns its id. */
async function trade(member: number): Promise<number> {
  const order = { symbol: "BTCUSD", type: "LIMIT", timeInForce: "GTC", quantity: "1", price: "90" };
  for (const [account, side] of [
    [MAKER, "SELL"],
    [TAKER, "BUY"],
  ] as const) {
    const client = cluster.client(member, cluster.makeKey(member, account, ["read", "trade"]));
    await client.signed("POST", "/api/v3/order", { ...order, side });
  }
  const response = await fetch(`${cluster.url(member)}/api/v3/trades?symbol=BTCUSD&limit=1`);
  const [last] = (await response.json()) as readonly { readonly id: number }[];
  return last?.id ?? fail("somebody has traded");
}

function hasDroppedFirstSegment(member: number): boolean {
  const { journal } = dataDirectory(cluster.directories[member]!);
  return !readdirSync(journal).includes("journal-0000000001.segment");
}

/** Starts a member, kills it when its log says something, and starts it again. */
async function startTwice(member: number, event: RegExp): Promise<void> {
  const node = await cluster.start(member);
  await until(`member ${member} says ${event}`, async () => event.test(node.log()));
  await cluster.kill(member);
  await cluster.start(member);
}

async function verify(member: number, tradeId: number): Promise<unknown> {
  let text = "";
  await until(`member ${member} has a proof`, async () => {
    const response = await fetch(`${cluster.url(member)}/api/consensus/proof/BTCUSD/${tradeId}`);
    text = await response.text();
    return response.ok;
  });
  const path = join(cluster.root, "proof.json");
  writeFileSync(path, text);
  return await runRialto("verify", path, "--genesis", genesisOf());
}

async function expectOneState(members: readonly number[]): Promise<void> {
  const states = await cluster.untilLevel(members);
  expect(new Set(states.map(({ stateHash }) => stateHash)).size).toBe(1);
  const open = placed.toSorted((left, right) => left - right);
  for (const member of members) expect(await openAt(member)).toEqual(open);
}

test("members cut their journals back to what a snapshot of a later epoch needs", async () => {
  const first = await trade(0);
  await place(0, 4);
  await cluster.kill(SLEEPER);
  await place(1, 4);
  // What the sleeper lacks of this epoch stands in the segments that go, and not in the one that the next epoch begins in.
  await filler.fill(genesisOf(), entryPort);
  await change({ kind: "rotate", member: 0, card: await rotateKeys(cluster.directories[0]!) });
  for (let times = 0; !AWAKE.every(hasDroppedFirstSegment); times++) {
    expect(times).toBeLessThan(300);
    await place(times % 2, 1);
  }
  // What proofs are made of is kept apart from the journal.
  expect(await verify(0, first)).toMatchObject({ valid: true, committee: { epoch: 1 } });
});

test("a member of epoch 3 begins with a snapshot of the end of epoch 2, killed as it comes in, and the others go on with it", async () => {
  joiner = await cluster.makeNewcomer();
  const paths = memberPaths(cluster.directories[joiner]!);
  const card = JSON.parse(readFileSync(paths.card, "utf8")) as MemberCard;
  const steps = await change({ kind: "add", card });
  writeFileSync(paths.epochs, epochsFileText(steps));
  // Of five four decide, and one sleeps: without the newcomer nothing is decided any more.
  await startTwice(joiner, /snapshot\.fetching/);
  await cluster.untilReady([...AWAKE, joiner]);
  expect(await epochOf(joiner)).toBe(3);
  await place(joiner, 3);
  await expectOneState([...AWAKE, joiner]);
  const newest = await trade(joiner);
  expect(await verify(joiner, newest)).toMatchObject({ valid: true, committee: { epoch: 3 } });
});

test("a member that slept through two ends of epochs gets there by a snapshot, killed as it begins with it", async () => {
  await startTwice(SLEEPER, /snapshot\.installed/);
  await cluster.untilReady([SLEEPER]);
  expect(await epochOf(SLEEPER)).toBe(3);
  // It votes again: with another one gone there is no quorum without it.
  await cluster.kill(1);
  await until("four of five decide", () => cluster.isReady(SLEEPER));
  await place(SLEEPER, 2);
  await expectOneState([0, 3, SLEEPER, joiner]);
});

test("all killed at once begin in the newest epoch with their own snapshots, and nothing is lost", async () => {
  await Promise.all([0, 3, SLEEPER, joiner].map((member) => cluster.kill(member)));
  const all = [...AWAKE, SLEEPER, joiner];
  await cluster.startAll(all);
  for (const member of all) {
    expect(await epochOf(member)).toBe(3);
    expect(cluster.node(member).log()).not.toContain("snapshot.installed");
  }
  await place(1, 1);
  await expectOneState(all);
});
