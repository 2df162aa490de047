import { U32_MAX, viewOf } from "@rialto/base";
import type { Engine } from "@rialto/engine";
import type { ExecutedBatch } from "@rialto/gateway";
import { EventOffset, type LogRecord } from "@rialto/protocol";

/**
 * Executes the commands of a log record and gathers all their events.
 *
 * Shape    the batch's bytes are the engine's own memory where one call was enough, and a copy where the
 *          events had to be read in between: borrowed until the engine executes again.
 */
export function executeRecord(engine: Engine, record: LogRecord, sequence: number): ExecutedBatch {
  const firstCommand = engine.counts().commands;
  const end = record.commands.length;
  engine.commands.set(record.commands);
  let stopped = end === 0 ? 0 : engine.execute(0, end, record.nowMs);
  let events = end === 0 ? new Uint8Array(0) : engine.events.subarray(0, engine.eventBytes);
  if (stopped < end) {
    const pieces = [events.slice()];
    while (stopped < end) {
      stopped = engine.execute(stopped, end, record.nowMs);
      pieces.push(engine.events.slice(0, engine.eventBytes));
    }
    events = Buffer.concat(pieces);
  }
  const { nowMs, commandCount, commands, notes } = record;
  return { sequence, nowMs, firstCommand, commandCount, commands, notes, events };
}

/**
 * Where the events of each command begin: `starts[i]` for command i of the batch, and their end.
 *
 * Effects  allocates one array.
 */
export function eventStarts(batch: ExecutedBatch): Uint32Array {
  const starts = new Uint32Array(batch.commandCount + 1);
  const view = viewOf(batch.events);
  const base = batch.firstCommand % (U32_MAX + 1);
  let command = 0;
  for (let at = 0; at < view.byteLength; at += view.getUint8(at + EventOffset.size) * 8) {
    const index = (view.getUint32(at + EventOffset.command, true) - base) >>> 0;
    while (command < index) starts[++command] = at;
  }
  while (command < batch.commandCount) starts[++command] = view.byteLength;
  return starts;
}
