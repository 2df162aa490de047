import { fail, Fault } from "@rialto/base";
import type { Certificate, CommittedBatch, Roster } from "@rialto/consensus";
import {
  type CommitResult,
  encodeEpochChange,
  epochChangeFrame,
  epochChangeMessage,
  Outbox,
} from "@rialto/replica";
import { createMemoryJournal, type Journal } from "@rialto/storage";
import { type Genesis, makeGenesis, openGenesis } from "../cluster/genesis.ts";
import { sha256 } from "../sha256.ts";
import { createMember, type MemberKeys, openMemberKeys } from "../cluster/member-directory.ts";
import {
  type MemberRecoveryOptions,
  type RecoveredMember,
  recoverMember,
} from "../cluster/recover-member.ts";
import { Recorder } from "./recorder.ts";
import { SMALL_NETWORK } from "./small-exchange.ts";

// One member alone, which decides whatever it says: the least that has epochs.

/** Time between two inputs: a heartbeat, so that every one makes a block. */
const TICK_MS = 500;
/** Far more than the rounds that an end takes. */
const TICKS_MAX = 100;

export interface Alone {
  readonly genesis: Genesis;
  readonly keys: MemberKeys;
}

/** With `snapshotCommits`, where there shall be snapshots besides those of the ends of epochs. */
export async function openAlone(directory: string, snapshotCommits?: number): Promise<Alone> {
  const card = await createMember(directory, { address: "tcp://127.0.0.1:1", weight: 1 });
  const file = makeGenesis({
    network: SMALL_NETWORK,
    profile: "solo",
    voteThreshold: 1,
    members: [card],
    ...(snapshotCommits === undefined ? {} : { snapshotCommits }),
  });
  const genesis = openGenesis({ ...file, checkpointEvery: 1 });
  if (genesis instanceof Fault) throw genesis;
  return { genesis, keys: openMemberKeys(directory, genesis) };
}

export async function journalOf(
  genesis: Genesis,
  records: readonly Uint8Array[],
): Promise<Journal> {
  const networkHash = genesis.committee.chainId;
  const journal = createMemoryJournal({ networkHash, mode: "group" });
  for (const record of records) await journal.append(record);
  return journal;
}

export function recoverAlone(
  { genesis, keys }: Pick<Alone, "genesis" | "keys">,
  journal: Journal,
  more: Partial<MemberRecoveryOptions> = {},
): Promise<RecoveredMember> {
  return recoverMember({
    genesis,
    linkKey: genesis.roster.members[0]!.linkKey,
    seatOf: () => ({ author: 0, sign: (message) => keys.signer.sign(message) }),
    guardMemory: () => ({ last: undefined, isAmnesiac: false }),
    known: [],
    journal,
    readModel: new Recorder(),
    queueBytes: 100_000,
    isJournalDamaged: false,
    start: undefined,
    tableKey: 1n,
    onCommit: () => undefined,
    onEpoch: () => undefined,
    ...more,
  });
}

export interface LifeEvents {
  /** Right after a commit has been executed. */
  readonly onCommit?: (batch: CommittedBatch, result: CommitResult) => void;
  readonly onCertificate?: (certificate: Certificate) => void;
}

/** A member that takes part, by a clock of its own. */
export class AloneLife {
  readonly recovered: RecoveredMember;
  /** What its journal has got. */
  readonly records: Uint8Array[] = [];
  readonly #alone: Alone;
  readonly #events: LifeEvents;
  readonly #outbox = new Outbox();
  #nowMs = Date.now();

  constructor(alone: Alone, recovered: RecoveredMember, events: LifeEvents = {}) {
    this.#alone = alone;
    this.recovered = recovered;
    this.#events = events;
    recovered.replica.recover(this.#nowMs, this.#outbox);
    this.#perform();
  }

  tick(): void {
    this.#nowMs += TICK_MS;
    this.recovered.replica.step({ kind: "tick", nowMs: this.#nowMs }, this.#outbox);
    this.#perform();
  }

  /** Ends the epoch; the next one has the same member. */
  endEpoch(): void {
    const { replica } = this.recovered;
    const { epoch } = replica.epoch.committee;
    const frame = changeFrame(this.#alone, replica.epoch.roster);
    const refusal = replica.step({ kind: "frame", nowMs: this.#nowMs, frame }, this.#outbox);
    if (refusal !== undefined) fail(`a change is taken in, not ${refusal}`);
    this.#perform();
    for (let ticks = 0; replica.epoch.committee.epoch === epoch; ticks++) {
      if (ticks === TICKS_MAX) fail("who is alone ends an epoch in a few rounds");
      this.tick();
    }
  }

  #perform(): void {
    const { replica, frames } = this.recovered;
    const open = this.#outbox.take();
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (next.kind === "append") this.records.push(next.record);
      if (next.kind === "certificate") this.#events.onCertificate?.(next.certificate);
      if (next.kind !== "commit") continue;
      const result = replica.execute(next.batch, this.#outbox);
      frames.takeExecuted();
      if (result !== undefined) this.#events.onCommit?.(next.batch, result);
      open.push(...this.#outbox.take());
    }
  }
}

function changeFrame({ keys }: Alone, before: Roster): Uint8Array {
  const roster = { ...before, epoch: before.epoch + 1 };
  const validUntilMs = Date.now() + 3_600_000;
  const message = epochChangeMessage({ validUntilMs, roster }, sha256);
  const signatures = [{ author: 0, signature: keys.signer.sign(message) }];
  const body = encodeEpochChange({ validUntilMs, roster, signatures }, before);
  const submission = { expiresMs: Date.now() + 50_000, nonce: new Uint8Array(16) };
  return epochChangeFrame(body ?? fail("it fits a frame"), submission);
}
