import { assert, TurnoverMap } from "@rialto/base";
import { type Frame, FRAMES_PER_BLOCK_MAX, frameExpiresMs } from "@rialto/consensus";
import { isEpochChange } from "./epoch/epoch-change.ts";

export interface MempoolLimits {
  readonly framesMax: number;
  readonly bytesMax: number;
  /** How far in the future a frame may expire: bounds how long ids are remembered. */
  readonly lifetimeMsMax: number;
}

/** Why a frame is not taken in. */
export type FrameRefusal =
  | "FRAME_KNOWN"
  | "FRAME_EXPIRED"
  | "FRAME_LIVES_TOO_LONG"
  | "MEMPOOL_FULL";

/**
 * Frames that clients have given to this member, until they have been executed. Bounded: beyond the bound a client
 * is refused, and nothing that was taken in is dropped.
 */
export class Mempool {
  readonly #limits: MempoolLimits;
  /** All that is held, in order of arrival. */
  readonly #held = new TurnoverMap<string, Frame>();
  /** Those that no own block of ours carries, in the order in which they will be proposed. */
  readonly #waiting = new TurnoverMap<string, Frame>();
  #bytes = 0;
  #waitingBytes = 0;

  constructor(limits: MempoolLimits) {
    this.#limits = limits;
  }

  get frameCount(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Bytes of the frames that no own block carries: more than a block's tells that more comes than can be done. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a frame in, or says why not. */
  admit(frame: Frame, nowMs: number): FrameRefusal | undefined {
    if (this.#held.has(frame.key)) return "FRAME_KNOWN";
    const expiresMs = frameExpiresMs(frame.bytes);
    if (expiresMs <= nowMs) return "FRAME_EXPIRED";
    if (expiresMs > nowMs + this.#limits.lifetimeMsMax) return "FRAME_LIVES_TOO_LONG";
    const { framesMax, bytesMax } = this.#limits;
    if (this.#held.size >= framesMax || this.#bytes + frame.bytes.length > bytesMax) {
      return "MEMPOOL_FULL";
    }
    this.#held.set(frame.key, frame);
    this.#wait(frame);
    this.#bytes += frame.bytes.length;
    return undefined;
  }

  /**
   * Frames for the next own block: the oldest that expire by `expiresMsMax`, up to `bytesMax` with their lengths and `framesMax`, of
   * epoch changes one (consensus.md §12). They are held on.
   *
   * Errors   an `InvariantError` for a frame that no block can take: nothing behind it would ever be proposed.
   */
  take(
    bytesMax: number,
    framesMax: number = FRAMES_PER_BLOCK_MAX,
    expiresMsMax: number = Infinity,
  ): Frame[] {
    const taken: Frame[] = [];
    let bytes = 0;
    let hasChange = false;
    for (const [key, frame] of this.#waiting) {
      assert(4 + frame.bytes.length <= bytesMax, "the longest frame fits a block");
      const isChange = isEpochChange(frame.bytes);
      if ((isChange && hasChange) || frameExpiresMs(frame.bytes) > expiresMsMax) continue;
      hasChange ||= isChange;
      bytes += 4 + frame.bytes.length;
      if (bytes > bytesMax || taken.length >= framesMax) break;
      taken.push(frame);
      this.#waiting.delete(key);
      this.#waitingBytes -= frame.bytes.length;
    }
    return taken;
  }

  /** Whether more frames wait than one `take` with these bounds has room for. */
  exceeds(bytesMax: number, framesMax: number = FRAMES_PER_BLOCK_MAX): boolean {
    const { size } = this.#waiting;
    return size > framesMax || this.#waitingBytes + 4 * size > bytesMax;
  }

  /** An own block will never be committed: what it carried and is still held waits again. */
  putBack(frames: readonly Frame[]): void {
    for (const frame of frames) if (this.#held.has(frame.key)) this.#wait(frame);
  }

  #wait(frame: Frame): void {
    if (!this.#waiting.has(frame.key)) this.#waitingBytes += frame.bytes.length;
    this.#waiting.set(frame.key, frame);
  }

  /** None of what own blocks carry will be committed any more: all that is held and wanted waits again, the oldest first. */
  reopen(isWanted: (frame: Frame) => boolean): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    for (const [key, frame] of this.#held) {
      if (isWanted(frame)) this.#wait(frame);
      else this.remove(key);
    }
  }

  /** A frame has been executed or refused by the order: it is done with. */
  remove(key: string): void {
    const frame = this.#held.get(key);
    if (frame === undefined) return;
    this.#held.delete(key);
    if (this.#waiting.delete(key)) this.#waitingBytes -= frame.bytes.length;
    this.#bytes -= frame.bytes.length;
  }

  /** Lets go of what can no longer execute. Returns how many frames that were. */
  expire(commitMs: number): number {
    let count = 0;
    for (const [key, frame] of this.#held) {
      if (frameExpiresMs(frame.bytes) > commitMs) continue;
      this.remove(key);
      count++;
    }
    return count;
  }
}
