// The engine's client in benchmarks: turns LOB1 records into commands, right in the engine's command buffer, and
// learns order ids from its events. WebAssembly in the engine's own memory, so that what is timed is the engine
// and a client, not the bounds checks of typed arrays.
//
// Memory, from `base` on:   records   16 B each, as the file has them
//                           ids       16 B each: order id u64, account u32, 1 while the order waits in the batch;
//                                     for a client that names orders by ids of its own: client order id u64,
//                                     account u32, 0
//                           batch     LOB1 id of each command of the batch, u32
//
// Layouts of commands and events: core/protocol command.ts and event.ts.

/** Commands of a batch at the most, and how many the next ones take. */
const BATCH_COMMANDS: u32 = 256;
let batchMax: u32 = BATCH_COMMANDS;
const RECORD_BYTES: usize = 16;
const OP_IOC: u32 = 1;
const OP_CANCEL: u32 = 2;
const OP_MOVE: u32 = 3;
const PLACE: u32 = 1;
const CANCEL: u32 = 2;
const REPLACE: u32 = 4;
const IMMEDIATE_OR_CANCEL: u32 = 1 << 16;
const EXPIRE_TAKER: u32 = 1 << 24;
const ACCEPTED: u32 = 1;
const REJECTED: u32 = 2;
const FILL: u32 = 3;

let commands: usize = 0;
let events: usize = 0;
let ids: usize = 0;
let batch: usize = 0;
let nobody: usize = 0;
let commandCount: u32 = 0;
let record: usize = 0;
let trades: u32 = 0;

export function begin(
  commandsAt: u32,
  eventsAt: u32,
  recordsAt: u32,
  idsAt: u32,
  batchAt: u32,
  commandsExecuted: u32,
): void {
  commands = <usize>commandsAt;
  events = <usize>eventsAt;
  record = <usize>recordsAt;
  ids = <usize>idsAt;
  batch = <usize>batchAt;
  nobody = batch + (BATCH_COMMANDS << 2);
  commandCount = commandsExecuted;
}

/** How many commands a batch takes from now on, up to 256. */
export function setBatch(commandsMax: u32): void {
  batchMax = commandsMax;
}

export function tradeCount(): u32 {
  return trades;
}

/**
 * Writes the commands of the next records, up to address `last`. Returns their bytes, 0 when there are none left. A
 * cancel or move of an order whose id is not known yet ends the batch.
 */
export function fill(last: u32): u32 {
  let at = commands;
  let count: u32 = 0;
  const end = <usize>last;
  while (record < end && count < batchMax) {
    const word = load<u32>(record);
    const id = load<u32>(record, 4);
    const op = word & 3;
    const row = ids + ((<usize>id) << 4);
    const account = load<u64>(row, 8);
    const isCancel = op == OP_CANCEL;
    const isMove = op == OP_MOVE;
    if ((<u32>(isCancel | isMove)) != 0 && account >> 32 != 0) break;
    // Which of the kinds comes next nobody can predict: one path for all but the rare move.
    const side = ((word >> 4) & 1) << 8;
    const type = select<u32>(IMMEDIATE_OR_CANCEL, 0, op == OP_IOC);
    const kind = select<u32>(REPLACE, PLACE, isMove);
    const market = (<u64>(word >> 8)) << 32;
    const terms = (<u64>(kind | side | type | EXPIRE_TAKER)) | market;
    const price = (<u64>load<u32>(record, 8)) << 32;
    const quantity = <u64>load<u32>(record, 12);
    store<u64>(at, select<u64>(CANCEL, terms, isCancel));
    store<u64>(at, (account & 0xffff_ffff) | select<u64>(0, price, isCancel), 8);
    store<u64>(at, select<u64>(load<u64>(row), quantity, isCancel), 16);
    store<u64>(at, 0, 24);
    store<u32>(row, <u32>!isCancel, 12);
    at += 32;
    if (isMove) {
      store<u64>(at, load<u64>(row));
      store<u64>(at, 0, 8);
      store<u64>(at, 0, 16);
      store<u64>(at, 0, 24);
      at += 32;
    }
    store<u32>(batch + ((<usize>count) << 2), id);
    count++;
    record += RECORD_BYTES;
  }
  batchCount = count;
  return <u32>(at - commands);
}
let batchCount: u32 = 0;

/** As `fill`, for a client that names its orders by its own ids alone: it has nothing to wait for. */
export function fillByClientIds(last: u32): u32 {
  let at = commands;
  let count: u32 = 0;
  const end = <usize>last;
  while (record < end && count < batchMax) {
    const word = load<u32>(record);
    const id = load<u32>(record, 4);
    const op = word & 3;
    const row = ids + ((<usize>id) << 4);
    const clientId = load<u64>(row);
    const isCancel = op == OP_CANCEL;
    const isMove = op == OP_MOVE;
    const side = ((word >> 4) & 1) << 8;
    const type = select<u32>(IMMEDIATE_OR_CANCEL, 0, op == OP_IOC);
    const kind = select<u32>(REPLACE, PLACE, isMove);
    const terms = (<u64>(kind | side | type | EXPIRE_TAKER)) | ((<u64>(word >> 8)) << 32);
    const price = (<u64>load<u32>(record, 8)) << 32;
    const quantity = <u64>load<u32>(record, 12);
    store<u64>(at, select<u64>(CANCEL, terms, isCancel));
    store<u64>(at, <u64>load<u32>(row, 8) | select<u64>(0, price, isCancel), 8);
    store<u64>(at, select<u64>(0, quantity, isCancel), 16);
    store<u64>(at, clientId, 24);
    at += 32;
    if (isMove) {
      store<u64>(at, 0);
      store<u64>(at, clientId, 8);
      store<u64>(at, 0, 16);
      store<u64>(at, 0, 24);
      at += 32;
    }
    store<u32>(batch + ((<usize>count) << 2), id);
    count++;
    record += RECORD_BYTES;
  }
  batchCount = count;
  return <u32>(at - commands);
}

/** As `readEvents`, for such a client: it looks at every event, and keeps no ids. */
export function countEvents(bytes: u32): void {
  let at = events;
  const end = events + <usize>bytes;
  let fills: u32 = 0;
  while (at < end) {
    const head = load<u32>(at);
    fills += <u32>((head & 0xff) == FILL);
    at += <usize>((head >> 5) & 0x7f8);
  }
  trades += fills;
}

/** Takes in the events of one `execute`: ids of accepted orders, and the number of fills. */
export function readEvents(bytes: u32): void {
  let at = events;
  const end = events + <usize>bytes;
  let fills: u32 = 0;
  while (at < end) {
    const head = load<u64>(at);
    const kind = (<u32>head) & 0xff;
    // Other events are taken in too, into a row that is nobody's.
    const id = load<u32>(batch + ((<usize>((<u32>(head >> 32)) - commandCount)) << 2));
    const row = select<usize>(ids + ((<usize>id) << 4), nobody, kind == ACCEPTED);
    store<u64>(row, load<u64>(at, 8));
    store<u32>(row, 0, 12);
    // A move of a dead order: nothing waits any more.
    if (kind == REJECTED) store<u32>(ids + ((<usize>id) << 4), 0, 12);
    fills += <u32>(kind == FILL);
    at += <usize>((head >> 5) & 0x7f8);
  }
  trades += fills;
}

/** The batch is done. */
export function endBatch(): void {
  commandCount += batchCount;
}

/** Commands that the engine had executed before this batch. */
export function commandsBefore(): u32 {
  return commandCount;
}
