import { encodeHex, Fault } from "@rialto/base";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { type Genesis, makeGenesis, openGenesis } from "./genesis.ts";
import { createMember, openMemberKeys } from "./member-directory.ts";
import { SEALED_SECRET_BYTES, withTableSecret } from "./table-secret.ts";

async function makeCluster(): Promise<{ root: string; directories: string[]; genesis: Genesis }> {
  const root = mkdtempSync(join(tmpdir(), "rialto-table-"));
  const directories = [0, 1, 2].map((member) => join(root, `node-${member}`));
  const members = [];
  for (const directory of directories) {
    members.push(await createMember(directory, { address: "tcp://127.0.0.1:1", weight: 1 }));
  }
  const network = SMALL_NETWORK;
  const file = makeGenesis({ network, profile: "crash", voteThreshold: 0.65, members });
  return { root, directories, genesis: open(withTableSecret(file)) };
}

function open(file: unknown): Genesis {
  const genesis = openGenesis(file);
  if (genesis instanceof Fault) throw genesis;
  return genesis;
}

test("all members open the same secret, and nobody a changed one or one for another member", async () => {
  const { root, directories, genesis } = await makeCluster();
  const { file } = genesis;
  try {
    const keys = directories.map((directory) => openMemberKeys(directory, genesis).tableKey);
    expect(new Set(keys).size).toBe(1);
    const [first, second, third] = file.tableSecrets!;
    const swapped = open({ ...file, tableSecrets: [second, first, third] });
    expect(() => openMemberKeys(directories[0]!, swapped)).toThrow("is not sealed for member 0");
    for (const at of [0, 40, SEALED_SECRET_BYTES - 1]) {
      const bytes = Buffer.from(first!, "hex");
      bytes[at]! ^= 1;
      const changed = open({ ...file, tableSecrets: [encodeHex(bytes), second, third] });
      expect(() => openMemberKeys(directories[0]!, changed)).toThrow("is not sealed for member 0");
    }
    // Another genesis has another one; it is no part of the chain's name.
    const again = open(withTableSecret(file));
    expect(openMemberKeys(directories[0]!, again).tableKey).not.toBe(keys[0]);
    expect(again.committee.hash).toEqual(genesis.committee.hash);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test("a list of secrets of another length, or of other text, is no genesis", async () => {
  const { root, genesis } = await makeCluster();
  rmSync(root, { recursive: true, force: true });
  const { file } = genesis;
  expect(openGenesis({ ...file, tableSecrets: file.tableSecrets!.slice(1) })).toBeInstanceOf(Fault);
  const [, ...rest] = file.tableSecrets!;
  expect(openGenesis({ ...file, tableSecrets: ["00", ...rest] })).toBeInstanceOf(Fault);
});

test("a key that leads everybody to one secret has nothing sealed for it, and opens nothing", async () => {
  const { root, directories, genesis } = await makeCluster();
  const { file } = genesis;
  try {
    const [first, ...others] = file.members;
    for (const low of ["00", "01"]) {
      const linkKey = low.padEnd(64, "0");
      const members = [...others, { ...first!, linkKey }];
      expect(() => withTableSecret({ ...file, members })).toThrow("link key of member 2");
      // As the sender's key of what was sealed.
      const [sealed, ...rest] = file.tableSecrets!;
      const changed = open({ ...file, tableSecrets: [linkKey + sealed!.slice(64), ...rest] });
      expect(() => openMemberKeys(directories[0]!, changed)).toThrow("is not sealed for member 0");
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
