import { fail, setSafeU64, viewOf } from "@rialto/base";
import {
  encodeEvent,
  EventKind,
  EventOffset,
  type EngineEvent,
  type RejectCode,
} from "@rialto/protocol";
import type { StepBounds } from "./bounds.ts";

type WithoutCommand<Event> = Event extends EngineEvent ? Omit<Event, "command"> : never;
/** An event but for the number of the command that caused it. */
export type Outcome = WithoutCommand<EngineEvent>;

/** Why a command is not done: becomes its `Rejected` event. */
export interface Refusal {
  readonly code: RejectCode;
  /** 0 where it speaks of no order or account. */
  readonly subject: bigint;
}

export function refuse(code: RejectCode, subject: bigint | number = 0n): Refusal {
  return { code, subject: BigInt(subject) };
}

/** Writes the events of commands behind each other. */
export interface Outbox {
  /** How much of the buffer is written. */
  readonly bytes: number;
  /** Starts over at the beginning of the buffer. */
  clear(): void;
  /** True if there is surely room for what a command, or a step before one, can cause. */
  hasRoom(): boolean;
  /** Opens the command that the next events belong to, by its count. */
  startCommand(commandCount: number): void;
  /** Writes an event and returns where it starts. */
  emit(outcome: Outcome): number;
  reject(refusal: Refusal): void;
  /** Completes the `Accepted` event that starts at `offset`: its fills had to be known first. */
  setRestingLots(offset: number, lots: bigint): void;
}

export function createOutbox(events: Uint8Array, { commandEventBytesMax }: StepBounds): Outbox {
  const view = viewOf(events);
  let end = 0;
  let commandStart = 0;
  let command = 0;
  const emit = (outcome: Outcome): number => {
    const start = end;
    end = encodeEvent(view, start, { ...outcome, command });
    if (end - commandStart > commandEventBytesMax) fail("a command's events fit their bound");
    return start;
  };
  return {
    get bytes() {
      return end;
    },
    clear() {
      end = 0;
    },
    hasRoom: () => events.length - end >= commandEventBytesMax,
    startCommand(commandCount) {
      commandStart = end;
      command = commandCount >>> 0;
    },
    emit,
    reject(refusal) {
      emit({ kind: EventKind.Rejected, ...refusal });
    },
    setRestingLots(offset, lots) {
      setSafeU64(view, offset + EventOffset.restingLots, Number(lots));
    },
  };
}
