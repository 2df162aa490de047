import type { Prng } from "@rialto/base";
import type { FaultCounter } from "./fault-counter.ts";
import type { FaultRoom } from "./fault-room.ts";
import type { RunOptions } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";
import { DISK_DAMAGES, type DiskDamage } from "./sim-disk.ts";
import type { SimNode } from "./sim-node.ts";

const PPM = 1_000_000;
/** How often the world looks for trouble to make. */
export const STIR_US = 100_000;
const STORM_US = 1_500_000;
const UPGRADE_US = 500_000;
const CLOCK_JUMP_MS = 3_600_000;
const BACKUP_CHANCE = 20;

/** Makes trouble for the processes: when they die and start again, what their disks and clocks do meanwhile. */
export class Troubles {
  readonly #run: RunOptions;
  readonly #prng: Prng;
  readonly #scheduler: Scheduler;
  readonly #faults: FaultCounter;
  readonly #room: FaultRoom;
  #isHealed = false;

  constructor(options: {
    readonly run: RunOptions;
    readonly prng: Prng;
    readonly scheduler: Scheduler;
    readonly faults: FaultCounter;
    readonly room: FaultRoom;
  }) {
    this.#run = options.run;
    this.#prng = options.prng;
    this.#scheduler = options.scheduler;
    this.#faults = options.faults;
    this.#room = options.room;
  }

  heal(): void {
    this.#isHealed = true;
  }

  #strikes(ppm: number): boolean {
    return !this.#isHealed && ppm > 0 && this.#prng.chance(ppm, PPM);
  }

  /** All members are without power for a moment. */
  strikeAll(nodes: readonly SimNode[]): void {
    if (!this.#strikes(this.#run.rates.powerLossPpm)) return;
    for (const node of nodes) {
      if (!node.isUp) continue;
      this.#faults.countAt("powerLoss", node.durableStep);
      node.crash();
    }
  }

  /** Called for each member every `STIR_US`. */
  strike(node: SimNode): void {
    if (this.#isHealed) return;
    if (this.#prng.chance(1, BACKUP_CHANCE)) node.disk.backUp();
    if (!node.isUp) {
      const isStorm = this.#scheduler.nowUs < node.stormUntilUs;
      if (this.#run.restartsByChance && (isStorm || this.#prng.chance(1, 4))) this.restart(node);
      return;
    }
    this.#strikeProcess(node);
    this.#strikeClock(node);
  }

  #strikeProcess(node: SimNode): void {
    const { rates } = this.#run;
    if (this.#strikes(rates.stormPpm)) node.stormUntilUs = this.#scheduler.nowUs + STORM_US;
    const isStorm = this.#scheduler.nowUs < node.stormUntilUs && this.#run.restartsByChance;
    if (isStorm || this.#strikes(rates.crashPpm)) {
      this.#scheduler.after(this.#prng.below(STIR_US), () => {
        if (this.#isHealed || !node.isUp) return;
        this.#faults.countAt(isStorm ? "storm" : "crash", node.durableStep);
        node.crash();
      });
    }
    if (!this.#strikes(rates.pausePpm)) return;
    this.#faults.countAt("pause", node.durableStep);
    node.pause(this.#prng.below(3_000_000));
  }

  #strikeClock(node: SimNode): void {
    const { rates } = this.#run;
    const { clock } = node;
    if (this.#strikes(rates.clockJumpPpm)) {
      const most = this.#prng.chance(1, 2) ? 3_000 : CLOCK_JUMP_MS;
      const offsetMs = this.#prng.below(2 * most + 1) - most;
      const kind = offsetMs < clock.offsetMs ? "clockBack" : "clockForward";
      this.#faults.countAt(kind, node.durableStep);
      clock.set(offsetMs);
    }
    if (this.#strikes(rates.clockDriftPpm)) {
      this.#faults.countAt("clockDrift", node.durableStep);
      clock.drift(this.#prng.below(200_001) - 100_000);
    }
    if (this.#strikes(rates.clockFreezePpm)) {
      this.#faults.countAt("clockFrozen", node.durableStep);
      clock.freeze(true);
      this.#scheduler.after(this.#prng.below(1_000_000), () => clock.freeze(false));
    }
  }

  /** Starts a member that is down, or not, as its disk and its operator will have it. */
  restart(node: SimNode): void {
    const { rates } = this.#run;
    if (node.isMismatched) {
      // Its operator has seen that it stands apart: what it wrote for another committee is of no use.
      node.start("wiped");
      return;
    }
    if (!node.isHonest) {
      node.start("none");
      return;
    }
    if (this.#strikes(rates.readErrorPpm)) return this.#faults.countAt("readError", "in recovery");
    if (this.#strikes(rates.configMismatchPpm)) return this.#startMismatched(node);
    node.start(this.#drawDamage(node));
    // Whoever does not understand it makes its operator go back to the release before.
    node.isNewer = false;
    if (this.#strikes(rates.mixedVersionsPpm)) this.#upgrade(node);
  }

  /** What starts is a newer release. It speaks its own language at once, or when it thinks that everybody does. */
  #upgrade(node: SimNode): void {
    const life = node.restartCount;
    const speak = (): void => {
      if (this.#isHealed || !node.isUp || node.restartCount !== life) return;
      this.#faults.countAt("mixedVersions", node.durableStep);
      node.isNewer = true;
    };
    if (this.#prng.chance(1, 2)) speak();
    else this.#scheduler.after(this.#prng.below(UPGRADE_US), speak);
  }

  /** A member that has a journal must refuse to begin with another committee; one without stands apart. */
  #startMismatched(node: SimNode): void {
    if (!this.#room.mayForget(node)) return;
    this.#faults.count("configMismatch");
    node.start("none", true);
  }

  #drawDamage(node: SimNode): DiskDamage {
    if (!this.#strikes(this.#run.rates.damagePpm) || !this.#room.mayForget(node)) return "none";
    // All that is there, gone, is what a member comes back from last of all.
    if (this.#prng.chance(1, 6)) return this.#drawRestored(node);
    const kind = this.#prng.below(DISK_DAMAGES.length + 1);
    const isSetBack = kind === DISK_DAMAGES.length;
    if (!isSetBack) return DISK_DAMAGES[kind]!;
    return node.disk.hasBackup && this.#room.mayBeMisled(node) ? "restoredBackup" : "none";
  }

  /** What its operator puts back on an empty disk: its keys alone, or the guards of the key ceremony with them. */
  #drawRestored(node: SimNode): DiskDamage {
    const hasGuards = this.#prng.chance(1, 2) && this.#room.isKnown(node);
    return hasGuards ? "restoredKeys" : "wiped";
  }
}

/** How far an honest clock may be off, with all that a run does to it. */
export function maxDriftMs(run: RunOptions): number {
  const { clockJumpPpm, clockDriftPpm, clockFreezePpm } = run.rates;
  const jumpMs = clockJumpPpm > 0 ? CLOCK_JUMP_MS : 0;
  const runMs = clockDriftPpm + clockFreezePpm > 0 ? run.safetyMs : 0;
  return Math.max(run.skewMsMax, jumpMs) + runMs;
}
