import { Fault } from "@rialto/base";
import type { StorageFaultDetail } from "@rialto/storage";
import { expect, test } from "vitest";
import { publicReason } from "./public-reason.ts";

const path = "/var/lib/rialto/journal/0001.segment";

/** With a message for operators. */
const faultOf = (detail: StorageFaultDetail): Fault<StorageFaultDetail> =>
  new Fault(detail, "error", `${path}: ${detail.code}`);

test.each<[string, StorageFaultDetail]>([
  [
    "7 bytes are needed, and 3 are free",
    { code: "STORAGE_FULL", path, freeBytes: 3, neededBytes: 7 },
  ],
  ["the disk is too slow", { code: "JOURNAL_BUSY", queuedBytes: 2, limitBytes: 1 }],
  ["JOURNAL_SEGMENT_MISSING", { code: "JOURNAL_SEGMENT_MISSING", path }],
])("%s is said to anybody, and no path", (text, detail) => {
  const reason = publicReason(faultOf(detail));
  expect(reason).toContain(text);
  expect(reason).not.toContain("/");
});

test("of an error of the system its name is said, and of any other nothing", () => {
  const system = Object.assign(new Error(`EIO: i/o error, write '${path}'`), { code: "EIO" });
  expect(
    publicReason(faultOf({ code: "STORAGE_IO", path, operation: "write", errorCode: "EIO" })),
  ).toBe("the disk fails: write, EIO");
  expect(publicReason(system)).toBe("its log says why");
});
