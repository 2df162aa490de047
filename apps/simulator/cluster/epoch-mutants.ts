import type { Hunt, Mutant } from "./mutants.ts";

const CONSENSUS = "core/consensus/src";
const REPLICA = "core/replica/src";
const CHAIN = `${REPLICA}/epoch/chain-replica.ts`;
const ANSWERS = `${REPLICA}/epoch/late-answers.ts`;

function mutant(name: string, hunt: Hunt, file: string, find: string, replace: string): Mutant {
  return { name, hunt, edits: [{ file, find, replace }] };
}

/** How an epoch ends, and who may follow. */
const ENDS: readonly Mutant[] = [
  mutant(
    "an epoch ends where a member happens to stand",
    "epochs",
    `${REPLICA}/replica.ts`,
    "if (this.#end?.isOver === true) this.#last = batch;",
    "if (this.#end?.isOver === true || (this.#end?.next !== undefined && this.consensus.dag.highestRound > batch.commit.leader.round + 3)) this.#last = batch;",
  ),
  mutant(
    "a commit may come before the guard of the own block that decided it",
    "epochs",
    `${REPLICA}/effects.ts`,
    'if (this.#needsFlush) effects.push({ kind: "flush" });',
    'if (this.#needsFlush) effects.push({ kind: "flush" }); if (this.#before.length === 0) effects.push(...this.#after.splice(0));',
  ),
  mutant(
    "what closes an epoch need not be signed",
    "epochs",
    `${REPLICA}/epoch/epoch-chain.ts`,
    "return standing instanceof Fault ? standing.message : undefined;",
    "return standing instanceof Fault ? undefined : undefined;",
  ),
  mutant(
    "others may follow than were certified",
    "epochs",
    `${REPLICA}/epoch/epoch-chain.ts`,
    "if (!equalBytes(checkpoint.nextRoster, rosterDigest(roster, hash))) {",
    "if (checkpoint.nextRoster.length !== rosterDigest(roster, hash).length) {",
  ),
  mutant(
    "one member alone may change the members",
    "epochs",
    `${REPLICA}/epoch/epoch-change.ts`,
    "if (signers.weight >= quorum) return undefined;",
    "if (signers.weight > 0 * quorum) return undefined;",
  ),
  mutant(
    "the signatures of a change are not looked at",
    "epochs",
    `${REPLICA}/epoch/epoch-change.ts`,
    "if (!verify(members[author]!.publicKey, message, signature)) {",
    "if (!verify(members[author]!.publicKey, message, signature) && signature.length === 0) {",
  ),
  {
    name: "a change is good for ever",
    hunt: "epochs",
    edits: [
      {
        file: CHAIN,
        find: 'if (change.validUntilMs <= this.#nowMs) return "it is not valid any more";',
        replace: "",
      },
      {
        file: `${REPLICA}/epoch/epoch-end.ts`,
        find: "if (change === undefined || change.validUntilMs <= commitMs) return undefined;",
        replace: "if (change === undefined || commitMs < 0) return undefined;",
      },
    ],
  },
  mutant(
    "all members may be new at once",
    "epochs",
    `${CONSENSUS}/roster.ts`,
    "if (weight <= silent) return undefined;",
    "if (weight <= total + silent) return undefined;",
  ),
  mutant(
    "heads are counted, not weights, when an epoch ends",
    "epochs",
    `${REPLICA}/epoch/epoch-end.ts`,
    "this.#closers = new AuthorSet(epoch.committee.weights);",
    "this.#closers = new AuthorSet(epoch.committee.weights.map(() => 1));",
  ),
  mutant(
    "members keep the weights of the epoch before",
    "epochs",
    `${REPLICA}/epoch/epoch-path.ts`,
    "this.#epochs.push(beginEpoch(step, this.#options.hash));",
    "const { members } = this.newest.roster; const kept = step.roster.members.map((each, at) => ({ ...each, weight: members[at]?.weight ?? each.weight })); this.#epochs.push(beginEpoch({ ...step, roster: { ...step.roster, members: kept } }, this.#options.hash));",
  ),
];

/** What goes over from one epoch into the next. */
const CROSSINGS: readonly Mutant[] = [
  mutant(
    "what is held is lost with the epoch",
    "epochs",
    `${REPLICA}/replica.ts`,
    "return { order, mempool: this.mempool, execution: this.#execution };",
    "return { order, mempool: new Mempool(this.#options.settings.mempool), execution: this.#execution };",
  ),
  mutant(
    "what was in blocks is not proposed again in the next epoch",
    "epochs",
    `${REPLICA}/replica.ts`,
    "this.mempool.reopen(({ bytes }) => !isEpochChange(bytes));",
    "",
  ),
  mutant(
    "changes that came too late are proposed again",
    "epochs",
    `${REPLICA}/replica.ts`,
    "this.mempool.reopen(({ bytes }) => !isEpochChange(bytes));",
    "this.mempool.reopen(({ bytes }) => bytes.length > 0);",
  ),
  mutant(
    "what was executed is forgotten with the epoch",
    "epochs",
    `${REPLICA}/execution.ts`,
    "if (isLast) this.#trail = new OrderTrail();",
    "if (isLast) this.#window.sweep(commit.tsMs + 2 * 86_400_000); if (isLast) this.#trail = new OrderTrail();",
  ),
  mutant(
    "messages go to processes as if these were authors",
    "epochs",
    CHAIN,
    "outbox.routes = this.#current.routes;",
    "outbox.routes = undefined;",
  ),
  mutant(
    "messages of an epoch are judged by the members before it",
    "epochs",
    CHAIN,
    "return readMessage(from, bytes, stage.checks);",
    "return readMessage(from, bytes, (this.#past.at(-1) ?? stage).checks);",
  ),
  mutant(
    "an epoch that is over is told to nobody",
    "epochs",
    ANSWERS,
    "const step = this.#path.encode(epoch);",
    "const step = this.#path.encode(-epoch);",
  ),
];

/** What a member remembers of its signatures across epochs. */
const MEMORY: readonly Mutant[] = [
  mutant(
    "the guard of a new key is not asked",
    "epochs",
    CHAIN,
    ": recall(committee.epoch, seat.author, order?.base?.commits.at(-1)?.gcRound ?? 0);",
    ": this.#past.length === 0 ? recall(committee.epoch, seat.author, 0) : { lastSigned: 0, isAmnesiac: false };",
  ),
  mutant(
    "a damaged journal is asked about in every later epoch",
    "epochs",
    `${REPLICA}/recovery.ts`,
    "mark === undefined || (!memory.isJournalDamaged && hasGuarded);",
    "!memory.isJournalDamaged && hasGuarded;",
  ),
  mutant(
    "a start passes over a round above the horizon",
    "crash",
    CHAIN,
    "return place.epoch !== epoch || place.round <= this.consensus.dag.horizon;",
    "return place.epoch !== epoch || place.round <= this.consensus.dag.horizon + 1;",
  ),
];

/** Snapshots. */
const SNAPSHOTS: readonly Mutant[] = [
  mutant(
    "a snapshot forgets what was executed",
    "snapshots",
    `${REPLICA}/snapshot/order-state.ts`,
    "return frames.size === frameCount ? { sweptMs, frameCount, frames: [frames] } : undefined;",
    "return frames.size === frameCount ? { sweptMs, frameCount: 0, frames: [] } : undefined;",
  ),
  mutant(
    "who begins with a snapshot forgets the commits that led to it",
    "snapshots",
    `${REPLICA}/execution.ts`,
    "this.#trail = new OrderTrail(start?.base);",
    "this.#trail = new OrderTrail();",
  ),
  mutant(
    "who begins with a snapshot counts blocks from there",
    "snapshots",
    `${REPLICA}/execution.ts`,
    "this.#blockCount = start?.blockCount ?? 0;",
    "this.#blockCount = 0 * (start?.blockCount ?? 0);",
  ),
  mutant(
    "a snapshot is taken while an epoch ends",
    "snapshots",
    `${REPLICA}/replica.ts`,
    "if (state.base !== undefined && this.next !== undefined) return undefined;",
    "",
  ),
  mutant(
    "pieces of a snapshot are taken as they come",
    "snapshots",
    `${REPLICA}/snapshot/snapshot-fetching.ts`,
    "equalBytes(this.#options.hash(bytes), chunks[index]!);",
    "chunks[index] !== undefined;",
  ),
  {
    name: "a snapshot is believed without a certificate",
    hunt: "snapshots",
    edits: [
      {
        file: `${REPLICA}/snapshot/manifest.ts`,
        find: "if (checkCertificate(certificate, checks) instanceof Fault) return undefined;",
        replace: "",
      },
      // That more than may lie must offer it is a second line of defence.
      {
        file: `${REPLICA}/snapshot/snapshot-fetching.ts`,
        find: "if (isAgreed && snapshot.commitIndex >",
        replace: "if (snapshot.commitIndex >",
      },
    ],
  },
  mutant(
    "the results of a snapshot begin anew",
    "snapshots",
    `${REPLICA}/execution.ts`,
    "this.#chain = new ResultsChain(options.hash, start?.resultsRoot);",
    "this.#chain = new ResultsChain(options.hash);",
  ),
  mutant(
    "checkpoints after a snapshot are counted from it",
    "snapshots",
    `${REPLICA}/execution.ts`,
    "this.#rule = new CheckpointRule(options.spacing, start?.at.tsMs);",
    "this.#rule = new CheckpointRule(options.spacing);",
  ),
  mutant(
    "who begins with a snapshot signs with ML-DSA-65 as if nobody had before",
    "snapshots",
    `${REPLICA}/checkpoint-rule.ts`,
    "this.#quantum = { lastMs, hasFrames: false };",
    "this.#quantum = { lastMs: 0, hasFrames: false };",
  ),
  mutant(
    "a snapshot's checkpoint need not be signed with ML-DSA-65",
    "snapshots",
    `${REPLICA}/checkpoint-rule.ts`,
    "const isAlways = quantumMs === undefined || isLast || isSnapshot;",
    "const isAlways = quantumMs === undefined || isLast;",
  ),
  mutant(
    "the order after a snapshot is not that of its epoch",
    "snapshots",
    CHAIN,
    "start: this.path.startOf(committee.epoch),",
    "",
  ),
];

/** Bugs of epochs and snapshots. */
export const EPOCH_MUTANTS: readonly Mutant[] = [...ENDS, ...CROSSINGS, ...MEMORY, ...SNAPSHOTS];
