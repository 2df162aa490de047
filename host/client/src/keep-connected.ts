import { ApiError, NetworkError } from "./client-error.ts";

/** What can be lost: market streams, the WebSocket API. */
export interface Connection {
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface KeepOptions<C extends Connection> {
  readonly open: () => Promise<C>;
  /** Brings a new connection into use; if it fails, the connection is given up and opened again. */
  readonly onOpen: (connection: C) => Promise<void> | void;
  /** Told each time that a connection is lost or could not be made, with the reason if there is one. */
  readonly onLost: (reason: ApiError | NetworkError | undefined) => void;
  /** How long to wait before the next attempt, after this many that failed or did not last. */
  readonly delayMs?: (failures: number) => number;
}

export interface KeptConnection {
  /** Resolves once it has been closed; rejects with what is no failure of the connection but a bug. */
  readonly ended: Promise<void>;
  close(): void;
}

const DELAY_FIRST_MS = 250;
const DELAY_MS_MAX = 8_000;
/** A connection that has lasted so long was none that lets in and puts out again. */
const LASTING_MS: number = DELAY_MS_MAX;

/** Doubles with each failure up to a limit; up to half of it is left to chance, so that a node that comes back is not stormed. */
export function reconnectDelayMs(failures: number, chance: number = Math.random()): number {
  const delayMs = Math.min(DELAY_MS_MAX, DELAY_FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return delayMs * (1 - chance / 2);
}

/** Opens a connection, and another one whenever it is lost, until it is told to stop. */
export function keepConnected<C extends Connection>(options: KeepOptions<C>): KeptConnection {
  const stop = new AbortController();
  return { ended: keep(options, stop.signal), close: () => stop.abort() };
}

async function keep<C extends Connection>(
  options: KeepOptions<C>,
  stop: AbortSignal,
): Promise<void> {
  const delayMs = options.delayMs ?? reconnectDelayMs;
  let failures = 0;
  while (!stop.aborted) {
    let reason: ApiError | NetworkError | undefined;
    let usedMs = Infinity;
    try {
      await use(options, stop, () => (usedMs = performance.now()));
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
      reason = error;
    }
    if (stop.aborted) return;
    if (performance.now() - usedMs >= LASTING_MS) failures = 0;
    failures += 1;
    options.onLost(reason);
    if (stop.aborted) return;
    await pause(delayMs(failures), stop);
  }
}

/** One connection from its beginning to its end. */
async function use<C extends Connection>(
  { open, onOpen }: KeepOptions<C>,
  stop: AbortSignal,
  onUsed: () => void,
): Promise<void> {
  const connection = await open();
  const close = (): void => connection.close();
  stop.addEventListener("abort", close, { once: true });
  try {
    if (stop.aborted) return;
    await onOpen(connection);
    onUsed();
    await connection.closed;
  } finally {
    stop.removeEventListener("abort", close);
    connection.close();
  }
}

function pause(durationMs: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, durationMs);
    function done(): void {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    }
    stop.addEventListener("abort", done);
  });
}
