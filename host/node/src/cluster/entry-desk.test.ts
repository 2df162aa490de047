import { EntryOutcome } from "@rialto/gateway";
import { CommandKind, encodeCommands } from "@rialto/protocol";
import { encodeSignedFrame, FRAME_NONCE_BYTES } from "@rialto/replica";
import { expect, test } from "vitest";
import { EntryDesk } from "./entry-desk.ts";
import { PAYLOAD_BYTES_MAX, PAYLOAD_FRAMES_MAX } from "./member-settings.ts";
import { sha256 } from "../sha256.ts";

const CHAIN_ID = new Uint8Array(32);
const NO_WAIT = { frames: 0, bytes: 0 };

function frame(number: number): Uint8Array {
  const commands = encodeCommands([{ kind: CommandKind.OpenAccount, number: 7n }]);
  const nonce = new Uint8Array(FRAME_NONCE_BYTES).fill(number);
  const signed = { expiresMs: Date.now() + 10_000, nonce, signer: 0, commands };
  return encodeSignedFrame(signed, CHAIN_ID, sha256, () => new Uint8Array(64));
}

interface World extends Disposable {
  readonly desk: EntryDesk;
  waiting: { readonly frames: number; readonly bytes: number };
  verified: number;
  member: number;
  /** Lets the frames that were handed on into the mempool. */
  readonly letIn: (() => void)[];
}

function openWorld(): World {
  const world: World = {
    waiting: NO_WAIT,
    verified: 0,
    member: 0,
    letIn: [],
    desk: new EntryDesk({
      checks: {
        chainId: CHAIN_ID,
        signers: [{ publicKey: new Uint8Array(32), account: 0 }],
        hash: sha256,
        verify: () => {
          world.verified++;
          return true;
        },
      },
      member: () => world.member,
      memberMs: Date.now,
      bytesMax: 1_000_000,
      decisionTimeoutMs: 10_000,
      submitFrame: () =>
        new Promise((resolve) => {
          world.letIn.push(() => resolve(undefined));
        }),
      waiting: () => world.waiting,
      restriction: () => "",
      unavailability: () => "",
      status: () => ({}),
    }),
    [Symbol.dispose]: () => world.desk.close(),
  };
  return world;
}

/** What a frame is answered at once; undefined where it was taken. */
function submit({ desk }: World, bytes: Uint8Array): number | undefined {
  let outcome: number | undefined;
  desk.submit(
    bytes,
    (answer) => (outcome = answer.outcome),
    () => undefined,
  );
  return outcome;
}

test("with blocks full of frames waiting a frame is refused, and its signature not looked at", () => {
  using world = openWorld();
  for (const full of [
    { frames: 3 * PAYLOAD_FRAMES_MAX, bytes: 0 },
    { frames: 0, bytes: 3 * PAYLOAD_BYTES_MAX },
  ]) {
    world.waiting = full;
    expect(submit(world, frame(1))).toBe(EntryOutcome.MempoolFull);
  }
  expect(world.verified).toBe(0);
  world.waiting = NO_WAIT;
  expect(submit(world, frame(1))).toBeUndefined();
  expect(world.verified).toBe(1);
});

test("what is on its way to the mempool counts, until it is there", async () => {
  using world = openWorld();
  world.waiting = { frames: 3 * PAYLOAD_FRAMES_MAX - 2, bytes: 0 };
  expect(submit(world, frame(1))).toBeUndefined();
  expect(submit(world, frame(2))).toBeUndefined();
  expect(submit(world, frame(3))).toBe(EntryOutcome.MempoolFull);
  for (const letIn of world.letIn) letIn();
  await Promise.resolve();
  // The replica has proposed them meanwhile.
  expect(submit(world, frame(3))).toBeUndefined();
});

test("it says who it is in the present epoch: numbers move when a member leaves", () => {
  using world = openWorld();
  world.member = 3;
  expect(world.desk.hello().member).toBe(3);
  world.member = 2;
  expect(world.desk.hello().member).toBe(2);
});
