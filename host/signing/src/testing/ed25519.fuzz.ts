import { parseArgs } from "node:util";
import { checkEd25519Agreement } from "./ed25519-agreement.ts";

// npm run fuzz -- ed25519 [--first-seed N] [--signatures N] [--json]: all verifiers of Ed25519 against each other, for as long
// as you like. Exits 1 at the first difference, with the signature and its seed.

const SIGNATURES_PER_SEED = 200;

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    "first-seed": { type: "string", default: "1" },
    signatures: { type: "string", default: "20000" },
    json: { type: "boolean", default: false },
  },
});
const wanted = Number(values.signatures);
const startMs = performance.now();
let signatures = 0;
let valid = 0;
let seed = Number(values["first-seed"]);
for (; signatures < wanted; seed++) {
  const checked = checkEd25519Agreement(seed, SIGNATURES_PER_SEED);
  signatures += checked.signatures;
  valid += checked.valid;
  if (process.stderr.isTTY) process.stderr.write(`\r${signatures} signatures, seed ${seed} `);
}
const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(1));
if (values.json) console.log(JSON.stringify({ signatures, valid, seconds }));
else {
  console.log(
    `${signatures} signatures, ${valid} of which hold: TypeScript, node, libsodium and tables agree on each (${seconds} s)`,
  );
}
