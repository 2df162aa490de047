import { assert, createPrng, type Prng, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  type Command,
  COMMAND_BYTES,
  CommandKind,
  encodeCommands,
  type MarketIndex,
  OrderType,
  SelfTrade,
  Side,
} from "@rialto/protocol";
import { encodeSignedFrame, FRAME_NONCE_BYTES } from "@rialto/replica";
import type { Signer } from "@rialto/signing";
import { sha256 } from "../sha256.ts";

// The load of `rialto bench cluster`: signed frames of orders that trade with each other.

export const TRADERS = 8;
const SEED = 4;
/** Different sets of orders, per trader and size of frames; each frame has a nonce and a signature of its own. */
const BODIES = 32;
/**
 * Frames until the same orders come again. The second half of them takes and brings what the first has brought and taken: else, what of
 * either is too much would come again with every cycle, and the book grow without end or stand empty.
 */
export const CYCLE_FRAMES: number = BODIES * TRADERS;
const MID_TICKS = 10_000;
/** Limit orders rest up to this far from the middle; orders that take reach all of them. */
const REACH_TICKS = 40;
const LOTS_MAX = 100;
const DEPOSIT_QUANTA = 10n ** 17n;
/** Less than the network allows: a frame of the stock is some seconds old when it is sent. */
const LIFETIME_MS = 35_000;
/** What is signed before a phase, at most: some ten seconds of signing, and memory that a small machine has. */
const STOCK_FRAMES_MAX = 400_000;
const STOCK_BYTES_MAX = 256 * 1024 * 1024;
/** A frame of the stock that is older is left: it might expire on its way. */
const STOCK_AGE_MAX_MS = 15_000;

/** Where a frame's number is in it: the second half of its nonce. */
const NUMBER_AT = 16;

/** The number of a frame that a maker here has made. */
export function frameNumber(frame: Uint8Array): number {
  return Number(viewOf(frame).getBigUint64(NUMBER_AT, true));
}

export interface MadeFrame {
  readonly bytes: Uint8Array;
  /** From 0, over all frames of the maker. */
  readonly number: number;
}

/**
 * Frames signed ahead, one behind the other in one piece of memory: hundreds of thousands of objects would be collected while
 * latencies are taken, by the process that takes them.
 */
interface Stock {
  readonly orderCount: number;
  readonly bytes: Uint8Array;
  /** Of each. */
  readonly frameBytes: number;
  readonly firstNumber: number;
  readonly madeMs: number;
  taken: number;
}

/** Makes frames of one operator and of some traders, each signed by its own key. */
export class FrameMaker {
  readonly #signers: readonly Signer[];
  readonly #chainId: Uint8Array;
  readonly #bodies = new Map<number, Uint8Array[]>();
  #stock: Stock | undefined;
  #count = 0;
  #lateCount = 0;

  /** `signers`: those of the genesis, the operator first. */
  constructor(signers: readonly Signer[], chainId: Uint8Array) {
    this.#signers = signers;
    this.#chainId = chainId;
  }

  /** Frames made so far. */
  get count(): number {
    return this.#count;
  }

  /** Frames of orders that no stock held: who asked for them waited until they were signed. */
  get lateCount(): number {
    return this.#lateCount;
  }

  /** The operator's frame that opens the traders' accounts and gives them money. */
  funding(): MadeFrame {
    const accounts = Array.from({ length: TRADERS }, (_, trader) => trader + 1);
    const commands: Command[] = accounts.map((account) => ({
      kind: CommandKind.OpenAccount,
      number: BigInt(account),
    }));
    for (const account of accounts as AccountIndex[]) {
      for (const asset of [0, 1] as AssetIndex[]) {
        const reference = BigInt(account);
        commands.push({
          kind: CommandKind.Deposit,
          account,
          asset,
          quanta: DEPOSIT_QUANTA,
          reference,
        });
      }
    }
    return this.#make(0, encodeCommands(commands));
  }

  /**
   * Signs the next frames of orders now, as many as are wanted and there is room for: what clients do on machines of their
   * own takes no time of the members then.
   */
  stock(orderCount: number, frames: number): void {
    const most = Math.min(STOCK_FRAMES_MAX, Math.floor(STOCK_BYTES_MAX / orderBytes(orderCount)));
    const count = Math.min(frames, most);
    const firstNumber = this.#count;
    // The one of before goes first: both together are more than a small machine has.
    this.#stock = undefined;
    let bytes = new Uint8Array(0);
    let frameBytes = 0;
    for (let at = 0; at < count; at++) {
      const frame = this.#sign(orderCount).bytes;
      if (at === 0) {
        frameBytes = frame.length;
        bytes = new Uint8Array(count * frameBytes);
      }
      assert(frame.length === frameBytes, "frames of as many orders are as long");
      bytes.set(frame, at * frameBytes);
    }
    this.#stock = {
      orderCount,
      bytes,
      frameBytes,
      firstNumber,
      taken: 0,
      madeMs: performance.now(),
    };
  }

  /** The next frame of orders: of the stock, else made now. */
  orders(orderCount: number): MadeFrame {
    const stock = this.#stock;
    if (stock?.orderCount === orderCount) {
      const isOld = performance.now() - stock.madeMs > STOCK_AGE_MAX_MS;
      const begin = stock.taken * stock.frameBytes;
      if (!isOld && begin < stock.bytes.length) {
        const number = stock.firstNumber + stock.taken++;
        return { bytes: stock.bytes.subarray(begin, begin + stock.frameBytes), number };
      }
    }
    this.#lateCount++;
    return this.#sign(orderCount);
  }

  #sign(orderCount: number): MadeFrame {
    const bodies = this.#bodiesOf(orderCount);
    const at = this.#count % bodies.length;
    return this.#make(1 + (at % TRADERS), bodies[at]!);
  }

  #make(signer: number, commands: Uint8Array): MadeFrame {
    const number = this.#count++;
    const nonce = new Uint8Array(FRAME_NONCE_BYTES);
    viewOf(nonce).setBigUint64(NUMBER_AT - 8, BigInt(number), true);
    const expiresMs = Date.now() + LIFETIME_MS;
    const frame = { expiresMs, nonce, signer, commands };
    const sign = (message: Uint8Array): Uint8Array => this.#signers[signer]!.sign(message);
    return { bytes: encodeSignedFrame(frame, this.#chainId, sha256, sign), number };
  }

  #bodiesOf(orderCount: number): readonly Uint8Array[] {
    const known = this.#bodies.get(orderCount);
    if (known !== undefined) return known;
    const prng = createPrng(SEED + orderCount);
    const first = Array.from({ length: CYCLE_FRAMES / 2 }, () =>
      Array.from({ length: orderCount }, () => drawOrder(prng)),
    );
    const bodies = [...first, ...first.map((orders) => orders.map(counterpartOf))].map(
      (orders, at) => {
        const account = (1 + (at % TRADERS)) as AccountIndex;
        return encodeCommands(orders.map((order) => commandOf(order, account)));
      },
    );
    this.#bodies.set(orderCount, bodies);
    return bodies;
  }
}

interface DrawnOrder {
  readonly isBuy: boolean;
  /** Takes what rests; else it rests, so far from the middle. */
  readonly isTaker: boolean;
  readonly distanceTicks: number;
  readonly lots: number;
}

/** Half of the orders rest near the middle, half take what rests. */
function drawOrder(prng: Prng): DrawnOrder {
  return {
    isBuy: prng.chance(1, 2),
    isTaker: prng.chance(1, 2),
    distanceTicks: 1 + prng.below(REACH_TICKS),
    lots: 1 + prng.below(LOTS_MAX),
  };
}

/** What takes as much as an order has brought, or brings what it has taken. */
function counterpartOf(order: DrawnOrder): DrawnOrder {
  return { ...order, isBuy: !order.isBuy, isTaker: !order.isTaker };
}

function commandOf(order: DrawnOrder, account: AccountIndex): Command {
  const { isBuy, isTaker, distanceTicks, lots } = order;
  const distance = isTaker ? REACH_TICKS : distanceTicks;
  const isAbove = isBuy === isTaker;
  return {
    kind: CommandKind.Place,
    market: 0 as MarketIndex,
    account,
    side: isBuy ? Side.Buy : Side.Sell,
    orderType: isTaker ? OrderType.ImmediateOrCancel : OrderType.Limit,
    selfTrade: SelfTrade.Allow,
    priceTicks: MID_TICKS + (isAbove ? distance : -distance),
    quantity: BigInt(lots),
    clientOrderId: 0n,
  };
}

/** Bytes of a frame of so many orders. */
export function orderBytes(orderCount: number): number {
  return orderCount * COMMAND_BYTES;
}
