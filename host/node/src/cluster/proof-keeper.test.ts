import type { HaltReason } from "@rialto/replica";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProofKeeper } from "./proof-keeper.ts";

/** Every write to it fails as on a full disk. */
const FULL = "/dev/full";

test.skipIf(!existsSync(FULL))(
  "a proof that finds no room ends nothing, and is kept once there is some; the first one stays",
  () => {
    using directory = makeTemporaryDirectory("memory");
    const keeper = new ProofKeeper(directory.path);
    const wanted = join(directory.path, "halt.json");
    // Where it is written before it has its name.
    symlinkSync(FULL, `${wanted}.unfinished`);
    const haltAt = (commitIndex: number): HaltReason => {
      const [own, theirs] = [1, 2].map((each) => new Uint8Array(32).fill(each));
      return { code: "STATE_DIVERGED", commitIndex, own: own!, theirs: theirs!, authors: [1] };
    };
    expect(keeper.keepHalt(haltAt(7))).toBe(wanted);
    keeper.retry();
    expect(keeper.keepHalt(haltAt(8))).toBe(wanted);
    expect(() => keeper.refuseHalted()).not.toThrow();
    rmSync(`${wanted}.unfinished`);
    keeper.retry();
    expect(JSON.parse(readFileSync(wanted, "utf8"))).toMatchObject({ commitIndex: 7 });
    expect(() => keeper.refuseHalted()).toThrow("this member has halted");
  },
);
