import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"] as const;

/** The path of a browser of this machine; undefined if it has none. */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":");
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}

/** Starts a browser without a window. As root it cannot have its sandbox; it sees only our own pages. */
export async function openChromium(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
