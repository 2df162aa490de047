// Drives the real engine through its public batch entry with the commands of a LOB1 workload. The client, with its
// own table from LOB1 ids to order ids, is bench/assembly/driver.ts, and its time counts.

import { assert } from "@rialto/base";
import { createHotEngine, type SnapshotEngine } from "@rialto/engine";
import { EventKind, EventOffset } from "@rialto/protocol";
import { accountOf, driverLimits, openExchange } from "./driver-exchange.ts";
import { DRIVER_WASM_BASE64 } from "./generated/driver-wasm.ts";
import { LOB1_RECORD_BYTES, LOB1_RECORD_WORDS, Lob1Op, type Workload } from "./lob1.ts";
import { TradeChecksum } from "./trade-checksum.ts";

const SIDE_SHIFT = 4; // of the side bit in a LOB1 record's first word
const SYMBOL_SHIFT = 8;
const MEMORY_PAGE_BYTES = 0x1_0000;
const BATCH_BYTES = MEMORY_PAGE_BYTES;
/** For each LOB1 id: its order id u64, its account u32, and 1 while its order waits in the batch. */
const ID_BYTES = 16;

interface DriverExports {
  begin(
    commandsAt: number,
    eventsAt: number,
    recordsAt: number,
    idsAt: number,
    batchAt: number,
    commandsExecuted: number,
  ): void;
  fill(last: number): number;
  readEvents(bytes: number): void;
  endBatch(): void;
  tradeCount(): number;
  commandsBefore(): number;
}

const driverModule = new WebAssembly.Module(Buffer.from(DRIVER_WASM_BASE64, "base64"));

/** An engine with the workload's markets listed, everybody's pockets full, and its client. */
export class EngineDriver {
  readonly engine: SnapshotEngine;
  readonly #workload: Workload;
  readonly #driver: DriverExports;
  readonly #recordsAt: number;
  readonly #batchAt: number;
  readonly #checksum: TradeChecksum | undefined;
  /** LOB1 id by order slot: only the verifying run asks who the maker was. */
  readonly #idBySlot: Int32Array;

  /** `verify` keeps the checksum of all trades, which costs time. */
  constructor(workload: Workload, verify: boolean) {
    this.#workload = workload;
    const limits = driverLimits(workload);
    this.#checksum = verify ? new TradeChecksum() : undefined;
    this.#idBySlot = new Int32Array(verify ? limits.ordersMax + 1 : 0);
    this.engine = createHotEngine({ limits, hashKey: 0x9e37_79b9_7f4a_7c15n });
    openExchange(this.engine, workload);
    const { memory } = this.engine;
    // Growing the memory detaches its old views: their places are taken before.
    const commandsAt = this.engine.commands.byteOffset;
    const eventsAt = this.engine.events.byteOffset;
    const idBytes = (workload.header.ids + 1) * ID_BYTES;
    const recordBytes = workload.records.length * 4;
    const pages = Math.ceil((BATCH_BYTES + idBytes + recordBytes) / MEMORY_PAGE_BYTES);
    this.#batchAt = memory.buffer.byteLength;
    memory.grow(pages);
    this.#recordsAt = this.#batchAt + BATCH_BYTES;
    const idsAt = this.#recordsAt + recordBytes;
    new Uint32Array(memory.buffer, this.#recordsAt, workload.records.length).set(workload.records);
    assignAccounts(workload, new Uint32Array(memory.buffer, idsAt, idBytes / 4));
    const instance = new WebAssembly.Instance(driverModule, { env: { memory } });
    this.#driver = instance.exports as unknown as DriverExports;
    const { commands } = this.engine.counts();
    this.#driver.begin(commandsAt, eventsAt, this.#recordsAt, idsAt, this.#batchAt, commands);
  }

  /** Runs the prefill part: untimed. */
  prefill(): void {
    this.#run(this.#workload.header.prefillCommands);
  }

  /** Runs the timed part. Returns nanoseconds. */
  timed(): number {
    const { prefillCommands, timedCommands } = this.#workload.header;
    const start = process.hrtime.bigint();
    this.#run(prefillCommands + timedCommands);
    return Number(process.hrtime.bigint() - start);
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

  #run(commandsEnd: number): void {
    const driver = this.#driver;
    const { engine } = this;
    const last = this.#recordsAt + commandsEnd * LOB1_RECORD_BYTES;
    for (;;) {
      const end = driver.fill(last);
      if (end === 0) return;
      for (let at = 0; at < end;) {
        at = engine.execute(at, end, 1);
        if (this.#checksum !== undefined) this.#mixTrades();
        driver.readEvents(engine.eventBytes);
      }
      driver.endBatch();
    }
  }

  #mixTrades(): void {
    const { engine } = this;
    const words = new Int32Array(
      engine.events.buffer,
      engine.events.byteOffset,
      engine.eventBytes / 4,
    );
    const batchIds = new Int32Array(engine.memory.buffer, this.#batchAt, BATCH_BYTES / 4);
    const base = this.#driver.commandsBefore();
    const idOfSlot = (at: number): number => this.#idBySlot[words[at]! & 0xff_ffff]!;
    for (let at = 0; at < words.length; at += ((words[at]! >>> 8) & 0xff) * 2) {
      const kind = words[at]! & 0xff;
      if (kind === EventKind.Accepted) {
        this.#idBySlot[words[at + 2]! & 0xff_ffff] = batchIds[(words[at + 1]! - base) | 0]!;
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

/** Says which account each order belongs to: part of the workload, as far as LOB1 does not say it. */
function assignAccounts(workload: Workload, ids: Uint32Array): void {
  const { records } = workload;
  for (let record = 0; record < records.length; record += LOB1_RECORD_WORDS) {
    const word = records[record]!;
    const op = word & 3;
    if (op !== Lob1Op.New && op !== Lob1Op.Ioc) continue;
    const id = records[record + 1]!;
    const side = (word >>> SIDE_SHIFT) & 1;
    ids[(id * ID_BYTES) / 4 + 2] = accountOf(workload, word >>> SYMBOL_SHIFT, side, id);
  }
}
