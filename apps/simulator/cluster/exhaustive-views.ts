import { fail } from "@rialto/base";
import { type Committee, Committer, Dag, Profile, type VerifiedBlock } from "@rialto/consensus";
import { createTestCommittee, equalWeights, genesisRefs, range } from "@rialto/consensus/testing";
import { nameBlock } from "./slot-world.ts";

// Three members of a CRASH committee, a few rounds, and every DAG that they can make, whole or in part: everybody may stop
// at any time, and refers to any quorum that it has heard of. What somebody has seen is such a DAG too, and it grows block by
// block; so if no single block more ever changes what was decided, any two views agree.

const COUNT = 3;
/** Which of the other two a block refers to: the next member, the one after, both; and 0 where there is no block. */
const OTHERS: readonly (readonly number[])[] = [[1], [2], [1, 2]];

const CONFLICTS_MAX = 5;

export interface ViewsReport {
  /** DAGs, each of which is what somebody may have seen. */
  readonly views: number;
  /** Views, each with one block less. */
  readonly comparisons: number;
  /** Slots decided in the views that decide most. */
  readonly decidedMost: number;
  /** Blocks that changed what was decided without them, in words. */
  readonly conflicts: readonly string[];
}

/** What is made in a round, by author: 0 for nothing, or one more than the place in `OTHERS`. */
type Row = readonly number[];

/** Goes through all DAGs of so many rounds; `stride` thins out the last one. */
export function checkViews(rounds: number, stride = 1): ViewsReport {
  const check = new ViewsCheck(rounds, stride);
  // With everybody there first: most can go wrong there.
  for (const row of firstRows().reverse()) check.explore([row]);
  return check.report;
}

class ViewsCheck {
  readonly report = { views: 0, comparisons: 0, decidedMost: 0, conflicts: [] as string[] };
  readonly #committee: Committee;
  readonly #rounds: number;
  readonly #stride: number;
  readonly #blocks: readonly (readonly (readonly VerifiedBlock[])[])[];
  /** Decisions by view: a letter a slot. */
  readonly #decided = new Map<string, string>();
  #at = 0;

  constructor(rounds: number, stride: number) {
    this.#rounds = rounds;
    this.#stride = stride;
    const weights = equalWeights(COUNT);
    this.#committee = createTestCommittee({ profile: Profile.Crash, weights });
    this.#blocks = makeBlocks(this.#committee, rounds);
  }

  /** Looks at this view and at all that it can grow into by later rounds. */
  explore(rows: readonly Row[]): void {
    this.#look(rows);
    if (rows.length === this.#rounds) return;
    // More of the same would only take time.
    if (this.report.conflicts.length >= CONFLICTS_MAX) return;
    for (const row of nextRows(rows.at(-1)!)) {
      const isLast = rows.length + 1 === this.#rounds;
      if (!isLast || this.#at++ % this.#stride === 0) this.explore([...rows, row]);
    }
  }

  #look(rows: readonly Row[]): void {
    const { report } = this;
    report.views++;
    const decided = this.#decide(rows);
    report.decidedMost = Math.max(report.decidedMost, decided.length);
    for (const [author, less] of withoutOne(rows)) {
      const before = this.#decide(less);
      report.comparisons++;
      if (decided.startsWith(before) || report.conflicts.length >= CONFLICTS_MAX) continue;
      const text = rows.map((row) => row.join("")).join(" ");
      report.conflicts.push(
        `${text}: ${before} without the last of member ${author}, ${decided} with it`,
      );
    }
  }

  /** What is decided in a view, asked after every block as a member does. */
  #decide(rows: readonly Row[]): string {
    const key = rows.map((row) => row.join("")).join("");
    const known = this.#decided.get(key);
    if (known !== undefined) return known;
    const dag = new Dag(this.#committee);
    const committer = new Committer(dag);
    let decided = "";
    for (const [at, row] of rows.entries()) {
      for (const [author, made] of row.entries()) {
        if (made === 0) continue;
        committer.note(dag.insert(this.#blocks[at]![author]![made - 1]!));
        for (const { kind } of committer.decide()) decided += kind === "commit" ? "C" : "S";
      }
    }
    if (committer.broken !== undefined) fail("nobody lies here");
    // The last round is never asked for again.
    if (rows.length < this.#rounds || rows.at(-1)!.some((made) => made === 0))
      this.#decided.set(key, decided);
    return decided;
  }
}

/** Every block that there can be: by round, author, and whom of the others it refers to. */
function makeBlocks(
  committee: Committee,
  rounds: number,
): (readonly (readonly VerifiedBlock[])[])[] {
  const genesis = genesisRefs(committee);
  return range(rounds).map((at) =>
    range(COUNT).map((author) =>
      OTHERS.map((others) => {
        const round = at + 1;
        if (round === 1) return nameBlock({ round, author }, genesis);
        const authors = [author, ...others.map((each) => (author + each) % COUNT)];
        const strong = authors.map((each) => nameBlock({ round: at, author: each }, []));
        return nameBlock({ round, author }, strong);
      }),
    ),
  );
}

/** Round 1 refers to what exists without anybody. */
function firstRows(): Row[] {
  return range(1 << COUNT).map((mask) => range(COUNT).map((author) => (mask >> author) & 1));
}

/** What can follow a round: nobody goes on who has stopped, and nothing is referred to that is not there. */
function nextRows(row: Row): Row[] {
  let rows: Row[] = [[]];
  for (let author = 0; author < COUNT; author++) {
    const choices = [0];
    OTHERS.forEach((others, place) => {
      const isThere = others.every((each) => row[(author + each) % COUNT]! > 0);
      if (row[author]! > 0 && isThere) choices.push(place + 1);
    });
    rows = rows.flatMap((begun) => choices.map((made) => [...begun, made]));
  }
  // An empty round is the view without it.
  return rows.filter((each) => each.some((made) => made > 0));
}

/** A view with one block less that no other block refers to, and whose it was. */
function withoutOne(rows: readonly Row[]): (readonly [number, readonly Row[]])[] {
  const views: (readonly [number, readonly Row[]])[] = [];
  for (let author = 0; author < COUNT; author++) {
    const at = rows.findLastIndex((row) => row[author]! > 0);
    if (at < 0 || isReferredTo(rows[at + 1], author)) continue;
    const less = rows.map((row, place) =>
      place === at ? row.map((made, each) => (each === author ? 0 : made)) : row,
    );
    const isEmpty = at === rows.length - 1 && less[at]!.every((made) => made === 0);
    views.push([author, isEmpty ? less.slice(0, -1) : less]);
  }
  return views;
}

function isReferredTo(row: Row | undefined, author: number): boolean {
  return (
    row?.some(
      (made, other) =>
        made > 0 && OTHERS[made - 1]!.some((each) => (other + each) % COUNT === author),
    ) ?? false
  );
}
