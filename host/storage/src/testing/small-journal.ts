import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPrng } from "@rialto/base";
import { type FileJournalOptions, openFileJournal } from "../file-journal.ts";
import type { Journal } from "../journal.ts";

export const NETWORK_HASH: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

/** Opens a journal of small segments, so that a few records fill several. */
export function openSmall(
  directory: string,
  options: Partial<FileJournalOptions> = {},
): Promise<Journal> {
  return openFileJournal({
    directory,
    networkHash: NETWORK_HASH,
    mode: "group",
    segmentBytes: 2_048,
    queueBytes: 0x1_0000,
    ...options,
  });
}

/** `count` payloads of random bytes, each of `bytesMin` to `bytesMax` bytes. */
export function makePayloads(
  count: number,
  { seed, bytesMin, bytesMax }: { seed: number; bytesMin: number; bytesMax: number },
): Uint8Array[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => {
    const bytes = bytesMin + prng.below(bytesMax - bytesMin + 1);
    return Uint8Array.from({ length: bytes }, () => prng.below(256));
  });
}

/** Appends one after the other, so that each is a flush of its own, and closes with a spare. */
export async function writeJournal(
  directory: string,
  payloads: readonly Uint8Array[],
  options: Partial<FileJournalOptions> = {},
): Promise<void> {
  await using journal = await openSmall(directory, options);
  for (const payload of payloads) await journal.append(payload);
  await untilSpare(directory);
}

/** Waits until a journal that is open has prepared its next segment, and so writes nothing by itself. */
export async function untilSpare(directory: string): Promise<void> {
  while (!hasSpare(directory)) await new Promise((resolve) => setTimeout(resolve, 1));
}

function hasSpare(directory: string): boolean {
  const newest = [...readSegments(directory).values()].at(-1);
  return newest !== undefined && newest.every((byte) => byte === 0);
}

/** Name and bytes of every segment in `directory`. */
export type SegmentImages = ReadonlyMap<string, Buffer>;

export function readSegments(directory: string): SegmentImages {
  const names = readdirSync(directory).filter((name) => name.endsWith(".segment"));
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name))]));
}

export function writeSegments(directory: string, images: SegmentImages): void {
  for (const [name, bytes] of images) writeFileSync(join(directory, name), bytes);
}
