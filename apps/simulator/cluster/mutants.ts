import { EPOCH_MUTANTS } from "./epoch-mutants.ts";

/** One change to one file. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Where a mutant is hunted. */
export type Hunt =
  | "slot"
  | "views"
  | "forgetful"
  | "restored"
  | "flooded"
  | "twins"
  | "gone"
  | "clock"
  | "hasty"
  | "silent"
  | "requests"
  | "rubbish"
  | "rejoins"
  | "epochs"
  | "snapshots"
  | "crash"
  | "byzantine"
  | "any";

/** A bug that somebody could write, as a change to the source. Never in production code: applied while loading. */
export interface Mutant {
  readonly name: string;
  readonly hunt: Hunt;
  readonly edits: readonly Edit[];
}

const CONSENSUS = "core/consensus/src";
const REPLICA = "core/replica/src";

function mutant(name: string, hunt: Hunt, file: string, find: string, replace: string): Mutant {
  return { name, hunt, edits: [{ file, find, replace }] };
}

const committer = (name: string, hunt: Hunt, find: string, replace: string): Mutant =>
  mutant(name, hunt, `${CONSENSUS}/committer.ts`, find, replace);
const tally = (name: string, hunt: Hunt, find: string, replace: string): Mutant =>
  mutant(name, hunt, `${CONSENSUS}/slot-tally.ts`, find, replace);
const quorum = (name: string, hunt: Hunt, find: string, replace: string): Mutant =>
  mutant(name, hunt, `${CONSENSUS}/quorum.ts`, find, replace);
const commit = (name: string, hunt: Hunt, find: string, replace: string): Mutant =>
  mutant(name, hunt, `${CONSENSUS}/commit.ts`, find, replace);
const replica = (name: string, hunt: Hunt, find: string, replace: string): Mutant =>
  mutant(name, hunt, `${REPLICA}/replica.ts`, find, replace);

const DECISIONS: readonly Mutant[] = [
  committer(
    "an anchor within the wave decides",
    "slot",
    "const anchorRound = tally.round + this.#committee.thresholds.wave;",
    "const anchorRound = tally.round + 1;",
  ),
  committer(
    "an undecided anchor is passed over",
    "views",
    "if (status === undefined) return undefined;",
    "if (status === undefined) continue;",
  ),
  committer(
    "an anchor counts certificates that it has not seen",
    "views",
    "candidate.certificates.some((certificate) => certificate.walk === walk)",
    "candidate.certificates.length > 0",
  ),
  committer(
    "an anchor skips whatever is not decided directly",
    "slot",
    "if (linked.length === 0) {",
    "if (linked.length < 9) {",
  ),
  committer(
    "a skip by one vote too few",
    "slot",
    "const isSkipped = tally.blames.weight >= thresholds.skip;",
    "const isSkipped = tally.blames.weight >= thresholds.skip - 1;",
  ),
  committer(
    "a direct commit by one certificate too few",
    "slot",
    "certifiers.weight >= commit || votes.weight >= fast,",
    "certifiers.weight >= commit - 1 || votes.weight >= fast,",
  ),
  committer(
    "a direct commit on votes instead of certificates",
    "slot",
    "certifiers.weight >= commit || votes.weight >= fast,",
    "certifiers.weight >= commit || votes.weight >= commit,",
  ),
  committer(
    "later decisions overtake an undecided slot",
    "any",
    "if (status === undefined) break;",
    "if (status === undefined) continue;",
  ),
  committer(
    "skips do not move the cursor",
    "any",
    "this.#advance(decisions.length);",
    'this.#advance(decisions.filter((each) => each.kind === "commit").length);',
  ),
  committer(
    "every place of a round has the same leader",
    "any",
    "const leader = leaderOf(this.#committee, next, place);",
    "const leader = leaderOf(this.#committee, next, 0);",
  ),
  committer(
    "decisions depend on when they are asked for",
    "any",
    "if (!this.#isFresh || this.#broken !== undefined) return [];",
    "if (this.#dag.highestRound % 7 === 3) this.#slots[0]?.blames.add(0);\n    if (!this.#isFresh || this.#broken !== undefined) return [];",
  ),
  tally(
    "a vote for a twin counts for the first block",
    "slot",
    "tally.candidates.find((each) => each.block === parent)",
    "tally.candidates[0]",
  ),
  tally(
    "a certificate counts votes for any block of the leader",
    "slot",
    "if (parent.strong[tally.leader] === candidate.block)",
    "if (parent.strong[tally.leader] !== undefined)",
  ),
  tally(
    "a certificate with one vote too few",
    "slot",
    "if (weight >= committee.thresholds.certify) certify",
    "if (weight >= committee.thresholds.certify - 1) certify",
  ),
  tally(
    "a certificate counts parents, not votes",
    "slot",
    "if (weight >= committee.thresholds.certify) certify",
    "if (block.strong.length >= committee.thresholds.certify) certify",
  ),
  tally(
    "blame is not counted",
    "crash",
    "tally.blames.add(block.author);",
    "tally.blames.add(tally.leader); for (const each of block.strong) if (each !== undefined) tally.blames.add(each.author);",
  ),
];

const FAST_PATH: readonly Mutant[] = [
  committer(
    "an anchor knows nothing of the fast path",
    "slot",
    "if (authors.weight < weak) continue;",
    "if (authors.weight < 99 * weak) continue;",
  ),
  committer(
    "an anchor counts votes that it has not seen",
    "slot",
    "for (const voter of voters) if (voter.walk === walk) authors.add(voter.author);",
    "for (const voter of voters) if (voter.walk <= walk) authors.add(voter.author);",
  ),
  committer(
    "an anchor believes in the fast path by one vote too few",
    "slot",
    "if (authors.weight < weak) continue;",
    "if (authors.weight < weak - 1) continue;",
  ),
  quorum(
    "a quorum of votes is enough for the fast path",
    "slot",
    "return { wave: 3, total, quorum, certify, commit, skip: fast, fast, weak, liars, silent: liars };",
    "return { wave: 3, total, quorum, certify, commit, skip: fast, fast: quorum, weak, liars, silent: liars };",
  ),
  quorum(
    "with a fast path a quorum of blames skips",
    "slot",
    "return { wave: 3, total, quorum, certify, commit, skip: fast, fast, weak, liars, silent: liars };",
    "return { wave: 3, total, quorum, certify, commit, skip: quorum, fast, weak, liars, silent: liars };",
  ),
];

const QUORUMS: readonly Mutant[] = [
  mutant(
    "an author counts as often as it speaks",
    "slot",
    `${CONSENSUS}/author-set.ts`,
    "if (this.has(author)) return;",
    "",
  ),
  quorum(
    "a Byzantine quorum of two thirds, not more",
    "byzantine",
    "const quorum = Math.floor((2 * total) / 3) + 1;",
    "const quorum = Math.floor((2 * total) / 3);",
  ),
  quorum(
    "a Byzantine quorum of a majority",
    "byzantine",
    "const quorum = Math.floor((2 * total) / 3) + 1;",
    "const quorum = Math.floor(total / 2) + 1;",
  ),
  quorum(
    "a crash quorum of half",
    "crash",
    "const quorum = Math.floor(total / 2) + 1;",
    "const quorum = Math.max(1, Math.floor(total / 2));",
  ),
  quorum(
    "a crash committee skips by majority",
    "views",
    "return { ...all, wave: 2, quorum, certify: quorum, commit: quorum, silent };",
    "return { ...all, wave: 2, quorum, certify: quorum, commit: quorum, silent, skip: quorum };",
  ),
  quorum(
    "a Byzantine committee in two rounds",
    "byzantine",
    "return { ...all, ...same, wave: 3,",
    "return { ...all, ...same, wave: 2,",
  ),
  mutant(
    "members lead in turn whatever they weigh",
    "gone",
    `${CONSENSUS}/committee.ts`,
    "return weights.map((weight) => weight / common);",
    "return weights.map((weight) => (weight > common ? 1 : 1));",
  ),
  mutant(
    "one member leads twice in a round",
    "any",
    `${CONSENSUS}/committee.ts`,
    "return [...distinct];",
    "return [...distinct].map((author, place, all) => (place % 2 === 1 ? all[0]! : author));",
  ),
];

const ORDER: readonly Mutant[] = [
  commit(
    "garbage is collected from the local round",
    "any",
    "const gcRound = Math.max(0, leader.round - this.#dag.committee.gcDepth);",
    "const gcRound = Math.max(this.#dag.horizon, this.#dag.highestRound - this.#dag.committee.gcDepth - 2);",
  ),
  commit(
    "within a round the order is that of arrival",
    "any",
    "rank(a) - rank(b)",
    "this.#dag.round(a.round).indexOf(a) - this.#dag.round(b.round).indexOf(b)",
  ),
  commit(
    "a twin of a committed block is committed too",
    "byzantine",
    "if (twin.commitIndex > 0) return false;",
    "",
  ),
  commit(
    "of twins the one that came first is kept",
    "byzantine",
    "if (twin.walk === walk && compareDigests(twin.digest, block.digest) < 0) return false;",
    "if (twin.walk === walk && this.#dag.first(block.round, block.author) === twin) return false;",
  ),
  commit(
    "both twins are kept",
    "byzantine",
    "if (twin.walk === walk && compareDigests(twin.digest, block.digest) < 0) return false;",
    "",
  ),
  commit(
    "the leader alone says what time it is",
    "byzantine",
    "timeOf(leader, this.#dag.committee)",
    "leader.tsMs + this.#dag.committee.weights.length",
  ),
  commit(
    "the slowest clock says what time it is",
    "byzantine",
    "timeReached(parents, weights, total / 2)",
    "timeReached(parents, weights, 0 * total)",
  ),
  commit(
    "the fastest clock says what time it is",
    "byzantine",
    "timeReached(parents, weights, total / 2)",
    "timeReached(parents, weights, total)",
  ),
  commit("commit time may go back", "any", "tsMs: Math.max(this.#lastTsMs, ", "tsMs: Math.max(0, "),
  commit(
    "what lies below the horizon is swept up",
    "any",
    "if (parent.round <= gcRound || parent.commitIndex > 0) return;",
    "if (parent.commitIndex > 0 || parent.round === 0) return;",
  ),
  commit(
    "what is committed is swept up again",
    "any",
    "if (parent.round <= gcRound || parent.commitIndex > 0) return;",
    "if (parent.round <= gcRound) return;",
  ),
];

const ADMISSION: readonly Mutant[] = [
  mutant(
    "a block is taken in before its parents",
    "any",
    `${CONSENSUS}/dag.ts`,
    "return ref.round > this.#horizon && this.find(ref) === undefined;",
    "return ref.round > this.#horizon + 2 && this.find(ref) === undefined;",
  ),
  {
    name: "parents that are missing are excused by the local round",
    hunt: "any",
    edits: [
      {
        file: `${CONSENSUS}/dag.ts`,
        find: "return ref.round > this.#horizon && this.find(ref) === undefined;",
        replace: "return ref.round > this.#quorumRound - 2 && this.find(ref) === undefined;",
      },
      {
        file: `${CONSENSUS}/dag.ts`,
        find: "if (parent === undefined && ref.round > this.#horizon) fail",
        replace: "if (parent === undefined && ref.round > this.#quorumRound) fail",
      },
    ],
  },
  mutant(
    "a second block is dropped even where an accepted one rests on it",
    "byzantine",
    `${CONSENSUS}/consensus.ts`,
    "if (evidence.has(from)) return undefined;",
    "if (evidence.has(block.author)) return undefined;",
  ),
  mutant(
    "whoever hands a second block over vouches for it",
    "twins",
    `${CONSENSUS}/consensus.ts`,
    "if (evidence.has(from)) return undefined;",
    "",
  ),
  mutant(
    "second blocks are taken in on somebody's word without a bound",
    "twins",
    `${REPLICA}/conduct.ts`,
    "const isTaken = twins.has(nowMs);",
    "const isTaken = nowMs >= 0;",
  ),
  mutant(
    "all second blocks that a member vouches for share an account",
    "twins",
    `${REPLICA}/conduct.ts`,
    "const { twinBytesPerSecond, twinBytesBurst } = this.#limits;",
    "const { twinBytesPerSecond, twinBytesBurst } = this.#limits; author = 0;",
  ),
  mutant(
    "two blocks that wait for a round are no lie",
    "twins",
    `${CONSENSUS}/consensus.ts`,
    "const other = first ?? pending.findAt(block);",
    "const other = first;",
  ),
  mutant(
    "what waited is not looked at again",
    "any",
    `${CONSENSUS}/consensus.ts`,
    "open.push(...this.pending.take(refOf(accepted)));",
    "this.pending.take(refOf(accepted));",
  ),
  mutant(
    "strong parents need be no quorum",
    "byzantine",
    `${CONSENSUS}/validity.ts`,
    'if (strongWeight < thresholds.quorum) return "its strong references are no quorum";',
    "",
  ),
  {
    name: "an author may be referred to twice",
    hunt: "byzantine",
    edits: [
      {
        file: `${CONSENSUS}/validity.ts`,
        find: 'if (seen[ref.author] === 1) return "two references to one author";',
        replace: "",
      },
      // The order of references is a second line of defence.
      {
        file: `${CONSENSUS}/validity.ts`,
        find: "(before !== self && author <= before)",
        replace: "(before !== self && author < before)",
      },
    ],
  },
  mutant(
    "blocks of other committees are taken",
    "byzantine",
    `${CONSENSUS}/validity.ts`,
    'if (!equalBytes(block.committeeHash, committee.hash)) return "of another committee";',
    "",
  ),
  mutant(
    "bytes behind a block are not looked at",
    "byzantine",
    `${CONSENSUS}/block-codec.ts`,
    "if (!reader.isDone) return malformed(",
    "if (reader.failed) return malformed(",
  ),
  mutant(
    "a flood pushes out what others rest on",
    "flooded",
    `${CONSENSUS}/pending.ts`,
    "if (!kept.has(next)) this.#pushOut(next);",
    "this.#pushOut(next);",
  ),
  mutant(
    "what others rest on is kept without a bound",
    "flooded",
    `${CONSENSUS}/pending.ts`,
    "if (!kept.has(next)) this.#pushOut(next);",
    "if (!this.#missing.has(next.key)) this.#pushOut(next);",
  ),
  mutant(
    "each author's blocks may fill the waiting room",
    "flooded",
    `${CONSENSUS}/pending.ts`,
    "if (this.#hasRoom(author)) return;\n    const farthest",
    "if (list.length < 100_000) return;\n    const farthest",
  ),
  mutant(
    "signatures are not looked at",
    "byzantine",
    `${CONSENSUS}/validity.ts`,
    "if (!checks.verify(block.author, message, block.signature)) {",
    "if (message.length === 0) {",
  ),
  mutant(
    "a payload need not be the one that was signed",
    "byzantine",
    `${CONSENSUS}/validity.ts`,
    "return equalBytes(root, block.payloadRoot) ? frames",
    "return root.length > 0 ? frames",
  ),
];

const PACE: readonly Mutant[] = [
  {
    name: "rounds are left out as in the protocol as published",
    hunt: "any",
    edits: [
      {
        file: `${CONSENSUS}/pacemaker.ts`,
        find: "return Math.min(newest, Math.max(lastProposed + 1, firstThatMatters));",
        replace: "return firstThatMatters > newest + 1 ? lastProposed + 1 : newest;",
      },
      {
        file: `${CONSENSUS}/pacemaker.ts`,
        find: "if (votes >= certify || blames >= enough) return true;",
        replace: "if (votes + blames + certify + enough > 0) return true;",
      },
    ],
  },
  {
    name: "rounds are left out without a thought",
    hunt: "any",
    edits: [
      {
        file: `${CONSENSUS}/pacemaker.ts`,
        find: "return Math.min(newest, Math.max(lastProposed + 1, firstThatMatters));",
        replace: "return firstThatMatters > 0 ? newest : newest;",
      },
    ],
  },
  mutant(
    "timeouts are counted on a clock that goes back",
    "clock",
    `${REPLICA}/steady-clock.ts`,
    "this.#steadyMs += Math.max(0, nowMs - this.#givenMs);",
    "this.#steadyMs += nowMs - this.#givenMs;",
  ),
  mutant(
    "hosts are told steady times",
    "clock",
    `${REPLICA}/steady-clock.ts`,
    "return (this.#givenMs ?? 0) - this.#steadyMs;",
    "return 0;",
  ),
  mutant(
    "a leader is waited for without end",
    "any",
    `${CONSENSUS}/pacemaker.ts`,
    'if (nowMs >= timeoutMs && input.isAllRead) return { kind: "propose", round, isLate: true };',
    "",
  ),
  mutant(
    "a round is made twice",
    "any",
    `${CONSENSUS}/pacemaker.ts`,
    "if (newest <= lastProposed) return undefined;",
    "if (newest < lastProposed) return undefined;",
  ),
  mutant(
    "nobody refers to a liar, come what may",
    "byzantine",
    `${CONSENSUS}/references.ts`,
    "?? chooseAmong(dag, self, round, () => true)",
    "",
  ),
  mutant(
    "who missed a round has no parent of its own",
    "any",
    `${CONSENSUS}/references.ts`,
    "author === self ? selfParent(dag, self, round) : unreferenced(dag, author, round)",
    "unreferenced(dag, author, round)",
  ),
];

/** A second line of defence, which would hide what the first one lets through. */
const FOREIGN_OWN_BLOCKS_IGNORED: Edit = {
  file: `${REPLICA}/replica.ts`,
  find: "this.#lastProposed = Math.max(this.#lastProposed, block.round);",
  replace: "",
};

const DURABILITY: readonly Mutant[] = [
  {
    name: "a restart forgets what was signed",
    hunt: "any",
    edits: [
      {
        file: `${REPLICA}/replica.ts`,
        find: "this.#lastProposed = recovered.lastSigned;",
        replace: "this.#lastProposed = 0 * recovered.lastSigned;",
      },
      FOREIGN_OWN_BLOCKS_IGNORED,
    ],
  },
  mutant(
    "the journal is not flushed",
    "any",
    `${REPLICA}/effects.ts`,
    'if (this.#needsFlush) effects.push({ kind: "flush" });',
    "",
  ),
  mutant(
    "a commit is executed without a flush",
    "any",
    `${REPLICA}/replica.ts`,
    "if (batches.length === 0) return;\n    outbox.requireFlush();",
    "if (batches.length === 0) return;",
  ),
  mutant(
    "the guard is not written",
    "any",
    `${REPLICA}/effects.ts`,
    'for (const mark of this.#marks) effects.push({ kind: "guard", mark });',
    "",
  ),
  {
    name: "a block is sent before it is durable",
    hunt: "any",
    edits: [
      {
        file: `${REPLICA}/effects.ts`,
        find: 'if (this.#needsFlush) effects.push({ kind: "flush" });',
        replace:
          'effects.unshift(...this.#sends.splice(0)); if (this.#needsFlush) effects.push({ kind: "flush" });',
      },
    ],
  },
  mutant(
    "a wiped disk is taken for a new one",
    "any",
    `${REPLICA}/recovery.ts`,
    "isAmnesiac: isAmnesiac || hasForgotten,",
    "isAmnesiac: false,",
  ),
  mutant(
    "a rejoined member signs a round too early",
    "hasty",
    `${REPLICA}/rejoin.ts`,
    "return isEnough ? this.#greatest + 1 : undefined;",
    "return isEnough ? this.#greatest : undefined;",
  ),
  replica(
    "a member that has forgotten goes on at once",
    "any",
    "const isAsking = this.#rejoin !== undefined || this.#doubt !== undefined;",
    "const isAsking = this.#doubt !== undefined;",
  ),
  mutant(
    "a guard that was never used is believed",
    "restored",
    `${REPLICA}/recovery.ts`,
    "isDoubtful: isUnused && !hasForgotten,",
    "isDoubtful: false,",
  ),
  replica(
    "a member in doubt goes on at once",
    "restored",
    "const isAsking = this.#rejoin !== undefined || this.#doubt !== undefined;",
    "const isAsking = this.#rejoin !== undefined;",
  ),
  mutant(
    "a member in doubt believes the first answer",
    "restored",
    `${REPLICA}/doubt.ts`,
    "clear.weight >= thresholds.quorum",
    "clear.weight > 1",
  ),
  replica(
    "a member in doubt that is shown its block goes on as if it were not",
    "restored",
    "if (this.#doubt === undefined || shown.author !== this.#options.self) return;",
    "if (this.#doubt !== undefined || shown.author !== this.#options.self) return;",
  ),
  mutant(
    "a rejoined member may sign any round",
    "any",
    `${REPLICA}/rejoin.ts`,
    "return isEnough ? this.#greatest + 1 : undefined;",
    "return isEnough ? 0 : undefined;",
  ),
  mutant(
    "a rejoining member believes the first answer",
    "forgetful",
    `${REPLICA}/rejoin.ts`,
    "this.#answered.weight >= this.#committee.thresholds.quorum",
    "this.#answered.weight > 0",
  ),
  replica(
    "a rejoining member believes in any round",
    "rejoins",
    "if (round > dag.quorumRound + dag.committee.gcDepth) return;",
    "",
  ),
  {
    name: "a member forgets at once what it has made",
    hunt: "any",
    edits: [
      {
        file: `${REPLICA}/replica.ts`,
        find: "this.#lastProposed = round;",
        replace: "this.#lastProposed = round - 1;",
      },
      FOREIGN_OWN_BLOCKS_IGNORED,
    ],
  },
];

const OUTCOME: readonly Mutant[] = [
  mutant(
    "a frame executes as often as it is ordered",
    "any",
    `${REPLICA}/frame-window.ts`,
    'if (this.#spans.get(spanOf(expiresMs))?.has(frame.key) === true) return "repeated";',
    "",
  ),
  mutant(
    "a frame executes after its end",
    "any",
    `${REPLICA}/frame-window.ts`,
    'if (expiresMs <= commitMs) return "expired";',
    "",
  ),
  mutant(
    "a frame may have to be remembered without end",
    "byzantine",
    `${REPLICA}/frame-window.ts`,
    'if (expiresMs > commitMs + 2 * this.#lifetimeMsMax) return "tooEarly";',
    "",
  ),
  mutant(
    "frames are put into the first blocks after a long silence",
    "silent",
    `${REPLICA}/block-maker.ts`,
    "return timeReached(parents, weights, shared)",
    "return (strong[0]!.round === 0 ? timeReached(parents, weights, shared) : Infinity)",
  ),
  replica(
    "frames of blocks that were left behind are lost",
    "any",
    "this.mempool.putBack(each.block.frames);",
    "this.mempool.remove(each.block.frames[0]!.key);",
  ),
  mutant(
    "execution depends on what a member happens to hold",
    "any",
    `${REPLICA}/execution.ts`,
    "this.#executor.execute(frame, commit.tsMs)",
    "this.#executor.execute(frame, commit.tsMs + batch.blocks[0]!.walk)",
  ),
  mutant(
    "a certificate of one",
    "any",
    `${REPLICA}/checkpoint-book.ts`,
    "if (same.weight < quorum) return undefined;",
    "if (same.weight < 1 + 0 * quorum) return undefined;",
  ),
  mutant(
    "votes for anything make a certificate",
    "byzantine",
    `${REPLICA}/checkpoint-book.ts`,
    "if (vote.key === own.key) same.add(vote.author);",
    "if (vote.key !== undefined) same.add(vote.author);",
  ),
  mutant(
    "one liar about the state stops everybody",
    "byzantine",
    `${REPLICA}/checkpoint-book.ts`,
    "if (other.weight > liars) {",
    "if (other.weight > 0 * liars) {",
  ),
  mutant(
    "one liar about a commit stops everybody",
    "byzantine",
    `${REPLICA}/commit-votes.ts`,
    "if (kept.others.weight > this.#committee.thresholds.liars) {",
    "if (kept.others.weight > 0) {",
  ),
];

const CATCHING_UP: readonly Mutant[] = [
  mutant(
    "a flood of requests is answered",
    "requests",
    `${REPLICA}/conduct.ts`,
    "account.answers.take(this.#costOf(member, bytes));",
    "",
  ),
  mutant(
    "rubbish is read without end",
    "rubbish",
    `${REPLICA}/conduct.ts`,
    "account.faults.take(cost);",
    "",
  ),
  mutant(
    "missing blocks are not asked for",
    "any",
    `${REPLICA}/synchroniser.ts`,
    "const message = encodeFetchBlocks(epoch, refs.slice(at, at + FETCH_REFS_MAX));",
    "const message = encodeFetchBlocks(epoch, refs.slice(at, at));",
  ),
  mutant(
    "requests for blocks are not answered",
    "any",
    `${REPLICA}/synchroniser.ts`,
    "const block = this.#dag.find(ref)?.block;",
    "const block = this.#dag.round(2 ** 32)[0]?.block; void ref;",
  ),
  replica(
    "what the others may have missed is not said again",
    "any",
    "if (this.#statusRound === status.quorumRound && this.#lastOwn !== undefined) {",
    "if (this.#statusRound === -2 && this.#lastOwn !== undefined) {",
  ),
];

/** All of them. Source: docs/protocol/consensus.md, and the histories of other implementations. */
export const MUTANTS: readonly Mutant[] = [
  ...DECISIONS,
  ...FAST_PATH,
  ...QUORUMS,
  ...ORDER,
  ...ADMISSION,
  ...PACE,
  ...DURABILITY,
  ...OUTCOME,
  ...CATCHING_UP,
  ...EPOCH_MUTANTS,
];
