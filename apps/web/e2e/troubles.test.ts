import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runRialto, startNodeProcess } from "@rialto/node/testing";
import { expect, test } from "vitest";
import { TerminalPage } from "./terminal-page.ts";
import { describeTerminal } from "./terminal-world.ts";

// What goes wrong at a terminal: hasty hands, wrong keys, wrong clocks, halted markets. Each test has a page of its own.

describeTerminal("the terminal in trouble", (world) => {
  /** A ticket that is filled in for an order which rests, and the order as its table shows it. */
  async function fillTicket(terminal: TerminalPage, amount: string) {
    await terminal.choose("Sell");
    await terminal.priceField.fill("95000");
    await terminal.amountField.fill(amount);
    return terminal.orderRows.filter({ hasText: amount });
  }

  async function cancelAll(terminal: TerminalPage): Promise<void> {
    await terminal.page.getByRole("button", { name: "Cancel all" }).click();
    await terminal.orderRows.first().waitFor({ state: "detached" });
  }

  test("takes a double click for one order, and a key that is held down as well", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    const clicked = await fillTicket(terminal, "0.011");
    await page.locator('button[type="submit"]').first().dblclick({ delay: 60 });
    await clicked.first().waitFor();
    const held = await fillTicket(terminal, "0.012");
    await terminal.amountField.focus();
    for (let presses = 0; presses < 4; presses++) {
      await page.keyboard.down("Enter");
      await page.waitForTimeout(60);
    }
    await page.keyboard.up("Enter");
    await held.first().waitFor();
    // One that is sent after all others: when it is there, they would be too.
    const last = await fillTicket(terminal, "0.013");
    await terminal.amountField.press("Enter");
    await last.first().waitFor();
    expect([await clicked.count(), await held.count(), await last.count()]).toEqual([1, 1, 1]);
    await cancelAll(terminal);
    await page.close();
  });

  /** Sells at these prices, so far away that all of them rest. */
  async function rest(terminal: TerminalPage, prices: readonly string[]): Promise<void> {
    await terminal.choose("Sell");
    await terminal.amountField.fill("0.01");
    for (const price of prices) {
      await terminal.priceField.fill(price.replace(",", ""));
      await terminal.send();
      await terminal.orderRows.filter({ hasText: price }).waitFor();
    }
  }

  test("finds out whether an order was placed whose answer was lost with the connection", async () => {
    let isLosing = false;
    const terminal = await world.open({}, (page) =>
      page.routeWebSocket(/ws-api/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (!isLosing || String(message).includes("executionReport")) socket.send(message);
        });
        socket.onMessage((message) => {
          server.send(message);
          if (!isLosing || !String(message).includes('"order.place"')) return;
          setTimeout(() => {
            isLosing = false;
            void socket.close();
          }, 100);
        });
      }),
    );
    const order = await fillTicket(terminal, "0.0161");
    isLosing = true;
    await terminal.send();
    const { outcome } = terminal;
    await outcome.filter({ hasText: "It is not known yet whether this was done" }).waitFor();
    await outcome
      .filter({ hasText: "It was done. Sell 0.0161 BTC at 95,000.00 is in the book." })
      .waitFor();
    expect(await order.count()).toBe(1);
    await cancelAll(terminal);
    await terminal.page.close();
  });

  test("cancels one order by a double click, not the one that takes its place as well", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await rest(terminal, ["95,001", "95,002", "95,003"]);
    const cancel = page.getByRole("button", { name: /^Cancel sell/ }).first();
    const { x, y } = (await cancel.boundingBox())!;
    // As slowly as somebody's hand is, the answer comes between the two.
    await page.mouse.click(x + 5, y + 5);
    await terminal.orderRows.filter({ hasText: "95,003" }).waitFor({ state: "detached" });
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    // What is sent after it is answered after it.
    await rest(terminal, ["95,004"]);
    expect(await terminal.orderRows.count()).toBe(3);
    await cancelAll(terminal);
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("sends nothing by Enter on what only chooses", async () => {
    const terminal = await world.open();
    const { page, ticket } = terminal;
    await fillTicket(terminal, "0.015");
    const choosing = [
      page.locator('input[name="side"]:checked'),
      ticket.getByLabel("Post only"),
      ticket.getByRole("slider"),
    ];
    for (const each of choosing) await each.press("Enter");
    // What is sent after them comes after theirs would have.
    await rest(terminal, ["95,001"]);
    expect(await terminal.orderRows.count()).toBe(1);
    await cancelAll(terminal);
    await page.close();
  });

  test("keeps the focus of who trades by keys, and takes a key that is held for one cancel", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await rest(terminal, ["95,001", "95,002"]);
    const button = terminal.ticket.locator('button[type="submit"]');
    await terminal.priceField.fill("95003");
    await button.focus();
    await page.keyboard.press("Enter");
    await terminal.orderRows.filter({ hasText: "95,003" }).waitFor();
    expect(await button.and(page.locator(":focus")).count()).toBe(1);
    await page.getByRole("button", { name: /95,003/ }).focus();
    for (let presses = 0; presses < 4; presses++) {
      await page.keyboard.down("Enter");
      await page.waitForTimeout(100);
    }
    await page.keyboard.up("Enter");
    await terminal.orderRows.filter({ hasText: "95,003" }).waitFor({ state: "detached" });
    // Next to what is left, and not at the top of the page.
    await page.keyboard.press("Tab");
    const next = page.getByRole("button", { name: /95,002/ });
    expect(await next.and(page.locator(":focus")).count()).toBe(1);
    expect(await terminal.orderRows.count()).toBe(2);
    await cancelAll(terminal);
    await page.close();
  });

  test("says of a damaged key that it cannot be used, and trades on with the one before", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await page.getByRole("button", { name: "API key" }).click();
    const dialog = page.getByRole("dialog", { name: "API key" });
    await dialog.getByLabel("Key", { exact: true }).fill("abc");
    const secret = dialog.getByLabel("Secret, or private key as PEM");
    for (const pem of ["MC4CAQ", "not base64!"]) {
      await secret.fill(`-----BEGIN PRIVATE KEY-----\n${pem}\n-----END PRIVATE KEY-----`);
      await dialog.getByRole("button", { name: "Use this key" }).click();
      await dialog.getByText("Nothing can be signed with this secret.").waitFor();
      // Said of this secret, not of the next.
      await secret.fill("");
      await dialog.getByText("Nothing can be signed").waitFor({ state: "detached" });
    }
    await dialog.getByRole("button", { name: "Cancel" }).click();
    const order = await fillTicket(terminal, "0.014");
    await terminal.send();
    await order.first().waitFor();
    expect(terminal.complaints).toEqual([]);
    await cancelAll(terminal);
    await page.close();
  });

  test("forgets a secret that was typed and not used", async () => {
    const { page } = await world.open();
    const open = page.getByRole("button", { name: "API key" });
    const secret = page.getByLabel("Secret, or private key as PEM");
    await open.click();
    await secret.fill("not for everybody's eyes");
    await page.keyboard.press("Escape");
    await open.click();
    expect(await secret.inputValue()).toBe("");
    await page.close();
  });

  test("keeps what is typed before the last price is there", async () => {
    const isHeld = Promise.withResolvers<void>();
    const terminal = await world.open({}, async (page) => {
      // The ticker comes when it is let through, and by no stream.
      await page.route("**/api/v3/ticker/24hr?symbol*", async (route) => {
        await isHeld.promise;
        await route.continue();
      });
      await page.routeWebSocket(/stream/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (!String(message).includes("@ticker")) socket.send(message);
        });
      });
    });
    await terminal.priceField.fill("50000");
    await terminal.amountField.fill("0.5");
    isHeld.resolve();
    await terminal.page.locator('[data-figure="last"]').waitFor();
    expect(await terminal.priceField.inputValue()).toBe("50000");
    expect(await terminal.amountField.inputValue()).toBe("0.5");
    await terminal.page.close();
  });

  test("says that a market is halted, and when it is not any more", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    const status = page.getByRole("status", { name: "Market status" });
    await world.node.setMarket("BTCUSD", "HALT");
    await status.filter({ hasText: "Halted" }).waitFor();
    await page.getByText("The market is halted: it takes no orders.").waitFor();
    await world.node.setMarket("BTCUSD", "TRADING");
    await status.waitFor({ state: "hidden" });
    expect(await page.getByText("The market is halted").count()).toBe(0);
    await page.close();
  });

  test.each([320, 390, 768, 1440])("keeps figures off the candles at %i pixels", async (width) => {
    const viewport = { width, height: 844 };
    const terminal = await world.open({ viewport });
    const { page } = terminal;
    await page.locator("[data-candles] > p > span").nth(4).waitFor();
    const legend = (await page.locator("[data-candles] > p").boundingBox())!;
    const chart = (await page.locator("[data-candles] table").first().boundingBox())!;
    expect(legend.y + legend.height).toBeLessThanOrEqual(chart.y);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    await page.close();
  });

  test("tells the last price in its tab's title while another tab is looked at", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    // A browser draws no frames of a page that is not seen.
    await page.evaluate("globalThis.requestAnimationFrame = () => 0");
    await page.waitForTimeout(200);
    const title = (): Promise<string> => page.title();
    const before = await title();
    const after = await terminal.until("another price", title, (now) => now !== before);
    expect(after).toContain("BTCUSD");
    await page.close();
  });

  test("has letters on a phone that it does not enlarge the page for when they are typed", async () => {
    const viewport = { width: 390, height: 844 };
    const terminal = await world.open({ viewport });
    const { page } = terminal;
    await terminal.choose("OCO");
    await terminal.ticket.getByLabel("With a limit").check();
    const sizes = await page.evaluate<number[]>(`[
      ...document.querySelectorAll("input:not([type=radio], [type=checkbox], [type=range]), select, textarea"),
    ].map((each) => parseFloat(getComputedStyle(each).fontSize))`);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await page.close();
  });

  test("marks what is old while there is no connection, on a phone as well", async () => {
    const viewport = { width: 390, height: 844 };
    const terminal = await world.open({ viewport });
    const { page } = terminal;
    await terminal.bestPrice("bid");
    const stale = page.locator('[data-stale="true"]');
    expect(await stale.count()).toBe(0);
    await world.node.stop();
    await terminal.untilConnection("Reconnecting");
    await page.getByText("Reconnecting", { exact: true }).waitFor();
    const word = (await page.getByText("Reconnecting", { exact: true }).boundingBox())!;
    // Not only for those who have it read to them.
    expect(word.width).toBeGreaterThan(50);
    await terminal.until(
      "all is old",
      () => stale.count(),
      (count) => count === 5,
    );
    // What was seen last is still there to be read.
    expect(await terminal.bestPrice("bid")).toBeGreaterThan(0);
    await world.node.start();
    await terminal.untilConnection("Connected");
    await terminal.until(
      "nothing is old",
      () => stale.count(),
      (count) => count === 0,
    );
    await page.close();
  });

  test("has nothing to complain of at a node that is no demo", async () => {
    const directory = mkdtempSync(join(tmpdir(), "rialto-web-"));
    try {
      await using plain = await startNodeProcess(["--data-dir", directory]);
      const terminal = await TerminalPage.open(world.browser, plain.ready.origin);
      const { page } = terminal;
      await page.getByText("Rialto 0.1.0").waitFor();
      expect(await page.getByText(/^DEMO/).count()).toBe(0);
      // Without an account nothing is known of its balance, which is not the same as none.
      expect(await terminal.ticket.innerText()).toMatch(/Available\s+– USD/);
      expect(await page.getByRole("slider").isDisabled()).toBe(true);
      expect(terminal.complaints).toEqual([]);
      await page.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test("works in a browser that keeps nothing for any page", async () => {
    const terminal = await world.open({}, (page) =>
      page.addInitScript(`Object.defineProperty(window, "localStorage", {
        get: () => { throw new DOMException("Access is denied for this document.", "SecurityError"); },
      })`),
    );
    const { page } = terminal;
    await page.getByRole("button", { name: "Use the light theme" }).click();
    await page.getByRole("button", { name: "5m", exact: true }).click();
    await page.getByRole("button", { name: "5m", exact: true, pressed: true }).waitFor();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
    expect(terminal.complaints).toEqual([]);
    await page.close();
  });

  test("says of a node without a market that it has none", async () => {
    const directory = mkdtempSync(join(tmpdir(), "rialto-web-"));
    try {
      const network = join(directory, "network.json");
      const demo = (await runRialto("inspect", "network")) as object;
      writeFileSync(network, JSON.stringify({ ...demo, markets: [] }));
      const place = ["--network", network, "--data-dir", join(directory, "data")];
      await using empty = await startNodeProcess(place);
      const page = await world.browser.newPage();
      const errors: Error[] = [];
      page.on("pageerror", (error) => errors.push(error));
      await page.goto(empty.ready.origin);
      await page.getByText("It is there, and has no market so far.").waitFor();
      expect(errors).toEqual([]);
      await page.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test("finds one market of many by a part of its name", async () => {
    const terminal = await world.open();
    const { page } = terminal;
    await page.getByRole("button", { name: /^Market/ }).click();
    const lines = page.getByRole("dialog", { name: "Markets" }).getByRole("button");
    await lines.nth(4).waitFor();
    await page.keyboard.type("btcu");
    await terminal.until(
      "a shorter list",
      () => lines.count(),
      (count) => count === 2,
    );
    await page.keyboard.type("sdt");
    await page.keyboard.press("Enter");
    await page.waitForFunction("document.title.includes('BTCUSDT')");
    // The next search begins anew.
    await page.getByRole("button", { name: /^Market/ }).click();
    await lines.nth(4).waitFor();
    expect(await lines.count()).toBe(5);
    await page.close();
  });
});
