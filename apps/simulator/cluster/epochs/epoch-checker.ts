import { encodeHex, equalBytes, Fault } from "@rialto/base";
import { type CommittedBatch, parseBlock } from "@rialto/consensus";
import { type BegunEpoch, type CommitResult, type GuardMark, MessageKind } from "@rialto/replica";
import { sha256 } from "../keys.ts";
import type { EpochProcess } from "./epoch-process.ts";

/** Something that may never happen has happened. */
export interface EpochViolation {
  readonly invariant: string;
  readonly detail: string;
}

/**
 * Watches processes through epochs. Shares no rule with what it watches: it only remembers and compares.
 *
 *   E1  one order: every commit is the same at everybody honest, with its epoch and what came of it
 *   E2  one succession: an epoch has one committee, and begins behind one commit
 *   E3  never two blocks for one epoch and round of a process, across restarts, epochs and keys
 *   E4  who has no seat in an epoch lets out nothing that is signed
 *   E5  no frame executes twice
 *   E6  nobody honest is taken for somebody who sends rubbish, by those who are honest
 */
export class EpochChecker {
  readonly violations: EpochViolation[] = [];
  readonly #order = new Map<number, string>();
  readonly #epochs = new Map<number, string>();
  readonly #sent = new Map<string, string>();
  readonly #executed = new Map<string, number>();
  readonly #nextIndex = new Map<EpochProcess, number>();
  readonly #liars: ReadonlySet<number>;
  #lastSent: Uint8Array | undefined;
  /** The newest epoch that anybody honest has begun. */
  newest: BegunEpoch | undefined;
  /** Told of each epoch that is new to everybody. */
  onEpoch: (begun: BegunEpoch, process: EpochProcess) => void = () => undefined;
  /** Links that garble may make rubbish of anything: then E6 says nothing. */
  isGarbling = false;
  commits = 0;

  constructor(liars: ReadonlySet<number>) {
    this.#liars = liars;
  }

  isHonest({ number }: EpochProcess): boolean {
    return !this.#liars.has(number);
  }

  violate(invariant: string, detail: string): void {
    if (this.violations.length < 10) this.violations.push({ invariant, detail });
  }

  noteStart(process: EpochProcess): void {
    this.#nextIndex.set(process, 1);
  }

  noteCommit(
    process: EpochProcess,
    epoch: number,
    { commit, digest }: CommittedBatch,
    { eventsRoot, checkpoint, frames }: CommitResult,
  ): void {
    if (!this.isHonest(process)) return;
    const { index } = commit;
    if (index !== this.#nextIndex.get(process)) {
      this.violate("E1", `process ${process.number}: commit ${index} is out of turn`);
    }
    this.#nextIndex.set(process, index + 1);
    const roots = checkpoint === undefined ? [] : Object.values(checkpoint).map(encodeHex);
    const fact = [epoch, encodeHex(digest), encodeHex(eventsRoot), ...roots].join("/");
    const known = this.#order.get(index);
    if (known === undefined) {
      this.#order.set(index, fact);
      this.commits++;
      for (const { frame, verdict } of frames) {
        if (verdict !== "execute") continue;
        if (this.#executed.has(frame.key)) this.violate("E5", "a frame executes twice");
        this.#executed.set(frame.key, index);
      }
    } else if (known !== fact) {
      this.violate("E1", `process ${process.number}: commit ${index} is ${fact}, not ${known}`);
    }
  }

  executedIn(key: string): number | undefined {
    return this.#executed.get(key);
  }

  /** How far a process has come in this life. */
  doneBy(process: EpochProcess): number {
    return (this.#nextIndex.get(process) ?? 1) - 1;
  }

  noteEpoch(process: EpochProcess, begun: BegunEpoch): void {
    if (!this.isHonest(process)) return;
    const { committee, certificate } = begun;
    const fact = `${encodeHex(committee.hash)} after ${certificate?.checkpoint.commitIndex}`;
    const known = this.#epochs.get(committee.epoch);
    if (known !== undefined && known !== fact) {
      this.violate(
        "E2",
        `process ${process.number}: epoch ${committee.epoch} is ${fact}, not ${known}`,
      );
    }
    this.#epochs.set(committee.epoch, fact);
    if (committee.epoch <= (this.newest?.committee.epoch ?? 1)) return;
    this.newest = begun;
    this.onEpoch(begun, process);
  }

  /** E3, E4: what is let out. A broadcast is the same bytes to everybody. */
  noteSend(process: EpochProcess, message: Uint8Array): void {
    if (message === this.#lastSent || message[0] !== MessageKind.Block) return;
    this.#lastSent = message;
    if (!this.isHonest(process)) return;
    const block = parseBlock(message.subarray(1), sha256);
    if (block instanceof Fault)
      return this.violate("E4", "an honest process sends what is no block");
    const seat = this.#seatOf(process, block.epoch);
    if (seat !== block.author) return;
    const place = `${process.number}/${block.epoch}/${block.round}`;
    const digest = encodeHex(block.digest);
    const known = this.#sent.get(place);
    if (known !== undefined && known !== digest) this.violate("E3", `two blocks for ${place}`);
    this.#sent.set(place, digest);
  }

  #seatOf({ chain }: EpochProcess, epoch: number): number | undefined {
    return chain !== undefined && chain.epoch.committee.epoch === epoch ? chain.self : undefined;
  }

  noteGuard(process: EpochProcess, mark: GuardMark, before: GuardMark | undefined): void {
    if (!this.isHonest(process)) return;
    const { chain } = process;
    if (chain!.self === undefined && mark.epoch === chain!.epoch.committee.epoch) {
      this.violate("E4", `process ${process.number} signs in epoch ${mark.epoch} without a seat`);
    }
    if (before === undefined) return;
    const isBack =
      mark.epoch < before.epoch || (mark.epoch === before.epoch && mark.round < before.round);
    const isSame = mark.epoch === before.epoch && mark.round === before.round;
    if (isBack || (isSame && !equalBytes(mark.digest, before.digest))) {
      const place = `${mark.epoch}/${mark.round} after ${before.epoch}/${before.round}`;
      this.violate("E3", `process ${process.number}: the guard would refuse ${place}`);
    }
  }

  noteHalt(process: EpochProcess, code: string): void {
    if (this.isHonest(process)) this.violate("HALT", `process ${process.number}: ${code}`);
  }

  noteFault(process: EpochProcess, from: number): void {
    if (this.isGarbling || !this.isHonest(process) || this.#liars.has(from)) return;
    this.violate("E6", `process ${process.number} takes a message of ${from} for rubbish`);
  }
}
