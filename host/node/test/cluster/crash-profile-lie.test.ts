import { Fault, parseHex } from "@rialto/base";
import { verifyBlock } from "@rialto/consensus";
import { selectBackend } from "@rialto/signing";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadGenesis } from "../../src/cluster/genesis.ts";
import { sha256 } from "../../src/sha256.ts";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { SmallCluster, until } from "../../src/testing/small-cluster.ts";

// Three members, of which one lies: more than the crash profile bears.

const HONEST = [0, 1] as const;
const LIAR = 2;
const PROGRAM = join(import.meta.dirname, "../../src/testing/lying-member.ts");

test("a member that sees a lie in the crash profile halts, says so, and keeps the proof", async () => {
  await using cluster = await SmallCluster.create(3, "crash");
  await Promise.all([
    ...HONEST.map((member) => cluster.start(member)),
    cluster.startProgram(LIAR, PROGRAM, "--lies", "equivocate"),
  ]);
  const reasonOf = async (member: number): Promise<string> => {
    const response = await fetch(`${cluster.url(member)}/ready`);
    return ((await response.json()) as { readonly reason: string }).reason;
  };
  const halted = "this member has halted: CRASH_PROFILE_LIE";
  await until("somebody sees the lie", async () => {
    const reasons = await Promise.all(HONEST.map(reasonOf));
    return reasons.includes(halted);
  });
  const reasons = await Promise.all(HONEST.map(reasonOf));
  const member = HONEST[reasons.indexOf(halted)]!;
  const deposit = cluster.fund(member, 1_001n);
  await expect(deposit).rejects.toMatchObject({ status: 503, code: -1016 });
  expect((await fetch(`${cluster.url(member)}/health`)).status).toBe(200);
  // Anybody who has the genesis can check that one key has signed two blocks for one round.
  const directory = cluster.directories[member]!;
  const proof = JSON.parse(readFileSync(join(directory, "halt.json"), "utf8")) as {
    readonly author: number;
    readonly round: number;
    readonly blocks: readonly string[];
  };
  const genesis = loadGenesis(memberPaths(directory).genesis);
  if (genesis instanceof Fault) throw genesis;
  const { committee } = genesis;
  const { verify } = selectBackend("ed25519");
  const blocks = proof.blocks.map((hex) =>
    verifyBlock(parseHex(hex)!, {
      committee,
      hash: sha256,
      verify: (author, message, signature) =>
        verify(committee.members[author]!.publicKey, message, signature),
    }),
  );
  expect(blocks).toMatchObject([
    { author: LIAR, round: proof.round },
    { author: LIAR, round: proof.round },
  ]);
  expect(blocks[0]).not.toEqual(blocks[1]);
  // Whatever restarts it: that it has halted is for people to undo.
  await cluster.kill(member);
  await expect(cluster.start(member)).rejects.toThrow(/this member has halted/);
  rmSync(join(directory, "halt.json"));
  await cluster.start(member);
});
