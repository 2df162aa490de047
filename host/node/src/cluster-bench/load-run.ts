import { median, percentiles } from "@rialto/bench";
import { setTimeout as sleep } from "node:timers/promises";
import type { Carrier, Told } from "./carrier.ts";
import type { FrameMaker, MadeFrame } from "./frame-maker.ts";
import { SendClock } from "./send-clock.ts";

// Gives a carrier frames, in an open or in a closed loop, and says what came of it.

/** Frames signed before a closed loop, over what its warm-up lets expect. */
export const STOCK_SHARE = 1.5;
/** How long answers are waited for when the last frame has been sent. */
const DRAIN_MS = 12_000;
/** Until the first frame of an open loop: what waits for its time is awake by then. */
const START_MS = 10;
/** Frames that are sent without a look at what has come back. */
const BURST_FRAMES = 64;
/** Who keeps frames under way waits so long when one is refused: another would only be refused too. */
const REFUSED_PAUSE_MS = 5;
/** And keeps this share of what was under way then. */
const REFUSED_SHARE = 0.9;

export interface LoadResult {
  /** Orders a second that were to be sent; 0 where the loop was closed. */
  readonly offered: number;
  readonly seconds: number;
  readonly framesSent: number;
  readonly framesDone: number;
  readonly framesRefused: number;
  readonly framesUnknown: number;
  /** Frames that were signed while the clock ran, by the thread that sends: what that took could not be sent. */
  readonly framesSignedLate: number;
  /** Refusals by their reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Orders a second acknowledged while frames were being sent. */
  readonly ordersPerSecond: number;
  /** From the intended time of sending to the acknowledgement, in ms; undefined where none was done. */
  readonly latencyMs: Percentiles | undefined;
  /** The same of each window in which a frame was done: one, but for `runWindows`. */
  readonly windowsMs: readonly Percentiles[];
  /** Orders acknowledged per second of processor time of all the carrier's processes. */
  readonly ordersPerCpuSecond: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface LoadOptions {
  readonly carrier: Carrier;
  readonly maker: FrameMaker;
  readonly ordersPerFrame: number;
  readonly seconds: number;
  readonly onDone?: (frame: MadeFrame, intendedMs: number) => void;
  readonly onRefused?: (frame: MadeFrame) => void;
}

/** Sends at a steady rate, whatever comes back. */
export async function runOpenLoop(
  options: LoadOptions & { readonly ordersPerSecond: number },
): Promise<LoadResult> {
  const { maker, ordersPerSecond, ordersPerFrame, seconds } = options;
  const everyMs = (1_000 * ordersPerFrame) / ordersPerSecond;
  const count = Math.ceil((1_000 * seconds) / everyMs);
  maker.stock(ordersPerFrame, count);
  const clock = await SendClock.open({ everyMs, count });
  const run = new LoadRun(options);
  const startMs = performance.now() + START_MS;
  await clock.start(startMs, (ring) => run.send(startMs + ring * everyMs));
  return await run.finish(ordersPerSecond);
}

/**
 * Sends at a steady rate `windows` times, one after the other, for frames that are signed before each. Returns the sums of what is counted, and
 * of rates and percentiles the medians.
 */
export async function runWindows(
  options: LoadOptions & { readonly ordersPerSecond: number },
  windows: number,
): Promise<LoadResult> {
  const runs: LoadResult[] = [];
  for (let window = 0; window < windows; window++) runs.push(await runOpenLoop(options));
  const sum = (of: (run: LoadResult) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const refusals: Record<string, number> = {};
  for (const run of runs) {
    for (const [reason, count] of Object.entries(run.refusals)) {
      refusals[reason] = (refusals[reason] ?? 0) + count;
    }
  }
  const windowsMs = runs.flatMap((run) => run.windowsMs);
  return {
    offered: options.ordersPerSecond,
    seconds: sum((run) => run.seconds),
    framesSent: sum((run) => run.framesSent),
    framesDone: sum((run) => run.framesDone),
    framesRefused: sum((run) => run.framesRefused),
    framesUnknown: sum((run) => run.framesUnknown),
    framesSignedLate: sum((run) => run.framesSignedLate),
    refusals,
    ordersPerSecond: median(runs.map((run) => run.ordersPerSecond)),
    latencyMs: medians(windowsMs),
    windowsMs,
    ordersPerCpuSecond: median(runs.map((run) => run.ordersPerCpuSecond)),
  };
}

/** Of each percentile the median. */
function medians(windows: readonly Percentiles[]): Percentiles | undefined {
  if (windows.length === 0) return undefined;
  const of = (name: keyof Percentiles): number => median(windows.map((each) => each[name]));
  return { p50: of("p50"), p99: of("p99"), p999: of("p999") };
}

/**
 * Keeps a number of frames under way: how fast it is when there is always something to do. Refused, it keeps less, and
 * tries one more now and then.
 */
export async function runClosedLoop(
  options: LoadOptions & {
    /** Frames that it is likely to need: signed before its clock starts. */
    readonly framesExpected: number;
  },
): Promise<LoadResult> {
  options.maker.stock(options.ordersPerFrame, options.framesExpected);
  const run = new LoadRun(options);
  const endMs = performance.now() + 1_000 * options.seconds;
  let limit = options.carrier.window;
  while (performance.now() < endMs) {
    for (let sent = 0; sent < BURST_FRAMES && run.underWay < limit; sent++) {
      run.send(performance.now());
    }
    const isFull = run.underWay >= limit;
    if (run.takeRefusal()) {
      limit = Math.max(1, Math.floor(run.underWay * REFUSED_SHARE));
      await sleep(REFUSED_PAUSE_MS);
      continue;
    }
    if (isFull) limit = Math.min(options.carrier.window, limit + 1);
    await (isFull ? sleep(1) : new Promise((resolve) => setImmediate(resolve)));
  }
  return await run.finish(0);
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #startMs = performance.now();
  readonly #cpuStart: number;
  readonly #lateBefore: number;
  readonly #latencies: number[] = [];
  readonly #refusals: Record<string, number> = {};
  #sent = 0;
  #done = 0;
  #doneInTime = 0;
  #refused = 0;
  #unknown = 0;
  #isSending = true;
  #isRefused = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#cpuStart = options.carrier.cpuSeconds();
    this.#lateBefore = options.maker.lateCount;
  }

  get underWay(): number {
    return this.#sent - this.#done - this.#refused - this.#unknown;
  }

  /** Whether a frame was refused since the last call. */
  takeRefusal(): boolean {
    const isRefused = this.#isRefused;
    this.#isRefused = false;
    return isRefused;
  }

  send(intendedMs: number): void {
    const { carrier, maker, ordersPerFrame } = this.#options;
    const frame = maker.orders(ordersPerFrame);
    this.#sent++;
    carrier.send(frame.bytes, (told) => this.#note(told, frame, intendedMs));
  }

  #note({ fate, reason }: Told, frame: MadeFrame, intendedMs: number): void {
    const { onDone, onRefused } = this.#options;
    if (fate === "done") {
      this.#latencies.push(performance.now() - intendedMs);
      this.#done++;
      if (this.#isSending) this.#doneInTime++;
      onDone?.(frame, intendedMs);
      return;
    }
    if (fate === "refused") {
      this.#refused++;
      this.#isRefused = true;
      onRefused?.(frame);
    } else this.#unknown++;
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
  }

  async finish(offered: number): Promise<LoadResult> {
    this.#isSending = false;
    const { carrier, maker, ordersPerFrame } = this.#options;
    const seconds = (performance.now() - this.#startMs) / 1_000;
    const endMs = performance.now() + DRAIN_MS;
    while (this.underWay > 0 && performance.now() < endMs) await sleep(5);
    const cpuSeconds = carrier.cpuSeconds() - this.#cpuStart;
    const latencyMs = summarise(this.#latencies);
    return {
      offered,
      seconds,
      framesSent: this.#sent,
      framesDone: this.#done,
      framesRefused: this.#refused,
      framesUnknown: this.#sent - this.#done - this.#refused,
      framesSignedLate: maker.lateCount - this.#lateBefore,
      refusals: this.#refusals,
      ordersPerSecond: (this.#doneInTime * ordersPerFrame) / seconds,
      latencyMs,
      windowsMs: latencyMs === undefined ? [] : [latencyMs],
      ordersPerCpuSecond: cpuSeconds === 0 ? 0 : (this.#done * ordersPerFrame) / cpuSeconds,
    };
  }
}

export function summarise(latencies: readonly number[]): Percentiles | undefined {
  if (latencies.length === 0) return undefined;
  const [p50, p99, p999] = percentiles(latencies, [50, 99, 99.9]);
  return { p50: p50!, p99: p99!, p999: p999! };
}
