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

/** A few orders as a visitor might have placed them: two that traded, three that wait. */
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
  await terminal.choose("Limit");
  const [bid, ask] = [await terminal.bestPrice("bid"), await terminal.bestPrice("ask")];
  for (const [side, price, amount] of [
    ["Sell", ask + 62, "0.15"],
    ["Buy", bid - 70, "0.5"],
    ["Buy", bid - 22, "0.2"],
  ] as const) {
    await terminal.choose(side);
    await terminal.priceField.fill(price.toFixed(2));
    await terminal.amountField.fill(amount);
    await place(terminal);
  }
  await terminal.ownMarks.first().waitFor();
}

async function place(terminal: TerminalPage): Promise<void> {
  await terminal.send();
  await terminal.outcome.filter({ hasText: /BTC/ }).waitFor();
}
