import type { Dealer, Router } from "zeromq";

/**
 * What a reader does, ended by the end of its socket: by the end of its messages, or by the error of a read that zeromq.js had
 * put off to the next turn, as it does after many in a row, and carried out on the closed socket.
 *
 * Errors   all others: what a handler throws is nobody's to catch.
 */
export async function readUntilClosed(
  reading: Promise<void>,
  socket: Dealer | Router,
): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!socket.closed || (error as NodeJS.ErrnoException).code !== "ENOTSOCK") throw error;
  }
}
