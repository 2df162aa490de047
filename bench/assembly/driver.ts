// The engine's client in benchmarks: writes into cancels and moves the order ids it has learned, and learns more from
// the engine's events. WebAssembly in the engine's own memory, so that what is timed is the engine and a client, not the
// bounds checks of typed arrays.
//
// Memory, all prepared before the clock starts but for `ids`:
//
//   names     u32, the LOB1 id of each command
//   patches   8 B for each cancel and move: where in the command buffer the order id goes u32, LOB1 id u32
//   ids       u64, by LOB1 id: the order id
//
// Layouts of commands and events: core/protocol command.ts and event.ts.

const ACCEPTED: u32 = 1;
const FILL: u32 = 3;

let buffer: usize = 0;
let events: usize = 0;
let ids: usize = 0;
let nobody: usize = 0;
let trades: u32 = 0;

/** `nobodyAt`: eight bytes that nobody reads. */
export function begin(bufferAt: u32, eventsAt: u32, idsAt: u32, nobodyAt: u32): void {
  buffer = <usize>bufferAt;
  events = <usize>eventsAt;
  ids = <usize>idsAt;
  nobody = <usize>nobodyAt;
}

export function tradeCount(): u32 {
  return trades;
}

/** Writes the order ids into the commands of a batch, as the patches in [patch, patchEnd) say. */
export function fill(patch: u32, patchEnd: u32): void {
  const end = <usize>patchEnd;
  for (let at = <usize>patch; at < end; at += 8) {
    const place = buffer + <usize>load<u32>(at);
    store<u64>(place, load<u64>(ids + ((<usize>load<u32>(at, 4)) << 3)));
  }
}

/**
 * Takes in the events of one `execute`: ids of accepted orders, and the number of fills.
 *
 * `names`: of the batch's commands, minus 4 times the number that the engine gave to its first.
 */
export function readEvents(bytes: u32, names: u32): void {
  let at = events;
  const end = events + <usize>bytes;
  let fills: u32 = 0;
  while (at < end) {
    const head = load<u64>(at);
    const kind = (<u32>head) & 0xff;
    // Other events are taken in too, into a row that is nobody's.
    const name = load<u32>(<usize>(names + ((<u32>(head >> 32)) << 2)));
    const row = select<usize>(ids + ((<usize>name) << 3), nobody, kind == ACCEPTED);
    store<u64>(row, load<u64>(at, 8));
    fills += <u32>(kind == FILL);
    at += <usize>((head >> 5) & 0x7f8);
  }
  trades += fills;
}
