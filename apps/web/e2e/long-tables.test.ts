import { expect, test } from "vitest";
import { type Account, openDemoAccount } from "./demo-account.ts";
import { numberOf, type TerminalPage } from "./terminal-page.ts";
import { describeTerminal, type TerminalWorld } from "./terminal-world.ts";

// Tables of more rows than can be seen: what is not in sight is not drawn, and nobody is to notice.

const ORDERS = 90;

describeTerminal("a table of many orders", tests, ["--orders-10s", "0"]);

function tests(world: TerminalWorld): void {
  const PANEL = '[role="tabpanel"]';

  /** Opens the terminal of an account with many orders, one dollar apart. */
  async function openFull(): Promise<{ terminal: TerminalPage; account: Account }> {
    const account = await openDemoAccount(world.node.origin);
    await account.cancelAll();
    await account.sellMany(80_000, ORDERS);
    const terminal = await world.open();
    await terminal.page.getByRole("tab", { name: `Open orders (${ORDERS})` }).waitFor();
    return { terminal, account };
  }

  const scrollTo = async ({ page }: TerminalPage, rows: number): Promise<void> => {
    await page.evaluate(`{
      const panel = document.querySelector('${PANEL}');
      panel.scrollTop = ${rows} * panel.querySelector("tbody tr").offsetHeight;
    }`);
    await page.waitForTimeout(100);
  };

  /** The text of the row that is seen first below the heads. */
  const firstSeen = async ({ page }: TerminalPage): Promise<string> =>
    page.evaluate<string>(`(() => {
      const panel = document.querySelector('${PANEL}');
      const { bottom } = panel.querySelector("thead").getBoundingClientRect();
      const rows = [...panel.querySelectorAll("tbody tr")];
      return rows.find((row) => row.getBoundingClientRect().bottom > bottom + 2).innerText;
    })()`);

  test("draws what is in sight, and tells those who do not see it how much there is", async () => {
    const { terminal } = await openFull();
    const { page, orderRows } = terminal;
    const table = page.getByRole("table", { name: "Open orders" });
    expect(await table.getAttribute("aria-rowcount")).toBe(String(ORDERS + 1));
    expect(await orderRows.count()).toBeLessThan(40);
    expect(await orderRows.first().getAttribute("aria-rowindex")).toBe("2");
    const width = (await table.boundingBox())!.width;
    await page.getByRole("tabpanel").focus();
    await page.keyboard.press("End");
    await page.locator(`[aria-rowindex="${ORDERS + 1}"]`).waitFor();
    expect((await table.boundingBox())!.width).toBe(width);
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("has room for its head on the smallest phone", async () => {
    const { terminal } = await openFull();
    await terminal.page.setViewportSize({ width: 320, height: 640 });
    expect(await terminal.page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await terminal.page.close();
  });

  test("leads the Tab key through all of its buttons", async () => {
    const { terminal } = await openFull();
    const { page } = terminal;
    await page.getByRole("tabpanel").focus();
    for (let row = 0; row < ORDERS; row++) {
      await page.keyboard.press("Tab");
      // As long as somebody's finger takes, who holds the key down.
      await page.waitForTimeout(20);
    }
    expect(await page.locator(`[aria-rowindex="${ORDERS + 1}"] :focus`).count()).toBe(1);
    await page.close();
  });

  test("keeps before its reader's eyes what is there while other orders come and go above it", async () => {
    const { terminal, account } = await openFull();
    await scrollTo(terminal, 40);
    const before = await firstSeen(terminal);
    expect(before).toContain("80,0");
    await account.sellMany(81_000, 3);
    await terminal.page.getByRole("tab", { name: `(${ORDERS + 3})` }).waitFor();
    expect(await firstSeen(terminal)).toBe(before);
    await account.cancelAt(81_001);
    await terminal.page.getByRole("tab", { name: `(${ORDERS + 2})` }).waitFor();
    expect(await firstSeen(terminal)).toBe(before);
    await scrollTo(terminal, 0);
    await account.sellMany(82_000, 1);
    // Who looks at the newest sees what comes.
    await terminal.orderRows.filter({ hasText: "82,000.00" }).waitFor();
    expect(await firstSeen(terminal)).toContain("82,000.00");
    await terminal.page.close();
  });

  test("keeps the focus near when its row is scrolled away or its order ends", async () => {
    const { terminal, account } = await openFull();
    const { page } = terminal;
    const fifth = page.getByRole("button", { name: /^Cancel sell/ }).nth(4);
    const name = (await fifth.getAttribute("aria-label"))!;
    const button = page.getByRole("button", { name });
    await button.focus();
    await scrollTo(terminal, 60);
    expect(await button.and(page.locator(":focus")).count()).toBe(1);
    await account.cancelAt(numberOf(name.split(" at ")[1]!));
    await button.waitFor({ state: "detached" });
    expect(await page.getByRole("tabpanel").and(page.locator(":focus")).count()).toBe(1);
    await page.close();
  });

  test("keeps the button that has the focus when its order changes", async () => {
    const { terminal, account } = await openFull();
    const { page } = terminal;
    const row = terminal.orderRows.nth(3);
    await row.getByRole("button").focus();
    const orderId = (await row.getAttribute("data-row"))!;
    await account.signed("order.amend.keepPriority", {
      symbol: "BTCUSD",
      orderId,
      newQty: "0.0001",
    });
    await row.filter({ hasText: "0.0001" }).waitFor();
    expect(await row.locator(":focus").count()).toBe(1);
    await page.close();
  });

  test("keeps a selection that is longer than what is seen", async () => {
    const { terminal } = await openFull();
    const { page } = terminal;
    await page.evaluate(`{
      const row = document.querySelector('${PANEL} tbody tr');
      getSelection().setBaseAndExtent(row, 0, row.nextSibling, 1);
    }`);
    await scrollTo(terminal, 60);
    await page.evaluate(`{
      const rows = document.querySelectorAll('${PANEL} tbody tr');
      getSelection().extend([...rows].find((row) => row.ariaRowIndex === "61"), 8);
    }`);
    const lines = (await page.evaluate<string>("String(getSelection())")).split("\n");
    const prices = lines.map((line) => /80,\d{3}\.00/.exec(line)?.[0]).filter(Boolean);
    expect(prices).toHaveLength(60);
    await page.close();
  });
}
