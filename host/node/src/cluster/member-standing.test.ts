import { Fault } from "@rialto/base";
import { createMemoryJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { makeGenesis, openGenesis } from "./genesis.ts";
import { createMember } from "./member-directory.ts";
import { MemberStanding } from "./member-standing.ts";

test("who begins with a snapshot and an empty journal counts the blocks in its commits as accepted", async () => {
  using directory = makeTemporaryDirectory("memory");
  const card = await createMember(directory.path, { address: "tcp://127.0.0.1:1", weight: 1 });
  const choices = { network: SMALL_NETWORK, profile: "solo", voteThreshold: 1 } as const;
  const genesis = openGenesis(makeGenesis({ ...choices, members: [card] }));
  if (genesis instanceof Fault) throw genesis;
  const journal = createMemoryJournal({ networkHash: genesis.committee.chainId, mode: "group" });
  const standing = new MemberStanding({ genesis, journal, memberMs: Date.now });
  const { roster } = genesis;
  const committee = { ...genesis.committee, epoch: 3 };
  standing.enter({ committee, roster, certificate: undefined, peers: [0], self: 0 });
  expect(standing.statistics().vertices).toBe(0);
  standing.reset(12, 40);
  expect(standing.statistics()).toMatchObject({ committed: 12, finalized: 40, vertices: 40 });
  for (let record = 0; record < 45; record++) await journal.append(new Uint8Array(1));
  expect(standing.statistics().vertices).toBe(43);
  await journal.close();
});
