import type { CDPSession } from "playwright-core";
import { findChromium, openChromium } from "./chromium.ts";
import { type Account, openDemoAccount } from "./demo-account.ts";
import { DemoNode } from "./demo-node.ts";
import { TerminalPage } from "./terminal-page.ts";

// `npm run bench:frames [ORDERS]`: how often the terminal is drawn, and what that costs, for an account with many open orders in a
// market that moves. A frame that takes longer than a sixtieth of a second is seen by whoever works there.

const ORDERS_DEFAULT = 1_980;
const MEASURED_MS = 5_000;
/** In the third situation an order of the account is placed, and another one cancelled, so often. */
const CHURN_MS = 100;
/** Far above the market; one dollar apart, those that are placed in the third situation from the other price on. */
const PRICE_FIRST = 80_000;
const PRICE_LATER = 85_000;

interface Measured {
  readonly frames: number;
  readonly taskMs: number;
  readonly longestMs: number;
}

await main(Number(process.argv[2] ?? ORDERS_DEFAULT));

async function main(orderCount: number): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error("there is no Chromium on this machine");
  await using node = await DemoNode.start(["--orders-10s", "0", "--request-weight", "0"]);
  using account = await openDemoAccount(node.origin);
  await account.sellMany(PRICE_FIRST, orderCount);
  const browser = await openChromium(chromium);
  try {
    const terminal = await TerminalPage.open(browser, node.origin);
    await terminal.orderRows.first().waitFor();
    const session = await terminal.page.context().newCDPSession(terminal.page);
    await session.send("Performance.enable");
    tell(orderCount, "at rest", await measure(terminal, session));
    tell(orderCount, "scrolling", await whileScrolling(terminal, session));
    tell(orderCount, "trading", await whileTrading(terminal, session, account));
    if (terminal.complaints.length > 0) throw new Error(terminal.complaints.join("\n"));
  } finally {
    await browser.close();
  }
}

function tell(orderCount: number, situation: string, measured: Measured): void {
  const seconds = MEASURED_MS / 1_000;
  console.log(
    `${orderCount} open orders, ${situation}: ${(measured.frames / seconds).toFixed(1)} frames/s, ` +
      `${(measured.taskMs / seconds).toFixed(0)} ms of work a second, longest frame ${measured.longestMs.toFixed(0)} ms`,
  );
}

async function taskSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")!.value;
}

/** Counts frames for a while. */
async function measure({ page }: TerminalPage, session: CDPSession): Promise<Measured> {
  const before = await taskSeconds(session);
  const [frames, longestMs] = await page.evaluate<
    readonly [number, number]
  >(`new Promise((resolve) => {
    const beganMs = performance.now();
    let [frames, longestMs, lastMs] = [0, 0, beganMs];
    requestAnimationFrame(function count() {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      frames += 1;
      if (nowMs - beganMs < ${MEASURED_MS}) requestAnimationFrame(count);
      else resolve([frames, longestMs]);
    });
  })`);
  const taskMs = ((await taskSeconds(session)) - before) * 1_000;
  return { frames, taskMs, longestMs };
}

/** The same while the rows are scrolled by a quarter of what is seen in every frame. */
async function whileScrolling(terminal: TerminalPage, session: CDPSession): Promise<Measured> {
  await terminal.page.evaluate(`(() => {
    const rows = document.querySelector('[role="tabpanel"]');
    const endMs = performance.now() + ${MEASURED_MS};
    requestAnimationFrame(function scroll() {
      const top = rows.scrollTop + rows.clientHeight / 4;
      rows.scrollTop = top > rows.scrollHeight - rows.clientHeight ? 0 : top;
      if (performance.now() < endMs) requestAnimationFrame(scroll);
    });
  })()`);
  return await measure(terminal, session);
}

/** The same while the account places orders and cancels others. */
async function whileTrading(
  terminal: TerminalPage,
  session: CDPSession,
  account: Account,
): Promise<Measured> {
  const over = new AbortController();
  const trade = async (): Promise<void> => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      await account.sellMany(PRICE_LATER + turn, 1);
      await account.cancelAt(PRICE_FIRST + turn);
      await new Promise((resolve) => setTimeout(resolve, CHURN_MS));
    }
  };
  const trading = trade();
  const measured = await measure(terminal, session);
  over.abort();
  await trading;
  return measured;
}
