import { expect, test } from "vitest";
import { ioFault } from "./storage-fault.ts";

const say = (code: string): string => ioFault("/data/journal", "open", { code }).message;

test("who may not use a file is told so, and not to look after a disk that is sound", () => {
  for (const code of ["EACCES", "SQLITE_14"]) {
    expect(say(code)).toBe(
      `open of /data/journal failed with ${code}. The user that the node runs as may not use it: ` +
        "give it that file, and the directory that it lies in.",
    );
  }
  expect(say("EROFS")).toContain("Nothing can be written there");
  expect(say("EIO")).toContain("Check the disk and the kernel log");
});
