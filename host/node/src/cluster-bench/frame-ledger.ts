import type { JournalVerdict } from "./verify-journal.ts";

// What was said of a frame, a bit each.
const DONE = 1;
const REFUSED = 2;
const FRAMES_MIN = 65_536;

/** What members said of frames, against which the journal is held in the end. */
export class FrameLedger {
  /** By the number of the frame: a set of so many would stand still now and then, to grow, while latencies are taken. */
  #fates = new Uint8Array(FRAMES_MIN);

  /** Frames that were acknowledged. */
  get doneCount(): number {
    let count = 0;
    for (const fates of this.#fates) count += fates & DONE;
    return count;
  }

  noteDone(frame: number): void {
    this.#note(frame, DONE);
  }

  noteRefused(frame: number): void {
    this.#note(frame, REFUSED);
  }

  #note(frame: number, fate: number): void {
    if (frame >= this.#fates.length) {
      const grown = new Uint8Array(Math.max(2 * this.#fates.length, frame + 1));
      grown.set(this.#fates);
      this.#fates = grown;
    }
    this.#fates[frame]! |= fate;
  }

  /** What a member's journal says otherwise than the members did; nothing where all is well. */
  problems({ executed, halts, trades, rejected }: JournalVerdict): string[] {
    let lost = 0;
    let twice = 0;
    let undead = 0;
    executed.forEach((times, frame) => {
      if (times > 1) twice++;
      const fates = this.#fates[frame] ?? 0;
      if (times === 0 && (fates & DONE) !== 0) lost++;
      if (times > 0 && (fates & REFUSED) !== 0) undead++;
    });
    const problems = halts.map((code) => `executing the journal again has halted: ${code}`);
    if (lost > 0) problems.push(`${lost} acknowledged frames are not in the journal`);
    if (twice > 0) problems.push(`${twice} frames were executed twice`);
    if (undead > 0) problems.push(`${undead} refused frames were executed`);
    // What a committed order costs is another matter where none of them trades, or the book takes no more of them.
    if (trades === 0) problems.push("no two orders traded");
    if (rejected > 0) problems.push(`${rejected} commands were rejected`);
    return problems;
  }
}
