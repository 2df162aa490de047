import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ExitCode } from "./command.ts";
import { operatorCancelCommand } from "./operator-commands.ts";
import { runCommandLine } from "./run-command.ts";

/** What a node answers, one request after the other, and what it was asked. */
async function runAgainst(
  answers: readonly object[],
  args: readonly string[],
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
    [operatorCancelCommand],
    ["operator", "cancel", ...args, "--url", url, "--api-key", "key"],
    {
      environment: { RIALTO_SECRET: "secret" },
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
  const { code, out, asked } = await runAgainst(answers, ["everybody"]);
  expect([code, out]).toEqual([
    ExitCode.Done,
    "32775 orders cancelled: everybody's, on both sides, in all markets\n",
  ]);
  expect(asked).toEqual(Array(3).fill("DELETE /operator/open-orders?account=everybody"));
});

test("it asks for no more than is meant, and says what was", async () => {
  const args = ["1001", "--symbol", "btc-usd", "--side", "sell", "--family", "--json"];
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
