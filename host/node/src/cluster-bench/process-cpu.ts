import { readFileSync } from "node:fs";

/** Units of the times in /proc: Linux has had 100 a second on every machine for decades. */
const TICKS_PER_SECOND = 100;

/** Processor time of a process of this machine, its threads included, in seconds. 0 for one that has ended. */
export function cpuSecondsOf(pid: number): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
  // Behind the name in brackets, which may hold anything: state is the third field, utime the 14th, stime the 15th.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
