import { GC_DEPTH_MAX } from "@rialto/consensus";
import { CHUNK_BYTES } from "@rialto/replica";
import {
  RATE_NAMES,
  type FaultRates,
  type RunOptions,
  STRATEGIES,
  type Strategy,
} from "./options.ts";

// What a run does otherwise than its seed says, as one argument of a command line:
//
//   lossPpm=0,safetyMs=420,hasWeights=0,liars=none        liars=2:twins+late;5:garbage

/** Options that are plain numbers, or 0 and 1 for no and yes. */
const NUMBERS = [
  "luck",
  "delayUs",
  "flushUs",
  "skewMsMax",
  "bytesPerSecond",
  "pendingPerAuthor",
  "mempoolFrames",
  "answerBytes",
  "safetyMs",
  "framesPerSecond",
  "shortLifeMs",
  "gcDepth",
  "leadersPerRound",
  "checkpointEvery",
  "checkpointMs",
  "quantumMs",
  "snapshotCommits",
  "chunkBytes",
] as const;
const SWITCHES = [
  "heavyTail",
  "splitsVotes",
  "hasWeights",
  "leavesSomeDown",
  "beginsMismatched",
  "hasTooManyLiars",
  "prunes",
] as const;

type Liars = RunOptions["liars"];

/** Chances are parts of a million. */
const PPM = 1_000_000;

/** What makes no run, or one in which nothing can pass, is refused before it looks like a finding. */
function boundsOf(name: string, { nodes }: RunOptions): readonly [least: number, most: number] {
  switch (name) {
    case "gcDepth":
      return [4, GC_DEPTH_MAX];
    case "leadersPerRound":
      return [1, nodes];
    case "chunkBytes":
      return [1, CHUNK_BYTES];
    case "pendingPerAuthor":
    case "mempoolFrames":
      return [1, Number.MAX_SAFE_INTEGER];
    case "framesPerSecond":
      return [0, 1_000_000];
    default:
      return [0, RATE_NAMES.includes(name as keyof FaultRates) ? PPM : Number.MAX_SAFE_INTEGER];
  }
}

/** The text for what `changed` has other than `base`. Empty for the same. */
export function describeChanges(base: RunOptions, changed: RunOptions): string {
  const parts: string[] = [];
  for (const name of RATE_NAMES) {
    if (changed.rates[name] !== base.rates[name]) parts.push(`${name}=${changed.rates[name]}`);
  }
  for (const name of NUMBERS) {
    if (changed[name] !== base[name]) parts.push(`${name}=${changed[name]}`);
  }
  for (const name of SWITCHES) {
    if (changed[name] !== base[name]) parts.push(`${name}=${Number(changed[name])}`);
  }
  const liars = describeLiars(changed.liars);
  if (liars !== describeLiars(base.liars)) parts.push(`liars=${liars}`);
  return parts.join(",");
}

function describeLiars(liars: Liars): string {
  if (liars.length === 0) return "none";
  return liars.map(({ author, strategies }) => `${author}:${strategies.join("+")}`).join(";");
}

/** Applies such a text. Returns what is wrong with it, in words, where something is. */
export function applyChanges(base: RunOptions, text: string): RunOptions | string {
  let options = base;
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=", 2);
    const changed = applyOne(options, name, value);
    if (typeof changed === "string") return changed;
    options = changed;
  }
  return options;
}

function applyOne(options: RunOptions, name: string, value: string): RunOptions | string {
  if (name === "liars") {
    const liars = parseLiars(value, options.nodes);
    return typeof liars === "string" ? liars : { ...options, liars };
  }
  const number = Number(value);
  if (value === "" || !Number.isSafeInteger(number) || number < 0)
    return `"${name}" takes a number`;
  const [least, most] = boundsOf(name, options);
  if (number < least || number > most) return `"${name}" takes ${least} to ${most}`;
  if (RATE_NAMES.includes(name as keyof FaultRates)) {
    return { ...options, rates: { ...options.rates, [name]: number } };
  }
  if (NUMBERS.some((each) => each === name)) return { ...options, [name]: number };
  if (SWITCHES.some((each) => each === name)) return { ...options, [name]: number !== 0 };
  return `nothing is called "${name}"; there are liars, ${[...NUMBERS, ...SWITCHES, ...RATE_NAMES].join(", ")}`;
}

function parseLiars(text: string, nodes: number): Liars | string {
  if (text === "none") return [];
  const liars: { author: number; strategies: Strategy[] }[] = [];
  for (const each of text.split(";")) {
    const [author = "", names = ""] = each.split(":", 2);
    const strategies = names.split("+");
    const unknown = strategies.find((name) => !STRATEGIES.some((known) => known === name));
    if (unknown !== undefined) return `no liar does "${unknown}"; they do ${STRATEGIES.join(", ")}`;
    if (!/^\d+$/.test(author)) return `liars are written as 2:twins+late;5:garbage`;
    if (Number(author) >= nodes) return `of ${nodes} members none is called ${author}`;
    liars.push({ author: Number(author), strategies: strategies as Strategy[] });
  }
  return liars;
}
