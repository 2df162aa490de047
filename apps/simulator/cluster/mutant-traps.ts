import { fail } from "@rialto/base";
import type { Hunt } from "./mutants.ts";
import type { ProfileName } from "./options.ts";

// What mutants are hunted with. Modules of the code under test are loaded only when a trap is sprung: by then the mutant's
// edits are in place.

/** Something that the code as it is passes, and a mutant may not. */
export type Trap =
  /** One scope of the exhaustive check of a slot, thinned out. */
  | { readonly kind: "slot"; readonly scope: number; readonly stride: number }
  /** Everything that three members can see in so many rounds, thinned out. */
  | { readonly kind: "views"; readonly rounds: number; readonly stride: number }
  | { readonly kind: "script"; readonly name: Script }
  | {
      readonly kind: "run";
      readonly nodes: number;
      readonly profile: ProfileName;
      readonly changes?: string;
      readonly seed: number;
    };

type Script = "gone" | "flooded" | "twins" | "hasty" | "forgetful" | "restored" | "silent";
type Cluster = Omit<Extract<Trap, { readonly kind: "run" }>, "kind" | "seed">;

const CRASH: readonly Cluster[] = [
  { nodes: 3, profile: "crash" },
  { nodes: 5, profile: "crash" },
];
const BYZANTINE: readonly Cluster[] = [
  { nodes: 4, profile: "byzantine" },
  { nodes: 7, profile: "byzantine" },
];
const ANY: readonly Cluster[] = [...CRASH.slice(0, 1), ...BYZANTINE];
/** Clocks that are set again and again: chance seldom sets back all of them at once. */
const CLOCK: readonly Cluster[] = [
  { nodes: 3, profile: "crash", changes: "clockJumpPpm=400000,safetyMs=1500" },
];
/** Two that ask without end, and little to be had. */
const REQUESTS: readonly Cluster[] = [
  {
    nodes: 7,
    profile: "byzantine",
    changes: "liars=2:fetchFlood;5:fetchFlood,answerBytes=20000,hasWeights=0",
  },
];
/** One that sends rubbish, for longer than what may be read at once lasts, and nothing that begins its accounts anew. */
const RUBBISH: readonly Cluster[] = [
  {
    nodes: 4,
    profile: "byzantine",
    changes:
      "liars=2:rubbishFlood,hasWeights=0,changePpm=0,clockJumpPpm=0,crashPpm=0,stormPpm=0,safetyMs=20000",
  },
];
/** Disks that lose what they hold, and one that lies to those who ask what they have signed. */
const REJOINS: readonly Cluster[] = [
  {
    nodes: 7,
    profile: "byzantine",
    changes: "liars=2:lyingSync,hasWeights=0,damagePpm=600000,crashPpm=60000,changePpm=0",
  },
];
/** Members that change again and again, and operators that try what they may not. */
const CHANGES = "changePpm=300000,badChangePpm=300000";
const EPOCHS: readonly Cluster[] = [
  { nodes: 3, profile: "crash", changes: CHANGES },
  { nodes: 4, profile: "byzantine", changes: CHANGES },
  { nodes: 3, profile: "crash", changes: `${CHANGES},hasWeights=1` },
];
/** Members that keep little of their journals, and lose the rest. */
const PRUNED = `${CHANGES},prunes=1,snapshotCommits=8,damagePpm=600000,crashPpm=60000`;
const SNAPSHOTS: readonly Cluster[] = [
  { nodes: 3, profile: "crash", changes: PRUNED },
  { nodes: 4, profile: "byzantine", changes: `${PRUNED},liars=1:lyingSnapshots,hasWeights=0` },
  { nodes: 3, profile: "crash", changes: `${PRUNED},garblePpm=400000` },
];
const CLUSTERS: Partial<Readonly<Record<Hunt, readonly Cluster[]>>> = {
  crash: CRASH,
  byzantine: BYZANTINE,
  clock: CLOCK,
  requests: REQUESTS,
  rubbish: RUBBISH,
  rejoins: REJOINS,
  epochs: EPOCHS,
  snapshots: SNAPSHOTS,
};
const SLOT_SCOPES = 10;
/** Coarsely first: most fall at once. */
const SLOT_STRIDES = [29, 1] as const;
const VIEWS = [
  { rounds: 4, stride: 1 },
  { rounds: 5, stride: 31 },
  { rounds: 5, stride: 1 },
] as const;

/** The traps of a hunt, the quick ones first, and then so many seeds. */
export function trapsFor(hunt: Hunt, seeds: number, firstSeed: number): Trap[] {
  return [...checksFor(hunt), ...runsFor(hunt, seeds, firstSeed)];
}

function checksFor(hunt: Hunt): Trap[] {
  switch (hunt) {
    case "slot":
      return SLOT_STRIDES.flatMap((stride) =>
        Array.from(
          { length: SLOT_SCOPES },
          (_, scope) => ({ kind: "slot", scope, stride }) as const,
        ),
      );
    case "views":
      return VIEWS.map((views) => ({ kind: "views", ...views }));
    case "gone":
    case "flooded":
    case "twins":
    case "hasty":
    case "forgetful":
    case "restored":
    case "silent":
      return [{ kind: "script", name: hunt }];
    case "clock":
    case "requests":
    case "rubbish":
    case "rejoins":
    case "epochs":
    case "snapshots":
    case "crash":
    case "byzantine":
    case "any":
      return [];
  }
}

function runsFor(hunt: Hunt, seeds: number, firstSeed: number): Trap[] {
  const clusters = CLUSTERS[hunt] ?? ANY;
  return Array.from({ length: seeds }, (_, at) => {
    const seed = firstSeed + Math.floor(at / clusters.length);
    return { kind: "run", ...clusters[at % clusters.length]!, seed };
  });
}

export function describeTrap(trap: Trap): string {
  switch (trap.kind) {
    case "slot":
      return `one slot, scope ${trap.scope}`;
    case "views":
      return `all views of ${trap.rounds} rounds`;
    case "script":
      return `script "${trap.name}"`;
    case "run":
      return `simulator, ${trap.nodes} ${trap.profile}, seed ${trap.seed}`;
  }
}

/** What was wrong, in words; undefined where nothing was. */
export async function springTrap(trap: Trap): Promise<string | undefined> {
  try {
    return await spring(trap);
  } catch (error) {
    // The checks run the code bare: an assertion in it is a catch like one in the simulator.
    if (!(error instanceof Error) || error.name !== "InvariantError") throw error;
    return `ASSERT: ${error.message}`;
  }
}

async function spring(trap: Trap): Promise<string | undefined> {
  switch (trap.kind) {
    case "slot": {
      const { checkOneSlot, slotScopes } = await import("./exhaustive-slot.ts");
      const scope = slotScopes(trap.stride)[trap.scope] ?? fail("there is such a scope");
      return checkOneSlot(scope).conflicts[0];
    }
    case "views": {
      const { checkViews } = await import("./exhaustive-views.ts");
      return checkViews(trap.rounds, trap.stride).conflicts[0];
    }
    case "script":
      return await runScript(trap.name);
    case "run": {
      const { simulateCluster } = await import("./simulate-cluster.ts");
      const { verdict, violations } = simulateCluster(trap);
      if (verdict === "pass") return undefined;
      const [first] = violations;
      return first === undefined ? verdict : `${first.invariant}: ${first.detail}`.split("\n")[0];
    }
  }
}

async function runScript(name: Script): Promise<string | undefined> {
  switch (name) {
    case "gone": {
      const { checkGoneMembers, GONE_SCOPES } = await import("./exhaustive-gone.ts");
      return GONE_SCOPES.flatMap((scope) => checkGoneMembers(scope).standstills)[0];
    }
    case "flooded": {
      const { runFloodedMember } = await import("./flooded-member.ts");
      return runFloodedMember();
    }
    case "twins": {
      const { runFloodedDag } = await import("./flooded-dag.ts");
      return runFloodedDag();
    }
    case "hasty": {
      const { findHastyMember } = await import("./hasty-member.ts");
      return findHastyMember(60)?.[0]?.detail;
    }
    case "silent": {
      const { runSilentCluster } = await import("./silent-cluster.ts");
      return runSilentCluster(1, "crash", 3);
    }
    case "restored": {
      const { findRestoredMember } = await import("./restored-member.ts");
      return findRestoredMember();
    }
    case "forgetful": {
      const { runForgetfulMember } = await import("./forgetful-member.ts");
      return runForgetfulMember(1)[0]?.detail;
    }
  }
}
