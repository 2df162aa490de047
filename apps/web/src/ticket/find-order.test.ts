import { ApiError, NetworkError } from "@rialto/client";
import { expect, test } from "vitest";
import { findOrder } from "./find-order.ts";

const MISSING = new ApiError(400, -2013, "Order does not exist.");
const LOST = new NetworkError("no answer");
const SOON = { pauseMs: 1, patienceMs: 5_000 };

/** Fails with each of these in turn, then answers. */
function answerAfter(errors: readonly Error[]) {
  const left = [...errors];
  return async (): Promise<unknown> => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return "the order";
  };
}

const always = (): boolean => true;

test("an order is looked for until it is there, over whatever connection", async () => {
  const ask = answerAfter([LOST, MISSING, LOST, MISSING]);
  expect(await findOrder(ask, always, SOON)).toBe("the order");
});

test("that there is none is taken from an exchange that answers, and not at once", async () => {
  const errors = [...Array.from({ length: 20 }, () => LOST), MISSING];
  const asked = answerAfter(errors);
  expect(await findOrder(asked, always, { pauseMs: 1, patienceMs: 0 })).toBeUndefined();
  expect(await findOrder(asked, always, SOON)).toBe("the order");
});

test("who does not want to know any more is not told", async () => {
  let count = 0;
  const ask = async (): Promise<unknown> => {
    count += 1;
    throw LOST;
  };
  expect(await findOrder(ask, () => count < 3, SOON)).toBeUndefined();
  expect(count).toBe(3);
});
