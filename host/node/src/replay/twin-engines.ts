import { assert, equalBytes, viewOf } from "@rialto/base";
import { createEngine, type Engine, type EngineLimits, stateBytes } from "@rialto/engine";
import { createOracle } from "@rialto/engine/oracle";
import { type Command, decodeEvents, encodeCommand, type EngineEvent } from "@rialto/protocol";

type Hot = ReturnType<typeof createEngine>;

/** The hot core and the oracle, which are given the same commands and have to agree on every byte of their events. */
export class TwinEngines {
  readonly hot: Hot;
  readonly #oracle: ReturnType<typeof createOracle>;
  commandCount = 0;

  constructor(limits: EngineLimits) {
    this.hot = createEngine({ limits });
    this.#oracle = createOracle(limits);
  }

  /**
   * Executes one command in both engines, and counts the money of both.
   *
   * Errors   an `InvariantError` where they differ, or where a quantum has appeared or vanished.
   */
  execute(command: Command, nowMs: number): readonly EngineEvent[] {
    const { hot } = this;
    const oracle = this.#oracle;
    const events = executeWhole(hot, command, nowMs);
    const expected = executeWhole(oracle, command, nowMs);
    this.commandCount += 1;
    assert(equalBytes(events, expected), "hot core and oracle agree on every event");
    hot.auditBalances();
    oracle.auditIssue();
    return decodeEvents(events);
  }

  /** Compares the whole states, and recomputes in both engines everything that can be derived. */
  audit(): void {
    const same = equalBytes(stateBytes(this.hot), stateBytes(this.#oracle));
    assert(same, "hot core and oracle are in the same state");
    this.hot.audit();
    this.#oracle.audit();
  }
}

/** Executes one command. Returns the bytes of all its events, and of what was due before it. */
function executeWhole(engine: Engine, command: Command, nowMs: number): Uint8Array {
  const end = encodeCommand(viewOf(engine.commands), 0, command);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < end;) {
    at = engine.execute(at, end, nowMs);
    pieces.push(engine.events.slice(0, engine.eventBytes));
  }
  return Buffer.concat(pieces);
}
