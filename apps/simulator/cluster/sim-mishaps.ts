import type { Prng } from "@rialto/base";
import type { FaultCounter } from "./fault-counter.ts";
import type { DurableStep } from "./fault-menu.ts";
import type { RunOptions } from "./options.ts";

const PPM = 1_000_000;

export interface SimMishapsOptions {
  readonly run: RunOptions;
  readonly prng: Prng;
  readonly faults: FaultCounter;
  /** Where the process is on its way to something durable. */
  readonly stepOf: () => DurableStep;
  readonly crash: () => void;
}

/** What chance does to one process, until it is healed. */
export class SimMishaps {
  readonly #options: SimMishapsOptions;
  #isHealed = false;

  constructor(options: SimMishapsOptions) {
    this.#options = options;
  }

  heal(): void {
    this.#isHealed = true;
  }

  strikes(ppm: number): boolean {
    return !this.#isHealed && ppm > 0 && this.#options.prng.chance(ppm, PPM);
  }

  /** Returns true where the process has died at this step. */
  diesAt(step: DurableStep): boolean {
    const { run, faults, stepOf, crash } = this.#options;
    if (!this.strikes(run.rates.stepCrashPpm)) return false;
    const moment = stepOf();
    faults.countAt("crash", moment === "idle" || moment.startsWith("during") ? step : moment);
    crash();
    return true;
  }

  /** By how much a timer is late. */
  lateUs(): number {
    const { run, prng, faults } = this.#options;
    if (!this.strikes(run.rates.lateTimerPpm)) return 0;
    faults.count("lateTimer");
    return prng.below(300_000);
  }
}
