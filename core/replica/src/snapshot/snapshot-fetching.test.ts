import { encodeHex, equalBytes, Fault } from "@rialto/base";
import type { Committee } from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import { describe, expect, test } from "vitest";
import { Outbox } from "../effects.ts";
import { MessageKind, readPeerMessage, type SnapshotMessage } from "../messages.ts";
import { smallCommittee } from "../testing/small-replica.ts";
import {
  checksOf,
  chunkOf,
  makeTestSnapshot,
  manifestChecks,
  type TestSnapshot,
} from "../testing/snapshot-world.ts";
import { type FetchNeed, SnapshotFetch } from "./snapshot-fetching.ts";

const SELF = 0;
const SETTINGS = { queryMs: 1_000, chunkTimeoutMs: 500, stallMs: 10_000, lagRounds: 5_000 };
const STRANDED: FetchNeed = {
  isTooFarBehind: true,
  quorumRound: 10,
  decidedRound: 8,
  commitIndex: 4,
};

/** How a member answers: undefined for not at all. */
type Answer = (message: SnapshotMessage) => SnapshotMessage | undefined;

/** Who has several, the newest first. */
function honestOf(...snapshots: readonly TestSnapshot[]): Answer {
  return (message) => {
    if (message.kind === MessageKind.SnapshotQuery) {
      const offered = snapshots.map(({ manifest: { checkpoint }, digest }) => {
        const { epoch, commitIndex } = checkpoint;
        return { epoch, commitIndex, digest };
      });
      const { epoch } = message;
      return { kind: MessageKind.SnapshotOffer, epoch, lowestRound: 500, snapshots: offered };
    }
    if (!("digest" in message)) return undefined;
    const asked = snapshots.find(({ digest }) => equalBytes(digest, message.digest));
    return asked && honest(asked)(message);
  };
}

function honest(snapshot: TestSnapshot, lowestRound = 500): Answer {
  return (message) => {
    switch (message.kind) {
      case MessageKind.SnapshotQuery:
        return {
          kind: MessageKind.SnapshotOffer,
          epoch: message.epoch,
          lowestRound,
          snapshots: [
            {
              epoch: snapshot.manifest.checkpoint.epoch,
              commitIndex: snapshot.manifest.checkpoint.commitIndex,
              digest: snapshot.digest,
            },
          ],
        };
      case MessageKind.FetchManifest:
        return { kind: MessageKind.Manifest, epoch: message.epoch, bytes: snapshot.certified };
      case MessageKind.FetchChunk: {
        const { digest, index } = message;
        const { epoch } = message;
        return {
          kind: MessageKind.Chunk,
          epoch,
          digest,
          index,
          bytes: chunkOf(snapshot.content, index),
        };
      }
      default:
        return undefined;
    }
  };
}

const committee = smallCommittee(4);

/** The same members in another epoch. */
const epochOf = (epoch: number): Committee => ({
  ...committee,
  epoch,
  hash: testHash(Uint8Array.of(epoch)),
});

/** Time from a question to its answer, for each member; the same for all by default. */
class World {
  readonly fetch: SnapshotFetch;
  readonly #answers: readonly (Answer | undefined)[];
  readonly #delaysMs: readonly number[];
  readonly committee: Committee;
  nowMs = 1_000;
  need: FetchNeed = STRANDED;
  readonly refused: number[] = [];
  readonly asked: number[] = [0, 0, 0, 0];
  readonly stored = new Map<number, string>();
  storedTwice = 0;
  held: boolean[] = [];
  begun = 0;
  #mail: { readonly atMs: number; readonly from: number; readonly message: SnapshotMessage }[] = [];

  /** The member is in the first of the epochs, and knows them all. */
  constructor(
    answers: readonly (Answer | undefined)[],
    delaysMs = [5, 5, 5, 5],
    epochs: readonly Committee[] = [committee],
    begun?: Uint8Array,
  ) {
    this.#answers = answers;
    this.#delaysMs = delaysMs;
    this.committee = epochs.at(-1)!;
    this.fetch = new SnapshotFetch({
      self: SELF,
      epoch: epochs[0]!.epoch,
      committee: this.committee,
      ...manifestChecks(...epochs),
      settings: SETTINGS,
      begun,
    });
  }

  /** Lets time pass until the snapshot is whole, or for so long. */
  run(forMs: number): boolean {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 5) {
      const outbox = new Outbox();
      this.fetch.poll(this.nowMs, this.need, outbox);
      for (const effect of outbox.take()) {
        if (effect.kind === "send") this.#ask(effect.to, effect.message);
      }
      const due = this.#mail.filter(({ atMs }) => atMs <= this.nowMs);
      this.#mail = this.#mail.filter(({ atMs }) => atMs > this.nowMs);
      for (const { from, message } of due) this.#deliver(from, message);
      if (this.fetch.whole !== undefined) return true;
    }
    return false;
  }

  #ask(to: number, bytes: Uint8Array): void {
    const message = readPeerMessage(SELF, bytes, checksOf(this.committee));
    if (message instanceof Fault) throw message;
    if (message.kind === MessageKind.FetchChunk) this.asked[to]!++;
    const answer = this.#answers[to]?.(message as SnapshotMessage);
    if (answer === undefined) return;
    this.#mail.push({ atMs: this.nowMs + this.#delaysMs[to]!, from: to, message: answer });
  }

  #deliver(from: number, message: SnapshotMessage): void {
    const event = this.fetch.note(from, message, this.nowMs);
    if (event?.kind === "begin") {
      this.begun++;
      this.fetch.resume(this.held, this.nowMs);
    }
    if (event?.kind === "refused") this.refused.push(event.member);
    if (event?.kind !== "store") return;
    if (this.stored.has(event.index)) this.storedTwice++;
    this.stored.set(event.index, encodeHex(event.bytes.subarray(0, 50)));
    this.fetch.noteStored(event.index, this.nowMs);
  }
}

const SNAPSHOT = makeTestSnapshot(committee, 40, 12, [0, 1, 2]);

test("a snapshot is had whole, from all who have it, and each chunk once", () => {
  const world = new World([undefined, honest(SNAPSHOT), honest(SNAPSHOT), honest(SNAPSHOT)]);
  expect(world.run(2_000)).toBe(true);
  expect(world.stored.size).toBe(12);
  expect(world.storedTwice).toBe(0);
  for (const member of [1, 2, 3]) expect(world.asked[member]).toBeGreaterThan(1);
  expect(world.fetch.whole?.manifest.checkpoint.commitIndex).toBe(40);
});

test("what is there already is not fetched again", () => {
  const world = new World([undefined, honest(SNAPSHOT), honest(SNAPSHOT), honest(SNAPSHOT)]);
  world.held = Array.from({ length: 12 }, (_, index) => index !== 3 && index !== 11);
  expect(world.run(2_000)).toBe(true);
  expect([...world.stored.keys()].toSorted((left, right) => left - right)).toEqual([3, 11]);
});

test("who is slow gives less, and who says nothing holds nobody up", () => {
  const big = makeTestSnapshot(committee, 40, 60, [0, 1, 2]);
  const silent: Answer = (message) =>
    message.kind === MessageKind.FetchChunk ? undefined : honest(big)(message);
  const world = new World([undefined, honest(big), honest(big), silent], [5, 5, 200, 5]);
  expect(world.run(10_000)).toBe(true);
  expect(world.asked[1]).toBeGreaterThan(5 * world.asked[2]!);
  expect(world.asked[3]).toBeLessThan(5);
});

test("a wrong chunk is refused, its sender named and not asked again", () => {
  const lying: Answer = (message) => {
    const answer = honest(SNAPSHOT)(message);
    if (answer?.kind !== MessageKind.Chunk) return answer;
    const bytes = Uint8Array.from(answer.bytes);
    bytes[0]! ^= 1;
    return { ...answer, bytes };
  };
  const world = new World([undefined, honest(SNAPSHOT), honest(SNAPSHOT), lying]);
  expect(world.run(5_000)).toBe(true);
  expect(world.refused).toEqual([3]);
  expect(world.asked[3]).toBe(1);
  expect(world.stored.size).toBe(12);
});

test("what one liar alone offers is not begun, however new it is", () => {
  const invented = makeTestSnapshot(committee, 9_999, 3, [3]);
  const world = new World([undefined, honest(SNAPSHOT), honest(SNAPSHOT), honest(invented)]);
  expect(world.run(5_000)).toBe(true);
  expect(world.fetch.whole?.manifest.checkpoint.commitIndex).toBe(40);
});

test("a manifest without a quorum's signatures is refused though two offer it", () => {
  const unsigned = makeTestSnapshot(committee, 40, 3, [1, 2]);
  const world = new World([undefined, honest(unsigned), honest(unsigned), undefined]);
  expect(world.run(5_000)).toBe(false);
  expect(world.begun).toBe(0);
  expect(world.refused.length).toBeGreaterThan(0);
});

test("another manifest than the one that was offered is refused, and had from somebody else", () => {
  const other = makeTestSnapshot(committee, 41, 3, [0, 1, 2]);
  const swapping: Answer = (message) =>
    message.kind === MessageKind.FetchManifest
      ? { kind: MessageKind.Manifest, epoch: message.epoch, bytes: other.certified }
      : honest(SNAPSHOT)(message);
  const world = new World([undefined, swapping, honest(SNAPSHOT), honest(SNAPSHOT)]);
  expect(world.run(10_000)).toBe(true);
  expect(world.refused).toEqual([1]);
  expect(world.fetch.whole?.manifest.checkpoint.commitIndex).toBe(40);
});

test("while blocks can be had from somebody honest, no snapshot is fetched", () => {
  const near = honest(SNAPSHOT, 1);
  const world = new World([undefined, near, near, honest(SNAPSHOT)]);
  expect(world.run(3_000)).toBe(false);
  expect(world.begun).toBe(0);
  // Who said so does not give them: then it is time for the snapshot.
  expect(world.run(12_000)).toBe(true);
});

test("very far behind, a snapshot is faster than blocks though they could be had", () => {
  const far = makeTestSnapshot(committee, 6_000, 3, [0, 1, 2]);
  const near = honest(far, 1);
  const world = new World([undefined, near, near, near]);
  expect(world.run(3_000)).toBe(true);
  // Where all four lead, as many commits are a quarter of the way.
  const allLead = { ...committee, leadersPerRound: 4 };
  const close = new World([undefined, near, near, near], undefined, [allLead]);
  expect(close.run(3_000)).toBe(false);
});

test("when what is fetched is gone everywhere, the next one is fetched", () => {
  const next = makeTestSnapshot(committee, 80, 4, [0, 1, 2]);
  let served = 0;
  const moving: Answer = (message) => {
    if (served >= 4) {
      const isGone =
        message.kind === MessageKind.FetchChunk &&
        encodeHex(message.digest) === encodeHex(SNAPSHOT.digest);
      return isGone ? undefined : honest(next)(message);
    }
    if (message.kind === MessageKind.FetchChunk) served++;
    return honest(SNAPSHOT)(message);
  };
  const world = new World([undefined, moving, moving, moving]);
  world.run(4_000);
  world.stored.clear();
  expect(world.run(60_000)).toBe(true);
  expect(world.fetch.whole?.manifest.checkpoint.commitIndex).toBe(80);
});

test("what the host cannot use is not fetched again, and what others have of the same commit is", () => {
  const upgraded = makeTestSnapshot(committee, 40, 7, [0, 1, 2]);
  let given = SNAPSHOT;
  const member: Answer = (message) => honest(given)(message);
  const world = new World([undefined, member, member, member]);
  expect(world.run(60_000)).toBe(true);
  world.fetch.discard();
  expect(world.run(60_000)).toBe(false);
  expect(world.begun).toBe(1);
  given = upgraded;
  world.stored.clear();
  expect(world.run(60_000)).toBe(true);
  expect(world.fetch.whole?.digest).toEqual(upgraded.digest);
});

test("a member that is not far behind asks nobody", () => {
  const world = new World([undefined, honest(SNAPSHOT), honest(SNAPSHOT), honest(SNAPSHOT)]);
  world.need = { ...STRANDED, isTooFarBehind: false };
  expect(world.run(3_000)).toBe(false);
  expect(world.begun).toBe(0);
});

test("a snapshot of a later epoch is fetched under the certificate of that epoch, though blocks could be had", () => {
  const later = makeTestSnapshot(epochOf(3), 90, 4, [1, 2, 3]);
  const near = honest(later, 1);
  const world = new World([undefined, near, near, near], [5, 5, 5, 5], [1, 2, 3].map(epochOf));
  expect(world.run(3_000)).toBe(true);
  expect(world.fetch.whole?.manifest.checkpoint.epoch).toBe(3);
});

test("of the end of its own epoch, or of the next one, a member goes on by blocks where it can", () => {
  const next = makeTestSnapshot(epochOf(2), 90, 4, [1, 2, 3]);
  const near = honest(next, 1);
  const world = new World([undefined, near, near, near], [5, 5, 5, 5], [1, 2].map(epochOf));
  expect(world.run(3_000)).toBe(false);
  expect(world.begun).toBe(0);
  // Who takes no blocks before it has a snapshot does not wait for them.
  world.need = { ...STRANDED, awaitsSnapshot: true };
  expect(world.run(3_000)).toBe(true);
});

test("a snapshot of an epoch that nothing leads to is not looked at, whoever offers it", () => {
  const unknown = makeTestSnapshot(epochOf(3), 90, 4, [1, 2, 3]);
  const all = honest(unknown);
  const world = new World([undefined, all, all, all], [5, 5, 5, 5], [1, 2].map(epochOf));
  expect(world.run(15_000)).toBe(false);
  expect(world.begun).toBe(0);
  expect(world.refused).toEqual([]);
});

test("a certificate by the members of another epoch than the snapshot's is refused", () => {
  const forged = makeTestSnapshot({ ...epochOf(3), hash: epochOf(2).hash }, 90, 3, [1, 2, 3]);
  const all = honest(forged);
  const world = new World([undefined, all, all, all], [5, 5, 5, 5], [1, 2, 3].map(epochOf));
  expect(world.run(5_000)).toBe(false);
  expect(world.begun).toBe(0);
  expect(world.refused.length).toBeGreaterThan(0);
});

test("who says something false of a snapshot that others offer stands alone with it, and nobody else is blamed", () => {
  const mislabelled: Answer = (message) => {
    const answer = honest(SNAPSHOT)(message);
    if (answer?.kind !== MessageKind.SnapshotOffer) return answer;
    const [offered] = answer.snapshots;
    return { ...answer, snapshots: [{ ...offered!, commitIndex: 77, epoch: 1 }] };
  };
  const world = new World([undefined, mislabelled, honest(SNAPSHOT), honest(SNAPSHOT)]);
  expect(world.run(5_000)).toBe(true);
  expect(world.asked[1]).toBe(0);
  expect(world.refused).toEqual([]);
});

test("of two snapshots that members keep, the newest that enough of them have is fetched", () => {
  const newer = makeTestSnapshot(committee, 60, 2, [0, 1, 2]);
  const both: Answer = (message) => {
    const answer = honest(newer)(message);
    if (answer?.kind === MessageKind.SnapshotOffer) {
      const older = honest(SNAPSHOT)(message) as typeof answer;
      return { ...answer, snapshots: [...answer.snapshots, ...older.snapshots] };
    }
    const isOlder = "digest" in message && encodeHex(message.digest) === encodeHex(SNAPSHOT.digest);
    return isOlder ? honest(SNAPSHOT)(message) : answer;
  };
  const world = new World([undefined, both, honest(SNAPSHOT), undefined]);
  expect(world.run(5_000)).toBe(true);
  expect(world.fetch.whole?.manifest.checkpoint.commitIndex).toBe(40);
});

describe("a snapshot that an earlier process has begun", () => {
  const newer = makeTestSnapshot(committee, 60, 12, [0, 1, 2]);
  const beginWith = (...others: readonly Answer[]): World =>
    new World([undefined, ...others], undefined, undefined, SNAPSHOT.digest);
  const commitOf = (world: World): number | undefined =>
    world.fetch.whole?.manifest.checkpoint.commitIndex;

  test("is gone on with while anybody offers it, though newer ones are to be had", () => {
    const world = beginWith(honestOf(newer, SNAPSHOT), honestOf(newer), honestOf(newer));
    expect(world.run(5_000)).toBe(true);
    expect(commitOf(world)).toBe(40);
    expect(world.begun).toBe(1);
  });

  test("is left for a newer one where nobody offers it", () => {
    const world = beginWith(honest(newer), honest(newer), honest(newer));
    expect(world.run(5_000)).toBe(true);
    expect(commitOf(world)).toBe(60);
  });

  test.each([MessageKind.FetchManifest, MessageKind.FetchChunk])(
    "is left, too, where only a liar offers it who does not answer what is asked (%i)",
    (kind) => {
      const liar: Answer = (message) =>
        message.kind === kind ? undefined : honestOf(newer, SNAPSHOT)(message);
      const world = beginWith(liar, honestOf(newer), honestOf(newer));
      expect(world.run(30_000)).toBe(true);
      expect(commitOf(world)).toBe(60);
    },
  );

  test("is left, too, where only a liar offers it who gives a chunk now and then", () => {
    const big = makeTestSnapshot(committee, 40, 60, [0, 1, 2]);
    let givenMs = 0;
    const liar: Answer = (message) => {
      if (message.kind === MessageKind.FetchChunk && equalBytes(message.digest, big.digest)) {
        if (world.nowMs < givenMs + 5_000) return undefined;
        givenMs = world.nowMs;
      }
      return honestOf(newer, big)(message);
    };
    const answers = [undefined, liar, honestOf(newer), honestOf(newer)];
    const world: World = new World(answers, undefined, undefined, big.digest);
    expect(world.run(150_000)).toBe(true);
    expect(givenMs).toBeGreaterThan(50_000);
    expect(commitOf(world)).toBe(60);
  });
});
