// Drives the real engine through its public batch entry with the commands of a LOB1 workload. The client, with its
// own table from LOB1 ids to order ids, is bench/assembly/driver.ts, and its time counts; or it names its orders by client
// order ids of its own, sparse numbers of 64 bits.

import { assert } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { EventKind, EventOffset } from "@rialto/protocol";
import { bareModule } from "./bare-module.ts";
import { driverLimits, openExchange } from "./driver-exchange.ts";
import {
  BATCH_COMMANDS_MAX,
  BATCH_WORDS,
  type DriverScript,
  type IdMode,
  scriptOf,
} from "./driver-script.ts";
import { DRIVER_WASM_BASE64 } from "./generated/driver-wasm.ts";
import type { Workload } from "./lob1.ts";
import { TradeChecksum } from "./trade-checksum.ts";

const MEMORY_PAGE_BYTES = 0x1_0000;
const SLOT_MASK = 0xff_ffff;

interface DriverExports {
  readonly begin: (bufferAt: number, eventsAt: number, idsAt: number, nobodyAt: number) => void;
  readonly fill: (patch: number, patchEnd: number) => void;
  readonly readEvents: (bytes: number, names: number) => void;
  readonly countEvents: (bytes: number) => void;
  readonly tradeCount: () => number;
}

export interface EngineDriverOptions {
  /** How the client names its orders. */
  readonly ids: IdMode;
  /** Keep the checksum of all trades, which costs time. */
  readonly verify?: boolean;
  /** On the build without accounts. */
  readonly isBare?: boolean;
  /** Commands of a batch, up to 256. */
  readonly batchMax?: number;
}

const driverModule = new WebAssembly.Module(Buffer.from(DRIVER_WASM_BASE64, "base64"));

/** An engine with the workload's markets listed, everybody's pockets full, and its client. */
export class EngineDriver {
  readonly engine: SnapshotEngine;
  readonly #script: DriverScript;
  readonly #driver: DriverExports;
  readonly #readEvents: (bytes: number, names: number) => void;
  /** The engine's command buffer. */
  readonly #buffer: Uint8Array;
  readonly #patchesAt: number;
  /** Address of the first command's name, minus 4 times the number that the engine gives to it. */
  readonly #namesBase: number;
  readonly #checksum: TradeChecksum | undefined;
  /** LOB1 id by order slot: only the verifying run asks who the maker was. */
  readonly #idBySlot: Int32Array;
  #load = 0;

  constructor(workload: Workload, options: EngineDriverOptions) {
    const { ids, verify = false, isBare = false, batchMax = BATCH_COMMANDS_MAX } = options;
    assert(batchMax >= 1 && batchMax <= BATCH_COMMANDS_MAX, "a batch has 1 to 256 commands");
    const limits = driverLimits(workload);
    this.#script = scriptOf(workload, ids, batchMax);
    this.#checksum = verify ? new TradeChecksum() : undefined;
    this.#idBySlot = new Int32Array(verify ? limits.ordersMax + 1 : 0);
    const hashKey = 0x9e37_79b9_7f4a_7c15n;
    this.engine = createHotEngine({ limits, hashKey, ...(isBare ? { module: bareModule() } : {}) });
    openExchange(this.engine, workload);
    const { memory } = this.engine;
    // Growing the memory detaches its old views: their places are taken before.
    const { byteOffset: bufferAt, byteLength: bufferBytes } = this.engine.commands;
    const eventsAt = this.engine.events.byteOffset;
    const { names, patches } = this.#script;
    const idBytes = (workload.header.ids + 2) * 8;
    this.#patchesAt = memory.buffer.byteLength;
    const idsAt = this.#patchesAt + patches.byteLength;
    const namesAt = idsAt + idBytes;
    const bytes = namesAt + names.byteLength - this.#patchesAt;
    memory.grow(Math.ceil(bytes / MEMORY_PAGE_BYTES));
    this.#buffer = new Uint8Array(memory.buffer, bufferAt, bufferBytes);
    // The client's table is there before the clock starts: the system gives memory out at the first write.
    new Uint8Array(memory.buffer, idsAt, idBytes).fill(0);
    new Uint32Array(memory.buffer).set(patches, this.#patchesAt / 4);
    new Uint32Array(memory.buffer).set(names, namesAt / 4);
    this.#namesBase = namesAt - this.engine.counts().commands * 4;
    const instance = new WebAssembly.Instance(driverModule, { env: { memory } });
    this.#driver = instance.exports as unknown as DriverExports;
    this.#readEvents = ids === "client" ? this.#driver.countEvents : this.#driver.readEvents;
    this.#driver.begin(bufferAt, eventsAt, idsAt, namesAt - 8);
  }

  /** Runs the prefill part: untimed. */
  prefill(): void {
    this.#run(this.#script.prefillLoads);
  }

  /** Runs the timed part. Returns nanoseconds. */
  timed(): number {
    return this.#run(this.#script.loads.length - 1);
  }

  /**
   * Runs the timed part and times each call of `execute` by itself: from commands that lie in the engine's buffer to
   * events that can be read. Nothing waits for anything, so it is the time of service.
   *
   * Units    nanoseconds, one a batch. A cancel of an order of the same batch ends the batch before it, if the client
   *          has to learn the order's id first.
   */
  latencies(): Float64Array {
    const { batches, loads } = this.#script;
    const samples = new Float64Array(batches.length / BATCH_WORDS);
    let count = 0;
    for (; this.#load < loads.length - 1; this.#load++) {
      this.#fillBuffer();
      const end = loads[this.#load + 1]!.firstBatch;
      for (let batch = loads[this.#load]!.firstBatch; batch < end; batch++) {
        const word = batch * BATCH_WORDS;
        this.#patch(word);
        let ms = 0;
        for (let at = batches[word]!; at < batches[word + 1]!;) {
          const start = performance.now();
          at = this.engine.execute(at, batches[word + 1]!, 1);
          ms += performance.now() - start;
          this.#readEvents(this.engine.eventBytes, this.#namesBase);
        }
        samples[count++] = Math.round(ms * 1e6);
      }
    }
    return samples.subarray(0, count);
  }

  /** Trades of what has run so far. */
  get trades(): number {
    return this.#driver.tradeCount();
  }

  /** Of all trades so far. Only for a driver that verifies. */
  checksum(): string {
    assert(this.#checksum !== undefined, "a driver that verifies keeps a checksum");
    return this.#checksum.hex();
  }

  /** Loads the command buffer and runs it, time after time. What the loading takes is not counted. */
  #run(lastLoad: number): number {
    const { loads } = this.#script;
    let ns = 0n;
    for (; this.#load < lastLoad; this.#load++) {
      this.#fillBuffer();
      const start = process.hrtime.bigint();
      this.#runBatches(loads[this.#load]!.firstBatch, loads[this.#load + 1]!.firstBatch);
      ns += process.hrtime.bigint() - start;
    }
    return Number(ns);
  }

  #fillBuffer(): void {
    const { loads, commands } = this.#script;
    const { firstByte } = loads[this.#load]!;
    this.#buffer.set(commands.subarray(firstByte, loads[this.#load + 1]!.firstByte));
  }

  /** Writes order ids into the commands of the batch that is described at a word. */
  #patch(word: number): void {
    const { batches } = this.#script;
    const patch = this.#patchesAt + batches[word + 2]!;
    this.#driver.fill(patch, this.#patchesAt + batches[word + BATCH_WORDS + 2]!);
  }

  #runBatches(first: number, end: number): void {
    const { engine } = this;
    const readEvents = this.#readEvents;
    const { batches } = this.#script;
    for (let word = first * BATCH_WORDS; word < end * BATCH_WORDS; word += BATCH_WORDS) {
      const stop = batches[word + 1]!;
      this.#patch(word);
      for (let at = batches[word]!; at < stop;) {
        at = engine.execute(at, stop, 1);
        if (this.#checksum !== undefined) this.#mixTrades();
        readEvents(engine.eventBytes, this.#namesBase);
      }
    }
  }

  #mixTrades(): void {
    const { buffer } = this.engine.memory;
    const { byteOffset } = this.engine.events;
    const words = new Int32Array(buffer, byteOffset, this.engine.eventBytes / 4);
    const memoryWords = new Int32Array(buffer);
    const nameOf = (at: number): number => memoryWords[this.#namesBase / 4 + words[at + 1]!]!;
    const idOfSlot = (at: number): number => this.#idBySlot[words[at]! & SLOT_MASK]!;
    for (let at = 0; at < words.length; at += ((words[at]! >>> 8) & 0xff) * 2) {
      const kind = words[at]! & 0xff;
      if (kind === EventKind.Accepted) {
        this.#idBySlot[words[at + 2]! & SLOT_MASK] = nameOf(at);
      } else if (kind === EventKind.Fill) {
        this.#checksum!.add(
          idOfSlot(at + EventOffset.fillTakerOrderId / 4),
          idOfSlot(at + EventOffset.fillMakerOrderId / 4),
          words[at + EventOffset.fillPriceTicks / 4]!,
          words[at + EventOffset.fillLots / 4]!,
        );
      }
    }
  }
}
