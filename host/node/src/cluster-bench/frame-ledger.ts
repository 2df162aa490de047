import type { JournalVerdict } from "./verify-journal.ts";

/** What members said of frames, against which the journal is held in the end. */
export class FrameLedger {
  readonly #done = new Set<number>();
  readonly #refused = new Set<number>();

  /** Frames that were acknowledged. */
  get doneCount(): number {
    return this.#done.size;
  }

  noteDone(frame: number): void {
    this.#done.add(frame);
  }

  noteRefused(frame: number): void {
    this.#refused.add(frame);
  }

  /** What a member's journal says otherwise than the members did; nothing where all is well. */
  problems({ executed, halts, trades, rejected }: JournalVerdict): string[] {
    let lost = 0;
    let twice = 0;
    let undead = 0;
    executed.forEach((times, frame) => {
      if (times > 1) twice++;
      if (times === 0 && this.#done.has(frame)) lost++;
      if (times > 0 && this.#refused.has(frame)) undead++;
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
