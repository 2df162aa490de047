import { Fault } from "@rialto/base";
import { appendHistory, benchFinality, type HistoryEntry, readProvenance } from "@rialto/bench";
import {
  benchCluster,
  type ClusterBenchOptions,
  type ClusterBenchResult,
  type ClusterPhase,
  type ClusterVerdict,
  type Scenario,
  SCENARIOS,
} from "../cluster-bench/bench-cluster.ts";
import { benchPeers } from "../cluster-bench/bench-peers.ts";
import {
  describeAbsent,
  describeLookup,
  describePhase,
  describeVerdict,
  historyOf,
} from "../cluster-bench/describe.ts";
import type { Values } from "../config/settings.ts";
import { keepAwake } from "../keep-awake.ts";
import { type CommandContext, defineCommand, ExitCode, UsageError } from "./command.ts";
import { checkRecorded, refuseIdle } from "./conflicts.ts";

const FRAME_ORDERS_MAX = 256;
/** What the project has set itself to bear, for frames of 256. */
const GOAL_RATES = { byzantine: [175_000, 300_000], crash: [100_000, 400_000] } as const;
const WINDOW_FRAMES = 2_048;
const MEMBERS = { byzantine: 4, crash: 3 } as const;
type BenchProfile = keyof typeof MEMBERS;

const OPTIONS = {
  profile: {
    kind: "choice",
    flag: "profile",
    default: "both",
    choices: ["byzantine", "crash", "both"],
    help: "four members of which one may lie, or three of which one may be down",
  },
  frames: {
    kind: "text",
    flag: "frames",
    default: "1,16,256",
    placeholder: "LIST",
    help: "orders a frame, from 1 to 256",
  },
  scenarios: {
    kind: "text",
    flag: "scenarios",
    default: SCENARIOS.join(","),
    placeholder: "LIST",
    help: `of ${SCENARIOS.join(", ")}; saturation is always measured`,
  },
  seconds: {
    kind: "integer",
    flag: "seconds",
    default: 10,
    min: 1,
    max: 600,
    help: "of each measured phase",
  },
  rate: {
    kind: "integer",
    flag: "rate",
    default: 0,
    min: 0,
    max: 100_000_000,
    help: "orders a second at which latencies are taken besides half of the saturated rate; 0 for the goals' rates at 256 a frame",
  },
  durability: {
    kind: "choice",
    flag: "durability",
    default: "group",
    choices: ["strict", "group"],
    help: "of the members' journals",
  },
  queueBytes: {
    kind: "integer",
    flag: "queue-bytes",
    default: 2_097_152,
    min: 65_536,
    max: 1_073_741_824,
    help: "frames that a member has under way; beyond it frames are refused as overload",
  },
  letSleep: {
    kind: "switch",
    flag: "let-sleep",
    default: false,
    help: "do not keep the machine's processors from sleeping meanwhile, as `rialto start --keep-awake` does, and this where it is allowed to",
  },
  noPeers: {
    kind: "switch",
    flag: "no-peers",
    default: false,
    help: "without NATS JetStream and etcd beside it",
  },
  smoke: {
    kind: "switch",
    flag: "smoke",
    default: false,
    help: "three members, few frames, no peers: shows that it works, not how fast",
  },
  record: {
    kind: "switch",
    flag: "record",
    default: false,
    help: "append the results to bench/history; not for --smoke",
  },
} as const;
/** What a small run does not leave open. */
const SMOKE_DECIDES = ["profile", "frames", "scenarios", "seconds", "rate"] as const;
type BenchValues = Values<typeof OPTIONS>;

export const benchClusterCommand = defineCommand({
  name: "bench cluster",
  summary:
    "time members of a cluster as processes: signed frames, executed and durable, every answer verified",
  positionals: "",
  options: OPTIONS,
  examples: [
    "rialto bench cluster",
    "rialto bench cluster --profile byzantine --frames 256 --scenarios healthy,dead",
    "rialto bench cluster --rate 100000 --seconds 20 --json",
    "rialto bench cluster --smoke",
  ],
  async run(context) {
    const { values, sources, print } = context;
    const { smoke, record } = values;
    if (record && smoke) throw new UsageError("--record is for whole runs: leave out --smoke");
    if (record) checkRecorded({ options: OPTIONS, values }, ["seconds", "queueBytes"]);
    if (smoke) refuseIdle("--smoke", { options: OPTIONS, sources }, SMOKE_DECIDES);
    // The processes that are measured end with this one, but not with one that a signal ends.
    context.signal.addEventListener("abort", () => process.exit(ExitCode.Failed), { once: true });
    const plan = smoke ? smokePlan(context) : planOf(context);
    using awake = values.letSleep ? undefined : holdAwake();
    const keptAwake = awake !== undefined;
    print({ keptAwake }, `the machine's processors ${keptAwake ? "are kept awake" : "may sleep"}`);
    const phases: ClusterPhase[] = [];
    const verdicts: ClusterVerdict[] = [];
    const tell = (measured: ClusterBenchResult): void => {
      context.progress("");
      for (const phase of measured.phases) print(phase, describePhase(phase));
      for (const verdict of measured.verdicts) print(verdict, describeVerdict(verdict));
      for (const absent of measured.absent) print(absent, describeAbsent(absent));
      phases.push(...measured.phases);
      verdicts.push(...measured.verdicts);
    };
    for (const each of plan) tell(await benchCluster(each));
    if (!values.noPeers && !smoke) {
      const { frameOrders, seconds, onProgress } = plan[0]!;
      tell(await benchPeers({ frameOrders, seconds, onProgress }));
    }
    if (!smoke) measureLookup(context);
    if (record) appendHistory(entriesOf(phases, verdicts, keptAwake));
    return verdicts.every(({ problems }) => problems.length === 0)
      ? ExitCode.Done
      : ExitCode.Failed;
  },
});

/** Undefined where that is not allowed: then members wait longer for whatever they wait for. */
function holdAwake(): Disposable | undefined {
  const held = keepAwake();
  return held instanceof Fault ? undefined : held;
}

/** What asking how final something is costs: another figure than how long it takes to be final. `bench finality` records it. */
function measureLookup({ print }: CommandContext): void {
  const result = benchFinality({ blocks: 1_000_000, lookups: 1_048_576, runs: 5, seed: 1 });
  if (result instanceof Fault) throw result;
  print(result, describeLookup(result));
}

type PlanContext = { readonly values: BenchValues } & Pick<CommandContext, "progress" | "sources">;

function planOf({ values, sources, progress }: PlanContext) {
  const { profile, seconds, rate, durability, queueBytes } = values;
  const profiles: BenchProfile[] =
    profile === "both" ? ["byzantine", "crash"] : [profile as BenchProfile];
  return profiles.map((each): ClusterBenchOptions => ({
    profile: each,
    members: MEMBERS[each],
    frameOrders: frameOrdersOf(values.frames),
    scenarios: scenariosOf(values, sources),
    seconds,
    warmUpSeconds: 2 * seconds,
    steadyWarmUpSeconds: 4 * seconds,
    ratesOf: (orders) => {
      if (rate > 0) return [rate];
      return orders === FRAME_ORDERS_MAX ? GOAL_RATES[each] : [];
    },
    durability: durability as ClusterBenchOptions["durability"],
    queueBytes,
    windowFrames: WINDOW_FRAMES,
    onProgress: progress,
  }));
}

function smokePlan(context: PlanContext) {
  const [first] = planOf(context);
  return [
    {
      ...first!,
      profile: "crash",
      members: MEMBERS.crash,
      frameOrders: [16],
      scenarios: new Set<Scenario>(["healthy", "dead", "overload"]),
      seconds: 1,
      warmUpSeconds: 0.2,
      steadyWarmUpSeconds: 0.2,
      windowFrames: 32,
      ratesOf: () => [],
    } as const,
  ];
}

function frameOrdersOf(list: string): number[] {
  const sizes = list.split(",").map(Number);
  const areRight = sizes.every(
    (size) => Number.isSafeInteger(size) && size >= 1 && size <= FRAME_ORDERS_MAX,
  );
  if (areRight) return sizes;
  throw new UsageError(`--frames is a list of numbers from 1 to ${FRAME_ORDERS_MAX}: 1,16,256`);
}

function scenariosOf(
  { scenarios, profile }: BenchValues,
  sources: CommandContext["sources"],
): ReadonlySet<Scenario> {
  const wanted = scenarios.split(",");
  const known = SCENARIOS.filter((each) => wanted.includes(each));
  if (profile === "crash" && known.includes("lying") && sources["scenarios"] !== "default") {
    throw new UsageError("--scenarios: lying is for --profile byzantine, where one may lie");
  }
  if (known.length === new Set(wanted).size) return new Set(known);
  throw new UsageError(`--scenarios is a list of ${SCENARIOS.join(", ")}`);
}

function entriesOf(
  phases: readonly ClusterPhase[],
  verdicts: readonly ClusterVerdict[],
  keptAwake: boolean,
): HistoryEntry[] {
  const { cpu, ...rest } = readProvenance(new Date());
  const provenance = { ...rest, cpu: keptAwake ? `${cpu}, kept awake` : cpu };
  const measured = phases.flatMap((phase) => {
    const verdict = verdicts.find(({ carrier }) => carrier === phase.carrier);
    if (verdict === undefined || verdict.problems.length > 0) return [];
    return historyOf(phase, verdict.stateRoot === "" ? null : verdict.stateRoot);
  });
  return measured.map((measurement) => ({ ...provenance, ...measurement }));
}
