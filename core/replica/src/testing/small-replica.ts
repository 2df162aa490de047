import {
  type Committee,
  Profile,
  QUANTUM_SIGNATURE_BYTES,
  type VerifyFunction,
} from "@rialto/consensus";
import { createTestCommittee, equalWeights, testHash } from "@rialto/consensus/testing";
import type { Executor } from "../execution.ts";
import { Outbox } from "../effects.ts";
import { type RecoveredState } from "../recovery.ts";
import { Replica } from "../replica.ts";
import type { ReplicaSettings } from "../replica-options.ts";

// What unit tests need of a replica in a few words.

export const SETTINGS: ReplicaSettings = {
  pacemaker: { leaderTimeoutMs: 20, leaderTimeoutMaxMs: 200, roundDelayMs: 0, heartbeatMs: 500 },
  pending: { blocksPerAuthor: 100, bytesPerAuthor: 100_000 },
  mempool: { framesMax: 100, bytesMax: 10_000, lifetimeMsMax: 60_000 },
  sync: { fetchTimeoutMs: 50, blocksPerAnswerMax: 100 },
  payloadBytesMax: 1_000,
  retainRounds: 100,
  spacing: { checkpointEvery: 1 },
  statusMs: 100,
};

export const FRESH: RecoveredState = {
  blocks: [],
  lastSigned: 0,
  isAmnesiac: false,
  isDoubtful: false,
};
export const NOW_MS = 1_000_000;

export const smallSign =
  (author: number) =>
  (message: Uint8Array): Uint8Array => {
    const signature = new Uint8Array(64);
    signature.set(testHash(Uint8Array.of(author, ...message)));
    return signature;
  };

/** In the place of ML-DSA-65. */
export const smallQuantumSign =
  (author: number) =>
  (message: Uint8Array): Uint8Array => {
    const signature = new Uint8Array(QUANTUM_SIGNATURE_BYTES);
    signature.set(testHash(Uint8Array.of(0x51, author, ...message)));
    return signature;
  };

export const smallVerify: VerifyFunction = (author, message, signature) =>
  smallSign(author)(message).every((byte, index) => byte === signature[index]);

/** Counts frames: the least that has a state. */
export class CountingExecutor implements Executor {
  count = 0;

  execute(): Uint8Array {
    this.count++;
    return Uint8Array.of(this.count);
  }

  stateRoot(): Uint8Array {
    return testHash(Uint8Array.of(this.count));
  }
}

export function smallCommittee(count: number): Committee {
  const profile = count === 1 ? Profile.Solo : count < 4 ? Profile.Crash : Profile.Byzantine;
  return createTestCommittee({ profile, weights: equalWeights(count) });
}

export function createSmallReplica(
  committee: Committee,
  self: number,
  recovered: RecoveredState = FRESH,
): { readonly replica: Replica; readonly executor: CountingExecutor; readonly outbox: Outbox } {
  const executor = new CountingExecutor();
  const replica = new Replica({
    committee,
    self,
    hash: testHash,
    sign: smallSign(self),
    executor,
    settings: SETTINGS,
    recovered,
    startNonce: 77,
  });
  return { replica, executor, outbox: new Outbox() };
}

/** A frame with `body` that expires a second from the tests' time. */
export function smallFrame(body: number, expiresMs = NOW_MS + 1_000): Uint8Array {
  const bytes = new Uint8Array(9);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(expiresMs), true);
  bytes[8] = body;
  return bytes;
}
