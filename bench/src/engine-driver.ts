// Drives the real engine through its public batch entry with the commands of a LOB1 workload. The client, with its
// own table from LOB1 ids to order ids, is bench/assembly/driver.ts, and its time counts.

import { assert } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { EventKind, EventOffset } from "@rialto/protocol";
import { driverLimits, openExchange } from "./driver-exchange.ts";
import { BATCH_WORDS, type DriverScript, type OrderNaming, scriptOf } from "./driver-script.ts";
import { DRIVER_WASM_BASE64 } from "./generated/driver-wasm.ts";
import type { Workload } from "./lob1.ts";
import { TradeChecksum } from "./trade-checksum.ts";

const MEMORY_PAGE_BYTES = 0x1_0000;
const SLOT_MASK = 0xff_ffff;

interface DriverExports {
  begin(bufferAt: number, eventsAt: number, idsAt: number, nobodyAt: number): void;
  fill(patch: number, patchEnd: number): void;
  readEvents(bytes: number, names: number): void;
  tradeCount(): number;
}

const driverModule = new WebAssembly.Module(Buffer.from(DRIVER_WASM_BASE64, "base64"));

/** An engine with the workload's markets listed, everybody's pockets full, and its client. */
export class EngineDriver {
  readonly engine: SnapshotEngine;
  readonly #script: DriverScript;
  readonly #driver: DriverExports;
  /** The engine's command buffer. */
  readonly #buffer: Uint8Array;
  readonly #patchesAt: number;
  /** Address of the first command's name, minus 4 times the number that the engine gives to it. */
  readonly #namesBase: number;
  readonly #checksum: TradeChecksum | undefined;
  /** LOB1 id by order slot: only the verifying run asks who the maker was. */
  readonly #idBySlot: Int32Array;
  #load = 0;

  /** `verify` keeps the checksum of all trades, which costs time. */
  constructor(workload: Workload, verify: boolean, naming: OrderNaming = "handles") {
    const limits = driverLimits(workload);
    this.#script = scriptOf(workload, naming);
    this.#checksum = verify ? new TradeChecksum() : undefined;
    this.#idBySlot = new Int32Array(verify ? limits.ordersMax + 1 : 0);
    this.engine = createHotEngine({ limits, hashKey: 0x9e37_79b9_7f4a_7c15n });
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
    new Uint32Array(memory.buffer).set(patches, this.#patchesAt / 4);
    new Uint32Array(memory.buffer).set(names, namesAt / 4);
    this.#namesBase = namesAt - this.engine.counts().commands * 4;
    const instance = new WebAssembly.Instance(driverModule, { env: { memory } });
    this.#driver = instance.exports as unknown as DriverExports;
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
    const { loads, commands } = this.#script;
    let ns = 0n;
    for (; this.#load < lastLoad; this.#load++) {
      const { firstBatch, firstByte } = loads[this.#load]!;
      const next = loads[this.#load + 1]!;
      this.#buffer.set(commands.subarray(firstByte, next.firstByte));
      const start = process.hrtime.bigint();
      this.#runBatches(firstBatch, next.firstBatch);
      ns += process.hrtime.bigint() - start;
    }
    return Number(ns);
  }

  #runBatches(first: number, end: number): void {
    const driver = this.#driver;
    const { engine } = this;
    const { batches } = this.#script;
    for (let word = first * BATCH_WORDS; word < end * BATCH_WORDS; word += BATCH_WORDS) {
      const stop = batches[word + 1]!;
      driver.fill(
        this.#patchesAt + batches[word + 2]!,
        this.#patchesAt + batches[word + BATCH_WORDS + 2]!,
      );
      for (let at = batches[word]!; at < stop;) {
        at = engine.execute(at, stop, 1);
        if (this.#checksum !== undefined) this.#mixTrades();
        driver.readEvents(engine.eventBytes, this.#namesBase);
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
