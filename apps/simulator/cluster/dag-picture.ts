import { encodeHex } from "@rialto/base";
import { type Dag, type DagBlock, leaderOf } from "@rialto/consensus";

/** What a picture is made of: one member's view of some rounds. */
export interface DagView {
  readonly title: string;
  readonly dag: Dag;
  /** Every slot up to this round is decided. */
  readonly decidedRound: number;
  /** Digests, in hex, of the blocks that were committed as leaders. */
  readonly leaders: ReadonlySet<string>;
  readonly fromRound: number;
  readonly toRound: number;
}

type Fate = "leader" | "skipped" | "skippedSwept" | "open" | "swept" | "plain";

const LEGEND =
  "C committed leader, S skipped leader, s skipped and in a later commit, L undecided leader, o in a commit, . not yet, 2 twins, - none";
const LETTER: Readonly<Record<Fate, string>> = {
  leader: "C",
  skipped: "S",
  skippedSwept: "s",
  open: "L",
  swept: "o",
  plain: ".",
};

function fateOf(view: DagView, block: DagBlock): Fate {
  const { committee } = view.dag;
  if (view.leaders.has(encodeHex(block.digest))) return "leader";
  const places = Array.from({ length: committee.leadersPerRound }, (_, place) => place);
  const isLeader = places.some((place) => leaderOf(committee, block.round, place) === block.author);
  const isSwept = block.commitIndex > 0;
  if (!isLeader) return isSwept ? "swept" : "plain";
  if (block.round > view.decidedRound) return "open";
  return isSwept ? "skippedSwept" : "skipped";
}

function roundsOf({ fromRound, toRound }: DagView): number[] {
  return Array.from({ length: toRound - fromRound + 1 }, (_, at) => fromRound + at);
}

/** The DAG as text: a line a member, a column a round; below, who is left out by whom. */
export function drawText(view: DagView): string {
  const rounds = roundsOf(view);
  const width = String(view.toRound).length + 1;
  const members = view.dag.committee.weights.map((_, author) => author);
  const lines = [view.title, `round     ${rounds.map((each) => pad(each, width)).join("")}`];
  for (const author of members) {
    const cells = rounds.map((round) => {
      const blocks = view.dag.round(round).filter((block) => block.author === author);
      if (blocks.length > 1) return pad("2", width);
      return pad(blocks[0] === undefined ? "-" : LETTER[fateOf(view, blocks[0])], width);
    });
    lines.push(`member ${pad(author, 2)} ${cells.join("")}`);
  }
  lines.push(LEGEND);
  for (const round of rounds) {
    for (const block of view.dag.round(round)) {
      const absent = members.filter((author) => block.strong[author] === undefined);
      if (absent.length === 0 || round === 0) continue;
      lines.push(
        `  ${round}/${block.author} refers to all of round ${round - 1} but ${absent.join(", ")}`,
      );
    }
  }
  return lines.join("\n");
}

function pad(value: string | number, width: number): string {
  return String(value).padStart(width);
}

const COLUMN = 90;
const ROW = 60;
const RADIUS = 14;
const FILL: Readonly<Record<Fate, string>> = {
  leader: "#2e7d32",
  skipped: "#c62828",
  skippedSwept: "#90caf9",
  open: "#f9a825",
  swept: "#90caf9",
  plain: "#eeeeee",
};

/** The edge of a block: that of a leader says that it was skipped, where what it is filled with says something else. */
function edgeOf(fate: Fate): string {
  return fate === "skippedSwept" ? 'stroke="#c62828" stroke-width="4"' : 'stroke="#333"';
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The DAG as a picture that stands by itself: strong references are lines, weak ones dashed. */
export function drawSvg(view: DagView): string {
  const members = view.dag.committee.weights.length;
  const rounds = roundsOf(view);
  const width = 120 + rounds.length * COLUMN;
  const places = placeBlocks(view, rounds);
  // Twins may stand below the line of the last member.
  const lowest = Math.max(rowOf(members - 1), ...[...places.values()].map(({ y }) => y));
  const legendY = lowest + RADIUS + 46;
  const height = legendY + 10;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="10" y="20" font-size="14">${escapeXml(view.title)}</text>`,
    ...rounds.map(
      (round, at) => `<text x="${100 + at * COLUMN}" y="45" text-anchor="middle">${round}</text>`,
    ),
    ...Array.from(
      { length: members },
      (_, author) => `<text x="10" y="${rowOf(author) + 4}">member ${author}</text>`,
    ),
  ];
  for (const [block, from] of places) {
    for (const parent of block.strong) parts.push(lineTo(from, places.get(parent!), ""));
    for (const parent of block.weak)
      parts.push(lineTo(from, places.get(parent), ' stroke-dasharray="4 3"'));
  }
  for (const [block, { x, y }] of places) {
    const fate = fateOf(view, block);
    const name = `${block.round}/${block.author} ${encodeHex(block.digest).slice(0, 12)} commit ${block.commitIndex}`;
    parts.push(
      `<circle cx="${x}" cy="${y}" r="${RADIUS}" fill="${FILL[fate]}" ${edgeOf(fate)}><title>${name}</title></circle>`,
    );
  }
  parts.push(`<text x="10" y="${legendY}">${legend()}</text>`, "</svg>");
  return parts.join("\n");
}

function rowOf(author: number): number {
  return 80 + author * ROW;
}

/** Twins stand a little apart. */
function placeBlocks(view: DagView, rounds: readonly number[]): Map<DagBlock, Point> {
  const places = new Map<DagBlock, Point>();
  for (const [at, round] of rounds.entries()) {
    const seen = new Map<number, number>();
    for (const block of view.dag.round(round)) {
      const twin = seen.get(block.author) ?? 0;
      seen.set(block.author, twin + 1);
      places.set(block, {
        x: 100 + at * COLUMN + twin * 12,
        y: rowOf(block.author) + twin * 18,
      });
    }
  }
  return places;
}

function lineTo(from: Point, to: Point | undefined, style: string): string {
  if (to === undefined) return "";
  return `<line x1="${from.x}" y1="${from.y}" x2="${to.x}" y2="${to.y}" stroke="#9e9e9e"${style}/>`;
}

function legend(): string {
  return "green committed leader, red skipped, with a red edge skipped and in a later commit, yellow undecided, blue in a commit, grey not yet";
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
