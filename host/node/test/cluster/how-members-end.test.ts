import { fail, Fault } from "@rialto/base";
import { computePayloadRoot, sealBlock } from "@rialto/consensus";
import { createTlsWire, openTransport, type Transport } from "@rialto/network";
import { encodeBlockMessage } from "@rialto/replica";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Genesis, loadGenesis } from "../../src/cluster/genesis.ts";
import { sha256 } from "../../src/sha256.ts";
import { KeyRing } from "../../src/cluster/key-ring.ts";
import { memberPaths } from "../../src/cluster/member-directory.ts";
import { StartRefused } from "../../src/testing/node-process.ts";
import { SmallCluster, until } from "../../src/testing/small-cluster.ts";

// How a member ends: while its peers, of which this process plays two, send more than it can take in, as those do that
// help it to catch up; and where it cannot even begin.

const BURST = 2_000;
const BURST_MS = 10;

const cleanup = new AsyncDisposableStack();
let cluster: SmallCluster;
const flooding: Transport[] = [];

beforeAll(async () => {
  cluster = cleanup.use(await SmallCluster.create(3, "crash"));
  const genesis = loadGenesis(memberPaths(cluster.directories[0]!).genesis);
  if (genesis instanceof Fault) throw genesis;
  for (const self of [1, 2]) flooding.push(await openFlood(genesis, self));
});
afterAll(() => cleanup.disposeAsync());

/** The first block of a member, which is valid, and costs whoever gets it a signature each time. */
function firstBlock(genesis: Genesis, self: number, ring: KeyRing): Uint8Array {
  const { committee } = genesis;
  const others = [0, 1, 2].filter((author) => author !== self);
  const strong = [self, ...others].map((author) => {
    return { round: 0, author, digest: committee.genesis[author]! };
  });
  const { chainId, epoch, hash: committeeHash } = committee;
  const header = {
    chainId,
    committeeHash,
    epoch,
    round: 1,
    author: self,
    tsMs: Date.now(),
    strong,
    weak: [],
    payloadRoot: computePayloadRoot([], sha256),
    payloadBytes: 0,
    frameCount: 0,
    isEpochClose: false,
    commitVotes: [],
    evidence: [],
  };
  const seat = ring.seatOf(genesis) ?? fail("it is a member");
  return encodeBlockMessage(sealBlock(header, [], sha256, seat.sign));
}

/** Sends a member's first block to member 0 for as long as the tests run, as fast as it is taken. */
async function openFlood(genesis: Genesis, self: number): Promise<Transport> {
  const ring = new KeyRing(cluster.directories[self]!);
  const bytes = firstBlock(genesis, self, ring);
  const members = genesis.roster.members.map(({ address, linkKey }) => {
    return { address, publicKey: linkKey };
  });
  const wire = createTlsWire({ self, secretKey: ring.linkSeed.expose(), members });
  const transport = cleanup.use(await openTransport(wire, { onMessage: () => undefined }));
  const sending = setInterval(() => {
    for (let sent = 0; sent < BURST && transport.send(0, bytes) === "queued"; sent++);
  }, BURST_MS);
  cleanup.defer(() => clearInterval(sending));
  return transport;
}

test("a member that cannot listen for the others says where, and ends", async () => {
  // Member 1's address is ours.
  const refused = await cluster.start(1).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartRefused);
  const { exit, message } = refused as StartRefused;
  expect(exit).toBe(1);
  expect(message).toMatch(/tcp:\/\/127\.0\.0\.1:\d+ is in use/);
});

test("a member whose inbox is full stops at once when it is told to, and with 0", async () => {
  const node = await cluster.start(0);
  const taken = (): number => {
    return Math.min(...flooding.map((each) => each.peers()[0]!.counters.sentMessages));
  };
  // More than both of its lanes hold, within a moment.
  await until("its peers have sent more than it can take in", async () => taken() > 8_000);
  expect(await node.end("SIGTERM")).toBe(0);
  expect(node.log()).toContain("node.stopped");
});
