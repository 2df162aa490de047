import { createPrng } from "@rialto/base";
import { expect, test } from "vitest";
import { EpochBook } from "./epoch-book.ts";
import { PROFILE_OF } from "./options.ts";
import { DISK_DAMAGES, SimDisk } from "./sim-disk.ts";
import { SimKeyRing } from "./sim-key-ring.ts";

/** The disk of a member that has written nothing yet. */
function newDisk(): SimDisk {
  const book = new EpochBook({
    seed: 1,
    hasRealSignatures: false,
    shape: { profile: PROFILE_OF.crash, gcDepth: 6, leadersPerRound: 1 },
    weights: [1, 1, 1],
  });
  const prng = createPrng(1);
  const { key } = book.genesis.seats[0]!;
  return new SimDisk(prng, new SimKeyRing({ book, process: 0, prng, key, onSign: () => {} }), []);
}

test("damage that finds nothing to strike is none: it is neither counted nor looked for", () => {
  const struck = DISK_DAMAGES.filter((kind) => newDisk().damage(kind));
  // A key ceremony has made the guard, in two sectors that say the same.
  expect(struck).toEqual(["rottenSector", "zeroPage", "misdirectedSector", "wiped"]);
  const disk = newDisk();
  disk.damage("rottenTail");
  expect(disk.read().hasLost).toBe(false);
  disk.damage("zeroPage");
  expect(disk.read().hasLost).toBe(true);
});
