// Laps of commands on a small exchange: what one feature is measured by.

import { assert, viewOf } from "@rialto/base";
import {
  accountIndex,
  addAsset,
  assetIndex,
  createEngine,
  deposit,
  limitOrder,
  listMarket,
  marketIndex,
  openAccount,
  sendCommands,
  type SnapshotEngine,
} from "@rialto/engine";
import {
  type AccountIndex,
  type Command,
  encodeCommand,
  EventKind,
  type MarketTerms,
  NO_ORDER,
  type OrderId,
  Side,
} from "@rialto/protocol";

export const MARKET = marketIndex(0);
/** Whose orders rest, who takes them, and whose stand further away all the time. */
export const MAKER: AccountIndex = accountIndex(1);
export const TAKER: AccountIndex = accountIndex(2);
const BYSTANDER: AccountIndex = accountIndex(3);
/** The bystander's bids are below `BID_TICKS`, its asks above `ASK_TICKS`: between them there is room. */
export const BID_TICKS = 900;
export const ASK_TICKS = 1_100;
export const MIDDLE_TICKS = 1_000;
const PRICE_TICKS_MAX = 2_000;
const BYSTANDER_LEVELS = 500;
/** The three above, and five more: as many as fill a market with pegged orders. */
const ACCOUNTS = 8;
/** Units of a lap: as many pegs as one market can have. */
export const UNITS = 64;

/** The accounts in turns. */
export function accountOf(unit: number): AccountIndex {
  return accountIndex(1 + (unit % ACCOUNTS));
}
const FUNDS_QUANTA = 1n << 58n;

/** How often each kind of event happens in a unit, on average. */
export type UnitEvents = Readonly<Partial<Record<keyof typeof EventKind, number>>>;

/** The command of a unit; `orderId` is the first order that was accepted for it last. */
export type Stage = (unit: number, orderId: OrderId) => Command;

/** What a lap does: its commands are executed in stages, each when the events of the one before are known. */
export interface Setup {
  readonly terms?: Partial<MarketTerms>;
  /** Once, after the market has opened. */
  readonly opening?: readonly Command[];
  /** Before each lap, untimed. */
  readonly before?: readonly Stage[];
  /** Timed. */
  readonly stages: readonly Stage[];
  /** After each lap, untimed. */
  readonly after?: readonly Command[];
  /** Events of the timed stages. */
  readonly events: UnitEvents;
}

/** A small exchange on which one setup goes round. */
export class Lap {
  readonly #engine: SnapshotEngine;
  readonly #setup: Setup;
  readonly #kinds = new Uint32Array(256);
  #laps = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#engine = createEngine();
    const engine = this.#engine;
    const [base, quote] = [assetIndex(0), assetIndex(1)];
    const terms = { baseAsset: base, quoteAsset: quote, priceTicksMax: PRICE_TICKS_MAX };
    const rows = Array.from({ length: ACCOUNTS }, (_, index) => index + 1);
    const opening = [
      addAsset(),
      addAsset(),
      listMarket({ ...terms, makerFeePpm: 100, takerFeePpm: 300, ...setup.terms }),
      ...rows.map((row) => openAccount(BigInt(row))),
      ...rows
        .map(accountIndex)
        .flatMap((account) => [
          deposit(account, base, FUNDS_QUANTA),
          deposit(account, quote, FUNDS_QUANTA),
        ]),
      ...bystanders(),
      ...(setup.opening ?? []),
    ];
    const events = sendCommands(engine, opening, 0);
    assert(!events.some((event) => event.kind === EventKind.Rejected), "the opening is accepted");
  }

  /** Commands of a lap that are timed. */
  get commands(): number {
    return this.#setup.stages.length * UNITS;
  }

  /** Goes round once. Returns milliseconds of the engine. */
  go(): number {
    const { before, stages, after } = this.#setup;
    this.#laps += 1;
    let ids: OrderId[] = [];
    for (const stage of before ?? []) ids = this.#execute(stage, ids).ids;
    let ms = 0;
    this.#kinds.fill(0);
    for (const stage of stages) {
      const done = this.#execute(stage, ids);
      ms += done.ms;
      ids = done.ids;
      this.#countKinds();
    }
    this.#checkEvents();
    if (after !== undefined) sendCommands(this.#engine, after, 0);
    return ms;
  }

  /** Executes a command for each unit in one call. Returns the first order that was accepted for each. */
  #execute(
    write: Stage,
    ids: readonly OrderId[],
  ): { readonly ids: OrderId[]; readonly ms: number } {
    const engine = this.#engine;
    const view = viewOf(engine.commands);
    let end = 0;
    for (let unit = 0; unit < UNITS; unit++) {
      end = encodeCommand(view, end, write(unit, ids[unit] ?? NO_ORDER));
    }
    const start = performance.now();
    const stopped = engine.execute(0, end, 1);
    const ms = performance.now() - start;
    assert(stopped === end, "a stage is one call");
    return { ids: this.#acceptedIds(), ms };
  }

  #acceptedIds(): OrderId[] {
    const { events, eventBytes } = this.#engine;
    const view = viewOf(events);
    const ids: OrderId[] = [];
    for (let at = 0; at < eventBytes; at += events[at + 1]! * 8) {
      if (events[at] !== EventKind.Accepted) continue;
      ids.push(Number(view.getBigUint64(at + 8, true)) as OrderId);
    }
    const perUnit = ids.length / UNITS;
    return perUnit <= 1 ? ids : ids.filter((_, index) => index % perUnit === 0);
  }

  #countKinds(): void {
    const { events, eventBytes } = this.#engine;
    for (let at = 0; at < eventBytes; at += events[at + 1]! * 8) this.#kinds[events[at]!]! += 1;
  }

  /** A lap that did something else than it says would measure something else. */
  #checkEvents(): void {
    for (const [name, kind] of Object.entries(EventKind)) {
      const expected = (this.#setup.events[name as keyof typeof EventKind] ?? 0) * UNITS;
      const found = this.#kinds[kind]!;
      if (found === expected) continue;
      throw new Error(`lap ${this.#laps}: ${found} events ${name}, ${expected} expected`);
    }
  }

  /** Recomputes and compares everything that can be derived. Errors: an `InvariantError`. */
  audit(): void {
    this.#engine.audit();
  }
}

function bystanders(): Command[] {
  const order = { market: MARKET, account: BYSTANDER, lots: 100n } as const;
  return Array.from({ length: BYSTANDER_LEVELS }, (_, level) => [
    limitOrder({ ...order, side: Side.Buy, priceTicks: BID_TICKS - 1 - level }),
    limitOrder({ ...order, side: Side.Sell, priceTicks: ASK_TICKS + 1 + level }),
  ]).flat();
}
