import { parseArgs } from "node:util";
import { createHotEngine } from "../hot/hot-engine.ts";
import { checkAuctions } from "./auction-books.ts";
import { SMALL_LIMITS } from "./small-exchange.ts";

// npm run fuzz -- auction [--books N] [--first-seed N] [--json]: uncrossings of random books by the hot core, against every
// price tried. Exits 1 at the first book that is uncrossed otherwise, with its orders and the seed.

const BOOKS_PER_SEED = 100_000;

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    books: { type: "string", default: "1000000" },
    "first-seed": { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const booksWanted = Number(values.books);
const firstSeed = Number(values["first-seed"]);
const startMs = performance.now();
let [books, crossed] = [0, 0];
for (let seed = firstSeed; books < booksWanted; seed++) {
  const engine = createHotEngine({ limits: SMALL_LIMITS, hashKey: BigInt(seed) });
  const count = Math.min(BOOKS_PER_SEED, booksWanted - books);
  try {
    crossed += checkAuctions(engine, seed, count);
  } catch (cause) {
    const replay = `npm run fuzz -- auction --first-seed ${seed} --books ${count}`;
    throw new Error(`${(cause as Error).message}\nreplay: ${replay}`, { cause });
  }
  books += count;
  if (process.stderr.isTTY) process.stderr.write(`\r${books} books `);
}
const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(1));
if (values.json) console.log(JSON.stringify({ books, crossed, seconds }));
else
  console.log(
    `${books} books, ${crossed} of them crossed: all uncrossed by the rules (${seconds} s)`,
  );
