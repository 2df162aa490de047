// The workload profiles: what LOB1 fixes, and what it leaves open, with our choice (bench/README.md).

import { assert } from "@rialto/base";

/**
 * What each command of the timed part is meant to be, in parts of 1,000. Steering holds the number
 * of orders at rest near its target: passive orders and cancels deviate by the little that needs.
 */
export interface CommandMix {
  readonly passive: number;
  readonly crossing: number;
  readonly ioc: number;
  readonly cancel: number;
  /** Cancels of dead ids, on top of `cancel`: only so does the published mix add up to 100 %. */
  readonly deadCancel: number;
  readonly move: number;
}

export interface Profile {
  readonly name: string;
  readonly symbols: number;
  /** Orders that rest after the prefill, and about as many at any later time. */
  readonly restingOrders: number;
  readonly timedCommands: number;
  readonly mix: CommandMix;
  /** Shape of the Pareto distance of a passive order from the touch. Smaller is wider. */
  readonly distanceShape: number;
  /** Largest distance in ticks. The tail beyond is spread evenly over 1 .. distanceMax. */
  readonly distanceMax: number;
  /** Prices are 1 .. pricesMax - 1 ticks. */
  readonly pricesMax: number;
  /** The reference price stays within this many ticks of the middle of the prices. */
  readonly walkTicksMax: number;
  /** Commands of a symbol for each step of one tick of its reference price, on average. */
  readonly walkPeriod: number;
  /** Zipf exponent of commands over symbols, in halves: 2 is 1.0. */
  readonly activityHalves: number;
  /** Zipf exponent of resting orders over symbols, in halves: 1 is 0.5. */
  readonly depthHalves: number;
}

export type ProfileName = "p1" | "p2" | "p3";

/** Lots of a passive or moved order: 1 .. this. */
export const PASSIVE_LOTS_MAX = 100;
/** Lots of a crossing or immediate order: 1 .. this. */
export const TAKER_LOTS_MAX = 150;

const TIMED_COMMANDS = 2_000_000;

const MIX: CommandMix = {
  passive: 486,
  crossing: 10,
  ioc: 40,
  cancel: 410,
  deadCancel: 4,
  move: 50,
};

/** One market, a book of the size that most real ones have: everything stays in the caches. */
const P1: Profile = {
  name: "p1",
  symbols: 1,
  restingOrders: 1_000,
  timedCommands: TIMED_COMMANDS,
  mix: MIX,
  distanceShape: 0.6,
  distanceMax: 1_500,
  pricesMax: 8_192,
  walkTicksMax: 2_000,
  walkPeriod: 250,
  activityHalves: 2,
  depthHalves: 1,
};

/** One market, a book far larger than the caches. */
const P2: Profile = {
  ...P1,
  name: "p2",
  restingOrders: 1_000_000,
  distanceShape: 0.12,
  distanceMax: 20_000,
  pricesMax: 65_536,
  walkTicksMax: 10_000,
};

/** Very many markets, most of them quiet. */
const P3: Profile = {
  ...P1,
  name: "p3",
  symbols: 21_000,
  restingOrders: 610_000,
  distanceShape: 0.8,
  distanceMax: 150,
  pricesMax: 1_024,
  walkTicksMax: 300,
  walkPeriod: 1_000,
};

export const PROFILES: Readonly<Record<ProfileName, Profile>> = { p1: P1, p2: P2, p3: P3 };

/** True for the name of a profile. */
export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}

/**
 * A smaller workload of the same kind, for smoke runs and tests.
 *
 * Units    `size` as in `Profile`; what it omits stays.
 */
export function resizeProfile(
  profile: Profile,
  size: Partial<Pick<Profile, "symbols" | "restingOrders" | "timedCommands">>,
): Profile {
  const resized = { ...profile, ...size };
  assert(resized.symbols >= 1 && resized.symbols <= profile.symbols, "a profile only shrinks");
  assert(resized.restingOrders >= resized.symbols, "every symbol has an order at rest");
  assert(resized.timedCommands >= 1, "a workload has timed commands");
  return resized;
}

/** So few commands, symbols and orders that a run takes milliseconds: the smoke mode. */
export function smokeProfile(name: ProfileName): Profile {
  const sizes = {
    p1: { timedCommands: 20_000 },
    p2: { timedCommands: 20_000, restingOrders: 10_000 },
    p3: { timedCommands: 20_000, restingOrders: 6_100, symbols: 210 },
  };
  return resizeProfile(PROFILES[name], sizes[name]);
}

assert(
  MIX.passive + MIX.crossing + MIX.ioc + MIX.cancel + MIX.deadCancel + MIX.move === 1_000,
  "the mix adds up",
);
