import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { AccountIndex, AssetIndex, NetworkConfig } from "@rialto/protocol";
import { CommandKind, parseDecimal } from "@rialto/protocol";
import { createMemoryHistory, createMemoryHistoryStore, type History } from "@rialto/storage";
import { createGateway, type Gateway } from "../gateway.ts";
import type { Permission } from "../keys/api-key.ts";
import { createEd25519Key, createHmacKey } from "../keys/create-keys.ts";
import type { KeyStore } from "../keys/key-store.ts";
import { createMemoryKeyStore } from "../keys/sqlite-key-store.ts";
import type { GatewayLimits, GatewayOptions } from "../options.ts";
import { createReadModel, type GatewayReadModel } from "../read-model/read-model.ts";
import { MemoryExchange } from "./memory-exchange.ts";
import { SMALL_NETWORK } from "./small-network.ts";
import { TestClient } from "./test-client.ts";
import { openTestSocket, type TestSocket } from "./test-socket.ts";

// A gateway that listens, in front of an exchange in memory, with a few people who know it.

/** Accounts by their number outside. Each has plenty of everything, but for the poor one. */
export const ALICE = 1_001n;
export const BOB = 1_002n;
export const POOR = 1_003n;

export const DEMO = {
  account: 7n,
  keyId: "demoKeyOfTheTests0000000000000001",
  secret: "the secret of the demo account",
};

export interface World extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly exchange: MemoryExchange;
  readonly model: GatewayReadModel;
  readonly keys: KeyStore;
  /** Added to the time of day; or where time stands still. */
  readonly clock: { aheadMs: number; atMs?: number };
  readonly publicClient: TestClient;
  readonly alice: TestClient;
  /** Signs with Ed25519. */
  readonly bob: TestClient;
  readonly poor: TestClient;
  readonly operator: TestClient;
  /** Alice's too, but may only read. */
  readonly reader: TestClient;
  /** Opens a WebSocket that the world closes at its end. */
  connect(path: string): Promise<TestSocket>;
}

export interface WorldOptions {
  readonly network?: NetworkConfig;
  readonly limits?: Partial<GatewayLimits>;
  readonly gateway?: Partial<GatewayOptions>;
  /** Default one that nobody else sees. */
  readonly history?: History;
}

/** So that tests meet a limit only where they are about it. */
const WIDE: Partial<GatewayLimits> = {
  weightPerMinute: 0,
  ordersPer10Seconds: 0,
  ordersPerDay: 0,
  streamMessagesPerSecond: 0,
};

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const clock: World["clock"] = { aheadMs: 0 };
  const nowMs = (): number => clock.atMs ?? Date.now() + clock.aheadMs;
  const own = createMemoryHistoryStore({ networkHash: "00" });
  const history = options.history ?? createMemoryHistory(own);
  const model = await createReadModel({ history });
  const network = options.network ?? SMALL_NETWORK;
  const exchange = new MemoryExchange({ network, readModel: model, nowMs });
  fund(exchange, [ALICE, BOB]);
  exchange.run([{ kind: CommandKind.OpenAccount, number: POOR }]);
  const keys = createMemoryKeyStore();
  const gateway = createGateway({
    exchange,
    readModel: model,
    keys,
    port: 0,
    version: "1.2.3-test",
    ...options.gateway,
    limits: { ...WIDE, ...options.limits },
  });
  await gateway.listen();
  const { origin } = gateway;
  const sockets: TestSocket[] = [];
  const client = (account: bigint, permissions: readonly Permission[]): TestClient =>
    new TestClient(origin, hmacCredentials(keys, account, permissions), nowMs);
  return {
    gateway,
    exchange,
    model,
    keys,
    clock,
    publicClient: new TestClient(origin, undefined, nowMs),
    alice: client(ALICE, ["read", "trade"]),
    bob: new TestClient(origin, ed25519Credentials(keys, BOB), nowMs),
    poor: client(POOR, ["read", "trade"]),
    operator: client(9n, ["operator"]),
    reader: client(ALICE, ["read"]),
    connect: async (path) => {
      const socket = await openTestSocket(origin.replace("http", "ws") + path);
      sockets.push(socket);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      await gateway.drain(100);
      keys[Symbol.dispose]();
    },
  };
}

/** The operator at another gateway of a world's exchange, as another member of a cluster has one. */
export async function openBeside(
  world: World,
): Promise<AsyncDisposable & { readonly operator: TestClient }> {
  const { exchange, model: readModel, keys } = world;
  const version = "1.2.3-test";
  const options = { exchange, readModel, keys, port: 0, version, limits: WIDE };
  const gateway = createGateway(options);
  await gateway.listen();
  return {
    operator: new TestClient(gateway.origin, hmacCredentials(keys, 9n, ["operator"]), Date.now),
    async [Symbol.asyncDispose]() {
      await gateway.drain(100);
    },
  };
}

/** Has the next `count` submissions wait for one another: each was made before any was executed. */
export function holdUntil(world: World, count: number): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  world.exchange.delay = async () => {
    waiting += 1;
    if (waiting === count) resolve();
    await promise;
  };
}

function hmacCredentials(
  keys: KeyStore,
  account: bigint,
  permissions: readonly Permission[],
): { readonly id: string; readonly secret: string } {
  return createHmacKey(keys, { account, permissions, nowMs: Date.now() });
}

function ed25519Credentials(
  keys: KeyStore,
  account: bigint,
): { readonly id: string; readonly secret: KeyObject } {
  const pair = generateKeyPairSync("ed25519");
  const pem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const key = { account, permissions: ["read", "trade"] as const, nowMs: Date.now() };
  return { id: createEd25519Key(keys, key, pem).id, secret: pair.privateKey };
}

const PLENTY = "1000000";

function fund(exchange: MemoryExchange, numbers: readonly bigint[]): void {
  numbers.forEach((number, index) => {
    const account = (index + 1) as AccountIndex;
    exchange.run([
      { kind: CommandKind.OpenAccount, number },
      ...exchange.network.assets.map(({ decimals }, asset) => ({
        kind: CommandKind.Deposit,
        account,
        asset: asset as AssetIndex,
        quanta: parseDecimal(PLENTY, decimals) as bigint,
        reference: 1n,
      })),
    ]);
  });
}
