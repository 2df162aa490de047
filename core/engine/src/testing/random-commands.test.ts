import { viewOf } from "@rialto/base";
import {
  CommandKind,
  COMMAND_BUFFER_BYTES,
  commandBytes,
  decodeEvents,
  EventKind,
  parseCommands,
} from "@rialto/protocol";
import { expect, test } from "vitest";
import { createOracle } from "../oracle/oracle.ts";
import { createCommandSource } from "./random-commands.ts";

interface Mix {
  readonly bytes: Uint8Array;
  readonly kinds: Set<number>;
  readonly commandCount: number;
  readonly placeCount: number;
  readonly tradedCount: number;
  readonly rejectedCount: number;
}

/** Runs the stream of `seed` against the oracle. */
function runMix(seed: number, commandsMin: number): Mix {
  const source = createCommandSource(seed);
  const engine = createOracle(source.limits);
  const view = viewOf(engine.commands);
  const bytes: number[] = [];
  const kinds = new Set<number>();
  const traded = new Set<number>();
  const [counts, rejected] = [{ commands: 0, places: 0 }, new Set<number>()];
  while (counts.commands < commandsMin) {
    const end = source.nextBatch(view);
    const batch = engine.commands.slice(0, end);
    expect(parseCommands(batch)).toBeTypeOf("number");
    for (let offset = 0; offset < end; offset += commandBytes(batch[offset]!)) {
      const kind = batch[offset]!;
      kinds.add(kind);
      counts.commands += 1;
      if (kind === CommandKind.Place || kind === CommandKind.Replace) counts.places += 1;
    }
    for (const byte of batch) bytes.push(byte);
    for (let offset = 0; offset < end;) {
      offset = engine.execute(offset, end, source.nowMs);
      const events = engine.events.slice(0, engine.eventBytes);
      source.observe(events);
      for (const event of decodeEvents(events)) {
        if (event.kind === EventKind.Fill) traded.add(event.command);
        if (event.kind === EventKind.Rejected) rejected.add(event.command);
      }
    }
  }
  return {
    bytes: Uint8Array.from(bytes),
    kinds,
    commandCount: counts.commands,
    placeCount: counts.places,
    tradedCount: traded.size,
    rejectedCount: rejected.size,
  };
}

test("the same seed makes the same commands", () => {
  expect(runMix(7, 1_500).bytes).toEqual(runMix(7, 1_500).bytes);
  expect(runMix(7, 1_500).bytes).not.toEqual(runMix(8, 1_500).bytes);
});

test("a batch has no more commands than it may, and fits the view", () => {
  const source = createCommandSource(3);
  const engine = createOracle(source.limits);
  const view = viewOf(new Uint8Array(COMMAND_BUFFER_BYTES));
  for (let batch = 0; batch < 300; batch++) {
    const end = source.nextBatch(view, 1);
    expect(end).toBe(commandBytes(view.getUint8(0)));
    engine.commands.set(new Uint8Array(view.buffer, 0, end));
    engine.execute(0, end, source.nowMs);
    source.observe(engine.events.subarray(0, engine.eventBytes));
  }
});

test("across seeds all kinds come, most commands are done, and a fifth of orders trade", () => {
  const mixes = Array.from({ length: 40 }, (_, index) => runMix(100 + index, 1_500));
  const sum = (count: (mix: Mix) => number): number =>
    mixes.reduce((total, mix) => total + count(mix), 0);
  const kinds = new Set(mixes.flatMap((mix) => [...mix.kinds]));
  expect([...kinds].sort((a, b) => a - b)).toEqual(Object.values(CommandKind));
  expect(sum((mix) => mix.rejectedCount) / sum((mix) => mix.commandCount)).toBeLessThan(0.3);
  expect(sum((mix) => mix.tradedCount) / sum((mix) => mix.placeCount)).toBeGreaterThan(0.2);
});
