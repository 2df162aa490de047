import { TurnoverMap } from "@rialto/base";
import { type Frame, frameExpiresMs } from "@rialto/consensus";

/** What a window remembers, to go on from. */
export interface WindowState {
  /** What had expired before then is not among the frames. */
  readonly sweptMs: number;
  readonly frameCount: number;
  /** Expiry by key, in any number of parts, in an order that follows from the order of execution. */
  readonly frames: readonly ReadonlyMap<string, number>[];
}

/** What the order says of a frame. */
export type FrameVerdict = "execute" | "repeated" | "expired" | "tooEarly";

/** Frames that expire within the same so many milliseconds are forgotten together. */
const SPAN_MS = 250;

/**
 * Remembers the frames that have executed for as long as they could come again. Part of the replicated state: its
 * answers depend on the order alone.
 *
 * A frame's key is the hash of its bytes, and its expiry is among these. So a frame is looked for among those only that expire
 * when it does, and they are forgotten together: to go through all that is remembered, a million frames and more, would
 * have all members stand still at the same commit.
 */
export class FrameWindow {
  readonly #lifetimeMsMax: number;
  /** Expiry by key, in order of execution, by the span of time in which they expire. */
  readonly #spans = new TurnoverMap<number, Map<string, number>>();
  #sweptSpan: number;

  constructor(lifetimeMsMax: number, from?: WindowState) {
    this.#lifetimeMsMax = lifetimeMsMax;
    this.#sweptSpan = spanOf(from?.sweptMs ?? 0);
    for (const part of from?.frames ?? []) {
      for (const [key, expiresMs] of part) this.#remember(key, expiresMs);
    }
  }

  /** Borrowed until the next frame. */
  get state(): WindowState {
    const frames = [...this.#spans.values()];
    return { sweptMs: this.#sweptSpan * SPAN_MS, frameCount: this.size, frames };
  }

  get size(): number {
    let size = 0;
    for (const span of this.#spans.values()) size += span.size;
    return size;
  }

  #remember(key: string, expiresMs: number): void {
    const span = spanOf(expiresMs);
    const frames = this.#spans.get(span);
    if (frames === undefined) this.#spans.set(span, new Map([[key, expiresMs]]));
    else frames.set(key, expiresMs);
  }

  /** Judges a frame at the time of its commit, and remembers it if it is to execute. */
  judge(frame: Frame, commitMs: number): FrameVerdict {
    const expiresMs = frameExpiresMs(frame.bytes);
    if (this.#spans.get(spanOf(expiresMs))?.has(frame.key) === true) return "repeated";
    if (expiresMs <= commitMs) return "expired";
    // A frame that would have to be remembered for longer than the window may never execute.
    if (expiresMs > commitMs + 2 * this.#lifetimeMsMax) return "tooEarly";
    this.#remember(frame.key, expiresMs);
    return "execute";
  }

  /** Forgets what has expired, a span at a time. */
  sweep(commitMs: number): void {
    const now = spanOf(commitMs);
    if (now <= this.#sweptSpan) return;
    this.#sweptSpan = now;
    for (const span of this.#spans.keys()) if (span < now) this.#spans.delete(span);
  }
}

function spanOf(timeMs: number): number {
  return Math.floor(timeMs / SPAN_MS);
}
