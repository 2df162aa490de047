import type { JournalVerdict } from "./verify-journal.ts";

const DONE = 1;
const REFUSED = 2;
const FRAMES_MIN = 65_536;

/** What members said of frames, against which the journal is held in the end. */
export class FrameLedger {
  /** By the number of the frame: a set of so many would stand still now and then, to grow, while latencies are taken. */
  #fates = new Uint8Array(FRAMES_MIN);
  #doneCount = 0;

  /** Frames that were acknowledged. */
  get doneCount(): number {
    return this.#doneCount;
  }

  noteDone(frame: number): void {
    this.#note(frame, DONE);
    this.#doneCount++;
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
    this.#fates[frame] = fate;
  }

  /** What a member's journal says otherwise than the members did; nothing where all is well. */
  problems({ executed, halts, trades, rejected }: JournalVerdict): string[] {
    let lost = 0;
    let twice = 0;
    let undead = 0;
    executed.forEach((times, frame) => {
      if (times > 1) twice++;
      const fate = this.#fates[frame];
      if (times === 0 && fate === DONE) lost++;
      if (times > 0 && fate === REFUSED) undead++;
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
