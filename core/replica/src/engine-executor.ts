import { Fault } from "@rialto/base";
import { concatBytes, type Frame } from "@rialto/consensus";
import { type Engine, type IncrementalHash, stateHash } from "@rialto/engine";
import type { LogRecord } from "@rialto/protocol";
import { parseCommandFrame } from "./command-frame.ts";
import { EventArena } from "./event-arena.ts";
import type { Executor } from "./execution.ts";
import { splitEvents } from "./results.ts";

/** A frame that the engine has just executed. */
export interface ExecutedFrame {
  readonly frame: Frame;
  /** Aliases the frame. */
  readonly record: LogRecord;
  /** Commands that the engine had executed before. */
  readonly firstCommand: number;
  /** The time at which they were executed. */
  readonly nowMs: number;
  /** Borrowed until the executor is told to forget. */
  readonly events: Uint8Array;
}

/**
 * Drives an engine by frames of commands.
 *
 * A frame whose commands are not well formed executes as nothing, on every member alike: whoever ordered it may have
 * been a liar.
 */
export class EngineExecutor implements Executor {
  readonly #engine: Engine;
  readonly #createHash: () => IncrementalHash;
  readonly #observe: (executed: ExecutedFrame) => void;
  readonly #arena = new EventArena();

  constructor(options: {
    readonly engine: Engine;
    /** A fresh SHA-256. */
    readonly createHash: () => IncrementalHash;
    /** Told of each frame while the engine stands exactly behind it. */
    readonly observe?: (executed: ExecutedFrame) => void;
  }) {
    this.#engine = options.engine;
    this.#createHash = options.createHash;
    this.#observe = options.observe ?? (() => undefined);
  }

  execute(frame: Frame, nowMs: number): Uint8Array {
    const record = parseCommandFrame(frame.bytes);
    if (record instanceof Fault) return new Uint8Array(0);
    const firstCommand = this.#engine.counts().commands;
    const events = this.#run(record.commands, nowMs);
    this.#observe({ frame, record, firstCommand, nowMs, events });
    return events;
  }

  forget(): void {
    this.#arena.clear();
  }

  #run(commands: Uint8Array, nowMs: number): Uint8Array {
    const engine = this.#engine;
    engine.commands.set(commands);
    const events: Uint8Array[] = [];
    for (let at = 0; at < commands.length;) {
      const next = engine.execute(at, commands.length, nowMs);
      events.push(this.#arena.keep(engine.events.subarray(0, engine.eventBytes)));
      // Listing a market may replace the windows: what is left must stand in the new one.
      if (next < commands.length) engine.commands.set(commands.subarray(next), next);
      at = next;
    }
    return events.length === 1 ? events[0]! : concatBytes(...events);
  }

  split(events: Uint8Array): readonly Uint8Array[] {
    return splitEvents(events);
  }

  stateRoot(): Uint8Array {
    return stateHash(this.#engine, this.#createHash());
  }
}
