import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliCommand, ExitCode } from "../src/cli/command.ts";
import { keysNewCommand } from "../src/cli/keys-commands.ts";
import { operatorDepositCommand } from "../src/cli/operator-commands.ts";
import { runCommandLine } from "../src/cli/run-command.ts";
import {
  replayCaptureCommand,
  replayEngineCommand,
  replayJournalCommand,
  replayOrdersCommand,
} from "../src/cli/replay-commands.ts";
import { CAPTURE_NETWORK, REPLAY_FUNDS } from "../src/replay/replay-network.ts";
import { type NodeProcess, startNodeProcess } from "../src/testing/node-process.ts";

const COMMANDS: readonly CliCommand[] = [
  replayCaptureCommand,
  replayOrdersCommand,
  replayEngineCommand,
  replayJournalCommand,
  keysNewCommand,
  operatorDepositCommand,
];

/** Recorded order flow, beside the project and never in it. */
const DATA = join(import.meta.dirname, "../../../../shared/data");
const CAPTURE = join(DATA, "spot_btcusdt_20240808.gz");
const ORDERS = join(DATA, "bitstamp.csv.xz");
const hasData = existsSync(CAPTURE) && existsSync(ORDERS);
if (!hasData) console.warn(`SKIPPED: the replays of real order flow, for ${DATA} is not there`);

const directory = mkdtempSync(join(tmpdir(), "rialto-replay-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The result of --json. */
  readonly result: Readonly<Record<string, unknown>>;
}

async function run(args: readonly string[], signal = new AbortController().signal): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await runCommandLine(COMMANDS, args, {
    environment: {},
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    signal,
  });
  const isJson = out.startsWith("{");
  return { code, out, err, result: isJson ? (JSON.parse(out) as Ran["result"]) : {} };
}

function printed(name: string, { result }: Ran): void {
  const { commands, seconds, commandsPerSecond, state } = result;
  console.log(name, JSON.stringify({ commands, seconds, commandsPerSecond, state }));
}

const HASH = expect.stringMatching(/^[0-9a-f]{64}$/) as string;

describe.skipIf(!hasData)("real order flow", { timeout: 180_000 }, () => {
  test("the capture: every state's best prices are the venue's", async () => {
    const ran = await run(["replay", "capture", CAPTURE, "--json"]);
    printed("replay capture", ran);
    expect(ran.err).toBe("");
    expect(ran.result).toMatchObject({
      isOpeningEqual: true,
      states: 3_448,
      statesEqual: 3_448,
      firstDifference: null,
      trades: 9_756,
      earlyTrades: 1,
      state: { stateHash: HASH, isVerified: true },
    });
    expect(ran.code).toBe(ExitCode.Done);
  });

  test("the orders: volume is conserved to the lot, and the book is never crossed", async () => {
    const ran = await run(["replay", "orders", ORDERS, "--json"]);
    printed("replay orders", ran);
    expect(ran.err).toBe("");
    expect(ran.result).toMatchObject({
      events: 50_414,
      created: 24_894,
      strangers: 213,
      isConserved: true,
      crossed: null,
      state: { stateHash: HASH, isVerified: true },
    });
    const { buy, sell, trades, checkedCommands } = ran.result as {
      readonly buy: Readonly<Record<string, string>>;
      readonly sell: Readonly<Record<string, string>>;
      readonly trades: number;
      readonly checkedCommands: number;
    };
    expect(buy["traded"]).toBe(sell["traded"]);
    expect(trades).toBeGreaterThan(0);
    expect(checkedCommands).toBeGreaterThan(24_894);
    expect(ran.code).toBe(ExitCode.Done);
  });
});

describe.skipIf(!hasData)("real order flow on both engines", () => {
  test("opens, is halted, opens again and closes in auctions, and no lot is lost", async () => {
    const ran = await run(["replay", "engine", ORDERS, "--json"]);
    expect(ran.err).toBe("");
    expect(ran.code).toBe(ExitCode.Done);
    console.log("replay engine", ran.out.trim());
    expect(ran.result).toMatchObject({ events: 50_414, stateHash: HASH });
    const { opening, reopening, closing, buy, sell } = ran.result as {
      readonly opening: { readonly trades: number; readonly line: number };
      readonly reopening: { readonly trades: number; readonly line: number };
      readonly closing: { readonly trades: number };
      readonly buy: { readonly traded: string };
      readonly sell: { readonly traded: string };
    };
    expect(opening.trades).toBeGreaterThan(50);
    expect(reopening.trades).toBeGreaterThan(0);
    expect(reopening.line).toBeGreaterThan(ran.result["haltedBeforeLine"] as number);
    expect(closing.trades).toBeGreaterThan(0);
    expect(buy.traded).toBe(sell.traded);
  });
});

const SNAPSHOT = '1 {"lastUpdateId":10,"bids":[["100.00","1"]],"asks":[["101.00","2"]]}';
const tradeLine = (id: number, price: string, quantity: string): string =>
  `1 {"stream":"btcusdt@trade","data":{"t":${id},"p":"${price}","q":"${quantity}","m":true}}`;
const depthLine = (first: number, last: number, bids: string): string =>
  `1 {"stream":"btcusdt@depth@100ms","data":{"U":${first},"u":${last},"b":${bids},"a":[]}}`;
const tickerLine = (update: number, bid: string, quantity: string): string =>
  `1 {"stream":"btcusdt@bookTicker","data":{"u":${update},"b":"${bid}","B":"${quantity}","a":"101.00","A":"2"}}`;

const SMALL_CAPTURE = [
  SNAPSHOT,
  tickerLine(10, "100.00", "1"),
  tradeLine(1, "100.00", "0.4"),
  tickerLine(12, "100.00", "0.6"),
  depthLine(11, 12, '[["100.00","0.6"]]'),
  tradeLine(2, "99.00", "5"),
  tickerLine(13, "99.50", "0.25"),
  depthLine(13, 13, '[["100.00","0"],["99.50","0.25"]]'),
];

describe("captures", () => {
  test("a small one prints what was compared and ends with the state hash", async () => {
    const { code, out, err } = await run(["replay", "capture", file("small", SMALL_CAPTURE)]);
    expect(err).toBe("");
    expect(code).toBe(ExitCode.Done);
    expect(out).toMatch(/^states +2 of 2: /);
    expect(out).toMatch(/trades +2 at the venue's price and size/);
    expect(out).toMatch(/\d+ commands\/s\n/);
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^state +[0-9a-f]{64} after \d+ log records/);
  });

  test("goes the same way with one request at a time", async () => {
    const args = ["replay", "capture", file("slow", SMALL_CAPTURE), "--window", "1", "--json"];
    const { code, result } = await run(args);
    expect(code).toBe(ExitCode.Done);
    expect(result).toMatchObject({ states: 2, statesEqual: 2, trades: 2 });
  });

  test("a state that is not the venue's is counted and named, and fails", async () => {
    const lines = SMALL_CAPTURE.with(3, tickerLine(12, "100.00", "0.7"));
    const path = file("other", lines);
    const { code, result } = await run(["replay", "capture", path, "--json"]);
    expect(code).toBe(ExitCode.Failed);
    expect(result).toMatchObject({
      states: 2,
      statesEqual: 1,
      firstDifference: {
        line: 5,
        update: 12,
        expected: "bid 0.70000000 at 100.00000000, ask 2.00000000 at 101.00000000",
        found: "bid 0.60000000 at 100.00000000, ask 2.00000000 at 101.00000000",
      },
    });
    const { out } = await run(["replay", "capture", path]);
    expect(out).toContain("first difference: update 12, line 5");
  });

  test.each([
    ["a missing update", SMALL_CAPTURE.toSpliced(4, 1), "line 7: update 11 is missing before it"],
    ["no snapshot", SMALL_CAPTURE.slice(1), "the capture has no snapshot of the book"],
    ["no ticker", [SNAPSHOT, depthLine(11, 12, "[]")], "the capture has no state to compare"],
    [
      "an order that the node refuses",
      SMALL_CAPTURE.with(2, tradeLine(1, "100.00", "200000")),
      "the command of line 3: order.place is refused: Filter failure: LOT_SIZE",
    ],
  ])("%s is named and fails", async (_, lines, problem) => {
    const { code, err, out } = await run(["replay", "capture", file("wrong", lines)]);
    expect(code).toBe(ExitCode.Failed);
    expect(err).toContain(problem);
    expect(out).toBe("");
  });

  test("one that is interrupted says so and leaves nothing behind", async () => {
    const leftovers = (): string[] =>
      readdirSync(tmpdir()).filter((name) => /^rialto-replay-\w{6}$/.test(name));
    const before = leftovers();
    const path = file("interrupted", SMALL_CAPTURE);
    const { code, err } = await run(["replay", "capture", path], AbortSignal.abort());
    expect(code).toBe(ExitCode.Failed);
    expect(err).toContain("the replay was interrupted");
    expect(leftovers()).toEqual(before);
  });
});

describe("orders", () => {
  const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";
  const row = (id: number, price: string, volume: number, action: string, side: string): string =>
    `${id},1,1,${price},${volume},${action},${side}`;

  test("are placed, reduced, cancelled and traded, and all of their volume is accounted for", async () => {
    const path = file("orders", [
      HEADER,
      row(1, "10.00", 500, "created", "bid"),
      row(2, "11.00", 400, "created", "ask"),
      row(1, "10.00", 300, "changed", "bid"), // reduced by 200
      row(3, "10.00", 100, "created", "ask"), // trades with 1, which has 200 left
      row(1, "10.00", 250, "changed", "bid"), // overtaken by that trade
      row(3, "10.00", 0, "deleted", "ask"), // it has traded
      row(9, "10.00", 0, "deleted", "bid"), // from before the file
      row(2, "11.00", 400, "deleted", "ask"), // cancelled
      row(4, "9.00", 700, "created", "bid"), // stays
    ]);
    const { code, result, err } = await run(["replay", "orders", path, "--json"]);
    expect(err).toBe("");
    expect(code).toBe(ExitCode.Done);
    expect(result).toMatchObject({
      events: 9,
      created: 4,
      reduced: 1,
      canceled: 1,
      overtaken: 2,
      strangers: 1,
      trades: 1,
      isConserved: true,
      crossed: null,
      buy: {
        placed: "0.00001500",
        traded: "0.00000100",
        canceled: "0.00000500",
        resting: "0.00000900",
      },
      sell: {
        placed: "0.00000500",
        traded: "0.00000100",
        canceled: "0.00000400",
        resting: "0.00000000",
      },
    });
  });

  test("a line that is wrong is named by its number", async () => {
    const path = file("wrong-orders", [HEADER, row(1, "10.001", 5, "created", "bid")]);
    const { code, err } = await run(["replay", "orders", path]);
    expect(code).toBe(ExitCode.Failed);
    expect(err).toContain("line 2: price 10.001 is not a multiple of 0.01000000");
  });
});

describe("both engines", () => {
  const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";
  const row = (id: number, timeMs: number, price: string, volume: number, rest: string): string =>
    `${id},${timeMs},1,${price},${volume},${rest}`;
  /** A hundred events, a second and a half apart: five gather before the opening, the halt is before the 51st. */
  const flow = (bid: string): string[] => [
    HEADER,
    row(1, 1_000, "101.00", 300, "created,bid"),
    row(2, 1_001, "100.00", 200, "created,ask"),
    row(3, 1_002, "99.00", 500, "created,bid"),
    row(4, 1_003, bid, 900, "created,bid"),
    row(2, 1_004, "100.00", 0, "deleted,ask"), // a trade at the venue, and here by then
    ...Array.from({ length: 94 }, (_, index) =>
      row(100 + index, 10_000 + index * 1_500, "120.00", 1, "created,ask"),
    ),
    row(5, 200_000, "40.00", 50, "created,bid"),
  ];

  test("go through auctions and a halt together, to the lot", async () => {
    const { code, result, err } = await run([
      "replay",
      "engine",
      file("day", flow("50.00")),
      "--json",
    ]);
    expect(err).toBe("");
    expect(code).toBe(ExitCode.Done);
    expect(result).toMatchObject({
      events: 100,
      opening: { priceTicks: 10_100, lots: "0.00000200", trades: 1, line: 7 },
      haltedBeforeLine: 52,
      // The provoker sold to the rest of order 1 and to order 3, which stand within the guard, and then to order 4.
      reopening: { priceTicks: 5_000, lots: "0.00000900", trades: 1 },
      closing: { priceTicks: 4_000, lots: "0.00000050", trades: 1 },
      otherHalts: 0,
      buy: { placed: "0.00001750", traded: "0.00001750", canceled: "0.00000000" },
    });
  });

  test("say why where a file has nothing for an auction or a halt", async () => {
    const shallow = await run(["replay", "engine", file("shallow", flow("99.50"))]);
    expect(shallow.code).toBe(ExitCode.Failed);
    expect(shallow.err).toContain("no bid is deep enough");
    const quiet = flow("50.00").toSpliced(1, 1);
    const calm = await run(["replay", "engine", file("calm", quiet)]);
    expect(calm.code).toBe(ExitCode.Failed);
    expect(calm.err).toContain("nothing crosses when the market is to open");
  });
});

describe("a node that runs", () => {
  const dataDir = join(directory, "data");
  const network = join(directory, "network.json");
  const limits = ["--request-weight", "0", "--orders-10s", "0", "--orders-1d", "0"];
  let node: NodeProcess;
  let keys: readonly string[] = [];

  /** Makes a key by the command line, and the file that replays read it from. */
  async function makeKey(name: string, args: readonly string[]): Promise<string> {
    const made = await run(["keys", "new", "--data-dir", dataDir, "--json", ...args]);
    expect(made.code).toBe(ExitCode.Done);
    return file(`${name}.json`, [made.out]);
  }

  beforeAll(async () => {
    writeFileSync(network, JSON.stringify(CAPTURE_NETWORK));
    node = await startNodeProcess(["--network", network, "--data-dir", dataDir, ...limits]);
    const maker = await makeKey("maker", ["--account", "11"]);
    const taker = await makeKey("taker", ["--account", "12", "--type", "hmac"]);
    const operator = await makeKey("operator", ["--account", "1", "--permissions", "operator"]);
    keys = ["--maker-key", maker, "--taker-key", taker, "--operator-key", operator];
  });
  afterAll(() => node[Symbol.asyncDispose]());

  test("without keys it is a usage error", async () => {
    const args = ["replay", "capture", file("small", SMALL_CAPTURE), "--url", node.ready.origin];
    expect(await run(args)).toMatchObject({ code: ExitCode.Usage });
  });

  test("without funds the first order is refused by its line", async () => {
    const args = ["replay", "capture", file("small", SMALL_CAPTURE), "--url", node.ready.origin];
    const { code, err } = await run([...args, ...keys]);
    expect(code).toBe(ExitCode.Failed);
    expect(err).toContain(
      "the command of line 1: order.place is refused: Account has insufficient",
    );
  });

  test("takes a replay; its journal, replayed from nothing, leads to the same state", async () => {
    const operator = JSON.parse(
      (
        await run([
          "keys",
          "new",
          "--data-dir",
          dataDir,
          "--account",
          "1",
          "--permissions",
          "operator",
          "--type",
          "hmac",
          "--json",
        ])
      ).out,
    ) as { readonly apiKey: string; readonly secret: string };
    const secretFile = file("operator-secret", [operator.secret]);
    for (const account of ["11", "12"]) {
      for (const asset of ["BTC", "USDT"]) {
        const signer = ["--api-key", operator.apiKey, "--secret-file", secretFile];
        const deposit = ["operator", "deposit", account, REPLAY_FUNDS, asset, ...signer];
        expect((await run([...deposit, "--url", node.ready.origin])).err).toBe("");
      }
    }
    const args = ["replay", "capture", file("small", SMALL_CAPTURE), "--url", node.ready.origin];
    const { code, result, err } = await run([...args, ...keys, "--json"]);
    expect(err).toBe("");
    expect(code).toBe(ExitCode.Done);
    expect(result).toMatchObject({ states: 2, statesEqual: 2, state: { isVerified: false } });

    const journal = ["replay", "journal", "--data-dir", dataDir, "--network", network, "--json"];
    const locked = await run(journal);
    expect(locked.code).toBe(ExitCode.Failed);
    expect(locked.err).toContain("is open for writing in process");

    expect(await node.end("SIGTERM")).toBe(0);
    const replayed = await run(journal);
    expect(replayed.err).toBe("");
    const { stateHash, records } = result["state"] as {
      readonly stateHash: string;
      readonly records: number;
    };
    expect(replayed.result).toMatchObject({ stateHash, records, snapshotSequence: records });
    expect(replayed.code).toBe(ExitCode.Done);
  });

  test("another network's journal, or none, is refused", async () => {
    const other = await run(["replay", "journal", "--data-dir", dataDir]);
    expect(other.code).toBe(ExitCode.Failed);
    expect(other.err).toContain("network");
    const none = await run(["replay", "journal", "--data-dir", join(directory, "nowhere")]);
    expect(none.code).toBe(ExitCode.Failed);
    expect(none.err).toContain("there is no journal in");
  });
});
