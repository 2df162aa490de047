import { Fault, type Prng } from "@rialto/base";
import { findSuccessionProblem, Profile, type Roster, rosterCommittee } from "@rialto/consensus";
import { encodeEpochChange, epochChangeFrame, epochChangeMessage } from "@rialto/replica";
import type { EpochBook, PlannedChange, SimSeat } from "./epoch-book.ts";
import type { FaultCounter } from "./fault-counter.ts";
import type { FaultRoom } from "./fault-room.ts";
import { sha256 } from "./keys.ts";
import type { RunOptions } from "./options.ts";
import { EPOCH_MS } from "./sim-clock.ts";
import type { SimNode } from "./sim-node.ts";

const LIFETIME_MS = 24 * 3_600_000;
/** Processes of a run, those that have left included. */
const PROCESSES_MAX = 14;
const KINDS = ["add", "remove", "replace", "rotate", "reweigh"] as const;
type ChangeKind = (typeof KINDS)[number];

/** What may not be done, and is tried. */
const BAD_KINDS = ["too few sign", "a signature is another's", "too late", "too many new"] as const;

/**
 * Who runs the members: they add, remove and replace some, give them other keys and weights, one thing at a time, and try
 * what may not be done.
 */
export class Operators {
  readonly #run: RunOptions;
  readonly #prng: Prng;
  readonly #book: EpochBook;
  readonly #room: FaultRoom;
  readonly #nodes: readonly SimNode[];
  readonly #faults: FaultCounter;
  #nonce = 0;

  constructor(options: {
    readonly run: RunOptions;
    readonly prng: Prng;
    readonly book: EpochBook;
    readonly room: FaultRoom;
    readonly nodes: readonly SimNode[];
    readonly faults: FaultCounter;
  }) {
    this.#run = options.run;
    this.#prng = options.prng;
    this.#book = options.book;
    this.#room = options.room;
    this.#nodes = options.nodes;
    this.#faults = options.faults;
  }

  get #processCount(): number {
    return 1 + Math.max(...this.#nodes.map(({ number }) => number));
  }

  /** Plans a change that may be made, or tries again what is planned. */
  change(): void {
    if (this.#book.planned === undefined) this.#plan();
    this.pursue();
  }

  #plan(): void {
    const kind = KINDS[this.#prng.below(KINDS.length)]!;
    const seats = this.#edited(kind);
    const change = seats && this.#planOf(seats, this.#profileFor(seats));
    if (change === undefined || this.#problemOf(change.roster) !== undefined) return;
    if (!this.#room.bears(change)) return;
    this.#faults.count(kind);
    this.#book.planned = change;
    for (const { process, key } of seats!) {
      for (const node of this.#nodes) if (node.number === process) node.keys.hold(key);
    }
  }

  #planOf(seats: readonly SimSeat[], profile: Profile): PlannedChange | undefined {
    const { roster: before, committee: present } = this.#book.newest;
    const leadersPerRound = Math.min(before.leadersPerRound, seats.length);
    const shape = { epoch: before.epoch + 1, profile, gcDepth: before.gcDepth, leadersPerRound };
    const roster = this.#book.rosterOf(shape, seats);
    const committee = rosterCommittee(roster, roster.chainId, sha256);
    if (committee instanceof Fault) return undefined;
    return {
      roster,
      committee,
      seats,
      signers: quorumOf(present.weights, present.thresholds.quorum),
    };
  }

  #problemOf(roster: Roster): string | undefined {
    return findSuccessionProblem(roster, this.#book.newest.roster);
  }

  #profileFor(seats: readonly SimSeat[]): Profile {
    const { profile } = this.#book.newest.roster;
    if (this.#run.profile !== "crash") return profile;
    // Sometimes a crash profile grows into one that bears liars, and back.
    const canBear = seats.length >= 4 && this.#prng.chance(1, 4);
    return canBear ? Profile.Byzantine : Profile.Crash;
  }

  #edited(kind: ChangeKind): readonly SimSeat[] | undefined {
    const { seats } = this.#book.newest;
    const at = this.#prng.below(seats.length);
    const seat = seats[at]!;
    const weight = this.#run.hasWeights ? 1 + this.#prng.below(4) : 1;
    if (kind === "remove") return seats.toSpliced(at, 1);
    if (kind === "reweigh")
      return weight === seat.weight ? undefined : seats.with(at, { ...seat, weight });
    const hasRoom = this.#processCount < PROCESSES_MAX;
    const key = kind === "rotate" || hasRoom ? this.#book.nextKey() : undefined;
    if (key === undefined) return undefined;
    if (kind === "rotate") return seats.with(at, { ...seat, key });
    const newcomer = { process: this.#processCount, key, weight };
    return kind === "add" ? [...seats, newcomer] : seats.with(at, newcomer);
  }

  /** Until it has come true it is tried at anybody: a frame may be lost with who took it. */
  pursue(): void {
    const { planned } = this.#book;
    if (planned === undefined) return;
    this.#submit(this.#encode(planned, planned.signers, EPOCH_MS + LIFETIME_MS));
  }

  /** Tries a change that may not be made. */
  misbehave(): void {
    this.#faults.count("badChange");
    const { newest } = this.#book;
    const kind = BAD_KINDS[this.#prng.below(BAD_KINDS.length)]!;
    const seats = kind === "too many new" ? this.#strangers() : newest.seats.toReversed();
    const change = this.#planOf(seats, newest.roster.profile);
    if (change === undefined) return;
    const { signers } = change;
    const few = kind === "too few sign" ? signers.slice(0, -1) : signers;
    const untilMs = kind === "too late" ? EPOCH_MS - 2 * LIFETIME_MS : EPOCH_MS + LIFETIME_MS;
    this.#submit(this.#encode(change, few, untilMs, kind === "a signature is another's"));
  }

  /** Everybody is somebody else, who would have to catch up first. */
  #strangers(): readonly SimSeat[] {
    const first = this.#processCount;
    return this.#book.newest.seats.map((seat, at) => ({ ...seat, process: first + at }));
  }

  #encode(
    { roster }: PlannedChange,
    signers: readonly number[],
    validUntilMs: number,
    isForged = false,
  ): Uint8Array | undefined {
    const { newest } = this.#book;
    const message = epochChangeMessage({ validUntilMs, roster }, sha256);
    const forger = newest.seats.at(-1)!.key;
    const signatures = signers.map((author) => {
      const key = isForged ? forger : newest.seats[author]!.key;
      return { author, signature: this.#book.signOf(key)(message) };
    });
    const body = encodeEpochChange({ validUntilMs, roster, signatures }, newest.roster);
    const nonce = new Uint8Array(16);
    new DataView(nonce.buffer).setUint32(0, this.#nonce++, true);
    return body && epochChangeFrame(body, { expiresMs: EPOCH_MS + LIFETIME_MS / 2, nonce });
  }

  #submit(frame: Uint8Array | undefined): void {
    if (frame === undefined) return;
    this.#nodes[this.#prng.below(this.#nodes.length)]!.submit(frame);
  }
}

/** The first members that are a quorum together. */
function quorumOf(weights: readonly number[], quorum: number): readonly number[] {
  let weight = 0;
  const signers: number[] = [];
  for (const [author, each] of weights.entries()) {
    if (weight >= quorum) break;
    signers.push(author);
    weight += each;
  }
  return signers;
}
