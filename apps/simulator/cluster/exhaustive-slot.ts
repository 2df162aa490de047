import { fail } from "@rialto/base";
import { Profile, type VerifiedBlock } from "@rialto/consensus";
import { range } from "@rialto/consensus/testing";
import {
  type AnchorParents,
  LEADER,
  LIAR,
  nameBlock,
  placeOf,
  type SlotOutcome,
  SlotWorld,
} from "./slot-world.ts";

// One leader slot, and everything that a small committee can make of it: every vote, every choice of parents, every
// later anchor with every history that it can have. Whatever one member decides directly, no other may decide
// otherwise through an anchor. Why this is all: docs/protocol/simulation.md.

/** Who is looked at. */
export interface SlotScope {
  readonly profile: Profile;
  readonly count: number;
  /**
   * Who lies: the leader with two blocks for its slot; another with a vote and a blame, or with three blocks of the
   * round of certificates.
   */
  readonly liar: "nobody" | "leader" | "voter" | "certifier";
  /** Every `stride`-th DAG only: 1 is all of them. */
  readonly stride: number;
}

export interface SlotReport {
  readonly dags: number;
  /** Anchors, each over one history, whose decision was compared with what others decide. */
  readonly comparisons: number;
  readonly commits: number;
  readonly skips: number;
  /** What two members have decided differently, in words. */
  readonly conflicts: readonly string[];
}

type Blocks = readonly VerifiedBlock[];

/** Rounds 1 and 2 of a DAG, and what each author may make of round 3. */
interface Beginning {
  readonly known: Blocks;
  readonly second: Blocks;
  readonly thirdByAuthor: readonly (readonly Blocks[])[];
}

/** Goes through all of it. */
export function checkOneSlot(scope: SlotScope): SlotReport {
  const check = new SlotCheck(scope);
  for (const votes of product(range(scope.count).map((author) => voteChoices(scope, author)))) {
    check.checkVotes(votes);
  }
  return check.report;
}

class SlotCheck {
  readonly report = {
    dags: 0,
    comparisons: 0,
    commits: 0,
    skips: 0,
    conflicts: [] as string[],
  };
  readonly #scope: SlotScope;
  readonly #world: SlotWorld;
  readonly #first: Blocks;
  readonly #twin: VerifiedBlock;
  /** What anchors decide who have seen nothing else, by what they stand on; of one beginning. */
  #byParents = new Map<string, SlotOutcome>();
  #at = 0;

  constructor(scope: SlotScope) {
    this.#scope = scope;
    this.#world = new SlotWorld(scope);
    const { genesis } = this.#world;
    this.#first = range(scope.count).map((author) => nameBlock({ round: 1, author }, genesis));
    this.#twin = nameBlock({ round: 1, author: LEADER, twin: 1 }, genesis);
  }

  #note(conflict: string): void {
    if (this.report.conflicts.length < 5) this.report.conflicts.push(conflict);
  }

  /** Everything that can follow these votes: 0 is a blame, 1 a vote for the leader's block, 2 one for its twin. */
  checkVotes(votes: readonly number[]): void {
    const { stride } = this.#scope;
    const beginning = this.#begin(votes);
    const { known, second, thirdByAuthor } = beginning;
    this.#byParents = new Map();
    const miscount = this.#world.findMiscount(known);
    if (miscount !== undefined) return this.#note(miscount);
    if (this.#world.committee.thresholds.wave === 2) {
      if (this.#at++ % stride === 0) this.#checkDag(known, second);
      return;
    }
    for (const chosen of product(thirdByAuthor)) {
      if (this.#at++ % stride === 0) this.#checkDag(known, chosen.flat());
    }
  }

  #begin(votes: readonly number[]): Beginning {
    const { liar, count } = this.#scope;
    const second = votes.flatMap((vote, author) => this.#vote(vote, author));
    const known =
      liar === "leader" ? [...this.#first, this.#twin, ...second] : [...this.#first, ...second];
    const thirdByAuthor = range(count).map((author) => this.#thirdChoices(second, author));
    return { known, second, thirdByAuthor };
  }

  /** What an author makes of round 2. */
  #vote(vote: number, author: number): VerifiedBlock[] {
    const { liar } = this.#scope;
    const others = this.#first.filter((block) => block.author !== LEADER);
    const leader = this.#first[LEADER]!;
    const parents = [[], [leader], [this.#twin]][vote]!;
    const made = nameBlock({ round: 2, author }, [...others, ...parents]);
    // A leader that lies votes for each of its blocks; another liar votes, and blames.
    if (liar === "leader" && author === LEADER)
      return [made, nameBlock({ round: 2, author, twin: 1 }, [...others, this.#twin])];
    if (liar === "voter" && author === LIAR)
      return [made, nameBlock({ round: 2, author, twin: 1 }, others)];
    return [made];
  }

  /** What an author may make of round 3: one block, or of a liar two with the same parents and one with any. */
  #thirdChoices(second: Blocks, author: number): Blocks[] {
    const make = (strong: Blocks, twin = 0): VerifiedBlock =>
      nameBlock({ round: 3, author, twin }, strong);
    const own = this.#quorums(second).filter((parents) =>
      parents.some((block) => block.author === author),
    );
    if (this.#scope.liar !== "certifier" || author !== LIAR)
      return own.map((strong) => [make(strong)]);
    return own.flatMap((some) => own.map((other) => [make(some), make(some, 1), make(other, 2)]));
  }

  /** Every set of at least a quorum of `blocks`, at most one of an author. */
  #quorums(blocks: Blocks): Blocks[] {
    const { quorum } = this.#world.committee.thresholds;
    const byAuthor = range(this.#scope.count).map((author) => [
      undefined,
      ...blocks.filter((block) => block.author === author),
    ]);
    return [...product(byAuthor)]
      .map((chosen) => chosen.filter((block) => block !== undefined))
      .filter((chosen) => chosen.length >= quorum);
  }

  /** Compares what the whole wave decides with what each anchor decides for those who saw nothing else. */
  #checkDag(known: Blocks, last: Blocks): void {
    const { report } = this;
    const world = this.#world;
    const all = known.at(-1) === last.at(-1) ? known : [...known, ...last];
    report.dags++;
    const direct = world.decide(all, [], LEADER);
    if (direct !== undefined) report[direct === "skipped" ? "skips" : "commits"]++;
    for (const parents of this.#anchorParents(known, last)) {
      const indirect = this.#decideBy(parents, all);
      if (indirect === undefined) fail("an anchor that is committed decides the slot");
      // Who has seen everything decides as the anchor does, where it has not decided before.
      const other =
        direct ?? world.decide(all, world.continueFrom(parents), world.anchorOf(parents));
      report.comparisons++;
      if (other === indirect) continue;
      const authors = parents.strong.map((block) => block.author).join("");
      const how = direct === undefined ? "with all" : "directly";
      this.#note(`${how} ${other}, by the anchor over ${authors}: ${indirect}`);
    }
  }

  /** Everything that an anchor can stand on: any quorum, and of who is not in it perhaps an earlier block. */
  #anchorParents(known: Blocks, last: Blocks): AnchorParents[] {
    const { committee } = this.#world;
    const choices: AnchorParents[] = [];
    for (const strong of this.#quorums(last)) {
      choices.push({ strong, weak: undefined });
      // Where an anchor counts votes, those count that only it refers to.
      if (committee.thresholds.weak === undefined) continue;
      for (const weak of known) {
        const isFree = weak.round === 2 && strong.every(({ author }) => author !== weak.author);
        if (isFree) choices.push({ strong, weak });
      }
    }
    return choices;
  }

  #decideBy(parents: AnchorParents, all: Blocks): SlotOutcome {
    const { strong, weak } = parents;
    // The blocks that an anchor stands on, and what those stand on: their places do not tell.
    const history = historyOf(weak === undefined ? strong : [...strong, weak], all);
    const key = `${weak === undefined ? "" : placeOf(weak)}|${strong.map(nameWithParents).join("|")}`;
    if (this.#byParents.has(key)) return this.#byParents.get(key);
    const world = this.#world;
    const outcome = world.decide(history, world.continueFrom(parents), world.anchorOf(parents));
    this.#byParents.set(key, outcome);
    return outcome;
  }
}

function nameWithParents(block: VerifiedBlock): string {
  return `${placeOf(block)}:${block.strong.map(placeOf).join(" ")}`;
}

/** What an author may say of the leader. A leader refers to its own; a liar votes, and blames besides. */
function voteChoices({ liar }: SlotScope, author: number): number[] {
  if (author === LEADER || (liar === "voter" && author === LIAR)) return [1];
  return liar === "leader" ? [0, 1, 2] : [0, 1];
}

function historyOf(top: Blocks, blocks: Blocks): Blocks {
  const byPlace = new Map(blocks.map((block) => [placeOf(block), block]));
  const known = new Set<VerifiedBlock>(top);
  for (const block of known) {
    for (const ref of block.strong) {
      const parent = byPlace.get(placeOf(ref));
      if (parent !== undefined) known.add(parent);
    }
  }
  return blocks.filter((block) => known.has(block));
}

/** Every way of taking one of each. */
function* product<T>(lists: readonly (readonly T[])[]): Generator<T[]> {
  const [first, ...rest] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const item of first) for (const others of product(rest)) yield [item, ...others];
}

/** The scopes that are looked at; `stride` thins the large ones out. */
export function slotScopes(stride: number): SlotScope[] {
  // Many times as many as the others.
  const longer = stride === 1 ? 1 : 8 * stride + 3;
  return [
    { profile: Profile.Crash, count: 3, liar: "nobody", stride: 1 },
    { profile: Profile.Crash, count: 5, liar: "nobody", stride: 1 },
    { profile: Profile.Byzantine, count: 4, liar: "nobody", stride },
    { profile: Profile.Byzantine, count: 4, liar: "leader", stride: longer },
    { profile: Profile.Byzantine, count: 4, liar: "voter", stride },
    { profile: Profile.Byzantine, count: 4, liar: "certifier", stride },
    { profile: Profile.Fast, count: 4, liar: "nobody", stride },
    { profile: Profile.Fast, count: 4, liar: "leader", stride: longer },
    { profile: Profile.Fast, count: 4, liar: "voter", stride },
    { profile: Profile.Fast, count: 4, liar: "certifier", stride },
  ];
}
