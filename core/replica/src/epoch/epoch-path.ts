import { equalBytes } from "@rialto/base";
import {
  type CertificateChecks,
  type HashFunction,
  ORDER_BEGINNING,
  type OrderStart,
} from "@rialto/consensus";
import { orderAt } from "../snapshot/order-state.ts";
import {
  beginEpoch,
  encodeEpochStep,
  type EpochStep,
  findStepProblem,
  parseEpochStep,
} from "./epoch-chain.ts";
import type { Epoch } from "./epoch-change.ts";

export interface EpochPathOptions {
  readonly genesis: Epoch;
  readonly hash: HashFunction;
  readonly checksOf: (epoch: Epoch) => CertificateChecks;
  /** Steps from the genesis on, checked. */
  readonly steps?: readonly EpochStep[] | undefined;
}

/**
 * The way from the genesis to the newest epoch that this process knows of, be it in that one or on its way there. Nobody is
 * believed: each epoch is known by the certificate of the members before, who are known by the one before theirs.
 */
export class EpochPath {
  readonly #options: EpochPathOptions;
  readonly #epochs: Epoch[];
  readonly #steps: EpochStep[] = [];

  constructor(options: EpochPathOptions) {
    this.#options = options;
    this.#epochs = [options.genesis];
    for (const step of options.steps ?? []) this.add(step);
  }

  get newest(): Epoch {
    return this.#epochs.at(-1)!;
  }

  get epochs(): readonly Epoch[] {
    return this.#epochs;
  }

  get steps(): readonly EpochStep[] {
    return this.#steps;
  }

  /** Undefined for one that nothing here leads to. */
  epochAt(epoch: number): Epoch | undefined {
    return this.#epochs[epoch - this.#first];
  }

  get #first(): number {
    return this.#options.genesis.committee.epoch;
  }

  /** The end of an epoch. */
  stepFrom(epoch: number): EpochStep | undefined {
    return this.#steps[epoch - this.#first];
  }

  /** What leads to an epoch, from the genesis on. */
  stepsTo(epoch: number): readonly EpochStep[] {
    return this.#steps.slice(0, epoch - this.#first);
  }

  /** Where the order of an epoch begins. */
  startOf(epoch: number): OrderStart {
    const step = this.stepFrom(epoch - 1);
    return step === undefined ? ORDER_BEGINNING : orderAt(step.certificate.checkpoint);
  }

  /** The end of an epoch as it is written; undefined where it is not known. */
  encode(epoch: number): Uint8Array | undefined {
    const step = this.stepFrom(epoch);
    return step && encodeEpochStep(step, this.epochAt(epoch)!.roster);
  }

  /** Goes on by a step that has been checked, or that this process has made itself. */
  add(step: EpochStep): void {
    this.#steps.push(step);
    this.#epochs.push(beginEpoch(step, this.#options.hash));
  }

  /**
   * Reads what is said to close the newest epoch, from hostile bytes, and goes on by it if a quorum of that epoch has signed it.
   *
   * Returns  what is wrong with it; undefined where nothing is.
   */
  take(bytes: Uint8Array): string | undefined {
    const { hash, checksOf } = this.#options;
    const before = this.newest;
    const step = parseEpochStep(bytes, before.roster);
    if (step === undefined || !equalBytes(encodeEpochStep(step, before.roster), bytes)) {
      return "it is not written as it should be";
    }
    const lastIndex = this.#steps.at(-1)?.certificate.checkpoint.commitIndex ?? 0;
    const problem = findStepProblem(step, before, lastIndex, { hash, checks: checksOf(before) });
    if (problem === undefined) this.add(step);
    return problem;
  }
}
