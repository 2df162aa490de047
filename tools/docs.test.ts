import { expect, test } from "vitest";
import { documents, readDocument } from "./docs.ts";

test.each((await documents()).map((each) => [each.path, each.text] as const))(
  "%s is what `npm run docs` writes",
  (path, text) => {
    expect(readDocument(path)).toBe(text);
  },
);
