import { fail } from "@rialto/base";
import type { NetworkConfig } from "@rialto/protocol";
import { createEd25519Key, openFileKeyStore, type Permission } from "@rialto/gateway";
import { credentialsOf, type Credentials } from "@rialto/client";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDataDirectory } from "../data-directory.ts";

// A small exchange in a directory of its own: starts in a fraction of the demo's time.

export const SMALL_NETWORK: NetworkConfig = {
  name: "small",
  assets: [
    { symbol: "USD", decimals: 8 },
    { symbol: "BTC", decimals: 8 },
  ],
  markets: [
    {
      symbol: "BTCUSD",
      base: "BTC",
      quote: "USD",
      tickSize: "0.01",
      lotSize: "0.0001",
      priceMin: "0.01",
      priceMax: "10000",
      quantityMin: "0.0001",
      quantityMax: "1000",
      notionalMin: "0.01",
      notionalMax: "1000000",
      makerFeePpm: 1_000,
      takerFeePpm: 2_000,
      bandUpPpm: 0,
      bandDownPpm: 0,
      referencePrice: "100",
    },
  ],
  capacities: {
    ordersMax: 100_000,
    levelPagesMax: 10_000,
    accountsMax: 1_000,
    balancesMax: 2_000,
    assetsMax: 4,
    marketsMax: 4,
    ladderEntriesMax: 1_000_000,
    accountOrdersMax: 60_000,
    specialsMax: 1_000,
    volumesMax: 1_000,
  },
};

/** A directory that is removed with everything in it. */
export class SmallExchange implements Disposable {
  readonly root: string;
  readonly dataDir: string;
  readonly networkFile: string;

  constructor(root: string = mkdtempSync(join(tmpdir(), "rialto-"))) {
    this.root = root;
    mkdirSync(root, { recursive: true });
    this.dataDir = join(root, "data");
    this.networkFile = join(root, "network.json");
    writeFileSync(this.networkFile, JSON.stringify(SMALL_NETWORK));
  }

  /** What a node needs to know to run it. Request limits are off. */
  get startArguments(): readonly string[] {
    const limits = ["--request-weight", "0", "--orders-10s", "0", "--orders-1d", "0"];
    return ["--network", this.networkFile, "--data-dir", this.dataDir, ...limits];
  }

  /** Makes an API key, whether the node runs or not. */
  makeKey(account: bigint, permissions: readonly Permission[]): Credentials {
    using store = openFileKeyStore(makeDataDirectory(this.dataDir).keys);
    const newKey = { account, permissions, nowMs: Date.now() };
    const { id, privateKeyPem } = createEd25519Key(store, newKey);
    return credentialsOf(id, privateKeyPem ?? fail("a pair made here has a private half"));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
