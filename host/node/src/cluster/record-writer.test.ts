import { createMemoryJournal } from "@rialto/storage";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { RecordWriter } from "./record-writer.ts";

interface World {
  readonly writer: RecordWriter;
  readonly written: (readonly [content: number, sequence: number])[];
  readonly troubles: string[];
  readonly read: () => Promise<number[]>;
}

function openWorld(queueBytes: number): World {
  const networkHash = new Uint8Array(32);
  const journal = createMemoryJournal({ networkHash, mode: "group", queueBytes });
  const written: (readonly [number, number])[] = [];
  const troubles: string[] = [];
  const writer = new RecordWriter({
    journal,
    onWritten: (record, sequence) => written.push([record[0]!, sequence]),
    onTrouble: (trouble) => {
      if (trouble !== "") troubles.push(trouble);
    },
    retryMs: 1,
  });
  const read = async (): Promise<number[]> => {
    const contents: number[] = [];
    for await (const { payload } of journal.read(1)) contents.push(payload[0]!);
    return contents;
  };
  return { writer, written, troubles, read };
}

const record = (content: number): Uint8Array => new Uint8Array(100).fill(content);

test("what is pushed is durable when it has settled, in its order", async () => {
  const { writer, written, troubles, read } = openWorld(1_000_000);
  writer.push(record(1));
  writer.push(record(2));
  const settled = writer.settle();
  writer.push(record(3));
  await Promise.all([settled, writer.settle()]);
  expect(written).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(await read()).toEqual([1, 2, 3]);
  expect(troubles).toEqual([]);
});

test("what the journal refuses is tried again: nothing is left out, nothing overtakes", async () => {
  const { writer, written, troubles, read } = openWorld(400);
  const contents = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const content of contents) writer.push(record(content));
  await writer.settle();
  expect(await read()).toEqual(contents);
  expect(written).toEqual(contents.map((content) => [content, content]));
  expect(new Set(troubles)).toEqual(new Set(["the disk is too slow for what comes"]));
});

test("what nobody waits for is written with what somebody does, or alone a little later, and not after the end", async () => {
  const { writer, written } = openWorld(1_000_000);
  const failures: unknown[] = [];
  const pushLater = (content: number): void => {
    writer.push(record(content));
    writer.settleLater((error) => failures.push(error));
  };
  pushLater(1);
  writer.push(record(2));
  expect(written).toEqual([]);
  await writer.settle();
  expect(written.length).toBe(2);
  pushLater(3);
  pushLater(4);
  await expect.poll(() => written.length).toBe(4);
  pushLater(5);
  writer.stop();
  pushLater(6);
  await sleep(50);
  expect(written.length).toBe(4);
  await writer.settle();
  expect(written.map(([content]) => content)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(failures).toEqual([]);
});

test("one that is stopped does not wait for room", async () => {
  const { writer } = openWorld(400);
  for (let content = 0; content < 20; content++) writer.push(record(content));
  writer.stop();
  await expect(writer.settle()).rejects.toMatchObject({ detail: { code: "JOURNAL_BUSY" } });
});
