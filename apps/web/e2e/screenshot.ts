import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { findChromium, openChromium } from "./chromium.ts";
import { DemoNode } from "./demo-node.ts";
import { TerminalPage } from "./terminal-page.ts";

// `npm run screenshot`: the picture of the README, from a demo node that has run for some minutes.

const TARGET = join(import.meta.dirname, "../../../docs/images/terminal.png");
const BYTES_MAX = 400_000;
/** Seconds of trading before the picture is taken: as many candles as fill the chart. */
const CANDLES = 150;

await main();

async function main(): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error("there is no Chromium on this machine");
  await using node = await DemoNode.start();
  const browser = await openChromium(chromium);
  try {
    const terminal = await TerminalPage.open(browser, node.origin);
    await waitForCandles(terminal);
    await trade(terminal);
    await pose(terminal);
    mkdirSync(dirname(TARGET), { recursive: true });
    await terminal.page.screenshot({ path: TARGET });
    if (terminal.complaints.length > 0) throw new Error(terminal.complaints.join("\n"));
  } finally {
    await browser.close();
  }
  const { size } = statSync(TARGET);
  if (size > BYTES_MAX) throw new Error(`${TARGET} has ${size} bytes, ${BYTES_MAX} is the most`);
  console.log(`${TARGET}: ${size} bytes`);
}

async function waitForCandles({ page }: TerminalPage): Promise<void> {
  const box = page.locator("[data-candles]");
  while (Number(await box.getAttribute("data-candles")) < CANDLES) {
    await page.waitForTimeout(1_000);
  }
}

/** A few orders as a visitor might have placed them: two that traded, a pair, an iceberg and a plain one that wait. */
async function trade(terminal: TerminalPage): Promise<void> {
  await terminal.choose("Market");
  for (const [side, amount] of [
    ["Buy", "0.25"],
    ["Sell", "0.1"],
  ] as const) {
    await terminal.choose(side);
    await terminal.amountField.fill(amount);
    await place(terminal);
    await terminal.page.waitForTimeout(4_000);
  }
  const [bid, ask] = [await terminal.bestPrice("bid"), await terminal.bestPrice("ask")];
  await terminal.choose("OCO");
  await fillPair(terminal, [ask + 25, bid - 45], "0.2");
  await place(terminal);
  await terminal.choose("Limit");
  await fillLimit(terminal, "Sell", ask + 45, "0.15");
  await place(terminal);
  await terminal.ticket.getByLabel("Iceberg").check();
  await fillLimit(terminal, "Buy", bid - 30, "0.5");
  await terminal.field("shown").fill("0.05");
  await place(terminal);
}

/** The terminal with another pair in its ticket, not sent yet. */
async function pose(terminal: TerminalPage): Promise<void> {
  const { page } = terminal;
  // What came of the last order would stand where the preview is.
  await page.reload();
  await terminal.untilConnection("Connected");
  // In steps of ten dollars all orders are in the part of the book that is seen.
  await page.getByLabel("Group prices by").selectOption("1000");
  await terminal.ownMarks.first().waitFor();
  const [bid, ask] = [await terminal.bestPrice("bid"), await terminal.bestPrice("ask")];
  await terminal.choose("OCO");
  await fillPair(terminal, [ask + 80, bid - 40], "0.1");
  await page.waitForTimeout(2_000);
}

async function fillLimit(
  terminal: TerminalPage,
  side: "Buy" | "Sell",
  price: number,
  amount: string,
): Promise<void> {
  await terminal.choose(side);
  await terminal.priceField.fill(price.toFixed(2));
  await terminal.page.locator('input[name="quantity"]').fill(amount);
}

/** A profit that is taken, or a loss that is stopped. */
async function fillPair(
  terminal: TerminalPage,
  [profit, loss]: readonly [number, number],
  amount: string,
): Promise<void> {
  await terminal.choose("Sell");
  await terminal.page.locator('input[name="price"]').fill(profit.toFixed(2));
  await terminal.field("trigger").fill(loss.toFixed(2));
  await terminal.amountField.fill(amount);
}

async function place(terminal: TerminalPage): Promise<void> {
  await terminal.send();
  await terminal.outcome.filter({ hasText: /BTC/ }).waitFor();
}
