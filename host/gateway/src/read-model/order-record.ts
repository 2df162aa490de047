import type { HistoryOrder } from "@rialto/storage";
import { isOpenStatus, OrderStatus } from "@rialto/storage";
import { ListKind, type OrderId, orderSlot } from "@rialto/protocol";

/** An accepted order, as it stands. */
export class OrderRecord implements HistoryOrder {
  readonly serial: number;
  readonly orderId: OrderId;
  readonly account: number;
  readonly market: number;
  readonly side: number;
  readonly orderType: number;
  readonly selfTrade: number;
  /** Its own limit; 0 for market orders. A pegged order stands elsewhere. */
  priceTicks: number;
  lots: number;
  readonly quoteQuanta: bigint;
  readonly clientOrderId: bigint;
  readonly text: string;
  executedLots: number;
  executedQuanta: bigint;
  preventedLots: number;
  status: OrderStatus;
  readonly createdMs: number;
  updatedMs: number;
  readonly triggerKind: number;
  readonly triggerTicks: number;
  readonly trailBasisPoints: number;
  readonly displayLots: number;
  readonly expiresMs: number;
  readonly pegKind: number;
  readonly pegTicks: number;
  readonly flags: number;
  waitedMs: number;
  readonly listId: number;
  readonly listKind: number;
  readonly listText: string;
  /** In the book, shown or not. */
  isResting = false;
  /** What the book shows of it, and where. Of an order that rests unseen, or does not rest, nothing. */
  shownLots = 0;
  shownTicks = 0;
  /** The orders of its list that are known, by their acceptance, in one array for all of them; undefined for an order of none. */
  list: OrderRecord[] | undefined = undefined;
  /** Changed since it was last written out. */
  isDirty = false;
  /** The order that had the slot before, and the one that has it since. */
  earlier: OrderRecord | undefined = undefined;
  later: OrderRecord | undefined = undefined;
  /** The order that ended after this one. */
  nextClosed: OrderRecord | undefined = undefined;
  /** While it is open: the neighbours among its account's open orders in its market, in a circle by their acceptance. */
  nextOpen: OrderRecord | undefined = undefined;
  previousOpen: OrderRecord | undefined = undefined;

  constructor(from: HistoryOrder) {
    this.serial = from.serial;
    this.orderId = from.orderId as OrderId;
    this.account = from.account;
    this.market = from.market;
    this.side = from.side;
    this.orderType = from.orderType;
    this.selfTrade = from.selfTrade;
    this.priceTicks = from.priceTicks;
    this.lots = from.lots;
    this.quoteQuanta = from.quoteQuanta;
    this.clientOrderId = from.clientOrderId;
    this.text = from.text;
    this.executedLots = from.executedLots;
    this.executedQuanta = from.executedQuanta;
    this.preventedLots = from.preventedLots;
    this.status = from.status as OrderStatus;
    this.createdMs = from.createdMs;
    this.updatedMs = from.updatedMs;
    this.triggerKind = from.triggerKind;
    this.triggerTicks = from.triggerTicks;
    this.trailBasisPoints = from.trailBasisPoints;
    this.displayLots = from.displayLots;
    this.expiresMs = from.expiresMs;
    this.pegKind = from.pegKind;
    this.pegTicks = from.pegTicks;
    this.flags = from.flags;
    this.waitedMs = from.waitedMs;
    this.listId = from.listId;
    this.listKind = from.listKind;
    this.listText = from.listText;
  }

  /** Books a trade on it. */
  execute(lots: number, quanta: bigint, isDone: boolean): void {
    this.executedLots += lots;
    this.executedQuanta += quanta;
    this.status = isDone ? this.completeStatus : OrderStatus.PartiallyFilled;
  }

  get isOpen(): boolean {
    return isOpenStatus(this.status);
  }

  /** For its price, or for another order: in no book. */
  get isWaiting(): boolean {
    return this.isOpen && !this.isResting;
  }

  /** Others of its list are dormant until it is complete. */
  get wakesOthers(): boolean {
    return this.orderId === this.listId && this.listKind !== ListKind.OneCancelsOther;
  }

  /** It waits for another order of its list to trade in full. */
  get isDormant(): boolean {
    const first = this.list?.[0];
    if (first === undefined || first === this) return false;
    return this.isWaiting && first.wakesOthers && first.isOpen;
  }

  /** Lots that are neither traded nor prevented; of no meaning for an order by quote. */
  get remainingLots(): number {
    return this.lots - this.executedLots - this.preventedLots;
  }

  /** What it is when nothing more of it is wanted. */
  get completeStatus(): OrderStatus {
    if (this.preventedLots > 0) return OrderStatus.ExpiredInMatch;
    // By quote, of less than a lot costs.
    return this.executedLots > 0 ? OrderStatus.Filled : OrderStatus.Expired;
  }
}

/**
 * The open orders and the last ones that ended, by the slot of their id: a map of such large numbers would
 * cost more than all the rest. Orders of one slot are linked, newest first, and so are the ended ones in
 * the order of their end, so that the oldest is forgotten without a search. What an account has open in a market is
 * linked too: who asks for that pays for no other order.
 *
 * Limit: as many open ones as the engine has slots, `closedMax` others.
 */
export class OrderTable {
  readonly #newest: (OrderRecord | undefined)[] = [];
  /** By market and account: the open order that was accepted first. */
  readonly #oldestOpen: Map<number, OrderRecord>[] = [];
  #firstClosed: OrderRecord | undefined;
  #lastClosed: OrderRecord | undefined;
  #closedCount = 0;
  readonly #closedMax: number;
  openCount = 0;

  constructor(closedMax: number) {
    this.#closedMax = closedMax;
  }

  find(orderId: OrderId): OrderRecord | undefined {
    let order = this.#newest[orderSlot(orderId)];
    // Within a slot a later order has a greater id.
    while (order !== undefined && order.orderId > orderId) order = order.earlier;
    return order?.orderId === orderId ? order : undefined;
  }

  findOpen(orderId: OrderId): OrderRecord | undefined {
    const order = this.#newest[orderSlot(orderId)];
    return order?.orderId === orderId && order.isOpen ? order : undefined;
  }

  /** What an account has open, in one market or in all, by acceptance. */
  open(account: number, market?: number): OrderRecord[] {
    const orders: OrderRecord[] = [];
    if (market !== undefined) {
      gatherOpen(this.#oldestOpen[market]?.get(account), orders);
      return orders;
    }
    for (const oldest of this.#oldestOpen) gatherOpen(oldest?.get(account), orders);
    return orders.sort((left, right) => left.serial - right.serial);
  }

  /** Adds an open order that was accepted after all that were added before. */
  add(order: OrderRecord): void {
    const slot = orderSlot(order.orderId);
    // Slots are given out from the lowest, so the table stays dense.
    while (this.#newest.length <= slot) this.#newest.push(undefined);
    const earlier = this.#newest[slot];
    order.earlier = earlier;
    if (earlier !== undefined) earlier.later = order;
    this.#newest[slot] = order;
    this.openCount += 1;
    this.#linkOpen(order);
  }

  #linkOpen(order: OrderRecord): void {
    const { account, market } = order;
    while (this.#oldestOpen.length <= market) this.#oldestOpen.push(new Map());
    const oldestOf = this.#oldestOpen[market]!;
    const oldest = oldestOf.get(account);
    if (oldest === undefined) oldestOf.set(account, order);
    const newest = oldest?.previousOpen ?? order;
    order.previousOpen = newest;
    order.nextOpen = oldest ?? order;
    newest.nextOpen = order;
    order.nextOpen.previousOpen = order;
  }

  #unlinkOpen(order: OrderRecord): void {
    const { account, market, nextOpen: next, previousOpen: previous } = order;
    const oldestOf = this.#oldestOpen[market]!;
    if (next === order) oldestOf.delete(account);
    else if (oldestOf.get(account) === order) oldestOf.set(account, next!);
    previous!.nextOpen = next;
    next!.previousOpen = previous;
    // It may be kept for long, and must not hold others.
    order.nextOpen = undefined;
    order.previousOpen = undefined;
  }

  /** Counts an order that has ended among the closed ones, and forgets the one that ended longest ago. */
  close(order: OrderRecord): void {
    this.openCount -= 1;
    this.#unlinkOpen(order);
    if (this.#lastClosed === undefined) this.#firstClosed = order;
    else this.#lastClosed.nextClosed = order;
    this.#lastClosed = order;
    this.#closedCount += 1;
    if (this.#closedCount > this.#closedMax) this.#forgetFirst();
  }

  #forgetFirst(): void {
    const order = this.#firstClosed;
    if (order === undefined) return;
    this.#firstClosed = order.nextClosed;
    if (this.#firstClosed === undefined) this.#lastClosed = undefined;
    this.#closedCount -= 1;
    // The orders of its slot before it ended, and were forgotten, before it.
    if (order.later !== undefined) order.later.earlier = undefined;
    else this.#newest[orderSlot(order.orderId)] = undefined;
    // An open order of its list may still hold it, and must not hold all that have ended since.
    order.nextClosed = undefined;
    order.later = undefined;
  }
}

function gatherOpen(oldest: OrderRecord | undefined, orders: OrderRecord[]): void {
  let order = oldest;
  while (order !== undefined) {
    orders.push(order);
    order = order.nextOpen === oldest ? undefined : order.nextOpen;
  }
}
