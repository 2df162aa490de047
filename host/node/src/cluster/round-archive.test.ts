import { Fault } from "@rialto/base";
import { type Block, type BlockRef, NO_DIGEST, parseBlock, ROUND_MAX } from "@rialto/consensus";
import { encodeBlockRecord } from "@rialto/replica";
import { createMemoryJournal, type Journal } from "@rialto/storage";
import { expect, test } from "vitest";
import { smallBlock } from "../testing/small-block.ts";
import { sha256 } from "../sha256.ts";
import { RoundArchive } from "./round-archive.ts";

const EPOCH = smallBlock(1, 0).epoch;
const GC_DEPTH = 64;
const ROUNDS = 600;
/** The third member's blocks are accepted so many rounds after those of the others: as late as they may be. */
const LATE_ROUNDS = GC_DEPTH - 1;

async function openArchive(): Promise<{ archive: RoundArchive; journal: Journal }> {
  const journal = createMemoryJournal({ networkHash: NO_DIGEST, mode: "group" });
  const archive = new RoundArchive(journal, GC_DEPTH);
  const add = async (added: Block): Promise<void> => {
    const record = encodeBlockRecord(added);
    archive.note(record, await journal.append(record));
  };
  for (let round = 1; round <= ROUNDS; round++) {
    await add(smallBlock(round, 0));
    await add(smallBlock(round, 1));
    if (round > LATE_ROUNDS) await add(smallBlock(round - LATE_ROUNDS, 2));
  }
  return { archive, journal };
}

async function placesOf(blocks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const places: string[] = [];
  for await (const bytes of blocks) {
    const parsed = parseBlock(bytes, sha256);
    if (parsed instanceof Fault) throw parsed;
    places.push(`${parsed.round}/${parsed.author}`);
  }
  return places;
}

test("old rounds come back whole, those that were accepted late included, parents first", async () => {
  const { archive, journal } = await openArchive();
  const places = await placesOf(archive.rounds(EPOCH, 130, 193, () => undefined));
  const wanted = Array.from({ length: 64 }, (_, index) => 130 + index).flatMap((round) =>
    [0, 1, 2].map((author) => `${round}/${author}`),
  );
  expect(places.toSorted()).toEqual(wanted.toSorted());
  for (const author of [0, 1, 2]) {
    const rounds = places
      .filter((each) => each.endsWith(`/${author}`))
      .map((each) => parseInt(each));
    expect(rounds).toEqual(rounds.toSorted((left, right) => left - right));
  }
  expect(
    await placesOf(archive.rounds(EPOCH, ROUNDS + 200, ROUNDS + 210, () => undefined)),
  ).toEqual([]);
  await journal.close();
});

test("single blocks are found by what they are, in one pass over the journal", async () => {
  const { archive, journal } = await openArchive();
  const late = smallBlock(200, 2);
  const early = smallBlock(180, 0);
  let reads = 0;
  const find = async (refs: readonly BlockRef[]): Promise<string[]> => {
    reads = 0;
    return await placesOf(archive.findAll(EPOCH, refs, () => reads++));
  };
  expect(await find([late, early])).toEqual(["180/0", "200/2"]);
  expect(await find([{ ...late, digest: NO_DIGEST }])).toEqual([]);
  const once = reads;
  expect(await find([{ ...late, author: 1 }])).toEqual([]);
  // However many there are of what nobody has.
  const digests = Array.from({ length: 200 }, (_, index) => sha256(Uint8Array.of(index)));
  expect(await find(digests.map((digest) => ({ ...late, digest })))).toEqual([]);
  expect(reads).toBe(once);
  await journal.close();
});

test("what is let go is not said to be there, and all of what is said to be there is", async () => {
  const { archive, journal } = await openArchive();
  expect(archive.lowestRound(EPOCH)).toBe(1);
  await archive.prune(EPOCH, 300);
  const lowestRound = archive.lowestRound(EPOCH);
  expect(lowestRound).toBeGreaterThan(1);
  expect(lowestRound).toBeLessThanOrEqual(301);
  expect(journal.firstSequence).toBeGreaterThan(1);
  const wanted = [0, 1, 2].map((author) => `${lowestRound}/${author}`);
  const found = await placesOf(archive.rounds(EPOCH, lowestRound, lowestRound, () => undefined));
  expect(found.toSorted()).toEqual(wanted);
  // After a restart less is known, and no more is claimed.
  const again = new RoundArchive(journal, GC_DEPTH);
  for await (const { payload, sequence } of journal.read(journal.firstSequence)) {
    again.note(payload, sequence);
  }
  expect(again.lowestRound(EPOCH)).toBeGreaterThanOrEqual(lowestRound);
  const whole = await placesOf(
    again.rounds(EPOCH, again.lowestRound(EPOCH), again.lowestRound(EPOCH) + 3, () => undefined),
  );
  expect(whole).toHaveLength(12);
  await journal.close();
});

test("a question that comes while the journal is being cut back is answered with what is left", async () => {
  const { archive, journal } = await openArchive();
  // As far as the journal has come, before the archive is told.
  await journal.prune(900);
  const lowestRound = archive.lowestRound(EPOCH);
  expect(lowestRound).toBeGreaterThan(300);
  expect(await placesOf(archive.rounds(EPOCH, 1, 10, () => undefined))).toEqual([]);
  const old = smallBlock(5, 0);
  expect(await placesOf(archive.findAll(EPOCH, [old], () => undefined))).toEqual([]);
  expect(
    await placesOf(archive.rounds(EPOCH, lowestRound, lowestRound, () => undefined)),
  ).toHaveLength(3);
  await journal.close();
});

test("of an epoch that is not in the journal, nothing is said to be there", async () => {
  const { archive, journal } = await openArchive();
  expect(archive.lowestRound(EPOCH + 1)).toBe(ROUND_MAX);
  await journal.close();
});
