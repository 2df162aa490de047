import { BLOCK_BYTES_MAX } from "@rialto/consensus";
import { openFileJournal } from "@rialto/storage";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { MEMBER_SEGMENT_BYTES_MIN } from "./member-journal.ts";

test("the smallest segments of a member take the largest block, and no smaller ones do", async () => {
  const take = async (segmentBytes: number): Promise<number> => {
    using directory = makeTemporaryDirectory("memory");
    const networkHash = new Uint8Array(32);
    const options = {
      directory: directory.path,
      networkHash,
      mode: "group",
      segmentBytes,
    } as const;
    await using journal = await openFileJournal(options);
    return await journal.append(new Uint8Array(1 + BLOCK_BYTES_MAX));
  };
  expect(await take(MEMBER_SEGMENT_BYTES_MIN)).toBe(1);
  const detail = { code: "JOURNAL_RECORD_TOO_LARGE" };
  await expect(take(MEMBER_SEGMENT_BYTES_MIN - 512)).rejects.toMatchObject({ detail });
});
