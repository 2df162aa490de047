import { expect, test } from "vitest";
import { numberOf, type TerminalPage } from "./terminal-page.ts";
import { describeTerminal } from "./terminal-world.ts";

// How the ticket can be set, and what that does to orders. Each test has a browser profile of its own.

describeTerminal("the ticket's options", (world) => {
  async function setOption(terminal: TerminalPage, label: RegExp): Promise<void> {
    await terminal.ticket.getByRole("button", { name: "Options" }).click();
    const dialog = terminal.page.getByRole("dialog", { name: "Options of the ticket" });
    await dialog.getByLabel(label).check();
    await dialog.getByRole("button", { name: "Done" }).click();
  }

  test("asks before an order is sent, and sends nothing that was not confirmed", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await setOption(terminal, /^Ask before/);
    await terminal.choose("Sell");
    await terminal.priceField.fill("95000");
    await terminal.amountField.fill("0.021");
    const dialog = page.getByRole("dialog", { name: "Send this order?" });
    await terminal.amountField.press("Enter");
    await dialog.getByText("At 95,000.00 or more: what is left rests").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await terminal.amountField.fill("0.022");
    await terminal.amountField.focus();
    // A key that is held down asks, and does not answer.
    for (let presses = 0; presses < 4; presses++) {
      await page.keyboard.down("Enter");
      await page.waitForTimeout(60);
    }
    await page.keyboard.up("Enter");
    await dialog.getByText("Sell 0.022 BTC").waitFor();
    expect(await terminal.orderRows.count()).toBe(0);
    await page.keyboard.press("Enter");
    await terminal.orderRows.filter({ hasText: "0.022" }).waitFor();
    expect(await terminal.orderRows.count()).toBe(1);
    await page.getByRole("button", { name: "Cancel all" }).click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("chooses by single keys where that is wished, but not out of what is being typed", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    const chosen = async (name: string): Promise<string | null> =>
      await page.locator(`input[name="${name}"]:checked`).getAttribute("value");
    await page.keyboard.press("s");
    expect(await chosen("side")).toBe("BUY");
    await setOption(terminal, /^Choose by single keys/);
    await page.keyboard.press("s");
    await page.keyboard.press("o");
    expect([await chosen("side"), await chosen("kind")]).toEqual(["SELL", "oco"]);
    await page.keyboard.press("t");
    await page.keyboard.press("p");
    await page.keyboard.type("b");
    expect(await terminal.field("trigger").inputValue()).toBe("b");
    expect(await chosen("side")).toBe("SELL");
    // Nor in a list that lies above the page.
    await page.getByRole("button", { name: /^Market/ }).click();
    await page.getByRole("button", { name: /^ETH\/USD/ }).focus();
    await page.keyboard.press("b");
    expect(await chosen("side")).toBe("SELL");
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("asks in every tab once that is wished in one", async () => {
    const context = await world.browser.newContext();
    const tabs = [await context.newPage(), await context.newPage()];
    for (const tab of tabs) {
      await tab.goto(world.node.origin);
      await tab.getByRole("button", { name: "Options" }).click();
    }
    const [here, there] = tabs.map((tab) => tab.getByLabel(/^Ask before/));
    await here!.check();
    await there!.and(tabs[1]!.locator(":checked")).waitFor();
    expect(await there!.isChecked()).toBe(true);
    await context.close();
  });

  test("keeps the choice of what becomes of orders that meet, and sends it", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    const options = terminal.ticket.getByRole("button", { name: "Options" });
    await options.click();
    await page.getByLabel("Where an order would meet your own").selectOption("EXPIRE_BOTH");
    const sent: string[] = [];
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => sent.push(String(payload)));
    });
    await page.reload();
    await terminal.untilConnection("Connected");
    await options.click();
    const choice = page.getByLabel("Where an order would meet your own");
    expect(await choice.inputValue()).toBe("EXPIRE_BOTH");
    await page.keyboard.press("Escape");
    await terminal.choose("Market");
    await terminal.amountField.fill("0.01");
    await terminal.send();
    await terminal.outcome.filter({ hasText: "Bought 0.01 BTC" }).waitFor();
    const order = sent.find((frame) => frame.includes('"order.place"'));
    expect(order).toContain('"selfTradePreventionMode":"EXPIRE_BOTH"');
    await page.close();
  });

  test("takes a share of what is available, by hand and by keys", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await terminal.choose("Sell");
    const all = await terminal.until(
      "a balance",
      () => terminal.balance("BTC"),
      (balance) => balance > 0,
    );
    const slider = page.getByRole("slider", { name: "Share of what is available" });
    await slider.fill("40");
    const amount = async (): Promise<number> => numberOf(await terminal.amountField.inputValue());
    expect(await amount()).toBeCloseTo(all * 0.4, 4);
    await slider.press("ArrowRight");
    expect(await amount()).toBeCloseTo(all * 0.41, 4);
    await page.getByRole("button", { name: "75%" }).click();
    expect(await slider.inputValue()).toBe("75");
    // Typed is typed: it is no share any more.
    await terminal.amountField.fill("0.1");
    expect(await slider.inputValue()).toBe("0");
    await page.close();
  });

  test("hides what of an order is not to be seen", async () => {
    const terminal = await world.open();
    const { page, ticket } = terminal;
    const iceberg = ticket.getByLabel("Iceberg");
    await page.getByLabel("Time in force").selectOption("FOK");
    expect(await iceberg.isDisabled()).toBe(true);
    await page.getByLabel("Time in force").selectOption("GTC");
    await page.getByLabel("Group prices by").selectOption("1000");
    await iceberg.check();
    const price = Math.floor((await terminal.bestPrice("bid")) - 90);
    await terminal.priceField.fill(String(price));
    await page.locator('input[name="quantity"]').fill("0.05");
    await terminal.field("shown").fill("0.0001");
    await ticket.getByText("The shown amount must be at least 0.00050").waitFor();
    await terminal.field("shown").fill("0.01");
    await terminal.field("shown").press("Enter");
    await terminal.orderRows.filter({ hasText: "Limit, shows 0.01" }).waitFor();
    await terminal.ownMarks.first().waitFor();
    expect(await terminal.ownMarks.first().getAttribute("data-own")).toBe("0.01000");
    await page.getByRole("button", { name: "Cancel all" }).click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("shows the time in force that an order will have, whatever was looked at meanwhile", async () => {
    const terminal = await world.open();
    const time = terminal.page.getByLabel("Time in force");
    await time.selectOption("IOC");
    await terminal.choose("Market");
    await terminal.choose("Limit");
    expect(await time.inputValue()).toBe("IOC");
    await terminal.page.close();
  });
});
