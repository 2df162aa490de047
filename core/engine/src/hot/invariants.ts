/** What the hot core found broken, by the number it gives. Mirrors root.ts and audit.ts of assembly. */
const TEXTS: Readonly<Record<number, string>> = {
  0: "the core stays in its memory: it has trapped, and no check of its own has failed",
  1: "an account has reserved what its open orders need",
  2: "an account has what it pays",
  4: "a command is of a known kind",
  5: "commands end where the batch ends",
  6: "an account that trades has its balance rows",
  8: "an open order with a client id is in the client table",
  9: "the memory can grow to hold another market's ladders",
  10: "a special order has its record",
  101: "assets conserve: balances and fees equal what was issued",
  102: "reserves equal what open orders need",
  104: "links of a level point back",
  105: "an order knows its level",
  106: "an order in the book is not free, and on its side",
  107: "occupancy marks exactly the levels with orders",
  108: "the bitmap marks exactly the pages in use",
  109: "the best price is the best occupied level",
  110: "the book is not crossed",
  111: "an account's seats hold exactly its open orders",
  112: "the count of open orders holds",
  113: "the count of pages holds",
  114: "the stack of free slots holds exactly the free slots",
  115: "a client id leads to its order",
  116: "an account number leads to its account",
  117: "the count of balance rows holds",
  118: "the count of markets that are halted, in an auction or have pegged orders holds",
  119: "the price range follows from the terms and the last trade",
  120: "no balance is negative",
  121: "the count of special orders holds",
  122: "an order waits for its price or another order, is ripe, or is in its book",
  123: "a tree is in order, and its links point back",
  124: "a market's timers are in their tree",
  125: "the orders of a list know each other",
  126: "a count of volume is its days'",
  127: "a market has the lots of the first orders at its best prices",
};

/** The text of a broken invariant. */
export function invariantText(number: number): string {
  return TEXTS[number] ?? `engine invariant ${number}`;
}
