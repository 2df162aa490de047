import { createPrng, fail } from "@rialto/base";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { checksOf, SmallChainWorld, smallChange, smallRoster } from "../testing/small-chain.ts";
import { EpochPath } from "./epoch-path.ts";

/** A process that has lived through two ends of epochs, and a path that knows the genesis alone. */
function makeWorld(): { readonly world: SmallChainWorld; readonly lived: EpochPath } {
  const world = new SmallChainWorld(3);
  for (const process of world.processes) world.start(process);
  const [first] = world.processes;
  const seats = [0, 1, 2].map((each) => ({ process: each, key: each }));
  for (const epoch of [2, 3]) {
    const change = smallChange(first!.chain!.epoch, smallRoster(epoch, seats), [
      [0, 0],
      [2, 2],
    ]);
    expect(world.submit(first!, change)).toBeUndefined();
    expect(world.run(5_000, () => first!.chain!.epoch.committee.epoch === epoch)).toBe(true);
  }
  return { world, lived: first!.chain!.path };
}

const { world, lived } = makeWorld();

const stranger = (): EpochPath =>
  new EpochPath({ genesis: world.genesis, hash: testHash, checksOf });

const written = (epoch: number): Uint8Array => lived.encode(epoch) ?? fail("the epoch has ended");

test("a stranger walks from the genesis to the newest epoch, one certificate after the other", () => {
  const path = stranger();
  for (const epoch of [1, 2]) expect(path.take(written(epoch))).toBeUndefined();
  expect(path.newest.committee.hash).toEqual(lived.newest.committee.hash);
  expect(path.startOf(3)).toEqual(lived.startOf(3));
  expect(path.startOf(3).index).toBeGreaterThan(path.startOf(2).index);
  expect(path.startOf(1).index).toBe(0);
  expect(path.stepsTo(2)).toHaveLength(1);
  expect(path.epochAt(4)).toBeUndefined();
});

test("no end of another epoch, no cut and no changed byte leads anywhere", () => {
  const path = stranger();
  const step = written(1);
  expect(path.take(written(2))).toBeDefined();
  for (let length = 0; length < step.length; length += 5) {
    expect(path.take(step.subarray(0, length))).toBeDefined();
  }
  for (let seed = 0; seed < 500; seed++) {
    const prng = createPrng(seed);
    const mutated = Uint8Array.from(step);
    mutated[prng.below(mutated.length)]! ^= 1 + prng.below(255);
    expect(path.take(mutated)).toBeDefined();
  }
  expect(path.take(new Uint8Array(0))).toBeDefined();
  expect(path.epochs).toHaveLength(1);
  expect(path.take(step)).toBeUndefined();
});
