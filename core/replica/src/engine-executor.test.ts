import { openFrame } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { createOracle } from "@rialto/engine";
import {
  type Command,
  CommandKind,
  decodeEvents,
  encodeCommand,
  LIST_MARKET_BYTES,
} from "@rialto/protocol";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { EngineExecutor } from "./engine-executor.ts";

const LIMITS = {
  ordersMax: 100,
  levelPagesMax: 100,
  accountsMax: 10,
  balancesMax: 20,
  assetsMax: 4,
  marketsMax: 4,
  ladderEntriesMax: 1_000,
  accountOrdersMax: 100,
  specialsMax: 1_000,
  volumesMax: 1_000,
};

function frameOf(commands: readonly Command[]) {
  const bytes = new Uint8Array(8 + commands.length * LIST_MARKET_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 8;
  for (const command of commands) at = encodeCommand(view, at, command);
  return openFrame(bytes.subarray(0, at), testHash);
}

const createExecutor = () =>
  new EngineExecutor({ engine: createOracle(LIMITS), createHash: () => createHash("sha256") });

test("two engines driven by the same frames answer the same and end in the same state", () => {
  const [left, right] = [createExecutor(), createExecutor()];
  const frames = [
    frameOf([{ kind: CommandKind.AddAsset }, { kind: CommandKind.OpenAccount, number: 7n }]),
    frameOf([{ kind: CommandKind.OpenAccount, number: 7n }]),
  ];
  const before = left.stateRoot();
  for (const frame of frames) expect(left.execute(frame, 5)).toEqual(right.execute(frame, 5));
  expect(left.stateRoot()).toEqual(right.stateRoot());
  expect(left.stateRoot()).not.toEqual(before);
  const events = decodeEvents(left.execute(frames[1]!, 6));
  expect(events).toHaveLength(1);
});

test("a frame of what are no commands changes nothing", () => {
  const executor = createExecutor();
  const before = executor.stateRoot();
  for (const body of [[99], [1, 2, 3], Array.from({ length: 64 }, () => 255)]) {
    const frame = openFrame(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, ...body), testHash);
    expect(executor.execute(frame, 5)).toEqual(new Uint8Array(0));
  }
  expect(executor.stateRoot()).toEqual(before);
});
