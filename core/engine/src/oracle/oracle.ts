import { fail, viewOf } from "@rialto/base";
import {
  COMMAND_BUFFER_BYTES,
  commandBytes,
  CommandKind,
  decodeCommand,
  EVENT_BUFFER_BYTES,
  parseCommands,
  type Command,
} from "@rialto/protocol";
import type { Engine, EngineLimits } from "../engine.ts";
import { amendOrder } from "./amend.ts";
import { audit } from "./audit.ts";
import { auditIssue } from "./audit-money.ts";
import { STEP_BOUNDS, type StepBounds } from "./bounds.ts";
import { cancelAll, cancelOrder, replaceOrder } from "./cancel.ts";
import { setDeadline } from "./deadline.ts";
import { createExchange } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import { setMarketGuard } from "./guard.ts";
import { setAccountFees, setFeeTier } from "./fees.ts";
import {
  addAsset,
  deposit,
  openAccount,
  openSubAccount,
  transferQuanta,
  withdraw,
} from "./ledger.ts";
import { changeMarket, delistMarket, listMarket } from "./listing.ts";
import { setAccountState, setMarketState, setTrading } from "./market-state.ts";
import { massCancel } from "./mass-cancel.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { placeOrder } from "./place.ts";
import { placeList } from "./place-list.ts";
import { placeSpecial } from "./place-special.ts";
import { setProtection } from "./protection.ts";
import { createQueries } from "./queries.ts";
import { allowStep, prepare, settle } from "./settle.ts";
import { writeState } from "./state-stream.ts";

export interface Oracle extends Engine {
  /** The part of `audit` that is cheap enough for every command: no quantum appeared or vanished. */
  auditIssue(): void;
}

/**
 * The naive engine: matching.md once more, in plain objects, to compare the fast one with.
 *
 * `bounds`: the protocol's, but for a fuzzer that is to reach what random commands seldom do.
 *
 * Effects  allocates its buffers; all else grows with what it is told.
 * Errors   an `InvariantError` for limits that the protocol does not allow.
 */
export function createOracle(limits: EngineLimits, bounds: StepBounds = STEP_BOUNDS): Oracle {
  const exchange = createExchange(limits, bounds);
  const commands = new Uint8Array(COMMAND_BUFFER_BYTES);
  const events = new Uint8Array(EVENT_BUFFER_BYTES);
  const outbox = createOutbox(events, bounds);
  return {
    commands,
    events,
    get eventBytes() {
      return outbox.bytes;
    },
    execute(start, end, nowMs) {
      if (start < 0 || end < start || end > commands.length) fail("commands are in their buffer");
      if (!Number.isSafeInteger(nowMs) || nowMs < 0) fail("a time is a safe integer");
      if (nowMs > exchange.nowMs) exchange.mayBeDue = true;
      exchange.nowMs = Math.max(exchange.nowMs, nowMs);
      outbox.clear();
      return executeWhileRoom(exchange, commands.subarray(0, end), start, outbox);
    },
    ...createQueries(exchange),
    writeState: (write) => writeState(exchange, write),
    audit: () => audit(exchange),
    auditIssue: () => auditIssue(exchange),
  };
}

/** Executes the commands from `start` on. Returns where it ran out of commands or event room. */
function executeWhileRoom(
  exchange: Exchange,
  commands: Uint8Array,
  start: number,
  outbox: Outbox,
): number {
  const view = viewOf(commands);
  let offset = start;
  while (offset < commands.length) {
    if (!prepare(exchange, outbox)) break;
    const next = offset + commandBytes(view.getUint8(offset));
    // One at a time, so that the commands behind an early stop are not parsed again and again.
    if (parseCommands(commands.subarray(offset, next)) !== 1) fail("commands were parsed before");
    allowStep(exchange, outbox);
    executeCommand(exchange, decodeCommand(view, offset), outbox);
    settle(exchange, outbox);
    exchange.commandCount += 1;
    offset = next;
  }
  return offset;
}

function executeCommand(exchange: Exchange, command: Command, outbox: Outbox): void {
  switch (command.kind) {
    case CommandKind.Place:
      return placeOrder(exchange, command, outbox);
    case CommandKind.Cancel:
      return cancelOrder(exchange, command, outbox);
    case CommandKind.CancelAll:
      return cancelAll(exchange, command, outbox);
    case CommandKind.Replace:
      return replaceOrder(exchange, command, outbox);
    case CommandKind.SetProtection:
      return setProtection(exchange, command, outbox);
    case CommandKind.SetDeadline:
      return setDeadline(exchange, command, outbox);
    case CommandKind.PlaceList:
      return placeList(exchange, command, outbox);
    case CommandKind.PlaceSpecial:
      return placeSpecial(exchange, command, outbox);
    case CommandKind.Amend:
      return amendOrder(exchange, command, outbox);
    case CommandKind.OpenAccount:
      return openAccount(exchange, command.number, outbox);
    case CommandKind.OpenSubAccount:
      return openSubAccount(exchange, command, outbox);
    case CommandKind.Transfer:
      return transferQuanta(exchange, command, outbox);
    case CommandKind.SetFeeTier:
      return setFeeTier(exchange, command, outbox);
    case CommandKind.SetAccountFees:
      return setAccountFees(exchange, command, outbox);
    case CommandKind.Deposit:
      return deposit(exchange, command, outbox);
    case CommandKind.Withdraw:
      return withdraw(exchange, command, outbox);
    case CommandKind.AddAsset:
      return addAsset(exchange, outbox, command.name);
    case CommandKind.ListMarket: {
      const { kind: _, number, ...terms } = command;
      return listMarket(exchange, terms, outbox, number);
    }
    case CommandKind.ChangeMarket:
      return changeMarket(exchange, command, outbox);
    case CommandKind.DelistMarket:
      return delistMarket(exchange, command.market, outbox);
    case CommandKind.SetMarketState:
      return setMarketState(exchange, command, outbox);
    case CommandKind.MassCancel:
      return massCancel(exchange, command, outbox);
    case CommandKind.SetTrading:
      return setTrading(exchange, command.enabled, outbox);
    case CommandKind.SetMarketGuard:
      return setMarketGuard(exchange, command, outbox);
    case CommandKind.SetAccountState:
      return setAccountState(exchange, command, outbox);
  }
}
