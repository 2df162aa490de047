import { encodeHex, Fault, type Prng } from "@rialto/base";
import {
  type Block,
  type BlockHeader,
  type BlockRef,
  ByteReader,
  checkpointSignMessage,
  type Committee,
  computePayloadRoot,
  type DagBlock,
  leaderOf,
  openFrame,
  parseBlock,
  parsePayload,
  payloadParts,
  readCheckpoint,
  refOf,
  sealBlock,
  type SignFunction,
  sumOfLengths,
} from "@rialto/consensus";
import {
  encodeBlockMessage,
  encodeCheckpointVote,
  encodeOwnAnswer,
  encodeRejoinAnswer,
  encodeSnapshotOffer,
  encodeStatus,
  MessageKind,
  type Replica,
} from "@rialto/replica";
import { EpochLies } from "./epoch-lies.ts";
import type { FaultCounter } from "./fault-counter.ts";
import type { Floods } from "./floods.ts";
import { sha256 } from "./keys.ts";
import { encodeTransfer } from "./ledger.ts";
import type { Strategy } from "./options.ts";

/** The end of frames that would have to be remembered without end. */
const LASTING_MS: number = 2 ** 52;

/** What a liar has that is true: a replica like any other. */
export interface TruthfulSelf {
  readonly replica: Replica | undefined;
}

/** One message on its way out of a lying member. */
export interface Lie {
  readonly to: number;
  readonly message: Uint8Array;
  readonly extraUs: number;
}

/**
 * A member that does not keep to the protocol. It runs a real replica, so that it always has something true to bend:
 * what the replica sends is dropped, delayed, changed and signed anew with its own key. It has no other's key.
 */
export class Liar {
  readonly #committee: Committee;
  readonly #author: number;
  readonly #strategies: ReadonlySet<Strategy>;
  readonly #sign: SignFunction;
  readonly #prng: Prng;
  readonly #faults: FaultCounter;
  readonly #delayUs: number;
  readonly #floods: Floods;
  readonly #epochLies: EpochLies;
  /** What the others were shown instead of an own block, by its digest. */
  readonly #shown = new Map<string, Block>();

  constructor(options: {
    readonly committee: Committee;
    readonly author: number;
    readonly strategies: readonly Strategy[];
    readonly sign: SignFunction;
    readonly prng: Prng;
    readonly faults: FaultCounter;
    readonly delayUs: number;
    readonly floods: Floods;
  }) {
    this.#committee = options.committee;
    this.#author = options.author;
    this.#strategies = new Set(options.strategies);
    this.#sign = options.sign;
    this.#prng = options.prng;
    this.#faults = options.faults;
    this.#delayUs = options.delayUs;
    this.#floods = options.floods;
    this.#epochLies = new EpochLies(options);
  }

  has(strategy: Strategy): boolean {
    return this.#strategies.has(strategy);
  }

  #lies(strategy: Strategy, numerator: number, denominator: number): boolean {
    if (!this.has(strategy) || !this.#prng.chance(numerator, denominator)) return false;
    this.#faults.count(strategy);
    return true;
  }

  /** What becomes of a message that the replica meant to send. */
  bend(node: TruthfulSelf, to: number, message: Uint8Array): Lie[] {
    const truth: Lie = { to, message, extraUs: 0 };
    if (this.#lies("garbage", 1, 5)) return [{ ...truth, message: this.#garble(message) }];
    if (this.#lies("lyingEpochs", 2, 3)) {
      const bent = this.#epochLies.bend(to, message);
      return bent === undefined ? [] : [{ ...truth, message: bent }];
    }
    switch (message[0]) {
      case MessageKind.Block:
        return this.#bendBlock(node, truth);
      case MessageKind.CheckpointVote:
        if (this.#lies("lyingCheckpoints", 1, 2))
          return [{ ...truth, message: this.#forge(message) }];
        return [truth];
      case MessageKind.Status: {
        if (!this.#lies("lyingSync", 1, 2)) return [truth];
        const far = this.#prng.below(2_000);
        const status = { quorumRound: far, decidedRound: far, commitIndex: far };
        return [{ ...truth, message: encodeStatus(this.#committee.epoch, status) }];
      }
      case MessageKind.RejoinAnswer:
        return this.#lies("lyingSync", 3, 4) ? this.#misdirect(truth) : [truth];
      case MessageKind.OwnAnswer:
        return this.#lies("lyingSync", 3, 4) ? this.#disown(truth) : [truth];
      case MessageKind.SnapshotOffer:
      case MessageKind.Manifest:
      case MessageKind.Chunk:
        return this.#bendSnapshot(truth);
      case undefined:
      default:
        return [truth];
    }
  }

  /** Offers of what nobody has, other bytes than were asked for, or nothing at all. */
  #bendSnapshot(truth: Lie): Lie[] {
    if (!this.#lies("lyingSync", 3, 4)) return [truth];
    if (this.#prng.chance(1, 3)) return [];
    if (truth.message[0] !== MessageKind.SnapshotOffer) {
      return [{ ...truth, message: this.#garble(truth.message) }];
    }
    const { epoch } = this.#committee;
    const commitIndex = 1 + this.#prng.below(10_000);
    const invented = { epoch, commitIndex, digest: sha256(truth.message) };
    return [
      {
        ...truth,
        message: encodeSnapshotOffer(epoch, this.#prng.below(2) * 2 ** 31, [invented]),
      },
    ];
  }

  /** What one that has forgotten is told: nothing, that there is no block, or that there is one of a round far ahead. */
  #misdirect(truth: Lie): Lie[] {
    const reader = new ByteReader(truth.message, 1);
    const [epoch, nonce] = [reader.u32(), reader.u64()];
    const block = parseBlock(truth.message.subarray(reader.at), sha256);
    const kind = this.#prng.below(4);
    if (kind === 0) return [];
    if (kind === 1 || block instanceof Fault) {
      return [{ ...truth, message: encodeRejoinAnswer(epoch, nonce, undefined) }];
    }
    const more = this.#prng.below(2) === 0 ? this.#prng.below(100) : 2 ** 31;
    const ahead = (refs: readonly BlockRef[]): BlockRef[] =>
      refs.map((ref) => ({ ...ref, round: ref.round + more }));
    const { strong, weak, round } = block;
    const header = { ...block, round: round + more, strong: ahead(strong), weak: ahead(weak) };
    const invented = sealBlock(header, [block.payload], sha256, this.#sign);
    return [{ ...truth, message: encodeRejoinAnswer(epoch, nonce, invented) }];
  }

  /** What one in doubt is told: nothing, or that there is no block of its, here or far ahead. */
  #disown(truth: Lie): Lie[] {
    const reader = new ByteReader(truth.message, 1);
    const [epoch, nonce] = [reader.u32(), reader.u64()];
    const kind = this.#prng.below(3);
    if (kind === 0) return [];
    const quorumRound = kind === 1 ? 0 : this.#prng.below(2_000);
    const message = encodeOwnAnswer({ epoch, nonce, quorumRound, newest: undefined });
    return [{ ...truth, message }];
  }

  #garble(message: Uint8Array): Uint8Array {
    const garbled = Uint8Array.from(message);
    const changes = 1 + this.#prng.below(4);
    for (let change = 0; change < changes; change++) {
      garbled[this.#prng.below(garbled.length)] = this.#prng.below(256);
    }
    return garbled;
  }

  #forge(message: Uint8Array): Uint8Array {
    const checkpoint = readCheckpoint(new ByteReader(message, 1));
    const forged = { ...checkpoint, stateRoot: sha256(Uint8Array.of(this.#prng.below(3))) };
    const signature = this.#sign(checkpointSignMessage(forged));
    return encodeCheckpointVote({ checkpoint: forged, signature, quantumSignature: undefined });
  }

  #bendBlock(node: TruthfulSelf, truth: Lie): Lie[] {
    const block = parseBlock(truth.message.subarray(1), sha256);
    if (block instanceof Fault) return [truth];
    if (block.author !== this.#author) return this.#lies("lyingSync", 2, 3) ? [] : [truth];
    if (this.#lies("withhold", 1, 2)) return [];
    const isLeader = this.#leads(block.round);
    if (isLeader && this.#lies("leaderSilence", 9, 10)) return [];
    const extraUs = this.#lies("late", 1, 2) ? this.#prng.below(this.#delayUs * 50) : 0;
    const shown = this.#show(node, block, truth.to);
    const message = this.#trail(this.#swap(encodeBlockMessage(shown), shown));
    const lies = [{ to: truth.to, message, extraUs }];
    if (this.#lies("foreign", 1, 3)) lies.push({ ...truth, message: this.#estrange(block) });
    if (this.#lies("forge", 1, 2)) lies.push({ ...truth, message: this.#impersonate(node, block) });
    return lies;
  }

  /** Another payload under the same header and signature. */
  #swap(message: Uint8Array, block: Block): Uint8Array {
    if (block.payload.length === 0 || !this.#lies("swapPayload", 1, 2)) return message;
    const swapped = Uint8Array.from(message);
    // The last byte of a frame is part of what it does.
    swapped[swapped.length - 1]! ^= 1;
    return swapped;
  }

  /** The same block in another encoding: with bytes behind it, or a flag that means nothing. */
  #trail(message: Uint8Array): Uint8Array {
    if (!this.#lies("trailing", 1, 4)) return message;
    const longer = new Uint8Array(message.length + 1 + this.#prng.below(40));
    longer.set(message);
    return longer;
  }

  /** The same block, well signed, for another epoch, another chain, or another committee. */
  #estrange(block: Block): Uint8Array {
    const other = sha256(block.chainId);
    const strange = [
      { epoch: block.epoch + 1 },
      { chainId: other },
      { committeeHash: other },
    ] as const;
    const header = { ...block, ...strange[this.#prng.below(3)]! };
    return encodeBlockMessage(sealBlock(header, [block.payload], sha256, this.#sign));
  }

  /** A block in another's name, which it cannot sign. */
  #impersonate(node: TruthfulSelf, own: Block): Uint8Array {
    const others = [...(node.replica?.consensus.dag.round(own.round - 1) ?? [])];
    const victim = others[this.#prng.below(Math.max(1, others.length))]?.block;
    if (victim === undefined) return new Uint8Array(1);
    const header = { ...victim, tsMs: victim.tsMs + 1 };
    return encodeBlockMessage(sealBlock(header, [victim.payload], sha256, this.#sign));
  }

  #leads(round: number): boolean {
    for (let place = 0; place < this.#committee.leadersPerRound; place++) {
      if (leaderOf(this.#committee, round, place) === this.#author) return true;
    }
    return false;
  }

  /** The block that `to` is shown: the true one, another for everybody, or another for some. */
  #show(node: TruthfulSelf, block: Block, to: number): Block {
    const isSplit = this.has("equivocate") && this.#prng.chance(1, 2);
    const side = isSplit ? to % 2 : 0;
    const key = `${encodeHex(block.digest)}/${side}`;
    const known = this.#shown.get(key);
    if (known !== undefined) return known;
    let header = this.#continueLie(block, side);
    if (this.#lies("wildParents", 2, 3)) header = this.#rewire(node, header);
    if (this.#lies("denyLeader", 1, 1)) header = this.#deny(header);
    if (this.#lies("wildTime", 2, 3)) header = { ...header, tsMs: this.#prng.below(2) * 2 ** 45 };
    if (this.#lies("brokenParents", 1, 3)) header = this.#breakParents(header);
    if (this.#lies("thinParents", 1, 3)) header = { ...header, strong: header.strong.slice(0, 2) };
    if (header.commitVotes.length > 0 && this.#lies("lyingCheckpoints", 1, 2)) {
      const [vote] = header.commitVotes;
      header = { ...header, commitVotes: [{ index: vote!.index, digest: sha256(vote!.digest) }] };
    }
    if (isSplit && side === 1 && this.#lies("equivocate", 1, 1)) {
      header = { ...header, tsMs: header.tsMs + 1 + this.#prng.below(5) };
    }
    let shown = header === block ? block : sealBlock(header, [block.payload], sha256, this.#sign);
    if (this.#lies("lastingFrames", 1, 2)) shown = this.#burden(shown);
    this.#shown.set(key, shown);
    return shown;
  }

  /** The same block with a frame more, which ends long after all that members remember. */
  #burden(block: Block): Block {
    const [id, source, target, amount] = [this.#prng.nextU32(), 0, 1, 1];
    const frame = encodeTransfer({ id, source, target, amount, expiresMs: LASTING_MS });
    const frames = [...(parsePayload(block.payload, block.frameCount) ?? []), frame];
    const payload = payloadParts(frames);
    const opened = frames.map((each) => openFrame(each, sha256));
    const header = {
      ...block,
      payloadRoot: computePayloadRoot(opened, sha256),
      payloadBytes: sumOfLengths(payload),
      frameCount: frames.length,
    };
    return sealBlock(header, payload, sha256, this.#sign);
  }

  /** Whoever was shown another block before is shown its successor: a lie that is not kept up is soon found out. */
  #continueLie(block: Block, side: number): BlockHeader {
    const own = block.strong.find((ref) => ref.author === this.#author);
    const before =
      own === undefined ? undefined : this.#shown.get(`${encodeHex(own.digest)}/${side}`);
    if (before === undefined || before.digest === own!.digest) return block;
    const { round, author, digest } = before;
    const rest = block.strong.filter((ref) => ref.author !== this.#author);
    return { ...block, strong: [{ round, author, digest }, ...rest] };
  }

  /** The same block with other parents: any quorum, any of twins, as the rules allow. */
  #rewire(node: TruthfulSelf, header: BlockHeader): BlockHeader {
    const dag = node.replica?.consensus.dag;
    const own = header.strong.find((ref) => ref.author === this.#author);
    if (dag === undefined || own === undefined) return header;
    const { weights, thresholds } = this.#committee;
    const candidates: DagBlock[] = [...dag.round(header.round - 1)];
    const strong: BlockRef[] = [own];
    let weight = weights[this.#author]!;
    while (candidates.length > 0 && (weight < thresholds.quorum || this.#prng.chance(1, 3))) {
      const [picked] = candidates.splice(this.#prng.below(candidates.length), 1);
      if (strong.some((ref) => ref.author === picked!.author)) continue;
      strong.push(refOf(picked!));
      weight += weights[picked!.author]!;
    }
    if (weight < thresholds.quorum) return header;
    const rest = strong.slice(1).sort((a, b) => a.author - b.author);
    const refs = [strong[0]!, ...rest].map(({ round, author, digest }) => ({
      round,
      author,
      digest,
    }));
    const weak = header.weak.filter((ref) => !refs.some((each) => each.author === ref.author));
    return { ...header, strong: refs, weak };
  }

  /** References as no block may have them. */
  #breakParents(header: BlockHeader): BlockHeader {
    const [own, ...others] = header.strong;
    if (own === undefined || others.length === 0) return header;
    switch (this.#prng.below(4)) {
      case 0: {
        // One author as often as makes a quorum.
        const count = this.#committee.weights.length;
        return { ...header, strong: [own, ...Array.from({ length: count }, () => others[0]!)] };
      }
      case 1:
        return { ...header, strong: others };
      case 2:
        return { ...header, strong: [...others, own] };
      default: {
        // A weak link into the future, to a block that it says is old.
        const ahead = { ...others[0]!, round: header.round + 1 };
        return { ...header, strong: [own, ...others.slice(1)], weak: [ahead] };
      }
    }
  }

  /** The same block without a vote for a leader, where a quorum is left. */
  #deny(header: BlockHeader): BlockHeader {
    const round = header.round - 1;
    const leader = leaderOf(this.#committee, round, round % this.#committee.leadersPerRound);
    const strong = header.strong.filter((ref) => ref.author !== leader);
    const weight = strong.reduce((sum, ref) => sum + this.#committee.weights[ref.author]!, 0);
    const isOwn = leader === this.#author;
    return isOwn || weight < this.#committee.thresholds.quorum ? header : { ...header, strong };
  }

  /** Called every 100 ms: floods. */
  flood(node: TruthfulSelf): Lie[] {
    const lies: Lie[] = [];
    const { replica } = node;
    if (replica === undefined) return lies;
    const { quorumRound } = replica.consensus.dag;
    const rungs = this.#lies("ladder", 1, 1) ? this.#floods.ladder(quorumRound) : [];
    for (let to = 0; to < this.#committee.weights.length; to++) {
      if (to === this.#author) continue;
      const messages = [...rungs];
      if (this.#floods.bringsTwins(this.#author) && this.#lies("twinFlood", 1, 1)) {
        messages.push(...this.#floods.twins(replica.consensus.dag));
      }
      if (this.#lies("pendingFlood", 1, 2)) {
        for (let count = 0; count < 8; count++) {
          messages.push(this.#floods.orphan(this.#author, quorumRound));
        }
      }
      if (this.#lies("fetchFlood", 1, 2)) messages.push(...this.#floods.requests());
      if (this.#lies("rubbishFlood", 1, 2)) {
        for (let count = 0; count < 50; count++) messages.push(this.#floods.rubbish());
      }
      for (const message of messages) lies.push({ to, message, extraUs: 0 });
    }
    return lies;
  }
}
