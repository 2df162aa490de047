import { COMMAND_EVENT_BYTES_MAX } from "./bounds";
import { EVENTS, EVENTS_BYTES } from "./memory";

// The event buffer. Layouts: core/protocol/src/event.ts. `at` is where the next event goes; `command`
// is what every event says of its cause. Both live only while `execute` runs.

const ACCEPTED: u32 = 1 | (3 << 8);
const REJECTED: u32 = 2 | (2 << 8);
const FILL: u32 = 3 | (8 << 8);
const CANCELED: u32 = 4 | (3 << 8);
const PREVENTED: u32 = 5 | (5 << 8);
const AUCTIONED: u32 = 11 | (8 << 8);
const INDICATIVE: u32 = 12 | (4 << 8);
const PEGGED: u32 = 13 | (4 << 8);
const SHOWN: u32 = 8 | (3 << 8);
const TRIGGERED: u32 = 9 | (3 << 8);
const DECLINED: u32 = 10 | (2 << 8);
const AMENDED: u32 = 7 | (3 << 8);
const CANCELED_ALL: u32 = 6 | (2 << 8);

let at: usize = EVENTS;
let command: u32 = 0;

export function beginEvents(): void {
  at = EVENTS;
}
export function eventBytes(): u32 {
  return <u32>(at - EVENTS);
}
@inline
export function roomForCommand(): bool {
  return at + COMMAND_EVENT_BYTES_MAX <= EVENTS + EVENTS_BYTES;
}
@inline
export function setCommand(value: u32): void {
  command = value;
}

@inline
function head(word: u32): usize {
  const event = at;
  store<u64>(event, (<u64>word) | ((<u64>command) << 32));
  return event;
}

/** Returns the event's address, for `setResting` once the command is done. */
@inline
export function emitAccepted(orderId: u64): usize {
  const event = head(ACCEPTED);
  store<u64>(event, orderId, 8);
  store<u64>(event, 0, 16);
  at = event + 24;
  return event;
}
/** Says at once that an order is accepted and how much of it rests. */
@inline
export function emitResting(orderId: u64, lots: u64): void {
  const event = head(ACCEPTED);
  store<u64>(event, orderId, 8);
  store<u64>(event, lots, 16);
  at = event + 24;
}
/** Marks an accepted order as one that waits. */
export function setWaiting(accepted: usize): void {
  store<u8>(accepted, 1, 2);
}

export function emitTriggered(orderId: u64): usize {
  const event = head(TRIGGERED);
  store<u64>(event, orderId, 8);
  store<u64>(event, 0, 16);
  at = event + 24;
  return event;
}

export function emitShown(orderId: u64, lots: u64): void {
  const event = head(SHOWN);
  store<u64>(event, orderId, 8);
  store<u64>(event, lots, 16);
  at = event + 24;
}

export function emitPegged(orderId: u64, lots: u64, ticks: u32): void {
  const event = head(PEGGED);
  store<u64>(event, orderId, 8);
  store<u64>(event, lots, 16);
  store<u64>(event, ticks, 24);
  at = event + 32;
}

export function emitDeclined(code: u32, orderId: u64): void {
  const event = head(DECLINED | (code << 16));
  store<u64>(event, orderId, 8);
  at = event + 16;
}

/** The same as `emitAccepted` for AMENDED. */
export function emitAmended(kept: u32, orderId: u64, lots: u64): usize {
  const event = head(AMENDED | (kept << 16));
  store<u64>(event, orderId, 8);
  store<u64>(event, lots, 16);
  at = event + 24;
  return event;
}
@inline
export function setResting(accepted: usize, lots: u64): void {
  store<u64>(accepted, lots, 16);
}

export function emitRejected(code: u32, subject: u64): void {
  const event = head(REJECTED | (code << 16));
  store<u64>(event, subject, 8);
  at = event + 16;
}

@inline
export function emitCanceled(reason: u32, orderId: u64, remaining: u64): void {
  const event = head(CANCELED | (reason << 16));
  store<u64>(event, orderId, 8);
  store<u64>(event, remaining, 16);
  at = event + 24;
}

@inline
export function emitFill(
  flags: u32,
  market: u32,
  priceTicks: u32,
  tradeId: u64,
  makerId: u64,
  takerId: u64,
  lots: u64,
  makerFee: u64,
  takerFee: u64,
): void {
  const event = head(FILL | flags);
  store<u64>(event, (<u64>market) | ((<u64>priceTicks) << 32), 8);
  store<u64>(event, tradeId, 16);
  store<u64>(event, makerId, 24);
  store<u64>(event, takerId, 32);
  store<u64>(event, lots, 40);
  store<u64>(event, makerFee, 48);
  store<u64>(event, takerFee, 56);
  at = event + 64;
}

export function emitAuctioned(
  flags: u32,
  market: u32,
  priceTicks: u32,
  tradeId: u64,
  buyId: u64,
  sellId: u64,
  lots: u64,
  buyFee: u64,
  sellFee: u64,
): void {
  const event = head(AUCTIONED | flags);
  store<u64>(event, (<u64>market) | ((<u64>priceTicks) << 32), 8);
  store<u64>(event, tradeId, 16);
  store<u64>(event, buyId, 24);
  store<u64>(event, sellId, 32);
  store<u64>(event, lots, 40);
  store<u64>(event, buyFee, 48);
  store<u64>(event, sellFee, 56);
  at = event + 64;
}

export function emitIndicative(
  side: u32,
  market: u32,
  priceTicks: u32,
  lots: u64,
  surplus: u64,
): void {
  const event = head(INDICATIVE | (side << 16));
  store<u64>(event, (<u64>market) | ((<u64>priceTicks) << 32), 8);
  store<u64>(event, lots, 16);
  store<u64>(event, surplus, 24);
  at = event + 32;
}

export function emitPrevented(
  flags: u32,
  market: u32,
  priceTicks: u32,
  makerId: u64,
  takerId: u64,
  lots: u64,
): void {
  const event = head(PREVENTED | flags);
  store<u64>(event, (<u64>market) | ((<u64>priceTicks) << 32), 8);
  store<u64>(event, makerId, 16);
  store<u64>(event, takerId, 24);
  store<u64>(event, lots, 32);
  at = event + 40;
}

export function emitCanceledAll(count: u32, more: bool): void {
  const event = head(CANCELED_ALL | ((<u32>more) << 16));
  store<u64>(event, count, 8);
  at = event + 16;
}

/** Any event of a header and one word: ASSET_ADDED, MARKET_LISTED, MARKET_STATE_SET. */
export function emitIndex(kind: u32, a: u32, index: u32): void {
  const event = head(kind | (2 << 8) | (a << 16));
  store<u64>(event, index, 8);
  at = event + 16;
}

/** Any event of a header and two indexes. */
export function emitPair(kind: u32, first: u32, second: u32): void {
  const event = head(kind | (2 << 8));
  store<u64>(event, (<u64>first) | ((<u64>second) << 32), 8);
  at = event + 16;
}

export function emitDeadlineSet(account: u32, deadline: u64): void {
  const event = head(27 | (3 << 8));
  store<u64>(event, account, 8);
  store<u64>(event, deadline, 16);
  at = event + 24;
}

export function emitTransferred(
  source: u32,
  target: u32,
  asset: u32,
  quanta: u64,
  reference: u64,
): void {
  const event = head(26 | (5 << 8));
  store<u64>(event, (<u64>source) | ((<u64>target) << 32), 8);
  store<u64>(event, asset, 16);
  store<u64>(event, quanta, 24);
  store<u64>(event, reference, 32);
  at = event + 40;
}

export function emitAccountOpened(account: u32, master: u32, number: u64): void {
  const event = head(16 | (3 << 8));
  store<u64>(event, (<u64>account) | ((<u64>master) << 32), 8);
  store<u64>(event, number, 16);
  at = event + 24;
}

export function emitBalanceMoved(
  out: u32,
  account: u32,
  asset: u32,
  quanta: u64,
  reference: u64,
): void {
  const event = head(17 | (4 << 8) | (out << 16));
  store<u64>(event, (<u64>account) | ((<u64>asset) << 32), 8);
  store<u64>(event, quanta, 16);
  store<u64>(event, reference, 24);
  at = event + 32;
}
