/** What a frame costs besides its bytes, in bytes: its signature is most of the work of a short one. */
const FRAME_COST_BYTES = 8_192;
/** Commits that take longer than this tell of more than can be done. */
const TARGET_MS = 250;
/** A window that grows and shrinks between these, in bytes of cost. */
const COST_MIN = 32 * FRAME_COST_BYTES;
const COST_START = 128 * FRAME_COST_BYTES;
/** Near the target it grows by this share of what it lets through, else by all of it: it doubles with each commit. */
const CAREFUL_SHARE = 1 / 16;

/** What a frame takes of the window. */
export function admissionCost(frameBytes: number): number {
  return FRAME_COST_BYTES + frameBytes;
}

/**
 * How much may be under way at a member's entry: as much as is committed within a time that clients can live with.
 * It grows while commits are quick, and shrinks by how much too late they are, as TCP's window does; so more than can be done
 * is refused at once, before any work goes into it, instead of waiting in a queue that makes everybody late.
 */
export class AdmissionWindow {
  readonly #costMax: number;
  #cost = COST_START;
  /** What was let in under a larger window tells nothing of this one. */
  #trustedMs = 0;

  /** `costMax` bounds it whatever commits take. */
  constructor(costMax: number) {
    this.#costMax = costMax;
  }

  /** Cost of the frames that may be under way. */
  get cost(): number {
    return Math.min(this.#cost, this.#costMax);
  }

  /** A frame of `cost` was committed `latencyMs` after it had come, with `flyingCost` under way before. */
  note(cost: number, latencyMs: number, flyingCost: number, nowMs: number): void {
    if (latencyMs > TARGET_MS) {
      if (nowMs - latencyMs < this.#trustedMs) return;
      this.#trustedMs = nowMs;
      const share = Math.max(1 / 2, TARGET_MS / latencyMs);
      this.#cost = Math.max(COST_MIN, Math.floor(this.#cost * share));
      return;
    }
    // A window that nobody fills says nothing of what could be done.
    if (flyingCost < this.#cost / 2) return;
    const growth = latencyMs < TARGET_MS / 2 ? cost : Math.ceil(cost * CAREFUL_SHARE);
    this.#cost = Math.min(this.#costMax, this.#cost + growth);
  }
}
