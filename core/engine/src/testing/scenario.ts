import { createHash } from "node:crypto";
import { decodeEvents, encodeCommand, type EngineEvent } from "@rialto/protocol";
import { viewOf } from "@rialto/base";
import type { Engine, EngineLimits } from "../engine.ts";
import { stateHash } from "../state-hash.ts";
import { checkStateRow, isStateRow } from "./scenario-checks.ts";
import { parseCommandRow, parseLimits } from "./scenario-commands.ts";
import { describeEvents } from "./scenario-describe.ts";
import { checkEvents } from "./scenario-events.ts";
import { parseRow, type Row } from "./scenario-text.ts";
import { createWorld, type World } from "./scenario-world.ts";

// A scenario is a text table that a trader can read: a row is a command with what must come of it
// behind a bar, or a statement about the exchange. `--` starts a comment.
//
//   limits    orders 3 pages 1 ...                  first row, if at all; the rest is plentiful
//   asset     USD [named GOLD 4]
//   market    BTC/USD [number 3] [ticks 1..99] [reference 9] [lots 1..9] [lot 1] [tickLot 1] [state halted]
//                     [notional 1..9] [fees maker/taker] [band up/down] [as NAME]
//   change    BTC/USD [whole] [lots 1..9] [notional 1..9] [fees maker/taker] [band up/down]
//   delist    BTC/USD
//   account   alice [NUMBER]
//   deposit   alice  1000 USD [ref N]
//   withdraw  alice  1000 USD [ref N]
//   place     alice  buy 7 @ 1600 gtc|ioc|fok|post [self allow|taker|maker|both|decrement]
//                                                  [client N] [on MARKET]
//   place     alice  sell 7 market                  7 lots of base
//   place     alice  buy 7 @ 100 gtc show 2 until 500      an iceberg that ends at a time
//   place     alice  buy 7 @ 100 post pegged 2            2 ticks behind the best bid, at most 100
//   place     alice  sell 7 market stop|take 90 [by quote]|trail 5     waits for a price
//   place     alice  buy 700 quote                  700 quanta of quote
//   cancel    alice  alice#1                        alice's first accepted order
//   cancel    alice  client 77
//   cancelAll alice  both|buys|sells [on MARKET]    without `on`: all markets
//   replace   alice  alice#1 with buy 7 @ 1500 gtc ... [mode stop|allow]
//   oco|oto|otoco alice  sell 5 @ 110 gtc and sell 5 market stop 90 [and ...]
//   list 9    alice  ...                            the same of a kind that there is not
//   amend     alice  alice#1 to 5 @ 100 [if 7] [gtc|post] [self ...]   only if it has 7 left and keeps its place
//   state     BTC/USD trading|cancelOnly|halted|preOpen|auction|postOnly|closed
//   massCancel both|buys|sells [on MARKET] [of alice]   by the operator
//   tier      0 1 USD maker N|rebate N taker N from N   tier 1 of schedule 0, from a volume on
//   schedule  alice 0|none                          whose fees follow a schedule
//   subaccount desk of alice
//   transfer  alice desk 100 USD
//   protection alice BTC/USD window 500 lots 9 fills 3   for orders placed `protected`; without more: none
//   deadline  alice 500|off                         in ms; all orders end when it passes
//   guard     BTC/USD up/down window 500 auction 100    or: guard BTC/USD off
//   trading   on|off                                everybody may trade, or nobody
//   trader    alice on|off
//   repeat 9  place ...                             the same row nine times
//
// What must come, in this order, nothing else, parts in brackets checked only if they are there:
//
//   rests N                    N lots wait in the book; without it none do
//   fills N @ P [alice#1] [maker fee N|rebate N] [taker fee N]    a fee not named is 0
//   prevents N @ P [alice#1]   lots lost to self-trade prevention
//   cancels alice#1 N [Reason] an order that waited (or: any); Reason defaults to the command's
//   ends N Reason              the order of this row, with N lots or quanta left
//   ... times N                the same N times over
//   then ...                   what stands before has happened before the row's command; said where that is not plain
//   completes                  the order of this row, without any further event
//   count N [more]             how many a cancelAll or massCancel cancelled, and that there are others
//   amends N kept|moved        an amended order: N lots wait in its place, or at the end of a level
//   pegs      alice#1 N [@ P]  a pegged order moves, or waits for a price to follow
//   trips     alice            her protection: her protected orders in the market end
//   passes    alice            all its orders have ended, for its deadline has passed
//   auctions N @ P alice#1 bob#1 [fees N N]     buyer and seller of an uncrossing
//   indicates N @ P [buy|sell N]   what an auction would trade; not looked at unless a row says so
//   turns closed               the market has gone to a state by itself
//   waits                      the order of this row waits for its price
//   triggers alice#1 [N]       an order that waited (or: any) has come, and N lots of it rest
//   declines alice#1 Code      an order that waited was refused when it came
//   shows N [alice#1]          what an iceberg shows now
//   rejects Code [SUBJECT]     SUBJECT defaults to what §2 says
//   done                       a command about the ledger or a market
//
// Without a bar, a place rests in full and a ledger command is done. Statements:
//
//   book      [MARKET] bids 5 @ 1600, 3 @ 1590 | asks -
//   heads     [MARKET] bid 2 | ask -                the first order at each of the best prices: its lots
//   balance   alice USD available 100 reserved 20   or: balance alice USD none
//   fees      USD 3
//   issued    USD 1000
//   order     alice#1 | open sell 5 @ 1600   or: | gone   or: | is 2:1  (generation:slot)
//   orders    alice | alice#1 alice#3               the lowest slot first
//   client    alice 77 | alice#2
//   last      [MARKET] 1600 trades 3
//   time      500                                   of the next command; else a row is a millisecond
//   counts    orders 3 pages 2 balances 4 accounts 2 assets 2 markets 1
//
// A word that must be known may be a number instead, to say what no trader would: side 7, market 9.

/** A row of a scenario did not hold. The message shows the table. */
export class ScenarioError extends Error {
  constructor(table: string, row: Row, detail: string, cause?: unknown) {
    const lines = table.split("\n").map((line, index) => {
      return `${index === row.lineIndex ? ">" : " "} ${line}`;
    });
    super(`${detail}\n\n${lines.join("\n")}\n`, cause === undefined ? undefined : { cause });
    this.name = "ScenarioError";
  }
}

/** A row that held. */
export interface HeldRow {
  readonly line: string;
  /** Of the engine after it. */
  readonly stateHash: string;
}

/**
 * Runs a table against a fresh engine, which is audited after every row.
 *
 * Returns  the rows, all of which held.
 * Errors   a `ScenarioError` at the first row that does not hold.
 */
export function runScenario(
  create: (limits: EngineLimits) => Engine,
  table: string,
): readonly HeldRow[] {
  const lines = table.split("\n");
  const held: HeldRow[] = [];
  const rows = table.split("\n").flatMap((line, lineIndex) => parseRow(line, lineIndex) ?? []);
  const first = rows[0];
  const hasLimits = first?.words[0] === "limits";
  const world = createWorld(create(parseLimits(hasLimits ? first.words.slice(1) : [])));
  for (const row of hasLimits ? rows.slice(1) : rows) {
    try {
      for (let left = row.repeatCount; left > 0; left--) runRow(world, row);
      world.engine.audit();
      held.push({ line: lines[row.lineIndex]!, stateHash: hashOf(world.engine) });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new ScenarioError(table, row, `line ${row.lineIndex + 1}: ${detail}`, error);
    }
  }
  return held;
}

function hashOf(engine: Engine): string {
  return Buffer.from(stateHash(engine, createHash("sha256"))).toString("hex");
}

function runRow(world: World, row: Row): void {
  if (isStateRow(row)) {
    checkStateRow(world, row);
    return;
  }
  const { engine } = world;
  const parsed = parseCommandRow(world, row);
  const commandCount = engine.counts().commands;
  const end = encodeCommand(viewOf(engine.commands), 0, parsed.command);
  world.nowMs += 1;
  const events: EngineEvent[] = [];
  for (let at = 0; at < end;) {
    at = engine.execute(at, end, world.nowMs);
    for (const event of decodeEvents(engine.events.subarray(0, engine.eventBytes)))
      events.push(event);
  }
  parsed.learn(events);
  const mismatch = checkEvents(world, row, { ...parsed, commandCount, events });
  if (mismatch !== undefined) {
    throw new Error(`${mismatch}\n  came: ${describeEvents(world, events)}`);
  }
}
