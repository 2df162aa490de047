import { encodeHex, fail, Fault } from "@rialto/base";
import {
  type BlockChecks,
  Profile,
  type Roster,
  rosterCommittee,
  type VerifyFunction,
} from "@rialto/consensus";
import {
  type Epoch,
  epochChangeFrame,
  epochChangeMessage,
  encodeEpochChange,
  type EpochRules,
  findChangeFrameProblem,
  isEpochChange,
  type Seat,
} from "@rialto/replica";
import { createCheapKeys, sha256, type SimKeys } from "../keys.ts";

/** Keys that a run may use up: members that come, and rotations. */
const KEYS = 96;

/** A seat of a roster: which process has it, and with which key. */
export interface SimSeat {
  readonly process: number;
  readonly key: number;
}

/** The keys of a run through epochs, and what is judged with them. Nobody signs with another's. */
export class EpochKeys {
  readonly #keys: SimKeys;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly rules: EpochRules;
  readonly #seed: number;
  #nextKey = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#keys = createCheapKeys(KEYS, seed);
    this.#numbers = new Map(this.#keys.publicKeys.map((key, at) => [encodeHex(key), at]));
    const verify: EpochRules["verify"] = (publicKey, message, signature) => {
      const key = this.#numbers.get(encodeHex(publicKey));
      return key !== undefined && this.#keys.verify(key, message, signature);
    };
    this.rules = { hash: sha256, verify };
  }

  /** A key that nobody has had; undefined where the run has used up all. */
  next(): number | undefined {
    return this.#nextKey < KEYS ? this.#nextKey++ : undefined;
  }

  linkKeyOf(process: number): Uint8Array {
    return sha256(Uint8Array.of(0x11, process));
  }

  rosterOf(epoch: number, seats: readonly SimSeat[], profile: Profile, gcDepth: number): Roster {
    return {
      chainId: sha256(Uint8Array.of(1)),
      epoch,
      profile,
      gcDepth,
      leadersPerRound: 1,
      voteThresholdPpm: 999_999,
      members: seats.map(({ process, key }) => ({
        publicKey: this.#keys.publicKeys[key]!,
        linkKey: this.linkKeyOf(process),
        address: `tcp://127.0.0.1:${5_000 + process}`,
        weight: 1,
      })),
    };
  }

  genesis(seats: readonly SimSeat[], profile: Profile, gcDepth: number): Epoch {
    const roster = this.rosterOf(1, seats, profile, gcDepth);
    const committee = rosterCommittee(roster, sha256(Uint8Array.of(this.#seed & 255)), sha256);
    return committee instanceof Fault ? fail(committee.message) : { roster, committee };
  }

  /** The seat of a process that holds these keys. */
  seatOf(
    { committee, roster }: Epoch,
    process: number,
    held: ReadonlySet<number>,
  ): Seat | undefined {
    const link = encodeHex(this.linkKeyOf(process));
    const author = roster.members.findIndex((each) => encodeHex(each.linkKey) === link);
    if (author < 0) return undefined;
    const key = this.#numbers.get(encodeHex(committee.validators[author]!.publicKey));
    if (key === undefined || !held.has(key)) return undefined;
    return { author, sign: this.#keys.sign(key) };
  }

  checksOf(epoch: Epoch): BlockChecks {
    const { committee } = epoch;
    const verify: VerifyFunction = (author, message, signature) => {
      const validator = committee.validators[author];
      return validator !== undefined && this.rules.verify(validator.publicKey, message, signature);
    };
    const checks = { committee, hash: sha256, verify };
    if (committee.thresholds.liars === 0) return checks;
    return {
      ...checks,
      isSingular: isEpochChange,
      findFrameProblem: (frame) =>
        isEpochChange(frame) ? findChangeFrameProblem(frame, epoch, this.rules) : undefined,
    };
  }

  sign(key: number): (message: Uint8Array) => Uint8Array {
    return this.#keys.sign(key);
  }

  /** A change as a frame, signed by some members of the epoch that it ends. */
  change(
    before: Epoch,
    roster: Roster,
    signers: readonly number[],
    times: { readonly validUntilMs: number; readonly expiresMs: number; readonly nonce: number },
  ): Uint8Array {
    const { validUntilMs, expiresMs } = times;
    const message = epochChangeMessage({ validUntilMs, roster }, sha256);
    const signatures = signers.map((author) => {
      const { publicKey } = before.committee.validators[author]!;
      const key = this.#numbers.get(encodeHex(publicKey)) ?? fail("members have keys of this run");
      return { author, signature: this.#keys.sign(key)(message) };
    });
    const body = encodeEpochChange({ validUntilMs, roster, signatures }, before.roster);
    const nonce = new Uint8Array(16);
    new DataView(nonce.buffer).setUint32(0, times.nonce, true);
    return epochChangeFrame(body ?? fail("a small roster fits a frame"), { expiresMs, nonce });
  }
}
