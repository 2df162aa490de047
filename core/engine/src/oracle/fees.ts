import { mulDivCeil } from "@rialto/base";
import {
  DAY_MS,
  DAY_VOLUME_MAX,
  EventKind,
  FEE_PPM_MAX,
  FEE_SCHEDULES_MAX,
  FEE_TIERS_MAX,
  PPM,
  RejectCode,
  VOLUME_DAYS,
  type Command,
  type CommandKind,
} from "@rialto/protocol";
import type { FeeRates, FeeVolume } from "../engine.ts";
import { findAccount, isFamily } from "./exchange.ts";
import type { Account, Exchange, Market, Volume } from "./exchange.ts";
import { refuse, type Outbox } from "./outbox.ts";

// Fee schedules, and the volume that an account's tier follows. Source: matching.md §2.13.

type CommandOf<Kind extends CommandKind> = Extract<Command, { readonly kind: Kind }>;

/** Does SET_FEE_TIER: mutates `exchange`, emits to `outbox`. */
export function setFeeTier(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.SetFeeTier>,
  outbox: Outbox,
): void {
  const { schedule, tier, asset, volumeQuanta, makerPpm, takerPpm } = command;
  if (schedule >= FEE_SCHEDULES_MAX || tier >= FEE_TIERS_MAX) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  if (exchange.assets[asset] === undefined) {
    outbox.reject(refuse(RejectCode.UnknownAsset));
    return;
  }
  const known = exchange.feeSchedules[schedule];
  if (!isTierValid(command, known?.tiers.length ?? 0, known?.asset)) {
    outbox.reject(refuse(RejectCode.InvalidFeeTier));
    return;
  }
  const before = tier === 0 ? [] : (known?.tiers.slice(0, tier) ?? []);
  const previous = before.at(-1);
  if (previous === undefined ? volumeQuanta !== 0n : volumeQuanta <= previous.volumeQuanta) {
    outbox.reject(refuse(RejectCode.InvalidFeeTier));
    return;
  }
  if (known !== undefined && known.asset !== asset) forgetVolumes(exchange, schedule);
  exchange.feeSchedules[schedule] = {
    asset,
    tiers: [...before, { volumeQuanta, makerPpm, takerPpm }],
  };
  outbox.emit({ kind: EventKind.FeeTierSet, schedule, tier });
}

/** What was traded in one asset says nothing of tiers in another. */
function forgetVolumes(exchange: Exchange, schedule: number): void {
  for (const { volume } of exchange.accounts) {
    if (volume?.schedule === schedule) volume.days.clear();
  }
}

function isTierValid(
  command: CommandOf<typeof CommandKind.SetFeeTier>,
  tierCount: number,
  asset: number | undefined,
): boolean {
  const { tier, makerPpm, takerPpm } = command;
  if (Math.abs(makerPpm) > FEE_PPM_MAX || takerPpm > FEE_PPM_MAX) return false;
  return tier === 0 || (tier <= tierCount && command.asset === asset);
}

/** Does SET_ACCOUNT_FEES: mutates `exchange`, emits to `outbox`. */
export function setAccountFees(
  exchange: Exchange,
  command: CommandOf<typeof CommandKind.SetAccountFees>,
  outbox: Outbox,
): void {
  const { scheduleAndOne } = command;
  if (scheduleAndOne > FEE_SCHEDULES_MAX) {
    outbox.reject(refuse(RejectCode.Malformed));
    return;
  }
  const account = findAccount(exchange, command.account);
  const code = findFeesRefusal(exchange, account, scheduleAndOne);
  if (code !== undefined || account === undefined) {
    outbox.reject(refuse(code ?? RejectCode.UnknownAccount));
    return;
  }
  if (account.volume !== undefined) exchange.volumeCount -= 1;
  account.volume = undefined;
  if (scheduleAndOne !== 0) {
    account.volume = { schedule: scheduleAndOne - 1, days: new Map() };
    exchange.volumeCount += 1;
  }
  outbox.emit({ kind: EventKind.AccountFeesSet, scheduleAndOne, account: account.index });
}

function findFeesRefusal(
  exchange: Exchange,
  account: Account | undefined,
  scheduleAndOne: number,
): RejectCode | undefined {
  if (account === undefined) return RejectCode.UnknownAccount;
  if (account.master !== undefined) return RejectCode.NotMasterAccount;
  if (scheduleAndOne === 0) return undefined;
  if (exchange.feeSchedules[scheduleAndOne - 1] === undefined) {
    return RejectCode.UnknownFeeSchedule;
  }
  const isFull = exchange.volumeCount >= exchange.limits.volumesMax;
  return account.volume === undefined && isFull ? RejectCode.VolumesFull : undefined;
}

/** What an account pays in a market now: by its tier, or by the listing. */
export function ratesOf(
  exchange: Exchange,
  account: Account | undefined,
  market: Market,
): FeeRates {
  const { terms } = market;
  const listed = { makerPpm: terms.makerFeePpm, takerPpm: terms.takerFeePpm };
  const volume = account && findVolume(account);
  const schedule = volume === undefined ? undefined : exchange.feeSchedules[volume.schedule];
  if (volume === undefined || schedule?.asset !== terms.quoteAsset) return listed;
  const traded = sumVolume(exchange, volume);
  return schedule.tiers.findLast((tier) => tier.volumeQuanta <= traded) ?? listed;
}

/** Which schedule an account follows, and what counts for it now. */
export function volumeOf(exchange: Exchange, account: Account | undefined): FeeVolume | undefined {
  const volume = account && findVolume(account);
  if (volume === undefined) return undefined;
  return { schedule: volume.schedule, volumeQuanta: sumVolume(exchange, volume) };
}

/** Counts a trade for the tiers of both its accounts. What a family trades with itself earns it nothing. */
export function countTrade(
  exchange: Exchange,
  accounts: readonly [Account, Account],
  market: Market,
  quoteQuanta: bigint,
): void {
  if (isFamily(...accounts)) return;
  for (const account of accounts) addVolume(exchange, account, market, quoteQuanta);
}

function addVolume(
  exchange: Exchange,
  account: Account,
  market: Market,
  quoteQuanta: bigint,
): void {
  const volume = findVolume(account);
  if (volume === undefined) return;
  if (exchange.feeSchedules[volume.schedule]?.asset !== market.terms.quoteAsset) return;
  const today = Math.floor(exchange.nowMs / DAY_MS);
  const traded = (volume.days.get(today) ?? 0n) + quoteQuanta;
  volume.days.set(today, traded > DAY_VOLUME_MAX ? DAY_VOLUME_MAX : traded);
}

function findVolume(account: Account): Volume | undefined {
  return (account.master ?? account).volume;
}

/** What the account traded in the days that count, today included. */
function sumVolume(exchange: Exchange, volume: Volume): bigint {
  const today = Math.floor(exchange.nowMs / DAY_MS);
  let sum = 0n;
  for (const [day, quanta] of volume.days) if (day > today - VOLUME_DAYS) sum += quanta;
  return sum;
}

/** A rebate on what the taker receives: rounded down, and never more than the taker's fee. */
export function computeRebate(receivedQuanta: bigint, makerPpm: number, takerFee: bigint): bigint {
  const rebate = (receivedQuanta * BigInt(-makerPpm)) / PPM;
  return rebate < takerFee ? rebate : takerFee;
}

/** A fee: rounded up, so that no fill is free of it. */
export function computeFee(receivedQuanta: bigint, feePpm: number): bigint {
  return mulDivCeil(receivedQuanta, BigInt(feePpm), PPM);
}
