import type { Strategy } from "./options.ts";

/**
 * What the simulated cluster promises while a fault strikes:
 * `bears`   nothing wrong happens, however often and to however many; all goes on when it has ended;
 * `notices` the member finds out when it starts again, and rejoins (consensus.md §9). No more at once than the committee
 *           can do without: beyond, nobody would know what was signed;
 * `lies`    the member cannot find out, and may sign twice without knowing: it counts among those that lie, in a
 *           committee that bears any.
 */
export type Promised = "bears" | "notices" | "lies";
export type FaultGroup = "network" | "process" | "disk" | "clock" | "load" | "members" | "liar";

export interface FaultEntry {
  readonly group: FaultGroup;
  readonly promised: Promised;
  readonly what: string;
  /** Where it can strike a member, of those places that matter to what is durable. */
  readonly steps?: readonly DurableStep[];
}

/** Where a member can be on its way from a decision to a durable one. */
export const DURABLE_STEPS = [
  "before append",
  "before flush",
  "during flush",
  "after flush",
  "before guard",
  "during guard",
  "after guard",
  "before send",
  "before commit",
  "before epoch",
  "during snapshot",
  "in fetching",
  "in recovery",
  "in rejoining",
  "in an epoch's end",
  "idle",
] as const;
export type DurableStep = (typeof DURABLE_STEPS)[number];

/** What a member may be at, whenever something strikes from outside. */
const MOMENTS = [
  "during flush",
  "during guard",
  "in recovery",
  "in rejoining",
  "in fetching",
  "in an epoch's end",
  "during snapshot",
  "idle",
] as const;
const WRITES = ["during flush", "during guard"] as const;
const ALL_WRITES = [...WRITES, "during snapshot"] as const;
const START = ["in recovery"] as const;

function bears(group: FaultGroup, what: string, steps?: readonly DurableStep[]): FaultEntry {
  return { group, promised: "bears", what, ...(steps === undefined ? {} : { steps }) };
}

const notices = (what: string): FaultEntry => ({
  group: "disk",
  promised: "notices",
  what,
  steps: START,
});

const lie = (what: string): FaultEntry => ({ group: "liar", promised: "lies", what });

/** What a lying member does. One runs real code and bends what it says. */
const LIES: Readonly<Record<Strategy, FaultEntry>> = {
  twins: lie("runs twice, with one key"),
  withhold: lie("keeps a block from some"),
  late: lie("sends blocks late"),
  leaderSilence: lie("is silent exactly when it leads"),
  garbage: lie("changes bytes at random"),
  lyingCheckpoints: lie("signs roots and commits that are not so"),
  lyingSync: lie("says it is elsewhere, and answers few questions"),
  wildParents: lie("refers to any quorum, twins included"),
  pendingFlood: lie("sends blocks whose parents nobody has, of rounds far ahead too"),
  fetchFlood: lie("asks for everything, again and again"),
  wildTime: lie("puts its blocks at the beginning or the end of time"),
  equivocate: lie("shows different members different blocks, and keeps it up"),
  forge: lie("signs blocks in the names of others"),
  swapPayload: lie("sends another payload under the same signature"),
  thinParents: lie("refers to fewer than a quorum"),
  denyLeader: lie("never votes for a leader"),
  brokenParents: lie("refers twice to an author, to none of its own, or out of order"),
  foreign: lie("sends blocks of another epoch, chain or committee, well signed"),
  trailing: lie("appends bytes, or encodes the same in another way"),
  rubbishFlood: lie("sends rubbish without end"),
  lyingEpochs: lie(
    "says that an epoch ends, or does not, and that others follow; closes it by itself; goes on when it has left",
  ),
  lyingSnapshots: lie(
    "offers snapshots of a state that never was, under a certificate of its own making",
  ),
  twinFlood: lie(
    "makes second blocks without end, which it hands over itself, or another such liar of which no lie is known",
  ),
  lastingFrames: lie("puts frames into its blocks that would have to be remembered without end"),
  ladder: lie("with another liar, makes blocks that rest on each other's without end"),
};

/** Everything that goes wrong in a simulated cluster. */
export const FAULT_MENU = {
  loss: bears("network", "a message is lost"),
  duplicate: bears("network", "a message comes twice"),
  replay: bears("network", "a message comes again much later"),
  oldEpoch: bears("network", "a block of an earlier epoch comes, signed by the same keys"),
  truncate: bears("network", "a message is cut short"),
  garble: bears("network", "a bit of a message is flipped"),
  noise: bears("network", "bytes come that were never a message"),
  oversize: bears("network", "a message is longer than any may be"),
  straggle: bears("network", "a message takes ten times its time"),
  slowLink: bears("network", "one link is twenty times as slow as the others, for a while"),
  narrowLink: bears("network", "a message waits for the bandwidth of its link"),
  linkFull: bears("network", "a link's queue is full, and what comes is dropped"),
  clog: bears("network", "links hold back what they carry, and free it in any order"),
  halves: bears("network", "the members are cut into two halves"),
  bridge: bears("network", "two halves see each other through one member only"),
  isolate: bears("network", "one member is cut off"),
  isolateLeader: bears("network", "whoever leads next is cut off"),
  halfOpen: bears("network", "one member hears, and is not heard"),
  scatter: bears("network", "single links are cut, each way by itself"),
  crash: bears("process", "the process dies, and the power with it", [
    ...DURABLE_STEPS.slice(0, -1),
    "idle",
  ]),
  powerLoss: bears("process", "all members die at once", MOMENTS),
  storm: bears("process", "a member dies soon after each start, again and again", MOMENTS),
  pause: bears("process", "the process stands still for seconds", MOMENTS),
  configMismatch: bears("process", "a member starts with another committee: it must stay apart"),
  mixedVersions: bears(
    "process",
    "a member speaks a newer language: it is not understood",
    MOMENTS,
  ),
  slowDisk: bears("disk", "a write takes a hundred times its time", ALL_WRITES),
  fsyncError: bears("disk", "a write fails: the process ends and does not try again", WRITES),
  diskFull: bears("disk", "there is no room: the member takes nothing in until there is", [
    ...ALL_WRITES,
    "in fetching",
  ]),
  readError: bears("disk", "reading fails: the start is given up, and tried later", START),
  reorderedWrites: bears(
    "disk",
    "of what was being written a later part survives, an earlier not",
    ["during flush"],
  ),
  lostWrite: notices("a flush that was reported never reached the journal"),
  lostGuard: notices("a guard that was reported never reached the disk"),
  tornWrite: notices("a sector of the guard was half written when the power went"),
  rottenRecord: notices("a record of the journal is rotten, good ones follow"),
  rottenTail: notices("the last record of the journal is gone"),
  misdirectedWrite: notices("a record was written over another one"),
  rottenSector: notices("a sector of the guard is rotten"),
  zeroPage: notices("a sector of the guard is all zeros"),
  staleSector: notices("a sector of the guard comes back as it was two writes ago"),
  misdirectedSector: notices("a mark was written to the guard's other sector"),
  rottenSnapshot: notices("the newest snapshot is rotten: an older one is begun with"),
  wiped: notices("the disk is empty"),
  restoredKeys: notices("all is as the key ceremony left it: keys, guards, and an empty disk"),
  restoredBackup: {
    group: "disk",
    promised: "lies",
    what: "the whole disk is as it was some time ago",
    steps: START,
  },
  snapshotFetched: bears(
    "load",
    "the others have let go of what a member lacks: it gets a snapshot of them",
  ),
  clockForward: bears("clock", "the clock is set forward", MOMENTS),
  clockBack: bears("clock", "the clock is set back", MOMENTS),
  clockDrift: bears("clock", "the clock runs up to a tenth too fast or too slow", MOMENTS),
  clockFrozen: bears("clock", "the clock stands still", MOMENTS),
  lateTimer: bears("clock", "a timer comes late"),
  burst: bears("load", "a member is given more frames at once than it may hold"),
  refusedFrame: bears("load", "a frame is refused: there is no room for it"),
  repeatedFrame: bears("load", "a frame is given to two members"),
  add: bears("members", "a member is added, with an empty disk"),
  remove: bears("members", "a member is removed"),
  replace: bears("members", "a member is replaced by another one"),
  rotate: bears("members", "a member gets another key"),
  reweigh: bears("members", "a member gets another weight"),
  badChange: bears("members", "a change that may not be made is tried"),
  ...LIES,
} as const satisfies Readonly<Record<string, FaultEntry>>;

export type FaultName = keyof typeof FAULT_MENU;

/** How much of the table (fault, durable step) has been struck, and what has not. */
export interface StepCoverage {
  readonly covered: number;
  readonly possible: number;
  readonly missing: readonly string[];
}

export function stepPair(fault: string, step: string): string {
  return `${fault} @ ${step}`;
}

/** Compares what struck with what could have; without liars and faults that the profile does not bear. */
export function coverageOf(
  struck: Readonly<Record<string, number>>,
  isLyingBorne: boolean,
): StepCoverage {
  const possible: string[] = [];
  for (const [name, entry] of Object.entries<FaultEntry>(FAULT_MENU)) {
    if (entry.promised === "lies" && !isLyingBorne) continue;
    for (const step of entry.steps ?? []) possible.push(stepPair(name, step));
  }
  const missing = possible.filter((pair) => struck[pair] === undefined);
  return { covered: possible.length - missing.length, possible: possible.length, missing };
}
