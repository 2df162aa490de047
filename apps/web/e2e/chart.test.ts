import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { TerminalPage } from "./terminal-page.ts";
import { describeTerminal } from "./terminal-world.ts";

// The chart: its labels wherever its reader is, and candles of long ago. Each test has a page of its own.

/** Notes every text that is drawn, for pixels cannot be read. */
const NOTE_TEXTS = `{
  const { fillText } = CanvasRenderingContext2D.prototype;
  globalThis.drawn = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...others) {
    globalThis.drawn.push(text);
    return fillText.call(this, text, ...others);
  };
}`;

describeTerminal("the chart", (world) => {
  const candleCount = async ({ page }: TerminalPage): Promise<number> =>
    Number(await page.locator("[data-candles]").getAttribute("data-candles"));

  test.each(["Pacific/Honolulu", "Pacific/Kiritimati"])(
    "names candles of a day by the exchange's date in %s",
    async (timezoneId) => {
      const terminal = await world.open({ timezoneId }, (page) => page.addInitScript(NOTE_TEXTS));
      const { page } = terminal;
      const today = (): string => new Date().toISOString().slice(5, 10);
      const before = today();
      await page.locator("[data-candles] table").first().waitFor();
      await page.evaluate("drawn.length = 0");
      await page.getByRole("button", { name: "1d", exact: true }).click();
      const box = (await page.locator("[data-candles] table").first().boundingBox())!;
      for (let x = 0; x < box.width; x += 5) {
        await page.mouse.move(box.x + x, box.y + box.height / 2);
      }
      const drawn = async (): Promise<string[]> =>
        (await page.evaluate<string[]>("drawn")).filter((text) => /^\d\d-\d\d/.test(text));
      // Below the candle, or under the crosshair.
      const texts = await terminal.until("labels", drawn, ({ length }) => length > 0);
      // Midnight may pass meanwhile.
      expect([before, today()]).toEqual(expect.arrayContaining([...new Set(texts)]));
      await page.close();
    },
  );

  /** Opens a chart of candles from 50,000 to 75,000, so that orders within it are far from where the price goes. */
  async function openWide(): Promise<TerminalPage> {
    const terminal = await world.open({}, async (page) => {
      await page.addInitScript(NOTE_TEXTS);
      await page.addInitScript('localStorage.setItem("rialto.interval", "1h")');
      await page.route("**/api/v3/klines?*", async (route) => {
        const lastMs = Math.floor(Date.now() / 3_600_000) * 3_600_000;
        const rows = Array.from({ length: 200 }, (_, at) => {
          const openMs = lastMs - (199 - at) * 3_600_000;
          return [openMs, "60000", "75000", "50000", "62000", "1"];
        });
        await route.fulfill({ json: rows });
      });
    });
    await terminal.choose("Sell");
    await terminal.amountField.fill("0.01");
    return terminal;
  }

  async function cancelAll({ page, orderRows }: TerminalPage): Promise<void> {
    await page.getByRole("button", { name: "Cancel all" }).click();
    await orderRows.first().waitFor({ state: "detached" });
  }

  const drawnOf = ({ page }: TerminalPage): Promise<string[]> => page.evaluate<string[]>("drawn");

  test("draws a stop where it waits, and not as an order of the book", async () => {
    const terminal = await openWide();
    await terminal.choose("Stop");
    await terminal.field("trigger").fill("55000");
    await terminal.send();
    const drawn = (): Promise<string[]> => drawnOf(terminal);
    await terminal.until("its line", drawn, (texts) => texts.includes("▼ sell stop"));
    expect(await drawn()).not.toContain("▼ sell");
    await cancelAll(terminal);
    await terminal.page.close();
  });

  test("names no order at the edge of the chart whose price is far beyond it", async () => {
    const terminal = await openWide();
    for (const price of [70_001, 90_001, 90_002]) {
      await terminal.priceField.fill(String(price));
      await terminal.send();
      await terminal.orderRows.filter({ hasText: price.toLocaleString("en-US") }).waitFor();
    }
    await terminal.page.evaluate("drawn.length = 0");
    const drawn = (): Promise<string[]> => drawnOf(terminal);
    await terminal.until("the near one's name", drawn, (texts) => texts.includes("70001.00"));
    expect((await drawn()).filter((text) => text.startsWith("9000"))).toEqual([]);
    await cancelAll(terminal);
    await terminal.page.close();
  });

  const HISTORY = 2_600;

  /** Answers questions for candles from a long history. Returns the ends of those that were asked for. */
  async function tellHistory(page: Page): Promise<string[]> {
    const asked: string[] = [];
    const lastMs = Math.floor(Date.now() / 1_000) * 1_000;
    const firstMs = lastMs - (HISTORY - 1) * 1_000;
    await page.route("**/api/v3/klines?*", async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const endMs = Math.min(Number(query.get("endTime") ?? lastMs), lastMs);
      if (query.get("interval") === "1s") asked.push(query.get("endTime") ?? "now");
      const newestMs = Math.floor(endMs / 1_000) * 1_000;
      const count = Math.min(Number(query.get("limit")), (newestMs - firstMs) / 1_000 + 1);
      const rows = Array.from({ length: count }, (_, at) => {
        const openMs = newestMs - (count - 1 - at) * 1_000;
        const price = String(62_000 + 400 * Math.sin(openMs / 200_000));
        return [openMs, price, price, price, price, "1"];
      });
      await route.fulfill({ json: rows });
    });
    return asked;
  }

  test("loads older candles as its reader goes back, and says where they end", async () => {
    let asked: string[] = [];
    const terminal = await world.open({}, async (page) => {
      asked = await tellHistory(page);
    });
    const { page } = terminal;
    const count = (): Promise<number> => candleCount(terminal);
    await page.getByRole("button", { name: "1s", exact: true }).click();
    await terminal.until("candles", count, (candles) => candles >= 1_000);
    const status = page.getByRole("status", { name: "Older candles" });
    expect(await status.innerText()).toBe("");
    asked.length = 0;
    const box = (await page.locator("[data-candles] table").first().boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const goBack = async (): Promise<number> => {
      await page.mouse.wheel(-1_000, 0);
      return await count();
    };
    await terminal.until("older candles", goBack, (candles) => candles >= 2_000);
    await terminal.until("all candles", goBack, (candles) => candles >= HISTORY);
    const said = async (): Promise<string> => (await goBack(), await status.innerText());
    await terminal.until("the beginning", said, (text) => text === "No older candles");
    // Each once: what lies before a thousand, and before two.
    expect(new Set(asked).size).toBe(2);
    expect(asked).toHaveLength(2);
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });
});
