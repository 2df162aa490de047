import { Fault } from "@rialto/base";
import {
  type AccountIndex,
  type Command,
  CommandKind,
  type EngineEvent,
  EventKind,
  RejectCode,
} from "@rialto/protocol";
import type { ExchangePort, Submission, SubmitFaultDetail } from "../exchange-port.ts";
import { ApiError, apiError } from "./api-error.ts";
import { findOutcome } from "./order-outcome.ts";
import { rejectError } from "./reject-errors.ts";

/** Where commands go from the gateway into the exchange, and faults come back as answers. */
export class OrderDesk {
  readonly #exchange: ExchangePort;
  /** Accounts that are being opened: whoever needs one meanwhile waits for the same. */
  readonly #opening = new Map<bigint, Promise<AccountIndex | ApiError>>();
  /** Accounts and names of the lists that are being placed. */
  readonly #placing = new Set<string>();
  /** By what is changed in turn: ends with the change that was asked for last. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(exchange: ExchangePort) {
    this.#exchange = exchange;
  }

  /** The account of a number, if it is open. */
  findAccount(number: bigint): AccountIndex | undefined {
    return this.#exchange.engine.findAccount(number);
  }

  /** The account of a number, which is opened if it is not. */
  async account(number: bigint): Promise<AccountIndex | ApiError> {
    const account = this.findAccount(number);
    if (account !== undefined) return account;
    let opening = this.#opening.get(number);
    if (opening === undefined) {
      opening = this.#openAccount(number).finally(() => this.#opening.delete(number));
      this.#opening.set(number, opening);
    }
    return opening;
  }

  async #openAccount(number: bigint): Promise<AccountIndex | ApiError> {
    const events = await this.submit({ kind: CommandKind.OpenAccount, number });
    if (events instanceof ApiError) return events;
    const event = findOutcome(events, EventKind.AccountOpened);
    if (event === undefined) return apiError("UNKNOWN");
    if (event.kind === EventKind.AccountOpened) return event.account;
    // Another gateway of the same exchange may have been first.
    if (event.code === RejectCode.AccountExists) return Number(event.subject) as AccountIndex;
    return rejectError(event.code);
  }

  /**
   * Has a list placed that its account calls `name`. The engine does not know what lists are called, so another one of
   * that name which is on its way here is a duplicate.
   *
   * Effects  `texts` are what the list and its orders are called.
   */
  async placeList(
    command: Extract<Command, { readonly kind: typeof CommandKind.PlaceList }>,
    texts: readonly [name: string, ...orders: string[]],
  ): Promise<readonly EngineEvent[] | ApiError> {
    const place = `${command.legs[0]!.account} ${texts[0]}`;
    if (this.#placing.has(place)) return apiError("DUPLICATE_ORDER");
    this.#placing.add(place);
    try {
      return await this.submit(command, texts.join(","));
    } finally {
      this.#placing.delete(place);
    }
  }

  /** Does what reads a thing, and has it changed by that, when the changes of it that were asked for before are done. */
  async inTurn<T>(thing: string, change: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(thing) ?? Promise.resolve();
    const turn = before.then(change, change);
    this.#turns.set(thing, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(thing) === turn) this.#turns.delete(thing);
    }
  }

  /**
   * Has one command executed that is answered by an event of `kind`. Returns that event, or why there is none: a fault of the exchange,
   * or the engine's refusal.
   */
  async outcome<Kind extends EventKind>(
    command: Command,
    kind: Kind,
  ): Promise<Extract<EngineEvent, { readonly kind: Kind }> | ApiError> {
    const events = await this.submit(command);
    if (events instanceof ApiError) return events;
    const event = findOutcome(events, kind);
    if (event === undefined) return apiError("UNKNOWN");
    return isRefusal(event) ? rejectError(event.code) : event;
  }

  /** Has one command executed. Returns its events, or why there are none. */
  async submit(command: Command, text?: string): Promise<readonly EngineEvent[] | ApiError> {
    return await this.#submit({ commands: [command], texts: [text] });
  }

  /** Has commands executed one behind the other, with nothing between. Returns their events, or why there are none. */
  async submitAll(commands: readonly Command[]): Promise<readonly EngineEvent[] | ApiError> {
    return await this.#submit({ commands });
  }

  async #submit(submission: Submission): Promise<readonly EngineEvent[] | ApiError> {
    try {
      return await this.#exchange.submit(submission);
    } catch (error) {
      return submitError(error);
    }
  }
}

type Refusal = Extract<EngineEvent, { readonly kind: typeof EventKind.Rejected }>;

function isRefusal(event: EngineEvent): event is Refusal {
  return event.kind === EventKind.Rejected;
}

/** The answer for a fault of the exchange; anything else is a bug and is thrown on. */
function submitError(error: unknown): ApiError {
  if (!(error instanceof Fault)) throw error;
  const detail = error.detail as SubmitFaultDetail;
  switch (detail.code) {
    case "EXCHANGE_OVERLOADED":
      return apiError("OVERLOADED");
    case "EXCHANGE_UNAVAILABLE":
      return apiError("UNAVAILABLE", detail.reason);
    case "EXCHANGE_CANCEL_ONLY":
      return apiError("CANCEL_ONLY", detail.reason);
    case "EXCHANGE_UNKNOWN":
      return apiError("TIMEOUT");
    default:
      throw error;
  }
}
