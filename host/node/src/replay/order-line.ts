import { Side, TEXT_DECIMALS } from "@rialto/protocol";
import { Fault } from "@rialto/base";
import { type MarketSteps, parseTicks } from "./market-steps.ts";
import { incompleteFault, lineFault, type ReplayFault } from "./replay-fault.ts";

// One line of an order-by-order file: what a venue did with one order.

const HEADER = "id,timestamp,exchange.timestamp,price,volume,action,direction";
const ACTIONS = ["created", "changed", "deleted"] as const;

/** `lots` is what is left of the order after the event; what was left before, where it was deleted. */
export interface OrderEvent {
  readonly line: number;
  /** When it was recorded, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly orderId: string;
  readonly action: (typeof ACTIONS)[number];
  readonly side: Side;
  readonly priceTicks: number;
  readonly lots: number;
}

/** Reads an order-by-order file from its lines. Errors: the first line that is wrong, returned. */
export function parseOrderFile(
  lines: readonly string[],
  steps: MarketSteps,
): readonly OrderEvent[] | ReplayFault {
  const [header, ...rows] = lines;
  if (header?.trimEnd() !== HEADER) return lineFault(1, `the header is not "${HEADER}"`);
  const events: OrderEvent[] = [];
  const created = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const event = parseOrderLine(row, index + 2, steps);
    if (event instanceof Fault) return event;
    if (event.action === "created") {
      const { orderId } = event;
      if (created.has(orderId)) return lineFault(event.line, `order ${orderId} is created again`);
      created.add(orderId);
    }
    events.push(event);
  }
  return created.size === 0 ? incompleteFault("the file creates no order") : events;
}

/**
 * Reads one line.
 *
 * Units    `line` counts from 1, the header's. Volumes are integers of 10^-8.
 * Errors   REPLAY_LINE_INVALID, returned.
 */
export function parseOrderLine(
  text: string,
  line: number,
  steps: MarketSteps,
): OrderEvent | ReplayFault {
  const fields = text.trimEnd().split(",");
  if (fields.length !== 7) return lineFault(line, `it has ${fields.length} fields, not 7`);
  const [orderId = "", time = "", , price = "", volume = "", word, direction] = fields;
  // A client order id is made of it.
  if (!/^\d{1,20}$/.test(orderId)) return lineFault(line, "its id is not a number");
  if (!/^\d{1,15}$/.test(time)) return lineFault(line, "its timestamp is not in milliseconds");
  const priceTicks = parseTicks(price, steps);
  if (typeof priceTicks === "string") return lineFault(line, priceTicks);
  if (priceTicks === 0) return lineFault(line, "its price is zero");
  const lots = parseVolume(volume, steps);
  if (typeof lots === "string") return lineFault(line, lots);
  const action = ACTIONS.find((each) => each === word);
  if (action === undefined) return lineFault(line, `its action is none of ${ACTIONS.join(", ")}`);
  if (action === "created" && lots === 0) return lineFault(line, "an order of nothing is created");
  if (direction !== "bid" && direction !== "ask") {
    return lineFault(line, "its direction is neither bid nor ask");
  }
  const side = direction === "bid" ? Side.Buy : Side.Sell;
  return { line, timeMs: Number(time), orderId, action, side, priceTicks, lots };
}

function parseVolume(text: string, steps: MarketSteps): number | string {
  if (!/^\d{1,18}$/.test(text)) return `its volume is not an integer of 10^-${TEXT_DECIMALS}`;
  const value = BigInt(text);
  if (value % steps.lot !== 0n) return `its volume ${text} is not a multiple of a lot`;
  const lots = Number(value / steps.lot);
  return Number.isSafeInteger(lots) ? lots : `its volume ${text} is too large`;
}
