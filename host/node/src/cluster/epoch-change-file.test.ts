import { encodeHex, Fault } from "@rialto/base";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { makeChange, readChange, writeChange } from "./epoch-change-file.ts";
import { type Genesis, makeGenesis, type MemberCard, openGenesis } from "./genesis.ts";

function genesisOf(members: readonly MemberCard[]): Genesis {
  const terms = { network: SMALL_NETWORK, profile: "crash", voteThreshold: 0.65 } as const;
  const genesis = openGenesis(makeGenesis({ ...terms, members }));
  if (genesis instanceof Fault) throw genesis;
  return genesis;
}

function makeCards(): MemberCard[] {
  const key = (bytes: number): string => encodeHex(new Uint8Array(randomBytes(bytes)));
  return Array.from({ length: 3 }, (_, at) => ({
    publicKey: key(32),
    quantumKey: key(1_952),
    linkKey: key(32),
    address: `tcp://127.0.0.1:${5_000 + at}`,
    weight: 1,
  }));
}

/** Writes the change of a file again, with one more signature, where a process may write little. */
const SIGN = `
  import { readFileSync } from "node:fs";
  import { readChange, writeChange } from "./epoch-change-file.ts";
  import { openGenesis } from "./genesis.ts";
  const [, path, genesisPath] = process.argv;
  const genesis = openGenesis(JSON.parse(readFileSync(genesisPath, "utf8")));
  const pending = readChange(path, genesis);
  const signatures = [...pending.change.signatures, { author: 1, signature: new Uint8Array(64) }];
  try {
    writeChange(path, { ...pending, change: { ...pending.change, signatures } });
    console.log("written");
  } catch (error) {
    console.log(error.code);
  }
`;

test.runIf(process.platform === "linux")(
  "a signature for which there is no room costs none of those that a change has already",
  () => {
    using directory = makeTemporaryDirectory("memory");
    const path = join(directory.path, "change.json");
    const genesisPath = join(directory.path, "genesis.json");
    const genesis = genesisOf(makeCards());
    writeFileSync(genesisPath, JSON.stringify(genesis.file));
    const base = { steps: [], before: genesis };
    const { members } = genesisOf(makeCards()).roster;
    const pending = makeChange(genesis, base, { ...genesis.roster, epoch: 2, members }, 1);
    const signatures = [{ author: 0, signature: new Uint8Array(64).fill(7) }];
    writeChange(path, { ...pending, change: { ...pending.change, signatures } });
    const before = readFileSync(path);
    const program = `ulimit -f 4; exec "$0" --input-type=module --eval "$1" "$2" "$3"`;
    const args = ["-c", program, process.execPath, SIGN, path, genesisPath];
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    expect(spawnSync("sh", args, options).stdout.trim()).toBe("EFBIG");
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readChange(path, genesis).change.signatures).toEqual(signatures);
  },
);
