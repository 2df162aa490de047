import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeTerminal } from "./terminal-world.ts";

// What can change while the terminal is open: the rules of a market, the fees of the account, the node itself.

/** A rule of the market that is shown, as the exchange tells it from now on. */
async function tellNotionalMin(page: Page, minNotional: string): Promise<void> {
  await page.route("**/api/v3/exchangeInfo?symbol=*", async (route) => {
    const reply = await route.fetch();
    const info = (await reply.json()) as {
      readonly symbols: readonly [{ readonly filters: { filterType: string }[] }];
    };
    const [symbol] = info.symbols;
    const filters = symbol.filters.map((each) =>
      each.filterType === "NOTIONAL" ? { ...each, minNotional } : each,
    );
    await route.fulfill({ json: { ...info, symbols: [{ ...symbol, filters }] } });
  });
}

describeTerminal("what changes while the terminal is open", (world) => {
  test("takes the rules of a market as they are now, and keeps what has been typed", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await terminal.priceField.fill("60000");
    await terminal.amountField.fill("0.01");
    const problem = page.getByText("The order must be worth at least 10,000 USD.");
    expect(await problem.count()).toBe(0);
    await tellNotionalMin(page, "10000.00000000");
    await problem.waitFor();
    expect(await terminal.priceField.inputValue()).toBe("60000");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await problem.waitFor({ state: "detached" });
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("says of a market that takes only post-only orders that it does", async () => {
    const terminal = await world.open();
    const status = terminal.page.getByRole("status", { name: "Market status" });
    await world.node.setMarket("BTCUSD", "POST_ONLY");
    await status.filter({ hasText: "Post only" }).waitFor();
    await terminal.page.getByText("The market takes only post-only orders").waitFor();
    await world.node.setMarket("BTCUSD", "TRADING");
    await status.waitFor({ state: "hidden" });
    expect(await terminal.page.getByText("The market takes only").count()).toBe(0);
    await terminal.page.close();
  });

  test("shows the fees of the account as they are now", async () => {
    let taker = "0.00100000";
    const terminal = await world.open({}, async (page) => {
      // A minute is long for a test.
      await page.addInitScript(`{
        const { setInterval } = globalThis;
        globalThis.setInterval = (run, ms) => setInterval(run, ms === 60_000 ? 500 : ms);
      }`);
      await page.routeWebSocket(/ws-api/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          const text = String(message);
          const isFees = text.includes("standardCommission");
          socket.send(
            isFees ? text.replaceAll('"taker":"0.00100000"', `"taker":"${taker}"`) : text,
          );
        });
      });
    });
    await terminal.choose("Market");
    await terminal.amountField.fill("0.01");
    const preview = terminal.page.locator('[aria-label="Preview"]');
    await preview.getByText("taker 0.1%").waitFor();
    taker = "0.00050000";
    await preview.getByText("taker 0.05%").waitFor();
    expect(terminal.complaints).toEqual([]);
    await terminal.page.close();
  });

  test("shows another version of its node after that has been started anew", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await page.getByText(/^Rialto 0\.1\.0,/).waitFor();
    await page.route("**/stats", async (route) => {
      const stats = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...stats, version: "0.2.0" } });
    });
    await world.node.stop();
    await terminal.untilConnection("Reconnecting");
    await world.node.start();
    await page.getByText(/^Rialto 0\.2\.0,/).waitFor();
    await terminal.untilConnection("Connected");
    expect(await page.getByText(/^Rialto 0\.1\.0,/).count()).toBe(0);
    await page.close();
  });
});
