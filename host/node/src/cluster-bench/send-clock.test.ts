import { expect, test } from "vitest";
import { SendClock } from "./send-clock.ts";

test.each([
  { name: "slower than it wakes the loop", everyMs: 0.7 },
  { name: "faster", everyMs: 0.13 },
])(
  "a clock rings as often as it was told to, in order, and never before the time: $name",
  async ({ everyMs }) => {
    const clock = await SendClock.open({ everyMs, count: 100 });
    const startMs = performance.now() + 5;
    const rings: number[] = [];
    let early = 0;
    await clock.start(startMs, (ring) => {
      rings.push(ring);
      if (performance.now() < startMs + ring * everyMs) early++;
    });
    expect(rings).toEqual(Array.from({ length: 100 }, (_, ring) => ring));
    expect(early).toBe(0);
  },
);
