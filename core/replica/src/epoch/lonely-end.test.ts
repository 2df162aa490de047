import { expect, test } from "vitest";
import {
  SmallChainWorld,
  smallChange,
  type SmallProcess,
  smallRoster,
} from "../testing/small-chain.ts";

const LIAR = 3;
const SEATS = [0, 1, 2, LIAR].map((each) => ({ process: each, key: each }));
/** Until who leads when an epoch ends is the same again, members make a round at this interval. */
const HEARTBEATS = 4;
const HEARTBEAT_MS = 500;
/** Within this an epoch of this world ends. */
const END_MS = 9;

const epochOf = ({ chain }: SmallProcess): number => chain!.epoch.committee.epoch;
const isOver = ({ chain }: SmallProcess): boolean => chain!.replica.isOver;

/** Members change; `sentMs` later the liar keeps a block from one member, its next from the others, and is gone. */
function worldAfter(heartbeats: number, sentMs: number): SmallChainWorld {
  const world = new SmallChainWorld(SEATS.length);
  for (const process of world.processes) world.start(process);
  world.run(HEARTBEAT_MS * (2 + heartbeats));
  const roster = smallRoster(2, SEATS, { profile: 3 });
  const change = smallChange(world.genesis, roster, [
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(world.submit(world.processes[1]!, change)).toBeUndefined();
  world.run(sentMs);
  world.cut.add(`${LIAR}>0`);
  world.run(1);
  world.cut.delete(`${LIAR}>0`);
  for (const to of [1, 2]) world.cut.add(`${LIAR}>${to}`);
  world.run(1);
  world.stop(world.processes[LIAR]!);
  world.run(30);
  return world;
}

function lonelyWorld(): SmallChainWorld | undefined {
  for (let heartbeats = 0; heartbeats < HEARTBEATS; heartbeats++) {
    for (let sentMs = 0; sentMs < END_MS; sentMs++) {
      const world = worldAfter(heartbeats, sentMs);
      const [first, ...others] = world.processes.slice(0, LIAR) as [SmallProcess, SmallProcess];
      if (isOver(first) && !others.some((each) => isOver(each) || epochOf(each) > 1)) return world;
    }
  }
  return undefined;
}

test("what one member alone has ended an epoch by the others get of it, though it makes no block that rests on it", () => {
  const world = lonelyWorld();
  expect(world).toBeDefined();
  const honest = world!.processes.slice(0, LIAR);
  expect(world!.run(5_000, () => honest.every((each) => epochOf(each) === 2))).toBe(true);
});
