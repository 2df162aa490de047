import {
  type AccountIndex,
  type Command,
  CommandKind,
  EventKind,
  FEE_PPM_MAX,
  FEE_SCHEDULES_MAX,
  FEE_TIERS_MAX,
} from "@rialto/protocol";
import { assetText, parseAsset } from "../markets/market-catalog.ts";
import { ApiError, apiError } from "./api-error.ts";
import { rateText } from "./commission.ts";
import { type Operation, type Services, type SignedCall, signedOperation } from "./operation.ts";
import {
  assetParam,
  integerParam,
  type Param,
  type ParamValues,
  rateParam,
  required,
  u64Param,
} from "./params.ts";
import { rejectError } from "./reject-errors.ts";

// The operator's fees: schedules, and who follows one. What a market itself asks for is of its terms.

/** Of a maker who is paid below 0, out of what the taker pays. */
const TIER_MAKER = rateParam(-FEE_PPM_MAX, FEE_PPM_MAX);
const TIER_TAKER = rateParam(0, FEE_PPM_MAX);

/** A tier as it was sent: its volume is read once the asset is known. */
interface SentTier {
  readonly volume: string;
  readonly makerPpm: number;
  readonly takerPpm: number;
}

const TIER_FIELDS = ["maker", "taker", "volume"];

const tiersParam: Param<readonly SentTier[]> = {
  isRequired: false,
  description: `JSON array of 1 to ${FEE_TIERS_MAX} tiers: [{"volume":"0","maker":"0.001","taker":"0.002"}]; a maker below 0 is paid`,
  parse: (text, name, catalog) => {
    const sent = parseTiers(text);
    if (sent === undefined || sent.length === 0 || sent.length > FEE_TIERS_MAX) {
      return apiError("INVALID_DATA", name);
    }
    const tiers: SentTier[] = [];
    for (const { volume, maker, taker } of sent) {
      const makerPpm = TIER_MAKER.parse(maker, name, catalog);
      if (makerPpm instanceof ApiError) return makerPpm;
      const takerPpm = TIER_TAKER.parse(taker, name, catalog);
      if (takerPpm instanceof ApiError) return takerPpm;
      tiers.push({ volume, makerPpm, takerPpm });
    }
    return tiers;
  },
};

type TierText = Readonly<Record<"volume" | "maker" | "taker", string>>;

/** A JSON array of objects of these fields, all texts: numbers of JSON would not be exact. Undefined for anything else. */
function parseTiers(text: string): readonly TierText[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every(isTier) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isTier(value: unknown): value is TierText {
  if (typeof value !== "object" || value === null) return false;
  const isText = Object.values(value).every((field) => typeof field === "string");
  return isText && Object.keys(value).toSorted().join() === TIER_FIELDS.join();
}

const SCHEDULE_PARAMS = {
  schedule: required(integerParam(0, FEE_SCHEDULES_MAX - 1)),
  asset: required(assetParam),
  tiers: required(tiersParam),
};

/** All tiers of a schedule take the place of those there were, with nothing between. */
async function setSchedule({
  params,
  services,
}: SignedCall<ParamValues<typeof SCHEDULE_PARAMS>>): Promise<object | ApiError> {
  const { schedule, asset, tiers } = params;
  const commands: Command[] = [];
  let above = -1n;
  for (const [tier, { volume, makerPpm, takerPpm }] of tiers.entries()) {
    const volumeQuanta = parseAsset(asset, volume);
    if (volumeQuanta === "TOO_PRECISE") return apiError("TOO_PRECISE", "tiers");
    const isInOrder = typeof volumeQuanta === "bigint" && volumeQuanta > above;
    // The first is for whoever has traded nothing.
    if (!isInOrder || (tier === 0 && volumeQuanta !== 0n)) return apiError("INVALID_DATA", "tiers");
    above = volumeQuanta;
    const terms = { schedule, tier, asset: asset.index, makerPpm, takerPpm, volumeQuanta };
    commands.push({ kind: CommandKind.SetFeeTier, ...terms });
  }
  const events = await services.desk.submitAll(commands);
  if (events instanceof ApiError) return events;
  const refusal = events.find((event) => event.kind === EventKind.Rejected);
  if (refusal !== undefined) return rejectError(refusal.code);
  return scheduleReply(services, schedule) ?? apiError("UNKNOWN");
}

function scheduleReply(services: Services, number: number): object | undefined {
  const schedule = services.exchange.engine.feeSchedule(number);
  const asset = schedule && services.catalog.assetAt(schedule.asset);
  if (schedule === undefined || asset === undefined) return undefined;
  return {
    schedule: number,
    asset: asset.symbol,
    tiers: schedule.tiers.map(({ volumeQuanta, makerPpm, takerPpm }) => ({
      volume: assetText(asset, volumeQuanta),
      maker: rateText(makerPpm),
      taker: rateText(takerPpm),
    })),
  };
}

/** What an account pays in each market, or whoever follows no schedule. */
function ratesReply({ exchange, catalog }: Services, account: AccountIndex | undefined): object[] {
  return catalog.markets.map(({ symbol, index }) => {
    // Account 0 is nobody, who follows none.
    const { makerPpm, takerPpm } = exchange.engine.feeRates(account ?? (0 as AccountIndex), index);
    return { symbol, maker: rateText(makerPpm), taker: rateText(takerPpm) };
  });
}

function readFees({ services }: SignedCall<unknown>): object {
  const numbers = Array.from({ length: FEE_SCHEDULES_MAX }, (_, number) => number);
  return {
    markets: ratesReply(services, undefined),
    schedules: numbers.flatMap((number) => scheduleReply(services, number) ?? []),
  };
}

const NO_SCHEDULE = "none";
const scheduleNumberParam = integerParam(0, FEE_SCHEDULES_MAX - 1);

/** A word, so that a number that was left out does not mean none. */
const scheduleParam: Param<number | typeof NO_SCHEDULE> = {
  isRequired: false,
  description: `${scheduleNumberParam.description}, or ${NO_SCHEDULE}`,
  parse: (text, name, catalog) =>
    text === NO_SCHEDULE ? NO_SCHEDULE : scheduleNumberParam.parse(text, name, catalog),
};

const ACCOUNT_PARAMS = { account: required(u64Param) };
const ACCOUNT_FEES_PARAMS = { ...ACCOUNT_PARAMS, schedule: required(scheduleParam) };

async function setAccountFees({
  params,
  services,
}: SignedCall<ParamValues<typeof ACCOUNT_FEES_PARAMS>>): Promise<object | ApiError> {
  const account = services.desk.findAccount(params.account);
  if (account === undefined) return apiError("INVALID_DATA", "account");
  const scheduleAndOne = params.schedule === NO_SCHEDULE ? 0 : params.schedule + 1;
  const command = { kind: CommandKind.SetAccountFees, account, scheduleAndOne } as const;
  const set = await services.desk.outcome(command, EventKind.AccountFeesSet);
  return set instanceof ApiError ? set : accountFeesReply(services, params.account, account);
}

function readAccountFees({
  params,
  services,
}: SignedCall<ParamValues<typeof ACCOUNT_PARAMS>>): object | ApiError {
  const account = services.desk.findAccount(params.account);
  if (account === undefined) return apiError("INVALID_DATA", "account");
  return accountFeesReply(services, params.account, account);
}

function accountFeesReply(services: Services, number: bigint, account: AccountIndex): object {
  const { engine } = services.exchange;
  const followed = engine.feeVolume(account);
  const schedule = followed && engine.feeSchedule(followed.schedule);
  const asset = schedule && services.catalog.assetAt(schedule.asset);
  return {
    account: String(number),
    schedule: followed?.schedule ?? null,
    ...(asset && { asset: asset.symbol, volume: assetText(asset, followed!.volumeQuanta) }),
    markets: ratesReply(services, account),
  };
}

export const FEE_OPERATIONS: readonly Operation[] = [
  signedOperation("operator", {
    name: "operator.fees",
    summary: "What the markets ask for, and the fee schedules.",
    http: "GET /operator/fees",
    handle: readFees,
  }),
  signedOperation("operator", {
    name: "operator.feeSchedule",
    summary:
      "Set all tiers of a fee schedule at once. Those who follow it pay by the volume of 28 days in the markets quoted in its asset; in another asset that begins anew.",
    http: "POST /operator/fee-schedule",
    params: SCHEDULE_PARAMS,
    handle: setSchedule,
  }),
  signedOperation("operator", {
    name: "operator.setAccountFees",
    summary:
      "Have an account and its sub-accounts follow a fee schedule, or none. Their volume begins with nothing.",
    http: "POST /operator/account-fees",
    params: ACCOUNT_FEES_PARAMS,
    handle: setAccountFees,
  }),
  signedOperation("operator", {
    name: "operator.accountFees",
    summary: "Which fee schedule an account follows, its volume of 28 days, and what it pays.",
    http: "GET /operator/account-fees",
    params: ACCOUNT_PARAMS,
    handle: readAccountFees,
  }),
];
