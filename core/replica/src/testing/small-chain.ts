import { encodeHex, fail } from "@rialto/base";
import {
  type BlockChecks,
  Profile,
  type Roster,
  rosterCommittee,
  type VerifyFunction,
} from "@rialto/consensus";
import { testHash } from "@rialto/consensus/testing";
import type { Effect } from "../effects.ts";
import { Outbox } from "../effects.ts";
import type { ChainStart } from "../epoch/chain-options.ts";
import { ChainReplica } from "../epoch/chain-replica.ts";
import type { EpochStep } from "../epoch/epoch-chain.ts";
import {
  type Epoch,
  epochChangeFrame,
  epochChangeMessage,
  encodeEpochChange,
  type EpochRules,
} from "../epoch/epoch-change.ts";
import type { CommitResult } from "../execution.ts";
import { type GuardMark } from "../effects.ts";
import type { ReplicaSettings } from "../replica-options.ts";
import { peekBlockRecord, isBlockRecord, recallSigned } from "../recovery.ts";
import { Fault } from "@rialto/base";
import { CountingExecutor, NOW_MS, SETTINGS } from "./small-replica.ts";

// A few processes that live through epochs together, with disks that keep what they are given, under a scheduler of a few lines.

const secretOf = (key: number): Uint8Array => testHash(Uint8Array.of(0x5e, key));
export const publicKeyOf = (key: number): Uint8Array => testHash(secretOf(key));
export const linkKeyOf = (process: number): Uint8Array => testHash(Uint8Array.of(0x11, process));
const secrets = new Map(
  Array.from({ length: 64 }, (_, key) => [encodeHex(publicKeyOf(key)), secretOf(key)]),
);

function mac(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64);
  signature.set(testHash(Uint8Array.of(...secret, ...message)));
  return signature;
}

export const signWith =
  (key: number) =>
  (message: Uint8Array): Uint8Array =>
    mac(secretOf(key), message);

export const RULES: EpochRules = {
  hash: testHash,
  verify: (publicKey, message, signature) => {
    const secret = secrets.get(encodeHex(publicKey));
    return secret !== undefined && mac(secret, message).every((byte, at) => byte === signature[at]);
  },
};

/** A member of a roster: which process, and which of its keys it signs with. */
export interface SmallSeat {
  readonly process: number;
  readonly key: number;
}

export function smallRoster(
  epoch: number,
  seats: readonly SmallSeat[],
  more: Partial<Roster> = {},
): Roster {
  return {
    chainId: testHash(Uint8Array.of(1)),
    epoch,
    profile: seats.length < 4 ? Profile.Crash : Profile.Byzantine,
    gcDepth: 64,
    leadersPerRound: 1,
    voteThresholdPpm: 750_000,
    members: seats.map(({ process, key }) => ({
      publicKey: publicKeyOf(key),
      linkKey: linkKeyOf(process),
      address: `tcp://127.0.0.1:${5_000 + process}`,
      weight: 1,
    })),
    ...more,
  };
}

/** The first epoch of processes 0 to `count` - 1, each with the key of its own number. */
export function smallGenesis(count: number): Epoch {
  const seats = Array.from({ length: count }, (_, each) => ({ process: each, key: each }));
  const roster = smallRoster(1, seats);
  const committee = rosterCommittee(roster, testHash(Uint8Array.of(2)), testHash);
  return committee instanceof Fault ? fail(committee.message) : { roster, committee };
}

export function checksOf({ committee, roster: _roster }: Epoch): BlockChecks {
  const verify: VerifyFunction = (author, message, signature) =>
    RULES.verify(committee.members[author]!.publicKey, message, signature);
  return { committee, hash: testHash, verify };
}

/** A change as a frame, signed by these authors with these keys. */
export function smallChange(
  before: Epoch,
  roster: Roster,
  signers: readonly (readonly [author: number, key: number])[],
  nonce = 0,
): Uint8Array {
  const validUntilMs = NOW_MS + 1_000_000;
  const message = epochChangeMessage({ validUntilMs, roster }, testHash);
  const signatures = signers.map(([author, key]) => ({
    author,
    signature: signWith(key)(message),
  }));
  const change = { validUntilMs, roster, signatures };
  const submission = { expiresMs: NOW_MS + 60_000, nonce: new Uint8Array(16).fill(nonce) };
  const body = encodeEpochChange(change, before.roster) ?? fail("it fits a frame");
  return epochChangeFrame(body, submission);
}

/** A process: what it has on disk, and what runs on it. */
export class SmallProcess {
  readonly number: number;
  readonly keys: number[];
  readonly records: Uint8Array[] = [];
  /** The newest mark of each key, by key. */
  readonly marks = new Map<number, GuardMark>();
  isGuardLost = false;
  chain: ChainReplica | undefined;
  executor = new CountingExecutor();
  readonly commits: { readonly index: number; readonly digest: string; readonly epoch: number }[] =
    [];
  readonly results: CommitResult[] = [];
  readonly epochs: number[] = [];
  /** Heads of snapshots, and the executor's state behind them. */
  readonly taken: { readonly head: Uint8Array; readonly count: number }[] = [];
  readonly signed = new Map<string, string>();
  wakeMs = Infinity;

  constructor(number: number, keys: readonly number[]) {
    this.number = number;
    this.keys = [...keys];
  }
}

/** Processes and what is under way between them. */
export class SmallChainWorld {
  readonly genesis: Epoch;
  readonly processes: SmallProcess[] = [];
  nowMs = NOW_MS;
  /** Links on which nothing arrives, "from>to". */
  readonly cut = new Set<string>();
  /** Kinds of messages that nobody gets. */
  readonly lost = new Set<number>();
  readonly #queue: { readonly to: number; readonly from: number; readonly bytes: Uint8Array }[] =
    [];
  readonly #settings: ReplicaSettings;

  constructor(count: number, settings: Partial<ReplicaSettings> = {}) {
    this.#settings = { ...SETTINGS, ...settings };
    this.genesis = smallGenesis(count);
    for (let each = 0; each < count; each++) this.add([each]);
  }

  add(keys: readonly number[]): SmallProcess {
    const process = new SmallProcess(this.processes.length, keys);
    this.processes.push(process);
    return process;
  }

  /** Starts a process on what its disk holds; with a snapshot, on the state that stands behind it. */
  start(
    process: SmallProcess,
    known: readonly EpochStep[] = [],
    snapshot?: { readonly start: ChainStart; readonly count: number } | "awaited",
  ): void {
    process.executor = new CountingExecutor();
    const begun = snapshot === "awaited" ? undefined : snapshot;
    process.executor.count = begun?.count ?? 0;
    process.commits.length = 0;
    const lastJournaled = (epoch: number, author: number): number => {
      const own = process.records
        .filter((record) => isBlockRecord(record))
        .map((record) => peekBlockRecord(record))
        .filter((block) => block.epoch === epoch && block.author === author);
      return Math.max(0, ...own.map(({ round }) => round));
    };
    const keyOf = (epoch: Epoch): readonly [number, number] | undefined => {
      for (const [author, { publicKey }] of epoch.committee.members.entries()) {
        const key = process.keys.find(
          (each) => encodeHex(publicKeyOf(each)) === encodeHex(publicKey),
        );
        if (key !== undefined) return [author, key];
      }
      return undefined;
    };
    let keyInUse = 0;
    const chain = new ChainReplica({
      genesis: this.genesis,
      linkKey: linkKeyOf(process.number),
      seatOf: (epoch) => {
        const found = keyOf(epoch);
        if (found === undefined) return undefined;
        keyInUse = found[1];
        return { author: found[0], sign: signWith(found[1]) };
      },
      recall: (epoch, author, horizon) =>
        recallSigned({
          guard: { last: process.marks.get(keyInUse), isAmnesiac: process.isGuardLost },
          epoch,
          horizon,
          lastJournaled: lastJournaled(epoch, author),
          isJournalDamaged: false,
        }),
      checksOf,
      rules: RULES,
      hash: testHash,
      executor: process.executor,
      settings: this.#settings,
      startNonce: 77 + process.commits.length,
      pastKept: 8,
      known,
      start: begun?.start,
      awaitsSnapshot: snapshot === "awaited",
    });
    process.chain = chain;
    const outbox = new Outbox();
    for (const [index, record] of process.records.entries()) {
      const fault = chain.restore(record, index, outbox);
      if (fault !== undefined) throw fault;
      for (const effect of outbox.take()) {
        if (effect.kind === "commit") this.#execute(process, effect, new Outbox());
        if (effect.kind === "epoch") process.epochs.push(effect.begun.committee.epoch);
      }
    }
    chain.recover(this.nowMs, outbox);
    this.#perform(process, outbox);
  }

  stop(process: SmallProcess): void {
    process.chain = undefined;
    process.wakeMs = Infinity;
  }

  submit(process: SmallProcess, frame: Uint8Array): string | undefined {
    const outbox = new Outbox();
    const fault = process.chain!.step({ kind: "frame", nowMs: this.nowMs, frame }, outbox);
    this.#perform(process, outbox);
    return fault;
  }

  #execute(
    process: SmallProcess,
    { batch }: Extract<Effect, { kind: "commit" }>,
    outbox: Outbox,
  ): void {
    const { epoch } = process.chain!.epoch.committee;
    const result = process.chain!.execute(batch, outbox);
    if (result === undefined) return;
    process.results.push(result);
    const captured = result.isSnapshotDue ? process.chain!.captureOrder() : undefined;
    if (captured !== undefined) {
      process.taken.push({ head: captured.head, count: process.executor.count });
    }
    process.commits.push({ index: batch.commit.index, digest: encodeHex(batch.digest), epoch });
  }

  #perform(process: SmallProcess, outbox: Outbox): void {
    const open = outbox.take();
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (next.kind === "append") process.records.push(next.record);
      if (next.kind === "guard") this.#reserve(process, next.mark);
      if (next.kind === "epoch") process.epochs.push(next.begun.committee.epoch);
      if (next.kind === "send") {
        this.#queue.push({ from: process.number, to: next.to, bytes: next.message });
      }
      if (next.kind === "wake") process.wakeMs = next.atMs;
      if (next.kind === "commit") {
        const inner = new Outbox();
        this.#execute(process, next, inner);
        open.push(...inner.take());
      }
    }
  }

  #reserve(process: SmallProcess, mark: GuardMark): void {
    const { committee } = process.chain!.epoch;
    const { publicKey } = committee.members[process.chain!.self!]!;
    const key = process.keys.find((each) => encodeHex(publicKeyOf(each)) === encodeHex(publicKey))!;
    process.marks.set(key, mark);
    process.isGuardLost = false;
    // The floor that a rejoin has found: nothing was signed at it.
    if (mark.digest.every((byte) => byte === 0)) return;
    const place = `${key}/${mark.epoch}/${mark.round}`;
    const digest = encodeHex(mark.digest);
    if ((process.signed.get(place) ?? digest) !== digest) fail(`two blocks for ${place}`);
    process.signed.set(place, digest);
  }

  /** Lets time pass and messages arrive, until `isDone` or for `forMs`. Returns whether it was done. */
  run(forMs: number, isDone: () => boolean = () => false): boolean {
    const endMs = this.nowMs + forMs;
    while (this.nowMs < endMs) {
      for (let left = this.#queue.length; left > 0; left--) this.#deliver();
      if (isDone()) return true;
      this.nowMs += 1;
      for (const process of this.processes) {
        if (process.chain === undefined || process.wakeMs > this.nowMs) continue;
        process.wakeMs = Infinity;
        const outbox = new Outbox();
        process.chain.step({ kind: "tick", nowMs: this.nowMs }, outbox);
        this.#perform(process, outbox);
      }
    }
    return isDone();
  }

  #deliver(): void {
    const { to, from, bytes } = this.#queue.shift()!;
    const process = this.processes[to];
    if (process?.chain === undefined || to === from || this.cut.has(`${from}>${to}`)) return;
    if (this.lost.has(bytes[0]!)) return;
    if (!process.chain.mayRead(from, this.nowMs)) return;
    const message = process.chain.read(from, bytes, this.nowMs);
    if (message === undefined) return;
    if (message instanceof Fault) throw message;
    const outbox = new Outbox();
    process.chain.step({ kind: "message", nowMs: this.nowMs, from, message }, outbox);
    this.#perform(process, outbox);
  }
}
