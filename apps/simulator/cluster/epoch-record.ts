import { encodeHex, equalBytes, Fault } from "@rialto/base";
import { type CheckpointSignature, rosterDigest } from "@rialto/consensus";
import { type BegunEpoch, type ChainReplica, type EpochStep, walkEpochs } from "@rialto/replica";
import type { EpochBook } from "./epoch-book.ts";
import { sha256 } from "./keys.ts";
import type { SimNode } from "./sim-node.ts";

type Violate = (node: SimNode, invariant: string, detail: string) => void;

/**
 * Watches how epochs follow on each other. Shares no rule with what it watches: it only remembers and compares.
 *
 *   E2  one succession: an epoch has one committee, which was planned, and begins behind one commit
 *   E5  nothing is committed in an epoch after its end, or before the end of the one before
 *   E7  a key signs only in epochs in which it has its seat, and in none that is over for its holder
 *   E8  what every member would show a stranger leads from the genesis to where it is, and what was forged leads nowhere
 */
export class EpochRecord {
  readonly #book: EpochBook;
  readonly #violate: Violate;
  /** By epoch, as the first honest member told it. */
  readonly #facts = new Map<number, string>();
  /** Index of the last commit of each epoch that has ended. */
  readonly #ends = new Map<number, number>([[0, 0]]);
  /** Told of each epoch that is new to everybody. */
  onFirst: (begun: BegunEpoch, node: SimNode) => void = () => undefined;

  constructor(book: EpochBook, violate: Violate) {
    this.#book = book;
    this.#violate = violate;
  }

  noteBegun(node: SimNode, begun: BegunEpoch): void {
    const { committee, certificate, roster } = begun;
    const { epoch } = committee;
    const last = certificate?.checkpoint.commitIndex ?? 0;
    const fact = `${encodeHex(committee.hash)} after ${last}`;
    const known = this.#facts.get(epoch);
    if (known !== undefined && known !== fact) {
      this.#violate(node, "E2", `epoch ${epoch} is ${fact}, not ${known}`);
    }
    this.#facts.set(epoch, fact);
    if (known === undefined) {
      this.#ends.set(epoch - 1, last);
      const planned = this.#book.planned?.roster;
      const isPlanned =
        planned !== undefined &&
        equalBytes(rosterDigest(roster, sha256), rosterDigest(planned, sha256));
      if (!isPlanned) return this.#violate(node, "E2", `epoch ${epoch} is one that nobody planned`);
      this.onFirst(begun, node);
    }
    this.#book.noteBegun(node.number, epoch);
  }

  noteCommit(node: SimNode, epoch: number, index: number): void {
    const end = this.#ends.get(epoch) ?? Infinity;
    const start = this.#ends.get(epoch - 1) ?? Infinity;
    if (index > start && index <= end) return;
    this.#violate(node, "E5", `commit ${index} is of epoch ${epoch}, which is over or not yet`);
  }

  noteSigned(node: SimNode, epoch: number, key: number): void {
    const { planned } = this.#book;
    const known = this.#book.find(epoch) ?? (planned?.roster.epoch === epoch ? planned : undefined);
    const seat = known?.seats.find(({ process }) => process === node.number);
    // While it starts, what closed the epochs before is told anew.
    const isOver = node.chain !== undefined && node.epoch > epoch;
    if (seat?.key === key && !isOver) return;
    this.#violate(node, "E7", `signs with key ${key} in epoch ${epoch}, being in ${node.epoch}`);
  }

  /** What a member would show a stranger, and what somebody might make of it. */
  checkChain(node: SimNode, { steps, epoch }: ChainReplica): void {
    const walked = walkEpochs(steps, this.#book.trust);
    if (walked instanceof Fault) return this.#violate(node, "E8", walked.message);
    if (!equalBytes(walked.at(-1)!.committee.hash, epoch.committee.hash)) {
      this.#violate(node, "E8", "its chain leads to another committee than it is in");
    }
    for (const [what, forged] of this.#forgeries(steps)) {
      if (walkEpochs(forged, this.#book.trust) instanceof Fault) continue;
      this.#violate(node, "E8", `a stranger believes a chain with ${what}`);
    }
  }

  /** Signatures of a certificate that are no quorum: the heaviest signers are left out. */
  #tooFew({ certificate }: EpochStep): readonly CheckpointSignature[] {
    const { checkpoint, signatures } = certificate;
    const { weights, thresholds } = this.#book.find(checkpoint.epoch)!.committee;
    const weightOf = (list: readonly CheckpointSignature[]): number =>
      list.reduce((sum, { author }) => sum + weights[author]!, 0);
    const left = signatures.toSorted((a, b) => weights[a.author]! - weights[b.author]!);
    while (weightOf(left) >= thresholds.quorum) left.pop();
    return left.toSorted((a, b) => a.author - b.author);
  }

  /** Chains that differ from the true one in their last step. */
  #forgeries(steps: readonly EpochStep[]): (readonly [string, readonly EpochStep[]])[] {
    const last = steps.at(-1);
    if (last === undefined) return [];
    const { certificate, roster } = last;
    const { checkpoint } = certificate;
    const put = (step: EpochStep): readonly EpochStep[] => [...steps.slice(0, -1), step];
    const [first] = roster.members;
    const heavier = { ...first!, weight: first!.weight + 1 };
    const others = { ...roster, members: [heavier, ...roster.members.slice(1)] };
    const renamed = { ...checkpoint, nextRoster: rosterDigest(others, sha256) };
    return [
      ["other members than were certified", put({ certificate, roster: others })],
      [
        "a certificate that was signed for others",
        put({ certificate: { ...certificate, checkpoint: renamed }, roster: others }),
      ],
      [
        "a certificate of no quorum",
        put({ certificate: { ...certificate, signatures: this.#tooFew(last) }, roster }),
      ],
      ["the same epoch twice", [...steps, last]],
    ];
  }
}
