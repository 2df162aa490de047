import { fail } from "@rialto/base";
import { openFrame } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { createOracle } from "@rialto/engine/oracle";
import { type Command, CommandKind, decodeEvents, encodeCommands } from "@rialto/protocol";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { encodeCommandFrame, FRAME_NONCE_BYTES } from "./command-frame.ts";
import { EngineExecutor, type ExecutedFrame } from "./engine-executor.ts";

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

const NONCE = new Uint8Array(FRAME_NONCE_BYTES).fill(7);

function frameOf(list: readonly Command[]) {
  const notes = [{ commandIndex: 1, text: "mine" }].slice(0, list.length - 1);
  const commands = encodeCommands(list);
  const record = { nowMs: 3, commandCount: list.length, commands, notes };
  return openFrame(encodeCommandFrame({ expiresMs: 9, nonce: NONCE, record }), testHash);
}

const createExecutor = (observe?: (executed: ExecutedFrame) => void) =>
  new EngineExecutor({
    engine: createOracle(LIMITS),
    createHash: () => createHash("sha256"),
    ...(observe === undefined ? {} : { observe }),
  });

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

test("whoever listens is told of each frame with its notes, its time and what came before", () => {
  const told: ExecutedFrame[] = [];
  const executor = createExecutor((executed) => told.push(executed));
  const first = frameOf([{ kind: CommandKind.AddAsset }, { kind: CommandKind.AddAsset }]);
  const second = frameOf([{ kind: CommandKind.OpenAccount, number: 7n }]);
  const events = [first, second].map((frame, index) => executor.execute(frame, 5 + index));
  expect(told.map((each) => [each.firstCommand, each.nowMs])).toEqual([
    [0, 5],
    [2, 6],
  ]);
  expect(told.map((each) => each.events)).toEqual(events);
  expect(told[0]!.record.notes).toEqual([{ commandIndex: 1, text: "mine" }]);
  expect(told[0]!.frame).toBe(first);
});

test("a frame of what are no commands changes nothing", () => {
  const executor = createExecutor(() => fail("it is told of nothing"));
  const before = executor.stateRoot();
  for (const body of [[99], [1, 2, 3], Array.from({ length: 64 }, () => 255)]) {
    const frame = openFrame(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, ...NONCE, ...body), testHash);
    expect(executor.execute(frame, 5)).toEqual(new Uint8Array(0));
  }
  expect(executor.stateRoot()).toEqual(before);
});
