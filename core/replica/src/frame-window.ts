import { TurnoverMap } from "@rialto/base";
import { type Frame, frameExpiresMs } from "@rialto/consensus";

/** What a window remembers, to go on from. */
export interface WindowState {
  readonly sweptMs: number;
  /** Expiry by key, in order of execution. */
  readonly expiresMs: ReadonlyMap<string, number>;
}

/** What the order says of a frame. */
export type FrameVerdict = "execute" | "repeated" | "expired" | "tooEarly";

/**
 * Remembers the frames that have executed for as long as they could come again. Part of the replicated state: its
 * answers depend on the order alone.
 */
export class FrameWindow {
  readonly #lifetimeMsMax: number;
  /** Expiry by key, in order of execution. */
  readonly #expiresMs: TurnoverMap<string, number>;
  #sweptMs: number;

  constructor(lifetimeMsMax: number, from?: WindowState) {
    this.#lifetimeMsMax = lifetimeMsMax;
    this.#expiresMs = new TurnoverMap(from?.expiresMs);
    this.#sweptMs = from?.sweptMs ?? 0;
  }

  /** Borrowed until the next frame. */
  get state(): WindowState {
    return { sweptMs: this.#sweptMs, expiresMs: this.#expiresMs };
  }

  get size(): number {
    return this.#expiresMs.size;
  }

  /** Judges a frame at the time of its commit, and remembers it if it is to execute. */
  judge(frame: Frame, commitMs: number): FrameVerdict {
    const expiresMs = frameExpiresMs(frame.bytes);
    if (this.#expiresMs.has(frame.key)) return "repeated";
    if (expiresMs <= commitMs) return "expired";
    // A frame that would have to be remembered for longer than the window may never execute.
    if (expiresMs > commitMs + 2 * this.#lifetimeMsMax) return "tooEarly";
    this.#expiresMs.set(frame.key, expiresMs);
    return "execute";
  }

  /** Forgets what has expired. Looks at everything once in a quarter of a lifetime. */
  sweep(commitMs: number): void {
    if (commitMs < this.#sweptMs + this.#lifetimeMsMax / 4) return;
    this.#sweptMs = commitMs;
    for (const [key, expiresMs] of this.#expiresMs) {
      if (expiresMs <= commitMs) this.#expiresMs.delete(key);
    }
  }
}
