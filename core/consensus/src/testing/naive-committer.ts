import { fail } from "@rialto/base";
import { type Committee, leaderOf } from "../committee.ts";
import type { DagBlock } from "../dag.ts";
import { compareDigests } from "../hash.ts";
import { Profile } from "../quorum.ts";

// The decision rule as the specification says it, with nothing kept and nothing clever: sets are counted anew for
// every question. It shares no code with the committer, and not its thresholds either.

export type NaiveDecision = DagBlock | "skip" | "undecided";

export interface NaiveInput {
  readonly committee: Committee;
  /** In any order. */
  readonly blocks: readonly DagBlock[];
}

interface Rule {
  readonly wave: number;
  readonly certify: number;
  readonly commit: number;
  readonly skip: number;
  readonly fast: number;
  readonly weak: number;
}

function ruleOf(committee: Committee): Rule {
  const total = committee.weights.reduce((sum, weight) => sum + weight, 0);
  const slow = { fast: Infinity, weak: Infinity };
  if (committee.profile === Profile.Solo)
    return { ...slow, wave: 1, certify: 1, commit: 1, skip: Infinity };
  if (committee.profile === Profile.Crash) {
    const majority = total % 2 === 0 ? total / 2 + 1 : (total + 1) / 2;
    return { ...slow, wave: 2, certify: majority, commit: majority, skip: total };
  }
  let quorum = 0;
  while (3 * quorum <= 2 * total) quorum++;
  if (committee.profile === Profile.Fast) return fastRuleOf(total);
  return { ...slow, wave: 3, certify: quorum, commit: quorum, skip: quorum };
}

/** n = 3f + k + 1 with the greatest f; the fast path bears half of k. */
function fastRuleOf(total: number): Rule {
  let f = 0;
  while (3 * (f + 1) + 1 <= total) f++;
  const k = total - 1 - 3 * f;
  const p = k >= 2 ? 1 : 0;
  let certify = 0;
  while (2 * certify <= total + f) certify++;
  return { wave: 3, certify, commit: 2 * f + 1, skip: total - p, fast: total - p, weak: f + p + 1 };
}

class Question {
  readonly committee: Committee;
  readonly rule: Rule;
  readonly byRound = new Map<number, DagBlock[]>();
  readonly lastRound: number;
  readonly known = new Map<string, NaiveDecision>();

  constructor(input: NaiveInput) {
    this.committee = input.committee;
    this.rule = ruleOf(input.committee);
    let last = 0;
    for (const block of input.blocks) {
      this.byRound.set(block.round, [...this.at(block.round), block]);
      last = Math.max(last, block.round);
    }
    this.lastRound = last;
  }

  at(round: number): DagBlock[] {
    return this.byRound.get(round) ?? [];
  }

  weightOf(blocks: readonly DagBlock[]): number {
    const authors = [...new Set(blocks.map((block) => block.author))];
    return authors.reduce((sum, author) => sum + this.committee.weights[author]!, 0);
  }

  isCertificate(block: DagBlock, leader: DagBlock): boolean {
    if (this.rule.wave === 1) return block === leader;
    if (this.rule.wave === 2) return block.strong.includes(leader);
    const voters = block.strong.filter((parent) => parent?.strong.includes(leader) === true);
    return this.weightOf(voters as DagBlock[]) >= this.rule.certify;
  }

  decide(round: number, place: number): NaiveDecision {
    const key = `${round}/${place}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const decision = this.direct(round, place) ?? this.indirect(round, place);
    this.known.set(key, decision);
    return decision;
  }

  leaders(round: number, place: number): DagBlock[] {
    const author = leaderOf(this.committee, round, place);
    return this.at(round).filter((block) => block.author === author);
  }

  direct(round: number, place: number): NaiveDecision | undefined {
    const author = leaderOf(this.committee, round, place);
    const blames = this.at(round + 1).filter(
      (block) => !block.strong.some((parent) => parent?.author === author),
    );
    if (this.weightOf(blames) >= this.rule.skip) return "skip";
    const winners = this.leaders(round, place).filter((leader) => {
      const votes = this.at(round + 1).filter((block) => block.strong.includes(leader));
      if (this.weightOf(votes) >= this.rule.fast) return true;
      const certificates = this.at(round + this.rule.wave - 1);
      return (
        this.weightOf(certificates.filter((each) => this.isCertificate(each, leader))) >=
        this.rule.commit
      );
    });
    if (winners.length > 1) fail("two blocks of one slot are committed");
    return winners[0];
  }

  indirect(round: number, place: number): NaiveDecision {
    const { leadersPerRound } = this.committee;
    for (let later = round + this.rule.wave; later <= this.lastRound; later++) {
      for (let laterPlace = 0; laterPlace < leadersPerRound; laterPlace++) {
        const anchor = this.decide(later, laterPlace);
        if (anchor === "undecided") return "undecided";
        if (anchor !== "skip") return this.fromAnchor(anchor, round, place);
      }
    }
    return "undecided";
  }

  fromAnchor(anchor: DagBlock, round: number, place: number): NaiveDecision {
    const history = historyOf(anchor);
    const certificates = this.at(round + this.rule.wave - 1).filter((each) => history.has(each));
    const linked = this.leaders(round, place).filter((leader) =>
      certificates.some((each) => this.isCertificate(each, leader)),
    );
    if (linked.length > 1) fail("two blocks of one slot are certified");
    if (linked[0] !== undefined) return linked[0];
    const voted = this.leaders(round, place).filter((leader) => {
      const votes = this.at(round + 1).filter((block) => block.strong.includes(leader));
      return this.weightOf(votes.filter((block) => history.has(block))) >= this.rule.weak;
    });
    voted.sort((a, b) => compareDigests(a.digest, b.digest));
    return voted[0] ?? "skip";
  }
}

function historyOf(block: DagBlock): Set<DagBlock> {
  const history = new Set<DagBlock>([block]);
  for (const each of history) {
    for (const parent of [...each.strong, ...each.weak])
      if (parent !== undefined) history.add(parent);
  }
  return history;
}

/** The decisions of all slots from round 1, in order, up to the first undecided one. */
export function decideNaively(input: NaiveInput): (DagBlock | "skip")[] {
  const question = new Question(input);
  const decisions: (DagBlock | "skip")[] = [];
  for (let round = 1; round <= question.lastRound; round++) {
    for (let place = 0; place < input.committee.leadersPerRound; place++) {
      const decision = question.decide(round, place);
      if (decision === "undecided") return decisions;
      decisions.push(decision);
    }
  }
  return decisions;
}
