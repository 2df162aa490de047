import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { findChromium, openChromium } from "./chromium.ts";
import { DemoNode } from "./demo-node.ts";
import { TerminalPage } from "./terminal-page.ts";

/** A demo node and a browser, which the tests of a file share. */
export class TerminalWorld implements AsyncDisposable {
  #node: DemoNode | undefined;
  #browser: Browser | undefined;

  /** `options` are further ones of the node's command. */
  async start(chromium: string, options: readonly string[]): Promise<void> {
    // The pages of a file are opened within a minute or two, all from one address.
    this.#node = await DemoNode.start(["--request-weight", "0", ...options]);
    this.#browser = await openChromium(chromium);
  }

  get node(): DemoNode {
    return started(this.#node);
  }

  get browser(): Browser {
    return started(this.#browser);
  }

  /** Opens the node's terminal, as `TerminalPage.open` does. */
  async open(
    options: object = {},
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<TerminalPage> {
    return await TerminalPage.open(this.browser, this.node.origin, options, prepare);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.close();
    await this.#node?.[Symbol.asyncDispose]();
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("a world is started before it is used");
  return part;
}

/** Tests in a browser: without one on this machine they are skipped, and their name says why. */
export function describeInChromium(name: string, tests: (chromium: string) => void): void {
  const chromium = findChromium();
  const why = chromium === undefined ? " (skipped: there is no Chromium on this machine)" : "";
  describe.skipIf(chromium === undefined)(`${name}${why}`, () => {
    tests(chromium ?? "");
  });
}

/** Tests of the terminal of a demo node that is theirs. `options` are further ones of its command. */
export function describeTerminal(
  name: string,
  tests: (world: TerminalWorld) => void,
  options: readonly string[] = [],
): void {
  describeInChromium(name, (chromium) => {
    const world = new TerminalWorld();
    beforeAll(() => world.start(chromium, options));
    afterAll(() => world[Symbol.asyncDispose]());
    tests(world);
  });
}
