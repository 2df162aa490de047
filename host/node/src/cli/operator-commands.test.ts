import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { environmentName } from "../config/settings.ts";
import { ExitCode } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { SIGNED_OPTIONS } from "./connection.ts";
import { runCommandLine } from "./run-command.ts";

/** What a node answers, one request after the other, and what it was asked. */
async function runAgainst(
  answers: readonly object[],
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { method, url = "" } = request;
    const { pathname, searchParams } = new URL(url, "http://node");
    for (const name of ["timestamp", "signature"]) searchParams.delete(name);
    response.end(JSON.stringify(answers[asked.length]));
    asked.push(`${method} ${pathname}?${searchParams.toString()}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let out = "";
  const code = await runCommandLine(
    await loadCommands("operator"),
    ["operator", ...args, "--url", url, "--api-key", "key"],
    {
      environment: { RIALTO_SECRET: "secret", ...environment },
      stdout: (text) => (out += text),
      stderr: () => undefined,
      stdoutIsTerminal: false,
      stderrIsTerminal: false,
      signal: new AbortController().signal,
    },
  );
  server.closeAllConnections();
  server.close();
  return { code, out, asked };
}

test("a mass cancel goes on until there are no more, and says how many went", async () => {
  const answers = [
    { canceled: 16_384, more: true },
    { canceled: 16_384, more: true },
    { canceled: 7, more: false },
  ];
  const { code, out, asked } = await runAgainst(answers, ["cancel", "everybody"]);
  expect([code, out]).toEqual([
    ExitCode.Done,
    "32775 orders cancelled: everybody's, on both sides, in all markets\n",
  ]);
  expect(asked).toEqual(Array(3).fill("DELETE /operator/open-orders?account=everybody"));
});

test("it asks for no more than is meant, and says what was", async () => {
  const args = ["cancel", "1001", "--symbol", "btc-usd", "--side", "sell", "--family", "--json"];
  const { out, asked } = await runAgainst([{ canceled: 1, more: false }], args);
  expect(asked).toEqual([
    "DELETE /operator/open-orders?account=1001&symbol=BTCUSD&side=SELL&withFamily=true",
  ]);
  expect(JSON.parse(out)).toEqual({
    account: "1001",
    symbol: "BTCUSD",
    side: "sell",
    family: true,
    canceled: 1,
  });
});

test.each([
  [["terms", "BTCUSD"], "GET /operator/market-terms?symbol=BTCUSD"],
  [["guard", "BTCUSD"], "GET /operator/guard?symbol=BTCUSD"],
  [["cancel", "1001"], "DELETE /operator/open-orders?account=1001"],
])("what stands in the environment makes no other command of operator %s", async (args, asked) => {
  const environment = {
    RIALTO_MAKER: "0.1",
    RIALTO_BAND_UP: "0.1",
    RIALTO_UP: "0.1",
    RIALTO_WINDOW_MS: "1000",
    RIALTO_AUCTION_MS: "1000",
    RIALTO_SYMBOL: "BTCUSD",
    RIALTO_SIDE: "sell",
    RIALTO_FAMILY: "true",
  };
  const answer = { canceled: 0, more: false };
  expect((await runAgainst([answer], args, environment)).asked).toEqual([asked]);
  const off = await runAgainst([answer], args, { RIALTO_OFF: "true" });
  expect(off.asked).toEqual([asked]);
});

test("of the options of orders and of an operator only those of who signs, and where, stand in the environment", async () => {
  const connection: readonly string[] = Object.values(SIGNED_OPTIONS).map(({ flag }) => flag);
  const commands = [...(await loadCommands("operator")), ...(await loadCommands("order"))];
  const others = commands.flatMap(({ name, options }) =>
    Object.values(options)
      .filter(({ flag }) => !connection.includes(flag))
      .map((setting) => ({ name, flag: setting.flag, environment: environmentName(setting) })),
  );
  expect(others.length).toBeGreaterThan(20);
  expect(others.filter(({ environment }) => environment !== undefined)).toEqual([]);
});
