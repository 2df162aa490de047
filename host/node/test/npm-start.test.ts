import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findTestPort } from "../src/testing/free-port.ts";
import { SmallExchange } from "../src/testing/small-exchange.ts";

const root = join(import.meta.dirname, "../../..");

test("`npm start` brings up the demo, and SIGTERM to it drains the node and exits 0", async () => {
  using exchange = new SmallExchange();
  const port = String(await findTestPort());
  const environment = { RIALTO_PORT: port, RIALTO_DATA_DIR: exchange.dataDir };
  const child = spawn("npm", ["start"], { cwd: root, env: { ...process.env, ...environment } });
  const exited = once(child, "exit");
  let output = "";
  const up = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Stop with Ctrl-C.")) resolve();
    });
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  await Promise.race([up, exited]);
  expect(output).toContain(`http://127.0.0.1:${port}`);
  expect(output).toContain("DEMO: play money");
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain("<script");
  child.kill("SIGTERM");
  const [code] = (await exited) as [number | null];
  expect(code).toBe(0);
  expect(log).toContain("node.stopped");
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow("fetch failed");
});
