import { expect, test, vi } from "vitest";
import { NetworkError } from "./client-error.ts";
import { type Connection, keepConnected, reconnectDelayMs } from "./keep-connected.ts";

/** A connection that ends when it is told to. */
function connectionOf(): Connection & { readonly isClosed: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isEnded = false;
  const close = (): void => {
    isEnded = true;
    resolve();
  };
  return { closed: promise, close, isClosed: () => isEnded };
}

const noDelay = { delayMs: () => 0 };

test("a connection that is lost is opened again, with the reason told", async () => {
  const opened: ReturnType<typeof connectionOf>[] = [];
  const reasons: (string | undefined)[] = [];
  let attempts = 0;
  const { promise: isSecond, resolve: onSecond } = Promise.withResolvers<void>();
  const kept = keepConnected({
    ...noDelay,
    open: async () => {
      attempts += 1;
      if (attempts === 2) throw new NetworkError("nobody there");
      return connectionOf();
    },
    onOpen: (connection) => {
      opened.push(connection);
      if (opened.length === 2) onSecond();
      else connection.close();
    },
    onLost: (reason) => reasons.push(reason?.message),
  });
  await isSecond;
  expect(attempts).toBe(3);
  expect(reasons).toEqual([undefined, "nobody there"]);
  kept.close();
  await kept.ended;
  expect(opened.map((each) => each.isClosed())).toEqual([true, true]);
  expect(reasons).toHaveLength(2);
});

test("a connection that cannot be brought into use is closed and counts as a failure", async () => {
  const failures: number[] = [];
  const opened: ReturnType<typeof connectionOf>[] = [];
  const kept = keepConnected({
    open: async () => connectionOf(),
    onOpen: (connection) => {
      opened.push(connection);
      if (opened.length <= 2) throw new NetworkError("no snapshot");
      kept.close();
    },
    onLost: () => undefined,
    delayMs: (count) => {
      failures.push(count);
      return 0;
    },
  });
  await kept.ended;
  expect(failures).toEqual([1, 2]);
  expect(opened.every((each) => each.isClosed())).toBe(true);
});

test("who is let in and put out at once waits longer each time, until a connection has lasted", async () => {
  vi.useFakeTimers();
  try {
    const failures: number[] = [];
    // The third one lasts, and the fifth is the last.
    const lives = [0, 7_999, 8_000, 0, 0];
    const kept = keepConnected({
      open: async () => connectionOf(),
      onOpen: (connection) => {
        if (failures.length === 4) kept.close();
        else setTimeout(() => connection.close(), lives[failures.length]);
      },
      onLost: () => undefined,
      delayMs: (count) => {
        failures.push(count);
        return 0;
      },
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await kept.ended;
    expect(failures).toEqual([1, 2, 1, 2]);
  } finally {
    vi.useRealTimers();
  }
});

test("what is no failure of the connection is not tried again", async () => {
  const kept = keepConnected({
    ...noDelay,
    open: async () => connectionOf(),
    onOpen: () => {
      throw new TypeError("a bug");
    },
    onLost: () => undefined,
  });
  await expect(kept.ended).rejects.toThrow("a bug");
});

test("closing ends the wait for the next attempt", async () => {
  const kept = keepConnected({
    open: async () => {
      throw new NetworkError("nobody there");
    },
    onOpen: () => undefined,
    onLost: () => setTimeout(() => kept.close(), 5),
    delayMs: () => 3_600_000,
  });
  await expect(kept.ended).resolves.toBeUndefined();
});

test("delays double up to a limit and are spread by chance", () => {
  expect([1, 2, 3, 6, 7, 1_000].map((failures) => reconnectDelayMs(failures, 0))).toEqual([
    250, 500, 1_000, 8_000, 8_000, 8_000,
  ]);
  expect(reconnectDelayMs(2, 1)).toBe(250);
});

test("who gives up when told of a loss does not wait for another attempt", async () => {
  const kept = keepConnected({
    delayMs: () => 2 ** 30,
    open: () => Promise.reject(new NetworkError("nobody there")),
    onOpen: () => undefined,
    onLost: () => kept.close(),
  });
  await expect(kept.ended).resolves.toBeUndefined();
});
