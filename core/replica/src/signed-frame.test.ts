import { createPrng, Fault } from "@rialto/base";
import { isFrame } from "@rialto/consensus";
import { sha256 } from "@rialto/crypto";
import {
  type AccountIndex,
  type Command,
  CommandKind,
  encodeCommands,
  SideFilter,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { parseCommandFrame } from "./command-frame.ts";
import {
  encodeSignedFrame,
  findSignedFrameProblem,
  type FrameChecks,
  isSignedFrame,
  parseSignedCommands,
  type SignedFrame,
} from "./signed-frame.ts";

// A signature here is a keyed hash: which scheme signs does not matter to the rules.

const CHAIN = new Uint8Array(32).fill(3);
const KEYS = [10, 11].map((byte) => new Uint8Array(32).fill(byte));

function sign(key: Uint8Array, message: Uint8Array): Uint8Array {
  const digest = sha256(Uint8Array.from([...key, ...message]));
  return Uint8Array.from([...digest, ...digest]);
}

const CHECKS: FrameChecks = {
  chainId: CHAIN,
  signers: [
    { publicKey: KEYS[0]!, account: 0 },
    { publicKey: KEYS[1]!, account: 5 },
  ],
  hash: sha256,
  verify: (key, message, signature) => Buffer.compare(sign(key, message), signature) === 0,
};

const cancelAll = (account: number): Command => ({
  kind: CommandKind.CancelAll,
  account: account as AccountIndex,
  market: 0,
  sides: SideFilter.Both,
  withFamily: 0,
});
const open: Command = { kind: CommandKind.OpenAccount, number: 1n };

function make(commands: Uint8Array, more: Partial<SignedFrame> = {}, chain = CHAIN): Uint8Array {
  const frame = { expiresMs: 1_000, nonce: new Uint8Array(16), signer: 1, commands, ...more };
  return encodeSignedFrame(frame, chain, sha256, (message) => sign(KEYS[frame.signer]!, message));
}

test("a trader's frame holds, and executes as its commands", () => {
  const frame = make(encodeCommands([cancelAll(5), cancelAll(5)]));
  expect(isFrame(frame)).toBe(true);
  expect(isSignedFrame(frame)).toBe(true);
  expect(findSignedFrameProblem(frame, CHECKS)).toBeUndefined();
  expect(parseCommandFrame(frame)).toMatchObject({ commandCount: 2, notes: [] });
});

test.each([
  [
    "another account's command",
    make(encodeCommands([cancelAll(5), cancelAll(6)])),
    /not its signer's/,
  ],
  ["an operator's command", make(encodeCommands([open])), /not its signer's/],
  ["half a command", make(encodeCommands([cancelAll(5)]).subarray(0, 24)), /not its signer's/],
  ["no command", make(new Uint8Array(0)), /no signed frame/],
  ["another chain", make(encodeCommands([cancelAll(5)]), {}, new Uint8Array(32)), /signature/],
])("a trader's frame with %s is refused", (_, frame, problem) => {
  expect(findSignedFrameProblem(frame, CHECKS)).toMatch(problem);
});

test("an operator may command anything, and nobody else is known", () => {
  const commands = encodeCommands([open, cancelAll(9)]);
  expect(findSignedFrameProblem(make(commands, { signer: 0 }), CHECKS)).toBeUndefined();
  const stranger = make(commands, { signer: 0 });
  stranger[28] = 2;
  expect(findSignedFrameProblem(stranger, CHECKS)).toMatch(/not known/);
});

test("no changed byte is overlooked", () => {
  const frame = make(encodeCommands([cancelAll(5), cancelAll(5)]));
  const prng = createPrng(1);
  for (let at = 0; at < frame.length; at++) {
    const changed = frame.slice();
    changed[at]! ^= 1 + prng.below(255);
    expect(findSignedFrameProblem(changed, CHECKS), `byte ${at}`).toBeDefined();
  }
});

test("hostile bytes are judged without an exception", () => {
  const prng = createPrng(2);
  const honest = make(encodeCommands([cancelAll(5)]));
  for (let index = 0; index < 5_000; index++) {
    const bytes = honest.slice(0, prng.below(honest.length + 1));
    for (let flips = prng.below(5); flips > 0 && bytes.length > 0; flips--) {
      bytes[prng.below(bytes.length)] = prng.below(256);
    }
    const parsed = parseSignedCommands(bytes);
    const readBytes = parsed instanceof Fault ? 0 : parsed.commands.length;
    expect(readBytes).toBeLessThanOrEqual(bytes.length);
    const isSame = Buffer.compare(bytes, honest) === 0;
    expect(findSignedFrameProblem(bytes, CHECKS) === undefined).toBe(isSame);
  }
});
