import { Fault } from "@rialto/base";
import { concatBytes, type Frame, FRAME_HEAD_BYTES } from "@rialto/consensus";
import { type Engine, type IncrementalHash, stateHash } from "@rialto/engine";
import { parseCommands } from "@rialto/protocol";
import type { Executor } from "./execution.ts";
import { splitEvents } from "./results.ts";

/** Splits the body of a frame into commands, in the form that the engine takes. */
export type OpenCommands = (body: Uint8Array) => Uint8Array;

/**
 * Drives an engine by frames: what follows a frame's head are encoded commands.
 *
 * A frame whose commands are not well formed executes as nothing, on every member alike: whoever ordered it may have
 * been a liar.
 */
export class EngineExecutor implements Executor {
  readonly #engine: Engine;
  readonly #createHash: () => IncrementalHash;
  readonly #openCommands: OpenCommands;

  constructor(options: {
    readonly engine: Engine;
    /** A fresh SHA-256. */
    readonly createHash: () => IncrementalHash;
    /** Where frames carry more than commands, a client's signature say: the part that is commands. */
    readonly openCommands?: OpenCommands;
  }) {
    this.#engine = options.engine;
    this.#createHash = options.createHash;
    this.#openCommands = options.openCommands ?? ((body) => body);
  }

  execute(frame: Frame, commitMs: number): Uint8Array {
    const commands = this.#openCommands(frame.bytes.subarray(FRAME_HEAD_BYTES));
    if (parseCommands(commands) instanceof Fault) return new Uint8Array(0);
    const engine = this.#engine;
    engine.commands.set(commands);
    const events: Uint8Array[] = [];
    for (let at = 0; at < commands.length;) {
      const next = engine.execute(at, commands.length, commitMs);
      events.push(engine.events.slice(0, engine.eventBytes));
      // Listing a market may replace the windows: what is left must stand in the new one.
      if (next < commands.length) engine.commands.set(commands.subarray(next), next);
      at = next;
    }
    return concatBytes(...events);
  }

  split(events: Uint8Array): readonly Uint8Array[] {
    return splitEvents(events);
  }

  stateRoot(): Uint8Array {
    return stateHash(this.#engine, this.#createHash());
  }
}
