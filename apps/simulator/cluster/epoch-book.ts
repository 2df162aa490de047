import { assert, encodeHex, fail, Fault } from "@rialto/base";
import {
  type BlockChecks,
  type Committee,
  type Profile,
  type Roster,
  rosterCommittee,
  type SignFunction,
  type VerifyFunction,
} from "@rialto/consensus";
import {
  type ChainTrust,
  type Epoch,
  EpochPath,
  type EpochRules,
  type EpochStep,
  findChangeFrameProblem,
  isEpochChange,
} from "@rialto/replica";
import { JudgedBlocks } from "./judged-blocks.ts";
import {
  createCheapKeys,
  createQuantumKeys,
  createRealKeys,
  sha256,
  type SimKeys,
} from "./keys.ts";

/** Keys that a run may use up: those of its first members, of members that come, and of rotations. */
const KEYS_MORE = 48;

/** A seat of a roster: which process has it, and with which key. */
export interface SimSeat {
  readonly process: number;
  readonly key: number;
  readonly weight: number;
}

/** An epoch, and who sits where in it. */
export interface SimEpoch extends Epoch {
  readonly seats: readonly SimSeat[];
}

/** What makes a roster, besides its seats. */
export interface RosterShape {
  readonly epoch: number;
  readonly profile: Profile;
  readonly gcDepth: number;
  readonly leadersPerRound: number;
}

/** What signs in an epoch. */
export interface SimSigner {
  readonly author: number;
  readonly key: number;
  readonly sign: SignFunction;
  readonly signQuantum: SignFunction;
}

/** A change of members that operators have decided on. */
export interface PlannedChange extends SimEpoch {
  /** Of those who sign it. */
  readonly signers: readonly number[];
}

/**
 * All epochs of a run, as the simulation knows them: who has which seat, with which of the run's keys, and what is judged with
 * them. Nobody signs with another's key.
 */
export class EpochBook {
  readonly rules: EpochRules;
  /** By epoch, the first at 0. */
  readonly #epochs: SimEpoch[] = [];
  readonly #keys: SimKeys;
  readonly #quantumKeys: SimKeys;
  readonly #keyCount: number;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #checks = new Map<string, BlockChecks>();
  readonly #judged = new WeakMap<BlockChecks, JudgedBlocks>();
  readonly #seed: number;
  /** Processes that have begun the newest epoch, in any of their lives. */
  readonly #begun = new Set<number>();
  #nextKey = 0;
  planned: PlannedChange | undefined;

  constructor(options: {
    readonly seed: number;
    readonly hasRealSignatures: boolean;
    readonly shape: Omit<RosterShape, "epoch">;
    readonly weights: readonly number[];
  }) {
    const { seed, hasRealSignatures, shape, weights } = options;
    this.#seed = seed;
    this.#keyCount = weights.length + KEYS_MORE;
    this.#keys = (hasRealSignatures ? createRealKeys : createCheapKeys)(this.#keyCount, seed);
    this.#quantumKeys = createQuantumKeys(this.#keyCount, seed);
    this.#numbers = new Map(this.#keys.publicKeys.map((key, at) => [encodeHex(key), at]));
    this.rules = {
      hash: sha256,
      verify: (publicKey, message, signature) => {
        const key = this.#numbers.get(encodeHex(publicKey));
        return key !== undefined && this.#keys.verify(key, message, signature);
      },
    };
    const seats = weights.map((weight, process) => ({ process, key: this.nextKey()!, weight }));
    this.#epochs.push(this.#firstOf({ ...shape, epoch: 1 }, seats));
  }

  #firstOf(shape: RosterShape, seats: readonly SimSeat[]): SimEpoch {
    const roster = this.rosterOf(shape, seats);
    const committee = rosterCommittee(roster, this.firstSeed, sha256);
    return committee instanceof Fault ? fail(committee.message) : { roster, committee, seats };
  }

  get firstSeed(): Uint8Array {
    return sha256(Uint8Array.of(this.#seed & 255, (this.#seed >>> 8) & 255));
  }

  get genesis(): SimEpoch {
    return this.#epochs[0]!;
  }

  get newest(): SimEpoch {
    return this.#epochs.at(-1)!;
  }

  /** The first members in another epoch, or under another rule: what a member with another configuration begins with. */
  firstAs(other: Partial<RosterShape>): SimEpoch {
    const { roster, seats } = this.genesis;
    const { epoch, profile, gcDepth, leadersPerRound } = roster;
    return this.#firstOf({ epoch, profile, gcDepth, leadersPerRound, ...other }, seats);
  }

  find(epoch: number): SimEpoch | undefined {
    return this.#epochs[epoch - 1];
  }

  /** A key that nobody has had; undefined where the run has used up all. */
  nextKey(): number | undefined {
    return this.#nextKey < this.#keyCount ? this.#nextKey++ : undefined;
  }

  linkKeyOf(process: number): Uint8Array {
    return sha256(Uint8Array.of(0x11, process));
  }

  signOf(key: number): SignFunction {
    return this.#keys.sign(key);
  }

  rosterOf(shape: RosterShape, seats: readonly SimSeat[]): Roster {
    return {
      chainId: sha256(Uint8Array.of(1)),
      ...shape,
      // An assertion about the quorum, which is never more.
      voteThresholdPpm: 1_000_000,
      members: seats.map(({ process, key, weight }) => ({
        publicKey: this.#keys.publicKeys[key]!,
        quantumKey: this.#quantumKeys.publicKeys[key]!,
        linkKey: this.linkKeyOf(process),
        address: `tcp://127.0.0.1:${5_000 + process}`,
        weight,
      })),
    };
  }

  /** Where a process that holds these keys sits in an epoch, and what signs there. */
  signerOf(
    { committee, roster }: Epoch,
    process: number,
    held: ReadonlySet<number>,
  ): SimSigner | undefined {
    const link = encodeHex(this.linkKeyOf(process));
    const author = roster.members.findIndex((each) => encodeHex(each.linkKey) === link);
    if (author < 0) return undefined;
    const key = this.#numbers.get(encodeHex(committee.members[author]!.publicKey));
    if (key === undefined || !held.has(key)) return undefined;
    return {
      author,
      key,
      sign: this.#keys.sign(key),
      signQuantum: this.#quantumKeys.sign(key),
    };
  }

  /** What everything of an epoch is judged by: one object for one committee. */
  readonly checksOf = (epoch: Epoch): BlockChecks => {
    const { committee } = epoch;
    const name = encodeHex(committee.hash);
    let checks = this.#checks.get(name);
    if (checks === undefined) this.#checks.set(name, (checks = this.#makeChecks(epoch)));
    return checks;
  };

  #makeChecks(epoch: Epoch): BlockChecks {
    const { committee } = epoch;
    const numbers = committee.members.map(({ publicKey }) =>
      this.#numbers.get(encodeHex(publicKey)),
    );
    const verifyBy =
      (keys: SimKeys): VerifyFunction =>
      (author, message, signature) => {
        const key = numbers[author];
        return key !== undefined && keys.verify(key, message, signature);
      };
    const verify = verifyBy(this.#keys);
    const verifyQuantum = verifyBy(this.#quantumKeys);
    const checks = { committee, hash: sha256, verify, verifyQuantum };
    if (committee.thresholds.liars === 0) return checks;
    return {
      ...checks,
      isSingular: isEpochChange,
      findFrameProblem: (frame) =>
        isEpochChange(frame) ? findChangeFrameProblem(frame, epoch, this.rules) : undefined,
    };
  }

  /** What a stranger trusts. */
  get trust(): ChainTrust {
    const { genesis } = this;
    return {
      genesis,
      hash: sha256,
      checksOf: (committee: Committee) => this.checksOf({ ...genesis, committee }),
    };
  }

  /** The way from the genesis by steps that were checked. */
  pathOf(steps: readonly EpochStep[]): EpochPath {
    return new EpochPath({ genesis: this.genesis, hash: sha256, checksOf: this.checksOf, steps });
  }

  /** What has been judged by these checks, for all members and all their lives. */
  judgedBy(checks: BlockChecks): JudgedBlocks {
    let judged = this.#judged.get(checks);
    if (judged === undefined) this.#judged.set(checks, (judged = new JudgedBlocks(checks)));
    return judged;
  }

  /** Somebody honest is the first in an epoch: what was planned has come true. */
  enter({ committee, roster }: Epoch): SimEpoch {
    const { seats } = this.planned ?? fail("an epoch begins as it was planned");
    assert(committee.epoch === this.newest.committee.epoch + 1, "epochs come one by one");
    const entered = { committee, roster, seats };
    this.#epochs.push(entered);
    this.#begun.clear();
    this.planned = undefined;
    return entered;
  }

  noteBegun(process: number, epoch: number): void {
    if (epoch === this.newest.committee.epoch) this.#begun.add(process);
  }

  /** Epochs in which it matters who can be relied upon: the newest, the one that may begin, and one that may not be over yet. */
  get open(): readonly SimEpoch[] {
    const { newest, planned } = this;
    const { thresholds } = newest.committee;
    const weight = newest.seats
      .filter(({ process }) => this.#begun.has(process))
      .reduce((sum, seat) => sum + seat.weight, 0);
    const before = this.#epochs.at(-2);
    return [
      ...(before !== undefined && weight < thresholds.quorum ? [before] : []),
      newest,
      ...(planned === undefined ? [] : [planned]),
    ];
  }

  /** The last epoch in which a process has a seat. */
  lastOf(process: number): SimEpoch | undefined {
    return this.#epochs.findLast(({ seats }) => seats.some((seat) => seat.process === process));
  }

  /** True where a process has a seat in the newest epoch. */
  isMember(process: number): boolean {
    return this.newest.seats.some((seat) => seat.process === process);
  }
}
