import { ORDER_GENERATION_MAX, packOrderId } from "@rialto/protocol";
import { expect, test } from "vitest";
import type { Slots } from "./exchange.ts";
import { giveBackSlot, hasSlotLeft, takeSlot } from "./slots.ts";

test("a slot given back last is taken first, then the lowest never used", () => {
  const slots: Slots = { generations: [], stack: [] };
  expect([takeSlot(slots), takeSlot(slots), takeSlot(slots)]).toEqual([
    packOrderId(1, 1),
    packOrderId(1, 2),
    packOrderId(1, 3),
  ]);
  giveBackSlot(slots, packOrderId(1, 3));
  giveBackSlot(slots, packOrderId(1, 1));
  expect(takeSlot(slots)).toBe(packOrderId(2, 1));
  expect(takeSlot(slots)).toBe(packOrderId(2, 3));
  expect(takeSlot(slots)).toBe(packOrderId(1, 4));
});

test("a slot given back in its last generation is never used again", () => {
  const slots: Slots = { generations: [ORDER_GENERATION_MAX - 1], stack: [1] };
  const last = takeSlot(slots);
  giveBackSlot(slots, last);
  const veryLast = takeSlot(slots);
  expect(veryLast).toBe(packOrderId(ORDER_GENERATION_MAX, 1));
  giveBackSlot(slots, veryLast);
  expect(slots).toEqual({ generations: [0], stack: [] });
  expect(hasSlotLeft(slots, 1)).toBe(false);
  expect(takeSlot(slots)).toBe(packOrderId(1, 2));
});

test("a slot is given back only by the order that has it", () => {
  const slots: Slots = { generations: [], stack: [] };
  takeSlot(slots);
  expect(() => giveBackSlot(slots, packOrderId(2, 1))).toThrow("the order that has it");
  expect(() => giveBackSlot(slots, packOrderId(1, 2))).toThrow("was taken before");
});
