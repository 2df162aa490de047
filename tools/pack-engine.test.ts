import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./check-steps.ts";
import { packEngine } from "./pack-engine.ts";

// The package as somebody has it who knows nothing of this repository.

const folder = mkdtempSync(join(tmpdir(), "rialto-packed-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  expect(`${stderr}${status === 0 ? "" : stdout}`).toBe("");
  return stdout;
}

beforeAll(() => {
  const tarball = packEngine(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", type: "module" }));
  run("npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", tarball);
});

test("it installs without a network, and runs the example as JavaScript", () => {
  const example = join(root, "examples/first-trade.ts");
  // The example has no types of its own, so it is JavaScript as well.
  cpSync(example, join(folder, "first-trade.js"));
  expect(run(process.execPath, "first-trade.js")).toBe(run(process.execPath, example));
});

test("its types are complete, without a look at its sources", () => {
  const source = [
    'import { createEngine, type Command, CommandKind, type EngineEvent, sendCommands } from "@rialto/engine";',
    "const commands: Command[] = [{ kind: CommandKind.AddAsset }];",
    "export const events: EngineEvent[] = sendCommands(createEngine(), commands, 0);",
    "// @ts-expect-error A command is one of those that there are.",
    "sendCommands(createEngine(), [{ kind: 99 }], 0);",
  ];
  writeFileSync(join(folder, "user.ts"), source.join("\n"));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const flags = "--strict --noEmit --target esnext --lib esnext,dom --module nodenext";
  expect(run(process.execPath, compiler, ...flags.split(" "), "user.ts")).toBe("");
});

test("it has no sources, no tests and no other packages in it", () => {
  const installed = join(folder, "node_modules/@rialto/engine");
  const names = readdirSync(installed, { recursive: true }).map(String);
  expect(names.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
  expect(names.filter((name) => name.includes("test"))).toEqual([]);
  expect(readdirSync(join(installed, "node_modules/@rialto")).sort()).toEqual(["base", "protocol"]);
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as object;
  expect(manifest).toMatchObject({ name: "@rialto/engine", type: "module", sideEffects: false });
});

test("a page without a bundler finds every module of it by the import map of the README", () => {
  const readme = readFileSync(join(root, "core/engine/README.md"), "utf8");
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(readme)?.[1] ?? "";
  const { imports } = JSON.parse(map) as { readonly imports: Readonly<Record<string, string>> };
  const left = new Set([join(folder, imports["@rialto/engine"]!)]);
  // As a browser does: what a module imports is fetched, and a set grows while it is gone through.
  for (const path of left) {
    const found = readFileSync(path, "utf8").matchAll(/^(?:import|export)[^;]*? from "([^"]+)";/gm);
    for (const [, name = ""] of found) {
      const isNear = name.startsWith(".");
      left.add(isNear ? join(dirname(path), name) : join(folder, imports[name] ?? name));
    }
  }
  const names = [...left].map((path) => /@rialto\/(\w+)\/dist/.exec(path)?.[1]);
  expect(new Set(names)).toEqual(new Set(["engine", "base", "protocol"]));
  expect(left.size).toBeGreaterThan(20);
});
