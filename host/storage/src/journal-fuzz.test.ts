import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SECTOR_BYTES } from "./journal-layout.ts";
import { isStorageFault } from "./storage-fault.ts";
import { readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import {
  makePayloads,
  openSmall,
  readSegments,
  writeJournal,
  writeSegments,
} from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const SEGMENT_BYTES = 2_048;

test("arbitrary bytes as segments end in a typed fault or a prefix of the truth", async () => {
  using root = makeTemporaryDirectory("memory");
  const payloads = makePayloads(5, { seed: 1, bytesMin: 0, bytesMax: 700 });
  await writeJournal(root.path, payloads);
  const images = readSegments(root.path);
  const names = [...images.keys()];
  const truth = textsOfPayloads(payloads);
  const outcomes = { fault: 0, prefix: 0 };
  await fc.assert(
    fc.asyncProperty(damagesOf([...images.values()]), async (damaged) => {
      const directory = join(root.path, "damaged");
      mkdirSync(directory);
      writeSegments(directory, new Map(names.map((name, index) => [name, damaged[index]!])));
      const read = await openAndRead(directory);
      rmSync(directory, { recursive: true });
      outcomes[read === undefined ? "fault" : "prefix"]++;
      return read === undefined || read.every((text, index) => text === truth[index]);
    }),
    { numRuns: 2_000, seed: 7 },
  );
  // Both ends are reached often, or the damage would be too mild or too wild to tell anything.
  expect(outcomes.fault).toBeGreaterThan(300);
  expect(outcomes.prefix).toBeGreaterThan(50);
});

/** Undefined for a typed fault. */
async function openAndRead(directory: string): Promise<string[] | undefined> {
  try {
    await using journal = await openSmall(directory);
    return textsOf(await readAll(journal));
  } catch (error) {
    if (isStorageFault(error)) return undefined;
    throw error;
  }
}

type Edit = (bytes: Buffer) => Buffer;

/** The images with a few edits each: noise, zeros, cuts, copied sectors, noise all over. */
function damagesOf(images: readonly Buffer[]): fc.Arbitrary<Buffer[]> {
  const edits = fc.array(fc.oneof(noise(), zeros(), copies(), cuts(), strangers()), {
    maxLength: 2,
  });
  const applyAll = (list: readonly Edit[], image: Buffer): Buffer =>
    list.reduce<Buffer>((bytes, apply) => apply(bytes), Buffer.from(image));
  return fc
    .tuple(...images.map(() => edits))
    .map((lists) => lists.map((list, index) => applyAll(list, images[index]!)));
}

function noise(): fc.Arbitrary<Edit> {
  return fc
    .tuple(fc.nat(SEGMENT_BYTES - 1), fc.uint8Array({ minLength: 1, maxLength: 600 }))
    .map(([offset, bytes]) => (image) => {
      Buffer.from(bytes).copy(image, Math.min(offset, image.length));
      return image;
    });
}

function zeros(): fc.Arbitrary<Edit> {
  return fc.tuple(fc.nat(3), fc.nat(4)).map(([first, end]) => (image) => {
    image.subarray(first * SECTOR_BYTES, end * SECTOR_BYTES).fill(0);
    return image;
  });
}

function copies(): fc.Arbitrary<Edit> {
  return fc.tuple(fc.nat(3), fc.nat(3)).map(([source, target]) => (image) => {
    const sector = image.subarray(source * SECTOR_BYTES, (source + 1) * SECTOR_BYTES);
    Buffer.from(sector).copy(image, Math.min(target * SECTOR_BYTES, image.length));
    return image;
  });
}

function cuts(): fc.Arbitrary<Edit> {
  return fc
    .nat(2 * SEGMENT_BYTES)
    .map((length) => (image) => Buffer.concat([image, Buffer.alloc(SEGMENT_BYTES)], length));
}

function strangers(): fc.Arbitrary<Edit> {
  return fc.uint8Array({ maxLength: 2 * SEGMENT_BYTES }).map((bytes) => () => Buffer.from(bytes));
}
