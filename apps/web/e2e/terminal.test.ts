import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { numberOf, type TerminalPage } from "./terminal-page.ts";
import { describeTerminal } from "./terminal-world.ts";

// One trader's path through the terminal of a real demo node, in a real browser. The tests follow each other.

/** The height of the row that has the book's heads. */
const HEAD_PX = 24;

describeTerminal("the terminal", (world) => {
  let terminal: TerminalPage;

  beforeAll(async () => {
    terminal = await world.open();
  });

  test("says that it is a demo", async () => {
    const label = terminal.page.getByText("DEMO – play money, robots trade");
    expect(await label.isVisible()).toBe(true);
  });

  test("shows a market that moves: book, trades and candles", async () => {
    for (const side of ["bid", "ask"] as const) {
      const first = await terminal.bestPrice(side);
      expect(first).toBeGreaterThan(0);
      const read = (): Promise<number> => terminal.bestPrice(side);
      await terminal.until(`a new best ${side}`, read, (price) => price !== first);
    }
    expect(await terminal.bestPrice("ask")).toBeGreaterThan(await terminal.bestPrice("bid"));
    const newest = async (): Promise<number> =>
      Number(await terminal.page.locator("[data-trade]").first().getAttribute("data-trade"));
    const firstTrade = await terminal.until("a trade", newest, (id) => id > 0);
    await terminal.until("another trade", newest, (id) => id > firstTrade);
    const candles = async (): Promise<number> =>
      Number(await terminal.page.locator("[data-candles]").getAttribute("data-candles"));
    await terminal.until("candles", candles, (count) => count >= 3);
    await terminal.until("candles drawn", countCandlePixels, (count) => count > 50);
  });

  /** Pixels of the chart in the colours of rising and falling candles. */
  async function countCandlePixels(): Promise<number> {
    return await terminal.page.evaluate<number>(`(() => {
      const style = getComputedStyle(document.documentElement);
      const colours = ["--up", "--down"].map((name) => {
        const hex = style.getPropertyValue(name).trim();
        return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join();
      });
      let count = 0;
      for (const canvas of document.querySelectorAll("[data-candles] canvas")) {
        const { width, height } = canvas;
        if (width === 0 || height === 0) continue;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        for (let at = 0; at < data.length; at += 4) {
          if (colours.includes([data[at], data[at + 1], data[at + 2]].join())) count += 1;
        }
      }
      return count;
    })()`);
  }

  test("places a limit order, which stands in the open orders and is marked in the book", async () => {
    // In steps of ten dollars the book reaches further than the price wanders in this test.
    await terminal.page.getByLabel("Group prices by").selectOption("1000");
    const price = Math.floor((await terminal.bestPrice("bid")) - 90);
    await terminal.choose("Buy");
    await terminal.priceField.fill(String(price));
    await terminal.amountField.fill("0.01");
    const preview = await terminal.page.locator('[aria-label="Preview"]').innerText();
    expect(preview).toContain((price / 100).toLocaleString("en-US"));
    expect(preview).toMatch(/Fee \(maker 0\.1%\)\s+0\.00001 BTC/);
    await terminal.send();
    await terminal.outcome.filter({ hasText: "is in the book" }).waitFor();
    await terminal.orderRows.first().waitFor();
    expect(await terminal.orderRows.count()).toBe(1);
    expect(await terminal.orderRows.first().innerText()).toContain(price.toLocaleString("en-US"));
    await terminal.ownMarks.first().waitFor();
    expect(await terminal.ownMarks.first().getAttribute("data-own")).toBe("0.01000");
  });

  test("cancels it, and it is gone from both", async () => {
    await terminal.page.getByRole("button", { name: /^Cancel buy of 0\.01/ }).click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
    await terminal.ownMarks.first().waitFor({ state: "detached" });
    await terminal.openTab("Order history");
    await terminal.orderRows.filter({ hasText: "Cancelled" }).first().waitFor();
    await terminal.openTab("Open orders");
    const reserved = (): Promise<string> => terminal.balanceText("USD", "reserved");
    expect(await terminal.until("an end of it", reserved, (text) => text === "0.00")).toBe("0.00");
  });

  test("fills a market order, which shows in the fills and the balances", async () => {
    const before = await terminal.balance("BTC");
    await terminal.choose("Market");
    await terminal.amountField.fill("0.02");
    await terminal.send();
    await terminal.outcome.filter({ hasText: "Bought 0.02 BTC" }).waitFor();
    // Of the coins that were bought the fee of 0.1 % is gone.
    const read = (): Promise<number> => terminal.balance("BTC");
    const after = await terminal.until("a balance", read, (balance) => balance !== before);
    expect(after).toBeCloseTo(before + 0.02 * 0.999, 6);
    await terminal.openTab("Fills");
    await terminal.orderRows.filter({ hasText: "Taker" }).first().waitFor();
    const download = terminal.page.waitForEvent("download");
    await terminal.page.getByRole("button", { name: "CSV" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("BTCUSD-fills.csv");
    const text = readFileSync(await file.path(), "utf8");
    expect(text).toMatch(/^time,market,.*\r\n\S+Z,BTCUSD,BUY,6\d{4}\.\d{8},/);
    await terminal.openTab("Open orders");
    await terminal.choose("Limit");
  });

  test("says in plain words what the exchange refuses", async () => {
    await terminal.choose("Sell");
    await terminal.priceField.fill("500000");
    await terminal.amountField.fill("0.01");
    await terminal.send();
    const { outcome } = terminal;
    await outcome.filter({ hasText: "the price is too far from the last trade" }).waitFor();
    await terminal.choose("Buy");
    await terminal.priceField.fill("60000");
    await terminal.amountField.fill("5");
    await terminal.send();
    await outcome.filter({ hasText: "insufficient balance" }).waitFor();
    await terminal.priceField.fill("60000.001");
    await terminal.page.getByText("The price must be a multiple of 0.01.").waitFor();
    expect(await terminal.orderRows.count()).toBe(0);
  });

  test("says of an order that cannot be sent that it was not, and nothing of the one before", async () => {
    const { outcome } = terminal;
    await terminal.send();
    await outcome.filter({ hasText: "Not sent. The price must be a multiple of 0.01." }).waitFor();
    await terminal.priceField.fill("60000");
    await terminal.amountField.fill("");
    await terminal.send();
    await outcome.filter({ hasText: "Not sent. The amount is missing." }).waitFor();
    expect(await terminal.orderRows.count()).toBe(0);
  });

  test("takes an order and a cancel by the keyboard alone", async () => {
    const { page } = terminal;
    await terminal.tabTo(page.getByRole("listbox", { name: /^Prices/ }));
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    // The book moves on: what counts is where the key finds it.
    await page.evaluate(`document.addEventListener(
      "keydown",
      () => (globalThis.active = document.querySelector('[aria-selected="true"][data-price]').dataset.price),
      { capture: true, once: true },
    )`);
    await page.keyboard.press("Enter");
    const picked = Number(await terminal.priceField.inputValue());
    expect(picked).toBe(numberOf(await page.evaluate<string>("active")));
    await terminal.tabTo(page.locator('input[name="side"]:checked'));
    await page.keyboard.press("ArrowRight");
    await terminal.tabTo(terminal.priceField);
    await page.keyboard.press("Control+a");
    await page.keyboard.type("90000");
    await terminal.tabTo(terminal.amountField);
    await page.keyboard.press("Control+a");
    await page.keyboard.type("0.015");
    await page.keyboard.press("Enter");
    await terminal.outcome.filter({ hasText: "Sell 0.015 BTC at 90,000.00" }).waitFor();
    await terminal.orderRows.first().waitFor();
    await terminal.tabTo(page.getByRole("button", { name: /^Cancel sell of 0\.015/ }));
    await page.keyboard.press("Enter");
    await terminal.orderRows.first().waitFor({ state: "detached" });
  });

  test("shows another market", async () => {
    const { page } = terminal;
    await page.getByRole("button", { name: /^Market/ }).click();
    await page.getByRole("button", { name: /^ETH\/USD/ }).click();
    await page.waitForFunction("document.title.includes('ETHUSD')");
    const read = (): Promise<number> => terminal.bestPrice("ask");
    const price = await terminal.until("ether's book", read, (ask) => ask > 0 && ask < 20_000);
    await terminal.until("its move", read, (ask) => ask !== price);
    await page.getByRole("button", { name: /^Market/ }).click();
    await page.getByRole("button", { name: /^BTC\/USD / }).click();
    await page.waitForFunction("document.title.includes('BTCUSD ')");
    expect(await terminal.until("bitcoin's book", read, (ask) => ask > 20_000)).toBeGreaterThan(0);
  });

  test("has a name for everything that can be used", async () => {
    const nameless = await terminal.page.evaluate(`[
      ...document.querySelectorAll("button, input, select, textarea, a"),
    ].filter((element) => {
      const label = element.labels?.[0]?.textContent ?? "";
      return (element.ariaLabel ?? "") + element.title + element.textContent.trim() + label === "";
    }).map((element) => element.outerHTML)`);
    expect(nameless).toEqual([]);
  });

  test("tells which part is which to those who do not see it", async () => {
    const { page } = terminal;
    // A part that comes with its words is not read out by all.
    await page.reload();
    await terminal.untilConnection("Connected");
    expect(await terminal.outcome.count()).toBe(1);
    expect(await page.getByRole("main").getByRole("region").count()).toBe(6);
    const book = page.getByRole("listbox", { name: /^Prices/ });
    for (const side of ["Asks", "Bids"]) {
      const levels = book.getByRole("group", { name: side }).getByRole("option");
      expect(await levels.count()).toBeGreaterThan(0);
    }
    // What scrolls can be scrolled by keys.
    const trades = page.getByRole("group", { name: "Last trades" });
    await trades.focus();
    expect(await trades.and(page.locator(":focus")).count()).toBe(1);
  });

  test.each([390, 420, 768, 1024])("fits a screen of %i pixels, light and dark", async (width) => {
    const viewport = { width, height: 844 };
    const other = await world.open({ viewport, colorScheme: "light" });
    const { page } = other;
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    // The heads of the book stand on one line each.
    for (const head of await page.locator("span", { hasText: /^(Price|Amount) \(/ }).all()) {
      expect((await head.boundingBox())!.height).toBeLessThan(HEAD_PX);
    }
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
    expect(other.complaints).toEqual([]);
    await page.close();
  });

  test("has left nothing in the browser's console", () => {
    expect(terminal.complaints).toEqual([]);
  });

  test("finds its way back when the node has been started anew, with the order that was open", async () => {
    await terminal.choose("Sell");
    await terminal.priceField.fill("95000");
    await terminal.amountField.fill("0.03");
    await terminal.send();
    await terminal.orderRows.filter({ hasText: "95,000" }).waitFor();
    await world.node.stop();
    await terminal.untilConnection("Reconnecting");
    await world.node.start();
    await terminal.untilConnection("Connected");
    const read = (): Promise<number> => terminal.bestPrice("ask");
    const price = await read();
    await terminal.until("a new best ask", read, (ask) => ask !== price);
    await terminal.orderRows.filter({ hasText: "95,000" }).waitFor();
    await terminal.page.getByRole("button", { name: "Cancel all" }).click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
    // Browsers report each attempt to reach a node that is not there; nothing else may be among it.
    const isRefused = (text: string): boolean => /ERR_CONNECTION_(REFUSED|RESET)/.test(text);
    expect(terminal.complaints.filter((text) => !isRefused(text))).toEqual([]);
  });
});
