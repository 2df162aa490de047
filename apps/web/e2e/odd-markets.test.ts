import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeProcess, runRialto, startNodeProcess } from "@rialto/node/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { TerminalPage } from "./terminal-page.ts";
import { describeInChromium } from "./terminal-world.ts";

// Markets of tiny ticks, huge prices and long names: there is room for all of it on any screen.

const COIN = "1000SHIBINU";
const ODD_MARKETS = [
  {
    symbol: `${COIN}USD`,
    base: COIN,
    quote: "USD",
    tickSize: "0.00000001",
    priceMin: "0.00000001",
    priceMax: "0.1",
    lotSize: "1",
    quantityMin: "1",
    quantityMax: "9000000000",
    notionalMin: "1",
    referencePrice: "0.00001234",
  },
  {
    symbol: "BTCIDR",
    base: "BTC",
    quote: "IDR",
    tickSize: "100",
    priceMin: "100",
    priceMax: "9000000000",
    lotSize: "0.0001",
    quantityMin: "0.0001",
    notionalMin: "1000",
    notionalMax: "9000000000000",
    referencePrice: "1012345600",
  },
] as const;

interface Network {
  readonly assets: readonly object[];
  readonly markets: readonly object[];
}

/** The demo's network with odd markets beside its own. */
async function oddNetwork(): Promise<Network> {
  const network = (await runRialto("inspect", "network")) as Network;
  const assets = [COIN, "IDR"].map((symbol) => ({ symbol, decimals: 4 }));
  const markets = ODD_MARKETS.map((odd) => ({ ...network.markets[0], ...odd }));
  return {
    ...network,
    assets: [...network.assets, ...assets],
    markets: [...network.markets, ...markets],
  };
}

describeInChromium("odd markets", (chromium) => {
  const directory = mkdtempSync(join(tmpdir(), "rialto-web-"));
  let node: NodeProcess;
  let browser: Browser;

  beforeAll(async () => {
    const file = join(directory, "network.json");
    writeFileSync(file, JSON.stringify(await oddNetwork()));
    const place = ["--network", file, "--data-dir", join(directory, "data")];
    node = await startNodeProcess(["--demo", ...place]);
    browser = await openChromium(chromium);
  });

  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Texts that reach beyond the part of the page that they are in, lie over others, or take more lines than they have. */
  const MISFITS = `(() => {
    const misfits = [];
    const boxOf = (element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect();
    };
    for (const panel of document.querySelectorAll(".panel")) {
      const { right } = panel.getBoundingClientRect();
      for (const each of panel.querySelectorAll("td, th, dd, dt, span, p")) {
        if (each.childElementCount > 0 || each.offsetWidth <= 1) continue;
        const cut = getComputedStyle(each).textOverflow === "ellipsis";
        const box = cut ? each.getBoundingClientRect() : boxOf(each);
        if (box.right > right + 1) misfits.push("beyond: " + each.textContent);
      }
    }
    for (const row of document.querySelectorAll("[data-side], [data-row-of='spread']")) {
      const texts = [...row.querySelectorAll(":scope > span")].map(boxOf);
      const { bottom } = row.getBoundingClientRect();
      if (texts.some((box) => box.bottom > bottom + 2)) misfits.push("lines: " + row.textContent);
      texts.slice(1).forEach((box, at) => {
        if (box.left < texts[at].right + 2) misfits.push("over: " + row.textContent);
      });
    }
    return [...new Set(misfits)];
  })()`;

  test.each([
    [`${COIN}USD`, 1440],
    ["BTCIDR", 1440],
    [`${COIN}USD`, 390],
    ["BTCIDR", 1024],
  ])("%s has room at %i pixels", async (symbol, width) => {
    const viewport = { width, height: 900 };
    const terminal = await TerminalPage.open(browser, node.ready.origin, { viewport }, (page) =>
      page.addInitScript(`localStorage.setItem("rialto.market", "${symbol}")`),
    );
    const { page } = terminal;
    await page.locator("[data-trade]").first().waitFor();
    await terminal.choose("OCO");
    await page.waitForTimeout(500);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    expect(await page.evaluate(MISFITS)).toEqual([]);
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });
});
