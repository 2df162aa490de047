import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../testing/gateway-world.ts";
import { messagesOf, SlowNetwork } from "../testing/slow-network.ts";
import { ClientSocket, type DropReason } from "./client-socket.ts";
import { EventBacklog, EventLog, type EventReader } from "./event-log.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Client {
  readonly network: SlowNetwork;
  readonly socket: ClientSocket;
  readonly drops: DropReason[];
}

async function openClient(): Promise<Client> {
  const { socket: webSocket } = await world.connect("/ws");
  const network = new SlowNetwork();
  const drops: DropReason[] = [];
  const limits = { congestedBytes: 1_000, sendBufferBytes: 1_000 };
  const socket = new ClientSocket(webSocket, network, "", limits, (reason) => drops.push(reason));
  return { network, socket, drops };
}

/** So long that a client is given no more than 70 before its network has taken any. */
const TEXT_BYTES = 16_000;

function texts(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => String(first + at).padEnd(TEXT_BYTES));
}

const bare = (event: string): string => event;

function heard({ network }: Client): number[] {
  return messagesOf(Buffer.concat(network.taken)) as number[];
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

test("who takes what it is given gets everything, a piece at a time", async () => {
  const backlog = new EventBacklog(100_000_000);
  const log = new EventLog(backlog, () => {});
  const client = await openClient();
  const reader = log.read(client.socket, bare);
  client.network.isSlow = true;
  let isTold = false;
  log.append(texts(0, 1_000));
  void reader.told().then(() => (isTold = true));
  for (let pieces = 1; pieces < 10; pieces++) {
    await turn();
    expect(client.network.taken).toHaveLength(pieces);
    expect(client.socket.bufferedBytes).toBeLessThan(1_200_000);
    client.network.takeOne();
  }
  expect([isTold, backlog.bytes > 300_000]).toEqual([false, true]);
  log.append(texts(1_000, 10));
  client.network.hurry();
  await expect.poll(() => isTold).toBe(true);
  expect(heard(client)).toEqual(upTo(1_010));
  expect([client.drops, backlog.bytes]).toEqual([[], 0]);
});

test("many accounts on one connection wait for no more than one does, and all are told", async () => {
  const backlog = new EventBacklog(100_000_000);
  const client = await openClient();
  client.network.isSlow = true;
  for (let account = 0; account < 10; account++) {
    const log = new EventLog(backlog, () => {});
    log.read(client.socket, bare);
    log.append(texts(account * 100, 100));
  }
  await turn();
  expect(client.socket.bufferedBytes).toBeLessThan(2_000_000);
  client.network.hurry();
  await expect.poll(() => heard(client).length).toBe(1_000);
  expect(heard(client).toSorted((a, b) => a - b)).toEqual(upTo(1_000));
  expect([client.drops, backlog.bytes]).toEqual([[], 0]);
});

test("a network that takes everything at once gets a piece a turn: the node has more to do", async () => {
  const log = new EventLog(new EventBacklog(100_000_000), () => {});
  const client = await openClient();
  log.read(client.socket, bare);
  log.append(texts(0, 1_000));
  const takenBytes = (): number => Buffer.concat(client.network.taken).length;
  for (let turns = 0; turns < 5; turns++) await turn();
  expect(takenBytes()).toBeGreaterThan(100_000);
  expect(takenBytes()).toBeLessThan(8_000_000);
  await expect.poll(() => heard(client)).toEqual(upTo(1_000));
});

test("what waits for many is counted once, and those who have not taken it are let go of", async () => {
  const backlog = new EventBacklog(500 * TEXT_BYTES);
  const log = new EventLog(backlog, () => {});
  const clients = await Promise.all([openClient(), openClient(), openClient()]);
  const [first, second, quick] = clients as [Client, Client, Client];
  for (const { network } of [first, second]) network.isSlow = true;
  for (const { socket } of clients) log.read(socket, bare);
  for (let at = 0; at < 500; at += 10) {
    log.append(texts(at, 10));
    await turn();
  }
  expect(clients.map(({ drops }) => drops)).toEqual([[], [], []]);
  // All but what each was given at once.
  expect(backlog.bytes).toBe(430 * TEXT_BYTES);
  log.append(texts(500, 100));
  await turn();
  expect(clients.map(({ drops }) => drops)).toEqual([["slow"], ["slow"], []]);
  await expect.poll(() => heard(quick)).toEqual(upTo(600));
  expect(backlog.bytes).toBe(0);
});

test("of those who are behind, the one goes first that has taken nothing for longest", async () => {
  const backlog = new EventBacklog(500 * TEXT_BYTES);
  const reading = await openClient();
  const idle = await openClient();
  const [one, other] = [new EventLog(backlog, () => {}), new EventLog(backlog, () => {})];
  one.read(reading.socket, bare);
  other.read(idle.socket, bare);
  for (const { network } of [reading, idle]) network.isSlow = true;
  one.append(texts(0, 300));
  other.append(texts(0, 100));
  reading.network.takeOne();
  await turn();
  one.append(texts(300, 260));
  expect([reading.drops, idle.drops]).toEqual([[], ["slow"]]);
});

test("a log that nobody reads any more says so, and keeps nothing", async () => {
  const backlog = new EventBacklog(100_000_000);
  let unread = 0;
  const log = new EventLog(backlog, () => (unread += 1));
  const clients = await Promise.all([openClient(), openClient()]);
  const readers = clients.map(({ socket }) => log.read(socket, bare)) as [EventReader, EventReader];
  for (const { network } of clients) network.isSlow = true;
  log.append(texts(0, 200));
  expect(backlog.bytes).toBeGreaterThan(100_000);
  const told = readers[0].told();
  readers[0].end();
  readers[0].end();
  await told;
  expect([backlog.bytes > 100_000, unread]).toEqual([true, 0]);
  readers[1].end();
  log.append(texts(200, 10));
  expect([backlog.bytes, unread]).toEqual([0, 1]);
});
