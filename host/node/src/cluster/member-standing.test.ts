import { join } from "node:path";
import { Fault } from "@rialto/base";
import { MemoryNetwork, openTransport } from "@rialto/network";
import { type ChainReplica, MessageKind } from "@rialto/replica";
import { createMemoryJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { until } from "../testing/small-cluster.ts";
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

test("orders wait while an epoch begins for the others first, and not for ever", async () => {
  await using cleanup = new AsyncDisposableStack();
  const network = new MemoryNetwork({ memberCount: 3 });
  const limits = { beatMs: 5, silenceMs: 50 };
  const transports = await Promise.all(
    [0, 1, 2].map(async (member) =>
      cleanup.use(
        await openTransport(network.createWire(member), { onMessage: () => undefined, limits }),
      ),
    ),
  );
  using directory = makeTemporaryDirectory("memory");
  const members = await Promise.all(
    [0, 1, 2].map((member) => {
      const place = join(directory.path, String(member));
      return createMember(place, { address: `tcp://127.0.0.1:${member + 1}`, weight: 1 });
    }),
  );
  const choices = { network: SMALL_NETWORK, profile: "crash", voteThreshold: 0.65 } as const;
  const genesis = openGenesis(makeGenesis({ ...choices, members }));
  if (genesis instanceof Fault) throw genesis;
  const { committee, roster } = genesis;
  const journal = createMemoryJournal({ networkHash: committee.chainId, mode: "group" });
  cleanup.defer(() => journal.close());
  let nowMs = 1_000;
  const standing = new MemberStanding({ genesis, journal, memberMs: () => nowMs });
  standing.transport = transports[0];
  const tell = (epoch: number): void => {
    const place = { epoch, quorumRound: 0, decidedRound: 0, commitIndex: 7 };
    standing.noteMessage(1, { kind: MessageKind.Status, ...place });
  };
  standing.reset(7, 7);
  standing.enter({ committee, roster, certificate: undefined, peers: [0, 1, 2], self: 0 });
  await until("all are reached", async () => {
    standing.look();
    return standing.reached === 3;
  });
  expect(standing.restriction()).toContain("has just begun");
  tell(1);
  expect(standing.restriction()).toBe("");
  tell(2);
  expect(standing.restriction()).toBe("");
  nowMs += 2_000;
  expect(standing.restriction()).toBe("this member catches up: it is in epoch 1 of 2.");
  // The key that it has from here on was never used: it asks, and orders wait.
  standing.replica = { isDoubtful: true } as ChainReplica;
  const next = { ...committee, epoch: 2 };
  nowMs -= 2_000;
  standing.enter({ committee: next, roster, certificate: undefined, peers: [0, 1, 2], self: 0 });
  standing.look();
  expect(standing.restriction()).toBe("");
  nowMs += 2_000;
  tell(2);
  expect(standing.restriction()).toContain("asks the others what it has signed");
  // Who begins so has nothing to wait for.
  const late = new MemberStanding({ genesis, journal, memberMs: () => nowMs });
  late.transport = transports[0];
  late.enter({ committee, roster, certificate: undefined, peers: [0, 1, 2], self: 0 });
  late.look();
  late.noteMessage(1, {
    kind: MessageKind.Status,
    epoch: 2,
    quorumRound: 0,
    decidedRound: 0,
    commitIndex: 7,
  });
  expect(late.restriction()).toBe("this member catches up: it is in epoch 1 of 2.");
});
