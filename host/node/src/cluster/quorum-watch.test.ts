import { Fault } from "@rialto/base";
import { MemoryNetwork, openTransport, type Transport } from "@rialto/network";
import { MessageKind } from "@rialto/replica";
import { expect, test } from "vitest";
import { until } from "../testing/small-cluster.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { makeGenesis, openGenesis } from "./genesis.ts";
import { QuorumWatch } from "./quorum-watch.ts";

const NOW_MS = 1_000_000;
const LEVEL = {
  commitIndex: 1_000,
  lastCommitMs: NOW_MS,
  isForgetful: false,
  isDoubtful: false,
};

function watchOf(count: number): QuorumWatch {
  const members = Array.from({ length: count }, (_, index) => {
    const publicKey = (index + 1).toString(16).padStart(64, "0");
    return { publicKey, linkKey: publicKey, address: "tcp://127.0.0.1:1", weight: 1 };
  });
  const profile = count < 4 ? "crash" : "byzantine";
  const file = makeGenesis({ network: SMALL_NETWORK, profile, voteThreshold: 0.65, members });
  const genesis = openGenesis(file);
  if (genesis instanceof Fault) throw genesis;
  return new QuorumWatch(genesis.committee, 0);
}

function claim(watch: QuorumWatch, from: number, commitIndex: number, epoch = 1): void {
  watch.noteMessage(from, {
    kind: MessageKind.Status,
    epoch,
    quorumRound: 0,
    decidedRound: 0,
    commitIndex,
  });
}

async function openAll(
  network: MemoryNetwork,
  count: number,
  cleanup: AsyncDisposableStack,
): Promise<Transport[]> {
  const limits = { beatMs: 5, silenceMs: 50 };
  const opened = Array.from({ length: count }, async (_, member) =>
    cleanup.use(
      await openTransport(network.createWire(member), { onMessage: () => undefined, limits }),
    ),
  );
  return await Promise.all(opened);
}

test("orders wait for a quorum, and whoever is missed is named", async () => {
  await using cleanup = new AsyncDisposableStack();
  const network = new MemoryNetwork({ memberCount: 3 });
  const [own] = await openAll(network, 3, cleanup);
  const watch = watchOf(3);
  expect(watch.restriction(LEVEL, NOW_MS)).toContain("no quorum: members 1, 2 not reached");
  const reached = (weight: number) => async () => {
    watch.look(own!.peers());
    return watch.reachedWeight === weight;
  };
  await until("all are reached", reached(3));
  claim(watch, 1, 1_000);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("");
  // All three lead: so many commits are 256 rounds.
  claim(watch, 1, 1_768);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("");
  claim(watch, 1, 1_769);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("this member catches up: 769 commits behind.");
  claim(watch, 1, 1_000);
  const cut = (member: number): void => {
    network.block(0, member);
    network.block(member, 0);
  };
  cut(1);
  await until("one is gone", reached(2));
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("");
  cut(2);
  await until("two are gone", reached(1));
  expect(watch.restriction(LEVEL, NOW_MS)).toBe(
    "no quorum: members 1, 2 not reached, 1 of 3 here, 2 decide.",
  );
});

test("what keeps a member from deciding though the others are there", async () => {
  await using cleanup = new AsyncDisposableStack();
  const transports = await openAll(new MemoryNetwork({ memberCount: 4 }), 4, cleanup);
  const watch = watchOf(4);
  await until("all are reached", async () => {
    watch.look(transports[0]!.peers());
    return watch.reachedWeight === 4;
  });
  for (const from of [1, 2, 3]) {
    expect(watch.restriction(LEVEL, NOW_MS)).toBe(
      from < 3 ? "this member has just begun, and does not know yet how far the others are." : "",
    );
    claim(watch, from, 1_000);
  }
  expect(watch.restriction({ ...LEVEL, isForgetful: true }, NOW_MS)).toContain("has forgotten");
  expect(watch.restriction({ ...LEVEL, isDoubtful: true }, NOW_MS)).toContain("never used");
  expect(watch.restriction(LEVEL, NOW_MS + 5_001)).toBe("nothing was decided for 5001 ms.");
  // One of four may lie about how far it is; two agree on something true.
  claim(watch, 3, 1_000_000);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("");
  claim(watch, 2, 1_300);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("this member catches up: 300 commits behind.");
  expect(watch.restriction({ ...LEVEL, commitIndex: 1_250 }, NOW_MS)).toBe("");
  // Nor may one of four end an epoch for the others.
  claim(watch, 1, 1_300, 3);
  expect(watch.isEpochOver).toBe(false);
  claim(watch, 2, 1_300, 3);
  expect(watch.restriction(LEVEL, NOW_MS)).toBe("this member catches up: it is in epoch 1 of 3.");
});
