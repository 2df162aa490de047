import { VERSION } from "../src/version.ts";
import { TEST_CERTIFICATE } from "@rialto/gateway/testing/certificate";
import { mountSmallDisk } from "@rialto/storage/testing";
import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCommands } from "../src/cli/commands.ts";
import { ExitCode } from "../src/cli/command.ts";
import { type CliWorld, runCommandLine } from "../src/cli/run-command.ts";
import { findTestPort } from "../src/testing/free-port.ts";
import { type NodeProcess, startNodeProcess } from "../src/testing/node-process.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

/** What stands before the 32 bytes of an Ed25519 public key. Source: RFC 8410, section 4. */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");
/** Of the first checksum in a LOB1 file. */
const CHECKSUM_OFFSET = 28;

const RIALTO = fileURLToPath(new URL("../bin/rialto.js", import.meta.url));
const COMMANDS = await loadCommands();

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Card extends Record<string, unknown> {
  readonly card: string;
}

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  world: Partial<Pick<CliWorld, "stdoutIsTerminal" | "stdoutRows" | "signal">> = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await runCommandLine(COMMANDS, args, {
    environment,
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    signal: new AbortController().signal,
    ...world,
  });
  return { code, out, err };
}

const parse = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

const longestLine = (text: string): number =>
  Math.max(...text.split("\n").map((line) => line.length));

describe("without a node", () => {
  test("every command has help with examples", async () => {
    for (const { name, options } of COMMANDS) {
      const { code, out } = await run([...name.split(" "), "--help"]);
      expect(code).toBe(ExitCode.Done);
      expect(out).toContain(`rialto ${name}: `);
      expect(out).toContain("examples:");
      for (const { flag } of Object.values(options)) expect(out).toContain(`--${flag}`);
    }
    for (const args of [[], ...COMMANDS.map(({ name }) => name.split(" "))]) {
      const { out } = await run([...args, "--help"]);
      const [text = ""] = out.split("examples:");
      // The first line is the summary, which a terminal may break.
      const [, ...lines] = text.split("\n");
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
    const family = await run(["cluster", "--help"]);
    expect([family.code, family.err]).toEqual([ExitCode.Done, ""]);
    expect(family.out).toContain("  cluster start ");
    const overview = await run(["--help"]);
    for (const { name } of COMMANDS) expect(overview.out).toContain(`  ${name}`);
  });

  test("help is had by each of its names, of one command too", async () => {
    const { out: overview } = await run(["--help"]);
    for (const word of ["-h", "help"]) {
      expect(await run([word])).toEqual({ code: ExitCode.Done, out: overview, err: "" });
    }
    const { out: ofKeys } = await run(["keys", "new", "--help"]);
    for (const word of ["--help", "help"]) {
      expect((await run([word, "keys", "new"])).out).toBe(ofKeys);
    }
    expect((await run(["help", "keys"])).out).toBe((await run(["keys", "--help"])).out);
    expect(await run(["help", "fly"])).toMatchObject({ code: ExitCode.Usage, out: "" });
  });

  test("it says which version it is", async () => {
    for (const word of ["--version", "version"]) {
      expect(await run([word])).toMatchObject({ code: ExitCode.Done, out: `${VERSION}\n` });
    }
    expect(parse((await run(["--version", "--json"])).out)).toEqual({ version: VERSION });
  });

  test.each([
    ["an unknown command", ["fly"], "no command"],
    ["half of a command", ["keys"], "keys new"],
    ["the wrong half of one", ["cluster", "begin"], 'no command "cluster begin"'],
    ["an unknown option", ["start", "--fast"], "--fast"],
    ["a missing argument", ["order", "buy"], "usage: rialto order"],
    ["a wrong number", ["start", "--port", "70000"], "integer from 0 to 65535"],
    [
      "a URL of a host",
      ["start", "--allowed-hosts", "a.example,http://b"],
      '"http://b" is no name',
    ],
    [
      "a host and its port",
      ["start", "--allowed-hosts", "b:8080"],
      '"b:8080" is no name of a host',
    ],
    ["any host", ["start", "--allowed-hosts", "*.b.example"], '"*.b.example" is no name of a host'],
    ["a host of pages", ["start", "--cors-origins", "*,b.example"], '"b.example" is no origin'],
    ["a page", ["start", "--cors-origins", "https://b.example/a"], "is no origin"],
    [
      "what the genesis says",
      ["start", "--join", "/nowhere", "--network", "a.json", "--checkpoint-ms", "9"],
      "--network, --checkpoint-ms: does nothing beside --join",
    ],
    [
      "names of a node that answers to any",
      ["start", "--host", "0.0.0.0", "--allowed-hosts", "a.example"],
      "--allowed-hosts: does nothing beside --host 0.0.0.0, where any name will do",
    ],
    [
      "two directories",
      ["start", "--join", "/", "--data-dir", "/nowhere"],
      "--data-dir: does nothing beside --join of a directory",
    ],
    [
      "what is a member's",
      ["start", "--link-address", "tcp://0.0.0.0:5000", "--keep-journal"],
      "--link-address, --keep-journal: does nothing beside a node alone, without --join",
    ],
    ["a wrong account", ["keys", "new", "--account", "-1"], "--account"],
    [
      "how long a market order stands",
      ["order", "buy", "1", "BTCUSD", "--time-in-force", "FOK"],
      "--time-in-force: does nothing beside a market order",
    ],
    [
      "at once or not, and never at once",
      ["order", "buy", "1", "BTCUSD", "--price", "1", "--post-only", "--time-in-force", "IOC"],
      "--time-in-force: does nothing beside --post-only",
    ],
    ["recording a small run", ["bench", "engine", "--record", "--smoke"], "leave out"],
    ["recording small markets", ["bench", "markets", "--record", "--empty", "9"], "leave out"],
    ["an odd number of traders", ["bench", "markets", "--market-accounts", "3"], "even"],
    ["recording small features", ["bench", "features", "--record", "--smoke"], "leave out"],
    ["recording a small cluster", ["bench", "cluster", "--record", "--smoke"], "leave out"],
    [
      "recording other markets",
      ["bench", "markets", "--record", "--market-accounts", "6"],
      "--market-accounts: other figures than those of the documents",
    ],
    [
      "recording other signers",
      ["bench", "signatures", "--record", "--signers", "1"],
      "--signers: other figures",
    ],
    [
      "recording another queue",
      ["bench", "cluster", "--record", "--queue-bytes", "65536", "--seconds", "1"],
      "--seconds, --queue-bytes: other figures",
    ],
    ["recording a single run", ["bench", "engine", "--record", "--runs", "1"], "5 runs or more"],
    [
      "recording few samples",
      ["bench", "features", "--record", "--samples", "4"],
      "5 runs or more",
    ],
    ["recording few lookups", ["bench", "finality", "--record", "--runs", "2"], "5 runs or more"],
    [
      "a liar where nobody may lie",
      ["bench", "cluster", "--profile", "crash", "--scenarios", "lying"],
      "lying",
    ],
    ["a rate of a small cluster", ["bench", "cluster", "--smoke", "--rate", "9"], "--rate: does"],
    ["runs of empty markets", ["bench", "markets", "--empty", "9", "--runs", "2"], "--runs: does"],
    [
      "two order flows at once",
      ["bench", "engine", "--workload", "a.lob1", "--profile", "p2", "--seed", "3"],
      "--profile, --seed: does nothing beside --workload",
    ],
    ["a smaller file", ["bench", "workload", "--workload", "a.lob1", "--smoke"], "--smoke: does"],
    [
      "what one seed leaves no choice of",
      ["simulate", "cluster", "--seed", "5", "--seeds", "3", "--first-seed", "2"],
      "--seeds, --first-seed: does nothing beside --seed",
    ],
  ])("%s is a usage error that says what to do", async (_, args, hint) => {
    const { code, err, out } = await run(args);
    expect(code).toBe(ExitCode.Usage);
    expect(err).toContain(hint);
    expect(out).toBe("");
    const json = await run([...args, "--json"]);
    expect([json.code, json.out]).toEqual([ExitCode.Usage, ""]);
    const failure = parse(json.err);
    expect(failure).toMatchObject({ event: "failed", exitCode: ExitCode.Usage, code: "USAGE" });
    expect(failure["message"]).toContain(hint);
    expect(failure["toDo"]).toMatch(/^see rialto .*--help$/);
  });

  // The call makes sense: what it needs is not there. 2 would send its caller to the help.
  test.each([
    ["inspect state", "NODE_ABSENT"],
    ["inspect journal", "NODE_ABSENT"],
    ["keys list", "KEYS_ABSENT"],
    ["replay journal", "REPLAY_JOURNAL_ABSENT"],
    ["cluster status", "CLUSTER_ABSENT"],
  ])("%s of a directory without a node fails, and names the directory", async (command, code) => {
    const args = [...command.split(" "), "--data-dir", "/nowhere"];
    const text = await run(args);
    expect([text.code, text.out]).toEqual([ExitCode.Failed, ""]);
    expect(text.err).toContain("/nowhere");
    const json = await run([...args, "--json"]);
    expect(parse(json.err)).toMatchObject({ exitCode: ExitCode.Failed, code });
  });

  test("a certificate and its key are looked at before the node says that it is up", async () => {
    using exchange = new SmallExchange();
    const start = ["start", ...exchange.startArguments];
    const refusal = async (cert: string, key: string): Promise<string> => {
      const files = { "--tls-cert": cert, "--tls-key": key };
      const flags = Object.entries(files).flatMap(([flag, text]) => {
        const path = `${exchange.root}/${flag.slice(2)}.pem`;
        writeFileSync(path, text);
        return [flag, path];
      });
      const { code, err, out } = await run([...start, ...flags]);
      expect([code, out]).toEqual([ExitCode.Usage, ""]);
      return err;
    };
    const { cert, key } = TEST_CERTIFICATE;
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const otherKey = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    expect(await refusal("", key)).toContain("--tls-cert holds no PEM of its kind");
    expect(await refusal(cert, "garbage")).toContain("--tls-key holds no PEM of its kind");
    expect(await refusal(cert, otherKey)).toContain("--tls-key is not the key of");
  });

  test("a port at which no browser asks is refused", async () => {
    const { code, err } = await run(["start", "--port", "6000"]);
    expect(code).toBe(ExitCode.Usage);
    expect(err).toContain("--port 6000: no browser asks for anything there");
  });

  test("what a key cannot be is a usage error, and nothing is made", async () => {
    using exchange = new SmallExchange();
    const made = `${exchange.root}/none`;
    const keys = ["keys", "new", "--account", "1", "--data-dir", made];
    // The neutral element, under which a signature of zeros holds for anything.
    const nobody = `${exchange.root}/nobody.pem`;
    const neutral = Buffer.concat([ED25519_SPKI, Buffer.from([1]), Buffer.alloc(31)]);
    const body = neutral.toString("base64");
    writeFileSync(nobody, `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`);
    for (const [flags, hint] of [
      [["--addresses", "10.0.0.0/33"], "no address and no network"],
      [["--permissions", ","], "give it a permission"],
      [["--label", "x".repeat(101)], "longer than 100"],
      [["--public-key", "/nowhere"], "--public-key /nowhere cannot be read"],
      [["--public-key", import.meta.filename], "it is no public key in PEM"],
      [["--public-key", nobody], "it is of small order"],
    ] as const) {
      const { code, err } = await run([...keys, ...flags]);
      expect([code, err]).toEqual([ExitCode.Usage, expect.stringContaining(hint)]);
    }
    expect(existsSync(made)).toBe(false);
  });

  test("a local cluster has no keys of its own", async () => {
    using exchange = new SmallExchange();
    writeFileSync(`${exchange.root}/cluster.json`, "{}");
    const inCluster = ["--data-dir", exchange.root];
    for (const args of [
      ["new", "--account", "1"],
      ["member", "--address", "tcp://10.0.0.1:5000"],
    ]) {
      const { code, err } = await run(["keys", ...args, ...inCluster]);
      expect(code).toBe(ExitCode.Failed);
      expect(err).toContain(`${exchange.root} is a cluster's, whose nodes lie in`);
    }
    expect(existsSync(`${exchange.root}/keys.sqlite`)).toBe(false);
    expect(existsSync(`${exchange.root}/member.key`)).toBe(false);
  });

  test("a card that is printed is a file by itself, and what is said of it stands beside", async () => {
    using exchange = new SmallExchange();
    const member = ["--data-dir", `${exchange.root}/member`];
    const address = "tcp://10.0.0.1:5000";
    for (const command of [["member", "--address", address], ["rotate"]]) {
      const { out, err } = await run(["keys", ...command, ...member]);
      expect(parse(out)).toMatchObject({ address, weight: 1 });
      expect(err).toContain("This is ");
    }
  });

  test("a full disk under what a command prints is said, and what to do", async () => {
    const full = openSync("/dev/full", "w");
    const args = [RIALTO, "inspect", "network"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    let err = "";
    child.stderr!.on("data", (chunk: Buffer) => (err += chunk.toString()));
    expect(await once(child, "close")).toEqual([ExitCode.Failed, null]);
    closeSync(full);
    expect(err).toContain("rialto inspect network: ENOSPC");
    expect(err).toContain("The disk is full: make room");
    expect(err).not.toContain("    at ");
  });

  test("a genesis that a disk had no room for is written when there is some", async (context) => {
    using disk = mountSmallDisk(1_048_576);
    if (disk === undefined) return context.skip("this process may not mount");
    using exchange = new SmallExchange();
    const cards: string[] = [];
    for (const port of [5_000, 5_003]) {
      const directory = `${exchange.root}/member-${port}`;
      const member = ["--data-dir", directory, "--address", `tcp://10.0.0.1:${port}`];
      cards.push((parse((await run(["keys", "member", ...member, "--json"])).out) as Card).card);
    }
    const members = ["--members", cards.join(","), "--profile", "crash"];
    const write = ["cluster", "genesis", `${disk.path}/genesis.json`, ...members];
    disk.leaveFree(0);
    expect(await run(write)).toMatchObject({
      code: ExitCode.Failed,
      err: expect.stringContaining("ENOSPC"),
    });
    disk.leaveFree(524_288);
    expect(await run(write)).toMatchObject({ code: ExitCode.Done });
  });

  test.each([
    [[], /^the directory that this was called in is gone; change to one that is there\n$/],
    [["--json"], /^\{"event":"failed","command":"","exitCode":1,"code":"ENOENT",.*\}\n$/],
  ])("who stands in a directory that is gone is told so, with %j", async (flags, said) => {
    using exchange = new SmallExchange();
    const place = `${exchange.root}/gone`;
    const words = [process.execPath, RIALTO, "--version", ...flags];
    const script = `mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"`;
    const called = promisify(execFile)("sh", ["-c", script, place, ...words]);
    const stderr = expect.stringMatching(said);
    await expect(called).rejects.toMatchObject({ code: ExitCode.Failed, stderr });
  });

  test("only an option that asks for JSON does, not an argument", async () => {
    expect((await run(["inspect", "network", "--fast", "--", "--json"])).err).toMatch(/^rialto /);
  });

  test("a node that is not there is a network error", async () => {
    const url = `http://127.0.0.1:${await findTestPort()}`;
    const { code, err } = await run(["watch", "BTCUSD", "--url", url]);
    expect(code).toBe(ExitCode.Network);
    expect(err).toContain(url);
    const json = await run(["watch", "BTCUSD", "--url", url, "--json"]);
    expect(json.code).toBe(ExitCode.Network);
    expect(parse(json.err)).toMatchObject({ command: "watch", code: "NETWORK", exitCode: 4 });
  });

  test("settings come from flag, environment, file and default, in this order", async () => {
    using exchange = new SmallExchange();
    const file = `${exchange.root}/config.json`;
    writeFileSync(file, JSON.stringify({ port: 1_000, host: "::1", "queue-bytes": 70_000 }));
    const environment = { RIALTO_PORT: "2000", RIALTO_HOST: "localhost" };
    const args = ["inspect", "config", "--json", "--config", file, "--port", "3000"];
    const { out } = await run(args, environment);
    const { settings } = parse(out) as {
      settings: { flag: string; value: unknown; source: string }[];
    };
    const of = (flag: string): unknown => settings.find((each) => each.flag === flag);
    expect(of("port")).toEqual({ flag: "port", value: 3_000, source: "flag" });
    expect(of("host")).toEqual({ flag: "host", value: "localhost", source: "environment" });
    expect(of("queue-bytes")).toEqual({ flag: "queue-bytes", value: 70_000, source: "file" });
    expect(of("durability")).toEqual({ flag: "durability", value: "group", source: "default" });
  });
});

describe("with a demo node", () => {
  let node: NodeProcess;
  const exchange = new SmallExchange();
  beforeAll(async () => {
    node = await startNodeProcess(["--demo", "--data-dir", exchange.dataDir]);
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    exchange[Symbol.dispose]();
  });
  const at = (): string[] => ["--url", node.ready.origin];

  test("order trades for the demo account, and says why when it does not", async () => {
    const filled = await run(["order", "buy", "0.01", "BTC-USD", "--json", ...at()]);
    expect(filled.code).toBe(ExitCode.Done);
    expect(parse(filled.out)).toMatchObject({ status: "FILLED", executedQty: "0.01000000" });
    const far = ["order", "sell", "0.01", "BTCUSD", "--price", "99999", "--post-only"];
    expect((await run([...far, ...at()])).out).toMatch(/^order \d+ NEW: sell 0\.0+ of 0\.01/);
    const poor = await run(["order", "sell", "50", "BTCUSD", "--price", "99999", ...at()]);
    expect(poor.code).toBe(ExitCode.Rejected);
    expect(poor.err).toContain("-2010");
    const poorJson = await run(["order", "sell", "50", "BTCUSD", "--json", ...at()]);
    expect([poorJson.code, poorJson.out]).toEqual([ExitCode.Rejected, ""]);
    const refusal = { code: "REJECTED", detail: { apiCode: -2010, status: 400 } };
    expect(parse(poorJson.err)).toMatchObject({ command: "order", ...refusal });
    const checked = await run(["order", "buy", "0.01", "BTCUSD", "--test", ...at()]);
    expect(checked.out).toContain("would be accepted");
  });

  test("watch prints what happens, as lines of JSON", async () => {
    const watched = await run(["watch", "btc-usd", "--count", "5", "--json", ...at()]);
    expect(watched.code).toBe(ExitCode.Done);
    const streams = watched.out.trim().split("\n").map(parse);
    expect(streams.length).toBe(5);
    for (const { stream } of streams) expect(stream).toMatch(/^btcusd@(depth10@100ms|trade)$/);
    expect((await run(["watch", "NOPE", ...at()])).code).toBe(ExitCode.Rejected);
  });

  test("watch shows as much as fits on the screen", async () => {
    const args = ["watch", "BTCUSD", "--depth", "20", "--count", "30", ...at()];
    const { out } = await run(args, {}, { stdoutIsTerminal: true, stdoutRows: 24 });
    const frames = out.split("\u001b[H\u001b[2J").slice(1);
    // With the line on which the cursor stands.
    expect(Math.max(...frames.map((frame) => frame.split("\n").length))).toBe(24);
    expect(frames.at(-1)).toMatch(
      /^BTCUSD .*(\n +[\d.]+ +[\d.]+){8}\n {2}---+(\n +[\d.]+ +[\d.]+){8}\n\n/,
    );
  });

  test("watch says so when the node has ended", async () => {
    using other = new SmallExchange();
    await using ending = await startNodeProcess(["--demo", "--data-dir", other.dataDir]);
    const args = [RIALTO, "watch", "BTCUSD", "--json", "--url", ending.ready.origin];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    await once(child.stdout, "data");
    child.stdout.resume();
    const closed = once(child, "close");
    await ending.end("SIGTERM");
    expect(await closed).toEqual([ExitCode.Network, null]);
    expect(parse(err)).toMatchObject({ command: "watch", code: "NETWORK" });
    expect(err).toContain(`${ending.ready.origin} has ended the stream`);
  });

  test("watch ends in peace when whoever reads it has left, as `head` does", async () => {
    const args = [RIALTO, "watch", "BTCUSD", "--json", ...at()];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    await once(child.stdout, "data");
    child.stdout.destroy();
    expect(await once(child, "close")).toEqual([ExitCode.Done, null]);
    expect(err).toBe("");
  });

  test("the operator's commands need the operator's key", async () => {
    const { dataDir } = exchange;
    const make = [
      "keys",
      "new",
      "--account",
      "1",
      "--permissions",
      "operator",
      "--data-dir",
      dataDir,
    ];
    const made = parse((await run([...make, "--json"])).out) as Record<string, string>;
    const secretFile = `${exchange.root}/ops.pem`;
    writeFileSync(secretFile, made["privateKeyPem"]!, { mode: 0o600 });
    const key = ["--api-key", made["apiKey"]!, "--secret-file", secretFile, ...at()];

    const deposit = await run(["operator", "deposit", "77", "12.5", "USD", ...key]);
    expect(deposit).toMatchObject({ code: 0, out: "deposit of 12.50000000 USD to 77\n" });
    const part = await run(["operator", "sub-account", "78", "77", ...key]);
    expect(part).toEqual({ code: 0, out: "account 78 is a part of 77\n", err: "" });
    const moved = await run(["operator", "transfer", "77", "78", "2.5", "USD", ...key]);
    expect(moved.out).toBe("2.50000000 USD from 77 to 78\n");
    const back = ["operator", "transfer", "78", "77", "2.5", "USD", "--json", ...key];
    expect(parse((await run(back)).out)).toMatchObject({ source: "78", amount: "2.50000000" });
    const tooMuch = await run(["operator", "withdraw", "77", "13", "USD", ...key]);
    expect(tooMuch.code).toBe(ExitCode.Rejected);
    expect((await run(["operator", "market", "SOLUSD", "halt", ...key])).code).toBe(0);
    const halted = await run(["order", "buy", "1", "SOLUSD", ...at()]);
    expect(halted.code).toBe(ExitCode.Rejected);
    await stopTrading(key);
    await blockAccount(key);
    await cancelOrders(key);
    await withdrawFees(key);
    await setFees(key);
    await setRules(key);
    const denied = await run(["operator", "deposit", "77", "1", "USD", ...at()]);
    expect(denied.code).toBe(ExitCode.Rejected);

    const list = await run(["keys", "list", "--data-dir", dataDir]);
    expect(list.out).toContain(made["apiKey"]);
    expect(list.out).not.toContain("PRIVATE");
    expect((await run(["keys", "revoke", made["apiKey"]!, "--data-dir", dataDir])).code).toBe(0);
    const nobody = await run(["keys", "revoke", "nobody", "--json", "--data-dir", dataDir]);
    expect([nobody.code, nobody.out]).toEqual([ExitCode.Failed, ""]);
    expect(parse(nobody.err)).toMatchObject({ code: "KEY_UNKNOWN", detail: { apiKey: "nobody" } });
    // The node looks for revoked keys now and then. Until it has, the key deposits.
    let revoked: Ran;
    do revoked = await run(["operator", "deposit", "77", "1", "USD", ...key]);
    while (revoked.code === ExitCode.Done);
    expect(revoked.err).toContain("-2015");
  });

  /** As the operator whose key the options `key` name. */
  async function stopTrading(key: readonly string[]): Promise<void> {
    const order = ["order", "buy", "0.001", "BTCUSD", "--test", ...at()];
    const off = await run(["operator", "trading", "off", ...key]);
    expect(off).toEqual({ code: ExitCode.Done, out: "all trading is stopped\n", err: "" });
    const refused = await run(["order", "buy", "0.001", "BTCUSD", ...at()]);
    expect(refused).toMatchObject({ code: ExitCode.Rejected, out: "" });
    expect(refused.err).toContain("Market is closed.");
    expect((await run(order)).code).toBe(ExitCode.Rejected);
    const status = await run(["operator", "status", ...key]);
    expect(status.out).toContain("all trading is stopped by the operator\n");
    expect(status.out).toMatch(/^ {2}SOLUSD +HALT$/m);
    const on = await run(["operator", "trading", "ON", "--json", ...key]);
    expect([on.code, parse(on.out)]).toEqual([ExitCode.Done, { enabled: true }]);
    expect((await run(order)).code).toBe(ExitCode.Done);
    const unclear = await run(["operator", "trading", "maybe", ...key]);
    expect(unclear.code).toBe(ExitCode.Usage);
    expect(unclear.err).toContain('on or off, not "maybe"');
  }

  async function cancelOrders(key: readonly string[]): Promise<void> {
    const order = ["order", "buy", "0.01", "BTCUSD", "--price", "30000", "--json", ...at()];
    const { orderId } = parse((await run(order)).out);
    const cancel = ["operator", "cancel", "9000000", "--symbol", "btc-usd"];
    // An earlier test has left one.
    const sells = await run([...cancel, "--side", "sell", ...key]);
    expect(sells.out).toBe("1 order cancelled: account 9000000's, to sell, in BTCUSD\n");
    const done = parse((await run([...cancel, "--json", ...key])).out);
    expect(done).toMatchObject({ account: "9000000", symbol: "BTCUSD", canceled: 1 });
    expect(orderId).toBeGreaterThan(0);
    for (const wrong of [[], ["9000000", "1001"]]) {
      expect((await run(["operator", "cancel", ...wrong, ...key])).code).toBe(ExitCode.Usage);
    }
    const unclear = await run(["operator", "cancel", "all", ...key]);
    expect(unclear.code).toBe(ExitCode.Rejected);
    expect(unclear.err).toContain("'account' is not valid");
  }

  async function withdrawFees(key: readonly string[]): Promise<void> {
    // The robots trade, and more may have come; no fees ever go by themselves.
    const { assets } = parse((await run(["operator", "status", "--json", ...key])).out);
    const rows = assets as readonly { readonly asset: string; readonly fees: string }[];
    const fees = rows.find(({ asset }) => asset === "USD")!.fees;
    expect(Number(fees)).toBeGreaterThan(0);
    const taken = await run(["operator", "withdraw-fees", fees, "USD", ...key]);
    expect(taken).toEqual({ code: 0, out: `withdraw of ${fees} USD from the fees\n`, err: "" });
    const much = await run(["operator", "withdraw-fees", "1000000000", "USD", ...key]);
    expect(much.code).toBe(ExitCode.Rejected);
  }

  async function setFees(key: readonly string[]): Promise<void> {
    const demo = (await (await fetch(`${node.ready.origin}/demo`)).json()) as { account: string };
    const none = await run(["operator", "fees", ...key]);
    expect(none.out).toMatch(/^the markets:\n {2}BTCUSD +maker 0\.\d{8}, taker 0\.\d{8}\n/);
    expect(none.out).toContain("\nno fee schedule is set\n");
    const tiers = "0:0.0005:0.001,1000000:-0.0001:0.0008";
    const schedule = ["operator", "fee-schedule", "2", "USD"];
    expect((await run([...schedule, tiers, ...key])).out).toBe(
      "schedule 2, in markets quoted in USD:\n" +
        "  from 0.00000000 USD        maker 0.00050000, taker 0.00100000\n" +
        "  from 1000000.00000000 USD  maker -0.00010000, taker 0.00080000\n",
    );
    expect((await run(["operator", "fees", ...key])).out).toContain("schedule 2, in markets");
    const account = ["operator", "account-fees", demo.account];
    const followed = await run([...account, "2", ...key]);
    expect(followed.out).toMatch(
      /^account \d+ follows schedule 2, with a volume of 0\.00000000 USD in 28 days; it pays\n/,
    );
    const shown = await run(["operator", "fees", demo.account, "--json", ...key]);
    expect(parse(shown.out)).toMatchObject({ account: demo.account, schedule: 2, asset: "USD" });
    expect((await run([...account, "none", ...key])).out).toContain("follows no fee schedule");
    const wrong = await run([...schedule, "0:0.001", ...key]);
    expect([wrong.code, wrong.err]).toMatchObject([
      ExitCode.Usage,
      expect.stringContaining('a tier is VOLUME:MAKER:TAKER, not "0:0.001"'),
    ]);
    const high = await run([...schedule, "0:0.001:0.2", ...key]);
    expect([high.code, high.out]).toEqual([ExitCode.Rejected, ""]);
  }

  async function setRules(key: readonly string[]): Promise<void> {
    const terms = ["operator", "terms", "btc-usd"];
    const before = parse((await run([...terms, "--json", ...key])).out);
    const changed = await run([...terms, "--quantity-max", "77", "--band-up", "0.9", ...key]);
    expect(changed.out).toMatch(
      /^BTCUSD:\n {2}fees .*\n {2}band +0\.90000000 above the last price/,
    );
    const after = parse((await run([...terms, "--json", ...key])).out);
    expect(after).toEqual({ ...before, quantityMax: "77.00000000", bandUp: "0.90000000" });
    const unclear = await run([...terms, "--maker", "cheap", ...key]);
    expect([unclear.code, unclear.err]).toMatchObject([3, expect.stringContaining("'maker'")]);

    const guard = ["operator", "guard", "BTCUSD"];
    expect((await run([...guard, ...key])).out).toBe("BTCUSD has no guard\n");
    const set = [...guard, "--up", "0.5", "--window-ms", "60000", "--auction-ms", "1000"];
    expect((await run([...set, ...key])).out).toBe(
      "BTCUSD pauses in an auction of 1000 ms where it would trade, within 60000 ms, 0.50000000 above or " +
        "0.00000000 below the price that stood; 0 is any\n",
    );
    for (const wrong of [
      [...set, "--off"],
      [...guard, "--up", "0.5"],
    ]) {
      expect((await run([...wrong, ...key])).code).toBe(ExitCode.Usage);
    }
    const off = await run([...guard, "--off", "--json", ...key]);
    expect(parse(off.out)).toMatchObject({ symbol: "BTCUSD", enabled: false });

    const asset = ["operator", "add-asset", "gold", "4", ...key];
    expect((await run(asset)).out).toBe("GOLD is added, with 4 decimals\n");
    expect((await run(asset)).err).toContain("The asset exists already. (-3006)");
    const status = await run(["operator", "status", ...key]);
    expect(status.out).toMatch(/^ {2}GOLD +0\.00000000, of it fees 0\.00000000$/m);

    const amounts =
      "--tick-size 0.000001 --lot-size 0.01 --price-min 0.000001 --price-max 1 --reference-price 0.002 " +
      "--quantity-min 0.01 --quantity-max 1000 --notional-min 0.0001 --notional-max 100";
    const list = ["operator", "list", "sol", "btc", ...amounts.split(" "), ...key];
    const listed = await run([...list, "--taker", "0.001"]);
    expect(listed.out).toMatch(
      /^SOLBTC is listed, and HALT\nSOLBTC:\n {2}fees +maker 0\.00000000, taker 0\.00100000\n/,
    );
    const again = await run(list);
    expect([again.code, again.err]).toMatchObject([
      ExitCode.Rejected,
      expect.stringContaining("There is a market SOLBTC already. (-3005)"),
    ]);
    expect((await run([...list, "--symbol", "sol-btc2"])).out).toMatch(/^SOLBTC2 is listed/);
    const missing = await run(["operator", "list", "sol", "btc", ...key]);
    expect([missing.code, missing.err]).toMatchObject([2, expect.stringContaining("--tick-size")]);
    expect((await run(["operator", "market", "SOLBTC", "trading", ...key])).code).toBe(0);
    const placed = ["order", "buy", "1", "sol-btc", "--price", "0.001", "--test", ...at()];
    expect((await run(placed)).code).toBe(ExitCode.Done);

    const delist = ["operator", "delist", "SOLUSD", ...key];
    expect((await run(delist)).err).toContain("The market is not closed.");
    expect((await run(["operator", "market", "SOLUSD", "closed", ...key])).code).toBe(0);
    await run(["operator", "cancel", "everybody", "--symbol", "SOLUSD", ...key]);
    expect(await run(delist)).toEqual({ code: 0, out: "SOLUSD is DELISTED\n", err: "" });
    expect((await run(["operator", "status", ...key])).out).toMatch(/^ {2}SOLUSD +DELISTED$/m);
  }

  async function blockAccount(key: readonly string[]): Promise<void> {
    const order = ["order", "buy", "0.001", "BTCUSD", "--test", ...at()];
    const demo = (await (await fetch(`${node.ready.origin}/demo`)).json()) as { account: string };
    const account = ["operator", "account", demo.account];
    const off = await run([...account, "off", ...key]);
    expect(off.out).toBe(`account ${demo.account} may not place orders\n`);
    expect((await run(order)).err).toContain("The account may not place orders.");
    expect(parse((await run([...account, "on", "--json", ...key])).out)["enabled"]).toBe(true);
    expect((await run([...account, ...key])).out).toBe(
      `account ${demo.account} may place orders\n`,
    );
    expect((await run(["operator", "account", "4711", "off", ...key])).code).toBe(
      ExitCode.Rejected,
    );
  }

  test("inspect reads what a stopped node has left", async () => {
    const journal = ["inspect", "journal", "--data-dir", exchange.dataDir];
    const busy = await run(journal);
    expect(busy.code).toBe(ExitCode.Failed);
    expect(busy.err).toContain("Stop it first");
    const busyJson = await run([...journal, "--json"]);
    expect(busyJson.code).toBe(ExitCode.Failed);
    expect(parse(busyJson.err)).toMatchObject({ code: "JOURNAL_LOCKED", exitCode: 1 });
    expect(await node.end("SIGTERM")).toBe(0);
    const read = await run([...journal, "--from", "2", "--limit", "3"]);
    expect(read.out).toMatch(
      /^2 {2}20.*\n3 {2}20.*\n4 {2}20.*\n\d+ records, \d+ commands, verified/,
    );
    const state = await run(["inspect", "state", "--json", "--data-dir", exchange.dataDir]);
    const { replayed, counts, markets } = parse(state.out);
    expect([replayed, counts]).toMatchObject([0, { markets: 7 }]);
    expect(markets).toMatchObject([{}, {}, {}, {}, {}, { symbol: "SOLBTC" }, {}]);
  });
});

test("bench engine verifies trades and checksum, and a workload that has neither fails", async () => {
  using exchange = new SmallExchange();
  const made = await run(["bench", "workload", "--profile", "p1", "--smoke", "--json"]);
  const { path } = parse(made.out) as { readonly path: string };
  const bench = ["bench", "engine", "--runs", "1", "--no-limit", "--json", "--workload"];
  const good = await run([...bench, path]);
  expect(good.code).toBe(ExitCode.Done);
  expect(parse(good.out)).toMatchObject({ checksum: expect.stringMatching(/^[0-9a-f]{16}$/) });
  const bytes = readFileSync(path);
  const wrong = `${exchange.root}/wrong.lob1`;
  bytes[CHECKSUM_OFFSET]! ^= 1;
  writeFileSync(wrong, bytes);
  const failed = await run([...bench, wrong]);
  expect(failed).toMatchObject({ code: ExitCode.Failed, out: "" });
  expect(failed.err).toContain("checksum");
});

test("bench engine names orders by client ids, and times its calls or leaves that out", async () => {
  const bench = ["bench", "engine", "--runs", "1", "--no-limit", "--smoke", "--ids", "client"];
  const timed = await run(bench);
  expect(timed.err).toBe("");
  expect(timed.out).toContain("orders named by client ids of 64 bits");
  expect(timed.out).toMatch(/^latency  of a call, up to 256 .*p99\.9 .*, max /m);
  const short = await run([...bench, "--no-latency", "--json"]);
  expect(parse(short.out)).toMatchObject({ ids: "client", latency: [], limitRecordedNs: null });
});

test("with --json a note beside the result is a line of JSON too", async () => {
  const { code, out, err } = await run(["bench", "finality", "--smoke", "--runs", "1", "--json"]);
  expect(code).toBe(ExitCode.Done);
  expect(out.trim().split("\n").map(parse)).toHaveLength(3);
  expect(parse(err)).toMatchObject({ event: "note", message: expect.stringContaining("asking") });
});

test("a signal ends a command that does not ask for it, in the middle of its work", async () => {
  const child = spawn(process.execPath, [RIALTO, "bench", "finality"], { stdio: "ignore" });
  // By then it measures, without a turn of its event loop; that takes it seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  child.kill("SIGINT");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect([code, signal]).toEqual([null, "SIGINT"]);
});

test("a simulation that is interrupted has not passed", async () => {
  const args = ["simulate", "cluster", "--seeds", "2", "--nodes", "3", "--profile", "crash"];
  const signal = AbortSignal.abort();
  const { code, out } = await run(args, {}, { signal });
  expect(code).toBe(ExitCode.Failed);
  expect(out).toContain("interrupted: 2 were to be run");
  const json = await run([...args, "--json"], {}, { signal });
  expect(parse(json.out)).toMatchObject({ runs: 0, asked: 2, pass: 0 });
});

test("simulate faults lists every fault with its promise, in lines that a terminal shows", async () => {
  const { rows } = parse((await run(["simulate", "faults", "--json"])).out);
  const { out } = await run(["simulate", "faults"]);
  for (const { group, name, promised } of rows as readonly Record<string, string>[]) {
    expect(out).toMatch(new RegExp(`^${group}$`, "m"));
    expect(out).toMatch(new RegExp(`^  ${name} +${promised} +\\w`, "m"));
  }
  expect(longestLine(out)).toBeLessThanOrEqual(80);
});

test("bench markets and bench features print what they have measured", async () => {
  const markets = await run(["bench", "markets", "--smoke", "--runs", "1", "--no-shards"]);
  expect(markets.err).toBe("");
  expect(markets.code).toBe(ExitCode.Done);
  expect(markets.out).toContain("210 markets, ");
  expect(markets.out).toMatch(
    /^full +engine [\d.]+ MB, heap and buffers [\d.]+ MB, whole process /m,
  );
  const empty = await run(["bench", "markets", "--empty", "100", "--json"]);
  expect(parse(empty.out)).toMatchObject({ markets: 100 });
  const said = ["--samples", "1", "--laps", "3", "--json"];
  const asked = await run(["bench", "features", "--smoke", ...said]);
  expect(parse(asked.out)).toMatchObject({ samples: 1, laps: 3 });
  const features = await run(["bench", "features", "--smoke"]);
  expect(features.err).toBe("");
  expect(features.out).toMatch(/^ {2}ns a command +with it +plain +ratio$/m);
  expect(features.out).toMatch(/^beside: a maker, then its taker$/m);
  expect(features.out).toMatch(/^ {2}a guard that does not stop it +[\d.]+ +[\d.]+ +[\d.]+$/m);
  expect(longestLine(features.out)).toBeLessThanOrEqual(80);
});

test("a command whose words nobody takes ends with the exit code that it would have", async () => {
  const child = spawn(process.execPath, [RIALTO, "nonsense"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.destroy();
  expect(await once(child, "exit")).toEqual([2, null]);
});
