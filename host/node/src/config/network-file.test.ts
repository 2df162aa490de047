import { createPrng, Fault, type Prng } from "@rialto/base";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { loadNetwork } from "./network-file.ts";

const FUZZ_CASES = 100_000;
const TEXT = JSON.stringify(SMALL_NETWORK);
/** What JSON is made of, and what an operator's hand or another program may have put into it. */
const PIECES: readonly string[] = [
  ['"', "{", "}", "[", "]", ",", ":", "null", "true", "{}", "[]", '""', "0", "-1", "1e999"],
  ['"__proto__":1,', '"name":null,', '"assets":{},', "\\u0000", "\u0661", "\n", " ", "\u{1f600}"],
  ['"symbol":"USD",', '"decimals":0.5,', '"decimals":1e15,', '"ordersMax":{},', "[[[["],
].flat();

/** A file's text with one to three places cut, doubled or written over; or one value put in another's place. */
function drawText(prng: Prng): string {
  const pick = (list: readonly string[]): string => list[prng.below(list.length)]!;
  const values = TEXT.match(/"[^"]*"|\d+/g)!;
  let text = TEXT;
  for (let changes = 1 + prng.below(3); changes > 0; changes--) {
    const at = prng.below(text.length + 1);
    const to = at + prng.below(12);
    const draw = prng.below(4);
    if (draw > 1) text = text.replaceAll(pick(values), pick([...values, ...PIECES]));
    else if (draw === 1) text = text.slice(0, at) + pick(PIECES) + text.slice(to);
    else text = text.slice(0, to) + text.slice(at);
  }
  return text;
}

test(`${FUZZ_CASES} changed network files are loaded, or refused with what is wrong`, () => {
  // Nothing but bytes matters here, so that they need not reach a disk.
  const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const directory = mkdtempSync(join(parent, "rialto-network-"));
  const path = join(directory, "network.json");
  const outcomes = { loaded: 0, NETWORK_FILE_UNREADABLE: 0, NETWORK_CONFIG_INVALID: 0 };
  try {
    for (let seed = 0; seed < FUZZ_CASES; seed++) {
      const text = drawText(createPrng(seed));
      writeFileSync(path, text);
      try {
        const network = loadNetwork(path);
        outcomes[network instanceof Fault ? network.detail.code : "loaded"]++;
        if (network instanceof Fault) {
          const { detail } = network;
          const isEmpty = detail.code === "NETWORK_CONFIG_INVALID" && detail.problems.length === 0;
          if (isEmpty) throw new Error("a refusal says what is wrong");
        } else if (network.hash.length !== 32) throw new Error("a network is named by its hash");
      } catch (cause) {
        throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause });
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(FUZZ_CASES / 100);
});
