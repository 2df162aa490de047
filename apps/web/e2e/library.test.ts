import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { describeInChromium } from "./terminal-world.ts";

// The engine as a library: the first example, unchanged, in a real browser and in Node.

const EXAMPLE = join(import.meta.dirname, "../../../examples/first-trade.ts");
/** Answered by the test itself: a page of a secure origin, for a digest is only to be had there. */
const ORIGIN = "https://library.test/";

/** The example and all that it imports as one module for browsers. */
async function bundle(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "es2024",
      rollupOptions: { input: EXAMPLE },
    },
  });
  if (Array.isArray(output) || !("output" in output)) throw new Error("one bundle is made");
  return output.output[0].code;
}

/** Runs a module on an empty page. Returns what it printed, up to the line that begins with `last`. */
async function runInBrowser(path: string, code: string, last: string): Promise<string> {
  const browser = await openChromium(path);
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}**`, (route) => {
      const isScript = route.request().url().endsWith(".js");
      const body = isScript ? code : '<script type="module" src="example.js"></script>';
      return route.fulfill({ body, contentType: isScript ? "text/javascript" : "text/html" });
    });
    const lines: string[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      page.on("pageerror", reject);
      page.on("console", (message) => {
        lines.push(message.text());
        if (message.text().startsWith(last)) resolve();
      });
    });
    await page.goto(ORIGIN);
    await ended;
    return `${lines.join("\n")}\n`;
  } finally {
    await browser.close();
  }
}

describeInChromium("the engine as a library", (chromium) => {
  test("comes to the same state in Chromium as in Node", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE]);
    expect(stdout).toMatch(/^state [0-9a-f]{64}$/m);
    expect(await runInBrowser(chromium, await bundle(), "state")).toBe(stdout);
  });
});
