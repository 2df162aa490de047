/** Says which snapshots are kept, of the sequences that are stored; both the highest first. */
export type KeepRule = (sequences: readonly number[]) => readonly number[];

/** How many of the newest are kept where nothing else is said: one more in case that the newest is damaged. */
const KEPT = 2;

/** The rule that an option means: so many of the newest, or a rule of its own. */
export function keepRuleOf(keep: number | KeepRule = KEPT): KeepRule {
  return typeof keep === "number" ? (sequences) => sequences.slice(0, keep) : keep;
}
