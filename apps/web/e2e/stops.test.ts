import { expect, test } from "vitest";
import type { TerminalPage } from "./terminal-page.ts";
import { describeTerminal } from "./terminal-world.ts";

// Orders that wait for a price, from the ticket to their end. Each test has a page of its own; those that move the price sell and
// buy in turn, so that there is enough to do it with.

/** Dollars that the price does not go by itself while an order is placed, and that one with most of the balance moves it. */
const WAY = 15;
const PUSHES_MAX = 3;
/** How a stop may end whose price has come: what brought it may have left nobody in the book. */
const COME = /Stop at .*(Filled|Expired)/;

describeTerminal("stops from the ticket", (world) => {
  /** Trades at the market until the price has gone so far that no order is open any more. */
  async function push(terminal: TerminalPage, side: "Buy" | "Sell"): Promise<void> {
    await terminal.choose(side);
    await terminal.choose("Market");
    const isOpen = async (): Promise<boolean> => (await terminal.orderRows.count()) > 0;
    for (let orders = 0; orders < PUSHES_MAX && (await isOpen()); orders++) {
      await terminal.ticket.getByRole("button", { name: "75%" }).click();
      await terminal.send();
      await terminal.outcome.filter({ hasText: /^(Bought|Sold) / }).waitFor();
      await terminal.page.waitForTimeout(200);
    }
    await terminal.orderRows.first().waitFor({ state: "detached" });
  }

  async function bestPrice(terminal: TerminalPage, side: "bid" | "ask"): Promise<number> {
    const read = (): Promise<number> => terminal.bestPrice(side);
    return await terminal.until(`a best ${side}`, read, (price) => price > 0);
  }

  test("takes a stop by the keyboard alone, which waits and sells when its price has come", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    const trigger = (await bestPrice(terminal, "bid")) - WAY;
    await terminal.tabTo(page.locator('input[name="side"]:checked'));
    await page.keyboard.press("ArrowRight");
    await terminal.tabTo(page.locator('input[name="kind"]:checked'));
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await terminal.tabTo(terminal.field("trigger"));
    await page.keyboard.type(trigger.toFixed(2));
    await page.keyboard.press("Enter");
    await terminal.outcome.filter({ hasText: "Not sent. The amount is missing." }).waitFor();
    await page.keyboard.type("0.02");
    const price = trigger.toLocaleString("en-US", { minimumFractionDigits: 2 });
    const text = `Stop: sells at the market once ${price} or less has traded.`;
    expect(await terminal.orderText.innerText()).toBe(text);
    const preview = await terminal.ticket.innerText();
    expect(preview).toContain("An estimate. What waits reserves nothing.");
    expect(preview).toMatch(/Fee \(taker 0\.1%\)/);
    await page.keyboard.press("Enter");
    await terminal.outcome.filter({ hasText: /^Sell 0\.02 BTC waits for/ }).waitFor();
    await terminal.orderRows.filter({ hasText: "waits for its trigger" }).waitFor();
    await push(terminal, "Sell");
    await terminal.openTab("Order history");
    await terminal.orderRows.filter({ hasText: COME }).waitFor();
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("takes a trailing stop with a limit, and cancels it", async () => {
    const viewport = { width: 1024, height: 768 };
    const terminal = await world.open({ viewport });
    const { page, ticket } = terminal;
    await terminal.choose("Sell");
    await terminal.choose("Stop");
    await ticket.getByLabel("Trailing").check();
    await ticket.getByLabel("With a limit").check();
    await terminal.field("trail").fill("2.5");
    await terminal.field("limitPrice").fill("55000");
    await terminal.amountField.fill("0.03");
    await terminal.orderText.filter({ hasText: "has fallen 2.5 % from its highest" }).waitFor();
    await terminal.send();
    await terminal.outcome.filter({ hasText: "follows the price by 2.5 %" }).waitFor();
    await terminal.orderRows.filter({ hasText: "Stop limit, trails by 2.5 %" }).waitFor();
    // However much there is to be said of an order, its end is in reach.
    const cancel = page.getByRole("button", { name: /^Cancel sell of 0\.03/ });
    const orders = (await page.locator('[data-area="orders"]').boundingBox())!;
    const { x, width } = (await cancel.boundingBox())!;
    expect(x + width).toBeLessThanOrEqual(orders.x + orders.width);
    await cancel.click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("does not make a take profit of a stop whose price comes before it is sent", async () => {
    let trigger = Number.POSITIVE_INFINITY;
    // It hears nothing of the market once its price has come: robots bring it back before a busy browser has drawn it.
    const terminal = await world.open({}, (page) =>
      page.routeWebSocket(/stream/, (socket) => {
        let hasCome = false;
        socket.connectToServer().onMessage((message) => {
          if (hasCome) return;
          socket.send(message);
          const { data } = JSON.parse(String(message)) as { data?: { e?: string; p?: string } };
          hasCome = data?.e === "trade" && Number(data.p) >= trigger;
        });
      }),
    );
    const other = await world.open();
    await other.choose("Buy");
    await other.choose("Market");
    await terminal.choose("Buy");
    await terminal.choose("Stop");
    await terminal.amountField.fill("0.01");
    trigger = (await bestPrice(terminal, "ask")) + WAY;
    await terminal.field("trigger").fill(trigger.toFixed(2));
    await terminal.orderText.filter({ hasText: /^Stop: buys/ }).waitFor();
    const passed = terminal.ticket.getByText("since you chose it: choose again.").waitFor();
    // All of the money at this price: a moment later it may be too much.
    await other.ticket.getByRole("button", { name: "100%" }).click();
    await other.send();
    await passed;
    // Chosen again it is what it would be now.
    await terminal.field("trigger").fill(((await bestPrice(terminal, "bid")) - WAY).toFixed(2));
    await terminal.orderText.filter({ hasText: /^Take profit: buys/ }).waitFor();
    expect([...terminal.complaints, ...other.complaints]).toEqual([]);
    await other.page.close();
    await terminal.page.close();
  });

  test("says what cannot be a pair before it is sent", async () => {
    const terminal = await world.open();
    const { ticket, outcome } = terminal;
    await terminal.choose("Sell");
    await terminal.choose("OCO");
    const price = terminal.page.locator('input[name="price"]');
    await price.fill("90000");
    await terminal.field("trigger").fill("95000");
    await terminal.amountField.fill("0.05");
    await ticket.getByText("To sell, the stop is below the last price").waitFor();
    await terminal.field("trigger").fill("50000");
    await price.fill("40000");
    await ticket.getByText("This would trade at once").waitFor();
    await price.fill("90000");
    await terminal.amountField.fill("500");
    await ticket.getByText("The order must be worth at most").waitFor();
    await terminal.amountField.fill("50");
    await terminal.send();
    await outcome.filter({ hasText: "Not sent. This needs 50 BTC, and" }).waitFor();
    expect(await terminal.orderRows.count()).toBe(0);
    await terminal.page.close();
  });

  test("places a pair, of which a cancel ends both, and the price that comes the other", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await terminal.choose("Sell");
    await terminal.choose("OCO");
    for (const end of ["cancel", "trigger"]) {
      await page.locator('input[name="price"]').fill("90000");
      await terminal.amountField.fill("0.04");
      const way = end === "trigger" ? WAY : 2_000;
      // The last thing before it is sent: robots move the price meanwhile.
      await terminal.field("trigger").fill(((await bestPrice(terminal, "bid")) - way).toFixed(2));
      await terminal.send();
      await terminal.outcome.filter({ hasText: "What comes first ends the other." }).waitFor();
      await terminal.orderRows.filter({ hasText: "Post only, of a list" }).waitFor();
      await terminal.orderRows.filter({ hasText: "of a list, waits for its trigger" }).waitFor();
      if (end === "trigger") await push(terminal, "Sell");
      else await page.getByRole("button", { name: "Cancel sell of 0.04 at 90,000.00" }).click();
      await terminal.orderRows.first().waitFor({ state: "detached" });
    }
    await terminal.openTab("Order history");
    // One that was cancelled, and one that ended as its stop came.
    const others = terminal.orderRows.filter({ hasText: /Post only.*90,000\.00/ });
    await others.nth(1).waitFor();
    expect(await others.filter({ hasText: "Cancelled" }).count()).toBe(1);
    expect(await others.filter({ hasText: "Expired" }).count()).toBe(1);
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test.each([
    [1440, 900],
    [1024, 768],
    [390, 844],
  ])("has its button in sight under all fields of a pair at %i by %i", async (width, height) => {
    const viewport = { width, height };
    const terminal = await world.open({ viewport });
    const { page, ticket } = terminal;
    await terminal.choose("OCO");
    await ticket.getByLabel("With a limit").check();
    await terminal.field("limitPrice").scrollIntoViewIfNeeded();
    const button = (await ticket.locator('button[type="submit"]').boundingBox())!;
    const panel = (await ticket.boundingBox())!;
    expect(button.y + button.height).toBeLessThanOrEqual(panel.y + panel.height);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await page.close();
  });
});
