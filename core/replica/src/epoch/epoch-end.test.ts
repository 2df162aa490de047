import { type CommittedBatch, openFrame } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { NOW_MS } from "../testing/small-replica.ts";
import { RULES, smallChange, smallGenesis, smallRoster } from "../testing/small-chain.ts";
import { EpochEnd } from "./epoch-end.ts";

const genesis = smallGenesis(4);
const seats = [0, 1, 2].map((each) => ({ process: each, key: each }));
const signers = [
  [0, 0],
  [1, 1],
  [2, 2],
] as const;
const change = smallChange(genesis, smallRoster(2, seats), signers);

interface Said {
  readonly author: number;
  readonly closes?: boolean;
  readonly frames?: readonly Uint8Array[];
}

/** What an end looks at of a commit. */
function commitOf(said: readonly Said[], tsMs = NOW_MS): CommittedBatch {
  const blocks = said.map(({ author, closes = false, frames = [] }) => ({
    author,
    block: { isEpochClose: closes, frames: frames.map((bytes) => openFrame(bytes, testHash)) },
  }));
  return { commit: { tsMs }, blocks } as unknown as CommittedBatch;
}

const closing = (...authors: readonly number[]): CommittedBatch =>
  commitOf(authors.map((author) => ({ author, closes: true })));

test("an epoch is over when a quorum has said, after the change, that it knows", () => {
  const end = new EpochEnd(genesis, RULES);
  // Who says so before there is a change says nothing.
  end.note(closing(0, 1, 2, 3));
  expect(end.next).toBeUndefined();
  // Nor with it: those blocks were made before anybody could know.
  const others = [1, 2, 3].map((author) => ({ author, closes: true }));
  end.note(commitOf([{ author: 0, frames: [change] }, ...others]));
  expect(end.next?.epoch).toBe(2);
  expect(end.isOver).toBe(false);
  end.note(closing(0, 1));
  end.note(closing(1, 0));
  expect(end.isOver).toBe(false);
  end.note(closing(3));
  expect(end.isOver).toBe(true);
});

test("the first change counts, if its time is not over and it may be made", () => {
  const refused = smallChange(genesis, smallRoster(2, seats), signers.slice(1));
  const second = smallChange(genesis, smallRoster(2, seats.slice(1), { profile: 2 }), signers, 1);
  const late = new EpochEnd(genesis, RULES);
  late.note(commitOf([{ author: 0, frames: [change] }], NOW_MS + 2_000_000));
  expect(late.next).toBeUndefined();
  const end = new EpochEnd(genesis, RULES);
  end.note(commitOf([{ author: 0, frames: [refused, change, second] }]));
  end.note(commitOf([{ author: 1, frames: [second] }]));
  expect(end.next?.members).toHaveLength(3);
});
