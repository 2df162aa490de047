import { createPrng, Fault } from "@rialto/base";
import { testHash } from "@rialto/consensus/testing";
import { expect, test } from "vitest";
import { checksOf, SmallChainWorld, smallChange, smallRoster } from "../testing/small-chain.ts";
import { type ChainTrust, encodeEpochSteps, readEpochSteps, walkEpochs } from "./epoch-chain.ts";

/** Three epochs of three processes, and what leads through them. */
function makeChain(): { readonly trust: ChainTrust; readonly steps: readonly Uint8Array[] } {
  const world = new SmallChainWorld(3);
  for (const process of world.processes) world.start(process);
  const [first, second] = world.processes;
  second!.keys.push(21);
  const rotate = (epoch: number, key: number): void => {
    const seats = [
      { process: 0, key: 0 },
      { process: 1, key },
      { process: 2, key: 2 },
    ];
    const change = smallChange(first!.chain!.epoch, smallRoster(epoch, seats), [
      [0, 0],
      [2, 2],
    ]);
    if (world.submit(first!, change) !== undefined) throw new Error("the change is refused");
    world.run(5_000, () => first!.chain!.epoch.committee.epoch === epoch);
  };
  rotate(2, 21);
  rotate(3, 1);
  const { steps } = first!.chain!;
  const { roster } = world.genesis;
  const trust: ChainTrust = {
    genesis: world.genesis,
    hash: testHash,
    checksOf: (committee) => checksOf({ committee, roster }),
  };
  return { trust, steps: encodeEpochSteps(roster, steps) };
}

const { trust, steps } = makeChain();

function walk(chain: readonly Uint8Array[]): ReturnType<typeof walkEpochs> {
  const read = readEpochSteps(trust.genesis.roster, chain);
  return read instanceof Fault ? read : walkEpochs(read, trust);
}

test("a chain leads from the genesis to each of its epochs", () => {
  for (let length = 0; length <= steps.length; length++) {
    const epochs = walk(steps.slice(0, length));
    if (epochs instanceof Fault) throw epochs;
    expect(epochs.map(({ committee }) => committee.epoch)).toEqual(
      Array.from({ length: length + 1 }, (_, at) => at + 1),
    );
  }
});

test("no step may be left out, told twice, put elsewhere or cut", () => {
  const [first, second] = steps as [Uint8Array, Uint8Array];
  const chains = [[second], [second, first], [first, first], [first, second, second]];
  for (const chain of chains) expect(walk(chain)).toBeInstanceOf(Fault);
  for (let length = 0; length < second.length; length += 7) {
    expect(walk([first, second.subarray(0, length)])).toBeInstanceOf(Fault);
  }
});

test("each of 1,000 changed chains is refused", () => {
  for (let seed = 0; seed < 1_000; seed++) {
    const prng = createPrng(seed);
    const at = prng.below(steps.length);
    const mutated = Uint8Array.from(steps[at]!);
    mutated[prng.below(mutated.length)]! ^= 1 + prng.below(255);
    const epochs = walk(steps.with(at, mutated));
    if (!(epochs instanceof Fault)) throw new Error(`seed ${seed}: step ${at} is accepted`);
  }
  expect(walk(steps)).not.toBeInstanceOf(Fault);
});

test("a certificate that closes nothing, or is signed by the next committee, opens no epoch", () => {
  const read = readEpochSteps(trust.genesis.roster, steps);
  if (read instanceof Fault) throw read;
  const [first, second] = read as [(typeof read)[0], (typeof read)[0]];
  const plain = { ...first.certificate.checkpoint, nextRoster: new Uint8Array(32) };
  expect(
    walkEpochs([{ ...first, certificate: { ...first.certificate, checkpoint: plain } }], trust),
  ).toMatchObject({ detail: { code: "EPOCH_CHAIN_INVALID", epoch: 1 } });
  // The members of epoch 2 say that epoch 1 ended so.
  const claimed = { ...second.certificate.checkpoint, epoch: 1, commitIndex: 1 };
  const certificate = { ...second.certificate, checkpoint: claimed };
  expect(walkEpochs([{ ...first, certificate }], trust)).toBeInstanceOf(Fault);
});
