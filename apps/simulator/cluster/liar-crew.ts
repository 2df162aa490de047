import type { Prng } from "@rialto/base";
import { type Committee, type SignFunction } from "@rialto/consensus";
import { peekEpoch } from "@rialto/replica";
import type { EpochBook, SimEpoch } from "./epoch-book.ts";
import { EpochLies } from "./epoch-lies.ts";
import type { FaultCounter } from "./fault-counter.ts";
import { Floods } from "./floods.ts";
import { Liar, type Lie } from "./liar.ts";
import type { RunOptions, Strategy } from "./options.ts";
import type { SimNode } from "./sim-node.ts";

/** Those of a run that lie: each is another liar in each epoch in which it has a seat. */
export class LiarCrew {
  readonly #run: RunOptions;
  readonly #book: EpochBook;
  readonly #faults: FaultCounter;
  readonly #strategies: ReadonlyMap<number, readonly Strategy[]>;
  readonly #prngs = new Map<number, Prng>();
  readonly #prngOf: (line: number) => Prng;
  readonly #floodPrng: Prng;
  readonly #floods = new Map<number, Floods>();
  /** By `process/epoch`. */
  readonly #liars = new Map<string, Liar>();

  constructor(options: {
    readonly run: RunOptions;
    readonly book: EpochBook;
    readonly faults: FaultCounter;
    /** A line of chance of its own. */
    readonly prngOf: (line: number) => Prng;
  }) {
    this.#run = options.run;
    this.#book = options.book;
    this.#faults = options.faults;
    this.#prngOf = options.prngOf;
    this.#floodPrng = options.prngOf(0xf100_0004);
    const chosen = chooseLiars(options.run, options.book.genesis.committee);
    this.#strategies = new Map(chosen.map(({ author, strategies }) => [author, strategies]));
  }

  get processes(): readonly number[] {
    return [...this.#strategies.keys()];
  }

  has(process: number): boolean {
    return this.#strategies.has(process);
  }

  does(process: number, strategy: Strategy): boolean {
    return this.#strategies.get(process)?.includes(strategy) === true;
  }

  #prngFor(process: number): Prng {
    let prng = this.#prngs.get(process);
    if (prng === undefined) this.#prngs.set(process, (prng = this.#prngOf(0x11a7_0000 + process)));
    return prng;
  }

  /** What a process is in an epoch; undefined where it has no seat in it, or nobody honest knows of the epoch. */
  #liarIn(process: number, number: number): Liar | undefined {
    const name = `${process}/${number}`;
    const known = this.#liars.get(name);
    if (known !== undefined) return known;
    const epoch = this.#book.find(number);
    const author = epoch?.seats.findIndex((seat) => seat.process === process) ?? -1;
    const strategies = this.#strategies.get(process);
    if (epoch === undefined || author < 0 || strategies === undefined) return undefined;
    const liar = new Liar({
      committee: epoch.committee,
      author,
      strategies,
      sign: this.#book.signOf(epoch.seats[author]!.key),
      prng: this.#prngFor(process),
      faults: this.#faults,
      delayUs: this.#run.delayUs,
      floods: this.#floodsIn(epoch),
    });
    this.#liars.set(name, liar);
    return liar;
  }

  /** They work together, with the keys that they have in an epoch. */
  #floodsIn({ committee, seats }: SimEpoch): Floods {
    const { epoch } = committee;
    const known = this.#floods.get(epoch);
    if (known !== undefined) return known;
    const keys = seats.flatMap(({ process, key }, author): (readonly [number, SignFunction])[] =>
      this.has(process) ? [[author, this.#book.signOf(key)]] : [],
    );
    const floods = new Floods(committee, this.#floodPrng, new Map(keys));
    this.#floods.set(epoch, floods);
    return floods;
  }

  /** What becomes of a message that a liar's replica meant to send. */
  bend(node: SimNode, to: number, message: Uint8Array): readonly Lie[] {
    const epoch = peekEpoch(message);
    const liar = epoch === node.epoch ? this.#liarIn(node.number, epoch) : undefined;
    return liar?.bend(node, to, message) ?? [{ to, message, extraUs: 0 }];
  }

  /** Called every 100 ms for each liar: what nobody has asked for. */
  flood(node: SimNode): readonly Lie[] {
    const { seats } = this.#book.find(node.epoch) ?? this.#book.newest;
    const liar = this.#liarIn(node.number, node.epoch);
    if (liar === undefined) return this.#haunt(node);
    return liar.flood(node).map((lie) => ({ ...lie, to: seats[lie.to]!.process }));
  }

  /** Who lied about epochs, and has left, goes on as if it had not. */
  #haunt(node: SimNode): readonly Lie[] {
    const { newest } = this.#book;
    if (!node.isUp || !this.does(node.number, "lyingEpochs") || this.#book.isMember(node.number)) {
      return [];
    }
    const last = this.#book.lastOf(node.number);
    if (last === undefined) return [];
    const author = last.seats.findIndex(({ process }) => process === node.number);
    const lies = new EpochLies({
      committee: last.committee,
      author,
      sign: this.#book.signOf(last.seats[author]!.key),
      prng: this.#prngFor(node.number),
    });
    this.#faults.count("lyingEpochs");
    const message = lies.haunt(newest.committee);
    return newest.seats.map(({ process }) => ({ to: process, message, extraUs: 0 }));
  }
}

/** Of those that were drawn, as many as the committee bears. */
function chooseLiars(
  { hasTooManyLiars, liars }: RunOptions,
  committee: Committee,
): RunOptions["liars"] {
  if (hasTooManyLiars) return liars;
  let room = committee.thresholds.liars;
  return liars.filter(({ author }) => {
    const weight = committee.weights[author]!;
    if (weight > room) return false;
    room -= weight;
    return true;
  });
}
