import { expect, test } from "vitest";
import { BTCUSD } from "../testing/markets.ts";
import { draftOrder, missingField, type Situation, type TicketInputs } from "./order-draft.ts";

const INPUTS: TicketInputs = {
  side: "BUY",
  kind: "limit",
  price: "61800.29",
  quantity: "0.001",
  timeInForce: "GTC",
  isPostOnly: false,
  isIceberg: false,
  shown: "",
  trigger: "",
  hasTrail: false,
  trail: "",
  hasLimit: false,
  limitPrice: "",
};

/** The last price is 60,000, the best of the other side a dollar beyond it, and there is enough of everything. */
function situationOf({ side }: TicketInputs): Situation {
  const isBuy = side === "BUY";
  return {
    lastTicks: 6_000_000,
    typedTicks: 6_000_000,
    oppositeTicks: isBuy ? 6_000_100 : 5_999_900,
    availableQuanta: isBuy ? 100_000n * ONE : 2n * ONE,
  };
}

/** Quanta of a dollar, and of a coin. */
const ONE = 100_000_000n;

function draft(inputs: Partial<TicketInputs>, situation: Partial<Situation> = {}) {
  const typed = { ...INPUTS, ...inputs };
  return draftOrder(BTCUSD, typed, { ...situationOf(typed), ...situation });
}

function comma(what: string): string {
  return `The ${what} has commas that make no number: write a point before decimals, and no comma.`;
}

function twoWays(what: string, ways: string): string {
  return `The ${what} has a comma that can be read in two ways: write ${ways}.`;
}

test.each([
  [{ price: "61,800.29" }, { priceTicks: 6_180_029, lots: 100n }],
  [{ price: " 61800.290 " }, { priceTicks: 6_180_029 }],
  [{ kind: "market", price: "nonsense" } as const, { priceTicks: 0, lots: 100n }],
  [{ price: "1,000,000" }, { priceTicks: 100_000_000 }],
  // As half of the world writes it: its phones have no other key for it.
  [{ quantity: "0,5" }, { lots: 50_000n }],
  [{ quantity: "0,001" }, { lots: 100n }],
  [{ quantity: "1,5" }, { lots: 150_000n }],
  [{ quantity: "1,5000" }, { lots: 150_000n }],
  [{ price: "61800,29" }, { priceTicks: 6_180_029 }],
  [
    { quantity: "1,500" },
    { field: "quantity", text: twoWays("amount", "1500, or 1.500 (also as 1,5000)") },
  ],
  [{ quantity: "0,5,1" }, { field: "quantity", text: comma("amount") }],
  [{ price: "61.800,29" }, { field: "price", text: comma("price") }],
  [{ price: "61800.291" }, { field: "price", text: "The price must be a multiple of 0.01." }],
  [{ price: "61800.123456789" }, { field: "price", text: "The price must be a multiple of 0.01." }],
  [{ price: "abc" }, { field: "price", text: "The price is not a number." }],
  [{ price: "-1" }, { field: "price", text: "The price is not a number." }],
  [{ price: "0" }, { field: "price", text: "The price must be at least 0.01." }],
  [{ price: "1000000.01" }, { field: "price", text: "The price must be at most 1000000.00." }],
  [
    { quantity: "0.000001" },
    { field: "quantity", text: "The amount must be a multiple of 0.00001." },
  ],
  [{ quantity: "0" }, { field: "quantity", text: "The amount must be at least 0.00001." }],
  [
    { quantity: "9000.00001" },
    { field: "quantity", text: "The amount must be at most 9000.00000." },
  ],
  [{ quantity: "0.00001" }, { field: "quantity", text: "The order must be worth at least 5 USD." }],
  [
    { quantity: "9000" },
    { field: "quantity", text: "The order must be worth at most 9,000,000 USD." },
  ],
] satisfies [Partial<TicketInputs>, object][])("%o is read as %o", (inputs, expected) => {
  expect(draft(inputs)).toMatchObject(expected);
});

test("a field that is still empty is no problem yet", () => {
  expect(draft({ price: "" })).toBeUndefined();
  expect(draft({ quantity: " " })).toBeUndefined();
});

const SELL_STOP = { kind: "stop", side: "SELL", trigger: "59000", quantity: "1" } as const;
const BUY_STOP = { ...SELL_STOP, side: "BUY" } as const;

test.each([
  [SELL_STOP, "STOP_LOSS"],
  [{ ...SELL_STOP, trigger: "61000" }, "TAKE_PROFIT"],
  [BUY_STOP, "TAKE_PROFIT"],
  [{ ...BUY_STOP, trigger: "61000" }, "STOP_LOSS"],
  // One that follows the price at once gives way to it, on either side.
  [{ ...SELL_STOP, trigger: "", hasTrail: true, trail: "2" }, "STOP_LOSS"],
  [{ ...BUY_STOP, trigger: "", hasTrail: true, trail: "2" }, "STOP_LOSS"],
  [{ ...SELL_STOP, trigger: "61000", hasTrail: true, trail: "2" }, "TAKE_PROFIT"],
] satisfies [Partial<TicketInputs>, string][])("%o is a %s", (inputs, type) => {
  expect(draft(inputs)).toMatchObject({ kind: "stop", stop: { type } });
});

test("a stop has the distance and the limit that are chosen, and no other", () => {
  const typed = { ...SELL_STOP, trail: "1.25", limitPrice: "58900", timeInForce: "IOC" } as const;
  expect(draft(typed)).toMatchObject({ stop: { trailBasisPoints: 0, limitTicks: 0 } });
  expect(draft({ ...typed, hasTrail: true, hasLimit: true })).toEqual({
    kind: "stop",
    side: "SELL",
    lots: 100_000n,
    stop: {
      type: "STOP_LOSS",
      triggerTicks: 5_900_000,
      trailBasisPoints: 125,
      limitTicks: 5_890_000,
      timeInForce: "IOC",
    },
  });
});

test("the price that comes meanwhile never makes another order of a stop", () => {
  expect(draft(SELL_STOP, { lastTicks: 5_900_001 })).toMatchObject({ kind: "stop" });
  const passed = "The price has passed 59,000.00 since you chose it: choose again.";
  expect(draft(SELL_STOP, { lastTicks: 5_899_999 })).toEqual({ field: "trigger", text: passed });
});

test.each([
  [
    { ...SELL_STOP, trigger: "60000" },
    "The last price is 60,000.00: choose a trigger above or below it.",
  ],
  [{ ...SELL_STOP, trigger: "59000.001" }, "The trigger price must be a multiple of 0.01."],
  [{ ...SELL_STOP, trigger: "59.000,1" }, comma("trigger price")],
] satisfies [Partial<TicketInputs>, string][])(
  "%o has a trigger that is refused",
  (inputs, text) => {
    expect(draft(inputs)).toEqual({ field: "trigger", text });
  },
);

test("without a last price a trigger is above or below nothing", () => {
  const nothing = { lastTicks: undefined, typedTicks: undefined };
  expect(draft(SELL_STOP, nothing)).toMatchObject({ field: "trigger" });
  const trailing = { ...SELL_STOP, trigger: "", hasTrail: true, trail: "2" };
  expect(draft(trailing, nothing)).toMatchObject({ kind: "stop" });
});

test.each([
  [{ trail: "0" }, "The distance must be at least 0.01 %."],
  [{ trail: "1.005" }, "The distance must be a multiple of 0.01 %."],
  // What has fallen by all that it was is never seen.
  [{ trail: "100" }, "The distance must be at most 99.99 %."],
  [{ trail: "101", side: "BUY" }, "The distance must be at most 100 %."],
  [{ trail: "1,500" }, twoWays("distance", "1500, or 1.500 (also as 1,5000)")],
] satisfies [Partial<TicketInputs>, string][])("%o cannot be trailed by", (inputs, text) => {
  const stop = { ...SELL_STOP, trigger: "", hasTrail: true, ...inputs };
  expect(draft(stop)).toEqual({ field: "trail", text });
});

test("a stop is worth what its market asks for, at the price that it comes at", () => {
  const least = "The order must be worth at least 5 USD.";
  expect(draft({ ...SELL_STOP, quantity: "0.00008" })).toEqual({ field: "quantity", text: least });
  expect(draft({ ...SELL_STOP, quantity: "0.00009" })).toMatchObject({ lots: 9n });
  const low = { ...SELL_STOP, quantity: "0.00009", hasLimit: true, limitPrice: "50000" };
  expect(draft(low)).toEqual({ field: "quantity", text: least });
});

const SELL_PAIR = { ...SELL_STOP, kind: "oco", price: "62000" } as const;
const BUY_PAIR = { ...SELL_PAIR, side: "BUY", price: "58000", trigger: "61000" } as const;

test("a pair is an order that rests and a stop, of one amount", () => {
  expect(draft(SELL_PAIR)).toMatchObject({
    kind: "oco",
    lots: 100_000n,
    priceTicks: 6_200_000,
    stop: { type: "STOP_LOSS", triggerTicks: 5_900_000 },
  });
  expect(draft(BUY_PAIR)).toMatchObject({ priceTicks: 5_800_000, stop: { type: "STOP_LOSS" } });
});

test.each([
  [
    { ...SELL_PAIR, trigger: "61000" },
    "trigger",
    "To sell, the stop is below the last price, 60,000.00.",
  ],
  [
    { ...BUY_PAIR, trigger: "60000" },
    "trigger",
    "To buy, the stop is above the last price, 60,000.00.",
  ],
  [
    { ...SELL_PAIR, price: "59999" },
    "price",
    "This would trade at once: the price must be above the best bid, 59,999.00.",
  ],
  [
    { ...BUY_PAIR, price: "60001" },
    "price",
    "This would trade at once: the price must be below the best offer, 60,001.00.",
  ],
  [{ ...SELL_PAIR, quantity: "2.1" }, "quantity", "This needs 2.1 BTC, and 2 are available."],
  [
    { ...BUY_PAIR, quantity: "2" },
    "quantity",
    "This needs 116,000 USD, and 100,000 are available.",
  ],
] satisfies [Partial<TicketInputs>, string, string][])(
  "%o cannot be a pair: %s",
  (inputs, field, text) => {
    expect(draft(inputs)).toEqual({ field, text });
  },
);

test("where the other side of the book is empty, the orders of a pair are still apart", () => {
  const empty = { oppositeTicks: undefined };
  expect(draft({ ...SELL_PAIR, price: "59000" }, empty)).toEqual({
    field: "price",
    text: "To sell, the price is above the stop's trigger.",
  });
  expect(draft({ ...SELL_PAIR, price: "59000.01" }, empty)).toMatchObject({ kind: "oco" });
});

test.each([
  [{ price: "", quantity: "" }, "price"],
  [{ kind: "market", price: "", quantity: "" }, "quantity"],
  [{ ...SELL_STOP, trigger: "" }, "trigger"],
  [{ ...SELL_STOP, trigger: "", hasTrail: true }, "trail"],
  [{ ...SELL_STOP, hasLimit: true }, "limitPrice"],
  [{ ...SELL_PAIR, price: "", trigger: "" }, "price"],
  // What a pair has no field for is not asked for.
  [{ ...SELL_PAIR, hasTrail: true }, undefined],
  [SELL_STOP, undefined],
] satisfies [Partial<TicketInputs>, string | undefined][])(
  "of %o %s is missing",
  (inputs, field) => {
    expect(missingField({ ...INPUTS, ...inputs })).toBe(field);
    expect(draft(inputs) === undefined).toBe(field !== undefined);
  },
);

test.each([
  [{ shown: "0.0001" }, { shownLots: 10n }],
  [{ shown: "0.0001", isPostOnly: true, timeInForce: "IOC" } as const, { shownLots: 10n }],
  // What does not rest has nothing to hide.
  [{ shown: "nonsense", timeInForce: "IOC" } as const, { shownLots: 0n }],
  [{ shown: "nonsense", kind: "market" } as const, { shownLots: 0n }],
  [
    { shown: "0.001" },
    { field: "shown", text: "The shown amount must be less than the whole, 0.00100." },
  ],
  [
    { quantity: "0.1", shown: "0.00099" },
    {
      field: "shown",
      text: "The shown amount must be at least 0.00100: an iceberg comes in 100 parts at most.",
    },
  ],
  [
    { shown: "0.000001" },
    { field: "shown", text: "The shown amount must be a multiple of 0.00001." },
  ],
])("of an iceberg %o is read", (inputs, expected) => {
  expect(draft({ isIceberg: true, ...inputs })).toMatchObject(expected);
});

test("an iceberg is no order before it is said what it shows", () => {
  expect(draft({ isIceberg: true })).toBeUndefined();
  expect(missingField({ ...INPUTS, isIceberg: true })).toBe("shown");
});
