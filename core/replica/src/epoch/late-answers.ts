import type { VerifiedBlock } from "@rialto/consensus";
import type { Outbox } from "../effects.ts";
import {
  encodeBlockMessage,
  encodeEpochClosed,
  MessageKind,
  type PeerMessage,
} from "../messages.ts";
import type { EpochPath } from "./epoch-path.ts";
import type { PeerAccounts } from "./peer-accounts.ts";
import type { Stage } from "./stage.ts";

/** Blocks that one question of somebody who is no member of the epoch is answered with at most. */
const BLOCKS_PER_ANSWER_MAX = 256;

/** Answers peers that speak of an epoch which is over here, or in which they are no members. */
export class LateAnswers {
  readonly #path: EpochPath;
  readonly #accounts: PeerAccounts;
  readonly #stageOf: (epoch: number) => Stage | undefined;

  constructor(options: {
    readonly path: EpochPath;
    readonly accounts: PeerAccounts;
    readonly stageOf: (epoch: number) => Stage | undefined;
  }) {
    this.#path = options.path;
    this.#accounts = options.accounts;
    this.#stageOf = options.stageOf;
  }

  /** A peer speaks of an epoch that is over here. */
  answerLate(
    peer: number,
    epoch: number,
    message: PeerMessage,
    nowMs: number,
    outbox: Outbox,
  ): void {
    const stage = this.#stageOf(epoch);
    if (message.kind === MessageKind.CheckpointVote) {
      stage?.replica.noteLateVote(message.vote, outbox);
      return;
    }
    if (message.kind === MessageKind.Status) return this.tellClosed(peer, epoch, nowMs, outbox);
    if (stage !== undefined) this.serve(peer, stage, message, nowMs, outbox);
  }

  /** Tells a peer what has closed an epoch, where that is known and the peer's allowance goes so far. */
  tellClosed(peer: number, epoch: number, nowMs: number, outbox: Outbox): void {
    // Five bytes ask for what may be most of a megabyte: nothing is made of it for who gets nothing.
    if (!this.#accounts.mayAnswer(peer, 0, nowMs)) return;
    const step = this.#path.encode(epoch);
    if (step === undefined) return;
    const message = encodeEpochClosed(epoch, step);
    outbox.push({ kind: "send", to: peer, message });
    this.#accounts.charge(peer, message.length, nowMs);
  }

  /** Answers a question for blocks of an epoch, as far as they are in memory and the asker's allowance goes. */
  serve(
    peer: number,
    { replica }: Stage,
    message: PeerMessage,
    nowMs: number,
    outbox: Outbox,
  ): void {
    const { dag } = replica.consensus;
    let left = BLOCKS_PER_ANSWER_MAX;
    const send = (block: VerifiedBlock | undefined): boolean => {
      if (block === undefined) return true;
      outbox.push({ kind: "send", to: peer, message: encodeBlockMessage(block) });
      return --left > 0 && this.#accounts.charge(peer, block.bytes.length, nowMs);
    };
    if (message.kind === MessageKind.FetchBlocks) {
      if (!this.#accounts.mayAnswer(peer, message.refs.length, nowMs)) return;
      for (const ref of message.refs) if (!send(dag.find(ref)?.block)) return;
    }
    if (message.kind !== MessageKind.FetchRounds) return;
    const { fromRound, roundCount } = message;
    if (!this.#accounts.mayAnswer(peer, roundCount, nowMs)) return;
    const last = Math.min(fromRound + roundCount - 1, dag.highestRound);
    for (let round = Math.max(fromRound, dag.lowestRound, 1); round <= last; round++) {
      for (const { block } of dag.round(round)) if (!send(block)) return;
    }
  }
}
