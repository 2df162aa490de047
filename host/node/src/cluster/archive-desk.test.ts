import { encodeBlockRecord, MessageKind, type PeerMessage } from "@rialto/replica";
import { createMemoryJournal, type Journal } from "@rialto/storage";
import { afterEach, expect, test } from "vitest";
import { smallBlock } from "../testing/small-block.ts";
import { ArchiveDesk } from "./archive-desk.ts";
import { RoundArchive } from "./round-archive.ts";

const ROUNDS = 20;
const ASK: PeerMessage = {
  kind: MessageKind.FetchRounds,
  epoch: smallBlock(1, 0).epoch,
  fromRound: 1,
  roundCount: ROUNDS,
};

let journal: Journal;
afterEach(() => journal.close());

interface Desk {
  readonly desk: ArchiveDesk;
  readonly sent: Uint8Array[];
  readonly failures: unknown[];
  charged: number;
}

/** A desk of a member that has nothing in memory any more, and whose peers may have `allowance` bytes. */
async function openDesk(allowance: number): Promise<Desk> {
  journal = createMemoryJournal({ networkHash: new Uint8Array(32), mode: "group" });
  const archive = new RoundArchive(journal, 64);
  for (let round = 1; round <= ROUNDS; round++) {
    const record = encodeBlockRecord(smallBlock(round, 0));
    archive.note(record, await journal.append(record));
  }
  const opened: Omit<Desk, "desk"> = { sent: [], failures: [], charged: 0 };
  const desk = new ArchiveDesk({
    archive,
    lowestRound: () => ROUNDS + 1,
    send: (_, message) => opened.sent.push(message),
    charge: (_, bytes) => (opened.charged += bytes) < allowance,
    onFatal: (error) => opened.failures.push(error),
  });
  return Object.assign(opened, { desk });
}

/** Lets an answer that has begun end. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

test("a question is answered whole, what was read is charged, and who is in debt is not answered", async () => {
  const opened = await openDesk(100);
  opened.desk.consider(1, ASK);
  await turn();
  expect(opened.sent).toHaveLength(ROUNDS);
  expect(opened.charged).toBeGreaterThan(ROUNDS * 100);
  opened.desk.consider(1, ASK);
  await turn();
  expect(opened.sent).toHaveLength(ROUNDS);
  await opened.desk.stop();
});

test("a journal that cannot be read any more is told, and never an unhandled rejection", async () => {
  const opened = await openDesk(Infinity);
  await journal.close();
  opened.desk.consider(1, ASK);
  await turn();
  expect(opened.failures).toHaveLength(1);
  await opened.desk.stop();
});
