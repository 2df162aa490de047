import { fail } from "@rialto/base";
import {
  ORDER_GENERATION_MAX,
  orderGeneration,
  orderSlot,
  packOrderId,
  type OrderId,
} from "@rialto/protocol";
import type { Slots } from "./exchange.ts";

// Source: matching.md §1, order ids.

/** True if a new order finds a slot among `ordersMax`. */
export function hasSlotLeft(slots: Slots, ordersMax: number): boolean {
  return slots.stack.length > 0 || slots.generations.length < ordersMax;
}

/**
 * Takes the slot given back last or, if there is none, the lowest never used.
 *
 * Returns  the id of the order that uses it now.
 * Errors   none: the caller has asked `hasSlotLeft`.
 */
export function takeSlot(slots: Slots): OrderId {
  const reused = slots.stack.pop();
  if (reused !== undefined) return packOrderId(generationOf(slots, reused), reused);
  slots.generations.push(1);
  return packOrderId(1, slots.generations.length);
}

/** Gives the slot of an ended order back, under its next generation if there is one. */
export function giveBackSlot(slots: Slots, id: OrderId): void {
  const slot = orderSlot(id);
  const generation = orderGeneration(id);
  if (generationOf(slots, slot) !== generation)
    fail("a slot is given back by the order that has it");
  if (generation === ORDER_GENERATION_MAX) {
    slots.generations[slot - 1] = 0;
    return;
  }
  slots.generations[slot - 1] = generation + 1;
  slots.stack.push(slot);
}

function generationOf(slots: Slots, slot: number): number {
  return slots.generations[slot - 1] ?? fail("a slot in use was taken before");
}
