import type { Browser, Locator, Page } from "playwright-core";

/** How long anything on the page may take to happen. */
const WAIT_MS = 15_000;

/** The terminal as somebody who uses it sees it. */
export class TerminalPage {
  readonly page: Page;
  /** What the browser has complained of: console errors, and exceptions that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_MS);
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.complaints.push(message.text());
      }
    });
    page.on("pageerror", (error) => this.complaints.push(String(error.stack)));
  }

  /** Opens it in a page with these options; `prepare` is called before the page is loaded. */
  static async open(
    browser: Browser,
    origin: string,
    options: object = {},
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<TerminalPage> {
    const viewport = { width: 1440, height: 900 };
    const page = await browser.newPage({ viewport, colorScheme: "dark", ...options });
    const terminal = new TerminalPage(page);
    await prepare?.(page);
    await page.goto(origin);
    await terminal.untilConnection("Connected");
    return terminal;
  }

  async untilConnection(word: "Connected" | "Reconnecting"): Promise<void> {
    await this.page.locator(`[data-connection="${word}"]`).waitFor();
  }

  /** Waits until `read` gives something that `isSo` takes, and returns that. */
  async until<T>(what: string, read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
    const deadlineMs = Date.now() + WAIT_MS;
    for (;;) {
      const value = await read();
      if (isSo(value)) return value;
      if (Date.now() > deadlineMs) throw new Error(`${what} did not happen: ${String(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The best price of a side as it is shown. */
  async bestPrice(side: "bid" | "ask"): Promise<number> {
    const levels = this.page.locator(`[data-side="${side}"]`);
    const best = side === "bid" ? levels.first() : levels.last();
    return numberOf((await best.getAttribute("data-price")) ?? "");
  }

  get ownMarks(): Locator {
    return this.page.locator('[data-side]:not([data-own=""])');
  }

  get priceField(): Locator {
    return this.page.getByLabel("Price", { exact: false }).and(this.page.locator("input"));
  }

  get amountField(): Locator {
    return this.page.getByLabel("Amount", { exact: false }).and(this.page.locator("input"));
  }

  get ticket(): Locator {
    return this.page.getByRole("region", { name: "Order", exact: true });
  }

  async choose(option: "Buy" | "Sell" | "Limit" | "Market" | "Stop" | "OCO"): Promise<void> {
    await this.ticket.locator("label").filter({ hasText: option }).first().click();
  }

  /** What is typed of a stop, or of an iceberg. */
  field(name: "trigger" | "trail" | "limitPrice" | "shown"): Locator {
    return this.page.locator(`input[name="${name}"]`);
  }

  /** What the ticket says that a stop or a pair will do. */
  get orderText(): Locator {
    return this.page.locator("[data-order-text]");
  }

  async send(): Promise<void> {
    await this.page.locator('button[type="submit"]').first().click();
  }

  /** What is said of the last order. */
  get outcome(): Locator {
    return this.page.getByRole("status", { name: "Last order" });
  }

  async openTab(name: "Open orders" | "Order history" | "Fills"): Promise<void> {
    await this.page.getByRole("tab", { name }).click();
  }

  /** The rows of the table of the tab that is open. */
  get orderRows(): Locator {
    return this.page.locator('[role="tabpanel"] tbody tr');
  }

  async balanceText(asset: string, part: "available" | "reserved"): Promise<string> {
    const cells = this.page.locator(`[data-asset="${asset}"] td`);
    return await (part === "available" ? cells.first() : cells.last()).innerText();
  }

  async balance(asset: string): Promise<number> {
    return numberOf(await this.balanceText(asset, "available"));
  }

  /** Goes through the page as the Tab key does until something has the focus. */
  async tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 100; presses++) {
      if ((await target.and(this.page.locator(":focus")).count()) === 1) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error("the Tab key does not lead there");
  }
}

/** The number of a text with thousands set apart. Only compared, never sent. */
export function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}
