import { Fault } from "@rialto/base";
import { type Block, NO_DIGEST, parseBlock, sealBlock, SIGNATURE_BYTES } from "@rialto/consensus";
import { encodeBlockRecord } from "@rialto/replica";
import { createMemoryJournal, type Journal } from "@rialto/storage";
import { expect, test } from "vitest";
import { sha256 } from "./genesis.ts";
import { RoundArchive } from "./round-archive.ts";

const GC_DEPTH = 64;
const ROUNDS = 600;
/** The third member's blocks are accepted so many rounds after those of the others: as late as they may be. */
const LATE_ROUNDS = GC_DEPTH - 1;

function block(round: number, author: number): Block {
  const header = {
    chainId: NO_DIGEST,
    committeeHash: NO_DIGEST,
    epoch: 1,
    round,
    author,
    tsMs: round,
    strong: [],
    weak: [],
    payloadRoot: NO_DIGEST,
    payloadBytes: 0,
    frameCount: 0,
    isEpochClose: false,
    commitVotes: [],
    evidence: [],
  };
  return sealBlock(header, new Uint8Array(0), sha256, () => new Uint8Array(SIGNATURE_BYTES));
}

async function openArchive(): Promise<{ archive: RoundArchive; journal: Journal }> {
  const journal = createMemoryJournal({ networkHash: NO_DIGEST, mode: "group" });
  const archive = new RoundArchive(journal, GC_DEPTH);
  const add = async (added: Block): Promise<void> => {
    const record = encodeBlockRecord(added);
    archive.note(record, await journal.append(record));
  };
  for (let round = 1; round <= ROUNDS; round++) {
    await add(block(round, 0));
    await add(block(round, 1));
    if (round > LATE_ROUNDS) await add(block(round - LATE_ROUNDS, 2));
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
  const places = await placesOf(archive.rounds(130, 193));
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
  expect(await placesOf(archive.rounds(ROUNDS + 200, ROUNDS + 210))).toEqual([]);
  await journal.close();
});

test("a single block is found by what it is", async () => {
  const { archive, journal } = await openArchive();
  const late = block(200, 2);
  expect(await archive.find(late)).toEqual(late.bytes);
  expect(await archive.find({ ...late, digest: NO_DIGEST })).toBeUndefined();
  expect(await archive.find({ ...late, author: 1 })).toBeUndefined();
  await journal.close();
});
