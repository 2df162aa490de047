import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import type { JournalMode } from "./journal.ts";
import { faultOf, readAll, textsOf, textsOfPayloads } from "./testing/journal-texts.ts";
import { payloadOf } from "./testing/seeded-payload.ts";
import { openSmall } from "./testing/small-journal.ts";
import { makeTemporaryDirectory } from "./testing/temporary-directory.ts";

const SEED = 11;
const ROUNDS = 3;
const OPTIONS = { segmentBytes: 0x1_0000, queueBytes: 0x8_0000 };

/** Starts a writer, runs `meanwhile` once it has acknowledged `count` records, kills it. */
async function appendAndKill(
  directory: string,
  mode: JournalMode,
  count: number,
  meanwhile: (pid: number) => Promise<void> = async () => {},
): Promise<number> {
  const program = join(import.meta.dirname, "testing", "append-until-killed.ts");
  const child = spawn(process.execPath, [program, directory, mode, String(SEED)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let lastAcknowledged = 0;
  let lineCount = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    lastAcknowledged = Number(line);
    lineCount++;
    if (lineCount !== count) continue;
    await meanwhile(child.pid!);
    child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return lastAcknowledged;
}

test.each(["strict", "group", "memory"] as const)(
  "kill -9 while appending in %s mode loses nothing that was acknowledged as durable",
  async (mode) => {
    using root = makeTemporaryDirectory("disk");
    const prng = createPrng(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = await appendAndKill(root.path, mode, 20 + prng.below(200));
      await using journal = await openSmall(root.path, OPTIONS);
      const records = await readAll(journal);
      const expected = records.map(({ sequence }) => payloadOf(SEED, sequence));
      expect(textsOf(records)).toEqual(textsOfPayloads(expected));
      // The writer flushes in memory mode before the next eight: only these may be lost.
      const lostMax = mode === "memory" ? 8 : 0;
      expect(journal.lastSequence).toBeGreaterThanOrEqual(acknowledged - lostMax);
    }
  },
);

test("a second process is refused and told who the writer is; a killed one leaves no lock", async () => {
  using root = makeTemporaryDirectory("disk");
  await appendAndKill(root.path, "group", 10, async (pid) => {
    expect(await faultOf(openSmall(root.path, OPTIONS))).toEqual({
      code: "JOURNAL_LOCKED",
      path: root.path,
      pid,
    });
  });
  await using journal = await openSmall(root.path, OPTIONS);
  expect(journal.lastSequence).toBeGreaterThanOrEqual(10);
});
