import { Fault, encodeHex, viewOf } from "@rialto/base";
import { createHotEngine, type SnapshotEngine, stateHash } from "@rialto/engine";
import {
  type Command,
  decodeEvents,
  encodeCommand,
  type EngineEvent,
  genesisCommands,
  LIST_BYTES,
  type NetworkConfig,
  networkBytes,
  type Note,
} from "@rialto/protocol";
import { createHash } from "node:crypto";
import type {
  EngineReader,
  ExchangePort,
  ExchangeStatus,
  ExecutedBatch,
  ReadModel,
  Submission,
  SubmitFaultDetail,
} from "../exchange-port.ts";

export interface MemoryExchangeOptions {
  readonly network: NetworkConfig;
  readonly readModel: ReadModel;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

/** An exchange whose log is nowhere: what is submitted is executed at once. A real port, for tests. */
export class MemoryExchange implements ExchangePort {
  readonly network: NetworkConfig;
  readonly networkHash: string;
  readonly nodeId = "memory";
  readonly hotEngine: SnapshotEngine;
  readonly #options: MemoryExchangeOptions;
  /** Every batch so far, for a read model that starts behind. */
  readonly batches: ExecutedBatch[] = [];
  #sequence = 0;
  #lastMs = 0;
  /** What the next submissions fail with, instead of being executed. */
  failure: SubmitFaultDetail | undefined;
  /** Awaited before each submission is executed. */
  delay: (() => Promise<void>) | undefined;
  isReady = true;

  constructor(options: MemoryExchangeOptions) {
    this.#options = options;
    const { network } = options;
    this.network = network;
    const genesis = genesisCommands(network);
    if (genesis instanceof Fault) throw genesis;
    this.networkHash = encodeHex(
      createHash("sha256").update(networkBytes(network, genesis)).digest(),
    );
    this.hotEngine = createHotEngine({ limits: network.capacities, hashKey: 1n });
    options.readModel.load(this.hotEngine);
    this.run(genesis);
  }

  get engine(): EngineReader {
    return this.hotEngine;
  }

  nowMs(): number {
    return (this.#options.nowMs ?? Date.now)();
  }

  async submit(submission: Submission): Promise<readonly EngineEvent[]> {
    await this.delay?.();
    if (this.failure !== undefined) throw new Fault(this.failure, "error");
    return this.run(submission.commands, submission.texts);
  }

  /** Executes commands as one batch and returns their events. */
  run(
    commands: readonly Command[],
    texts: readonly (string | undefined)[] = [],
  ): readonly EngineEvent[] {
    const bytes = new Uint8Array(commands.length * LIST_BYTES);
    const view = viewOf(bytes);
    let end = 0;
    for (const command of commands) end = encodeCommand(view, end, command);
    const notes: Note[] = [];
    texts.forEach((text, commandIndex) => {
      if (text !== undefined) notes.push({ commandIndex, text });
    });
    return this.#execute(bytes.slice(0, end), commands.length, notes);
  }

  #execute(commands: Uint8Array, commandCount: number, notes: readonly Note[]): EngineEvent[] {
    const engine = this.hotEngine;
    this.#lastMs = Math.max(this.#lastMs, this.nowMs());
    const firstCommand = engine.counts().commands;
    engine.commands.set(commands);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < commands.length;) {
      at = engine.execute(at, commands.length, this.#lastMs);
      pieces.push(engine.events.slice(0, engine.eventBytes));
    }
    const batch: ExecutedBatch = {
      sequence: ++this.#sequence,
      nowMs: this.#lastMs,
      firstCommand,
      commandCount,
      commands,
      notes,
      events: Buffer.concat(pieces),
    };
    this.batches.push(batch);
    this.#options.readModel.apply(batch);
    return decodeEvents(batch.events);
  }

  status(): ExchangeStatus {
    return {
      ready: this.isReady,
      reason: this.isReady ? "" : "told so by a test",
      durability: "memory",
      sequence: this.#sequence,
      commands: this.hotEngine.counts().commands,
      queuedBytes: 0,
      startedMs: 0,
    };
  }

  stateHash(): string {
    return encodeHex(stateHash(this.hotEngine, createHash("sha256")));
  }
}
