import { Fault } from "@rialto/base";
import { openSigningGuard } from "@rialto/signing";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { type Genesis, makeGenesis, type MemberCard, openGenesis } from "./genesis.ts";
import { createMember, memberPaths, openMemberKeys, resolveJoin } from "./member-directory.ts";

const root = mkdtempSync(join(tmpdir(), "rialto-member-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const place = (index: number) => ({ address: `tcp://127.0.0.1:${5_000 + index}`, weight: 1 });
const directories = [0, 1, 2].map((index) => join(root, `node-${index}`));
const cards: MemberCard[] = [];
for (const [index, directory] of directories.entries()) {
  cards.push(await createMember(directory, place(index)));
}

function genesisOf(members: readonly MemberCard[]): Genesis {
  const file = { network: SMALL_NETWORK, profile: "crash", voteThreshold: 0.65, members } as const;
  const genesis = openGenesis(makeGenesis(file));
  if (genesis instanceof Fault) throw genesis;
  return genesis;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault) return (error as Fault<{ readonly code: string }>).detail.code;
    throw error;
  }
  return "";
}

test("a member finds its place by its key, whatever the order of the cards", () => {
  const genesis = genesisOf([cards[2]!, cards[0]!, cards[1]!]);
  const places = directories.map((directory) => openMemberKeys(directory, genesis).self);
  expect(places).toEqual([1, 2, 0]);
});

test("keys that the genesis does not have are refused", () => {
  const [own, one, two] = cards as [MemberCard, MemberCard, MemberCard];
  const others = genesisOf([one, two]);
  expect(codeOf(() => openMemberKeys(directories[0]!, others))).toBe("MEMBER_UNKNOWN");
  const swapped = genesisOf([
    { ...own, linkKey: one.linkKey },
    { ...one, linkKey: own.linkKey },
    two,
  ]);
  expect(codeOf(() => openMemberKeys(directories[0]!, swapped))).toBe("MEMBER_LINK_KEY_OTHER");
});

test("a member is made once, with a guard that knows that nothing was signed", async () => {
  const [directory] = directories as [string];
  await expect(createMember(directory, place(0))).rejects.toMatchObject({
    detail: { code: "KEY_FILE_EXISTS" },
  });
  const { guardScope: scope } = openMemberKeys(directory, genesisOf(cards));
  const path = memberPaths(directory).guard;
  await using guard = await openSigningGuard({ path, scope });
  expect(guard.isAmnesiac).toBe(false);
  expect(guard.last).toMatchObject({ epoch: 0, round: 0 });
  // A guard is its member's alone.
  const { guardScope: other } = openMemberKeys(directories[1]!, genesisOf(cards));
  await expect(openSigningGuard({ path, scope: other })).rejects.toMatchObject({
    detail: { code: "GUARD_FOREIGN" },
  });
});

test.each(["quantum.key", "link.key", "signing.guard"])(
  "a member that cannot be made whole, for there is a %s, leaves nothing in the way of the next",
  async (name) => {
    const directory = mkdtempSync(join(root, "half-"));
    writeFileSync(join(directory, name), "another's");
    await expect(createMember(directory, place(0))).rejects.toBeInstanceOf(Fault);
    expect(readdirSync(directory)).toEqual([name]);
    rmSync(join(directory, name));
    const card = await createMember(directory, place(0));
    expect(openMemberKeys(directory, genesisOf([card, cards[1]!, cards[2]!])).self).toBe(0);
  },
);

test("--join takes a member's directory, or a genesis file beside the data", () => {
  const [directory] = directories as [string];
  expect(resolveJoin(directory, "elsewhere")).toEqual({
    genesis: join(directory, "genesis.json"),
    directory,
  });
  const path = join(root, "genesis.json");
  writeFileSync(path, "{}");
  expect(resolveJoin(path, "data")).toEqual({ genesis: path, directory: "data" });
});
