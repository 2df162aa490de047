import { Fault } from "@rialto/base";
import { type BlockRef, type Consensus, type HashFunction, parseBlock } from "@rialto/consensus";
import type { CheckpointBook } from "./checkpoint-book.ts";
import { type AnswerKind, MessageKind, peekCheckpoint, peekPlace, VOTE_COST } from "./messages.ts";
import { OBSERVER } from "./replica-options.ts";

// Tells what says nothing new before any signature of it is looked at. Members say their last block again when nothing
// moves, and nothing moves where all are busy with signatures: to check those once more would make that last. And who lies
// could have the same checked without end.

/** What reading a message that `isHeard` may cost, in blocks. */
export function repeatCost(message: Uint8Array): number {
  return message[0] === MessageKind.CheckpointVote ? VOTE_COST : 1;
}

type Place = Pick<BlockRef, "round" | "author">;

/** What a replica knows of an epoch. */
export interface Knowledge {
  readonly consensus: Consensus;
  readonly checkpoints: CheckpointBook;
  /** Blocks of it are of no use any more. */
  readonly isOver: boolean;
  /** Whether a member has been asked for an answer of this kind about what this one has signed, and has not given it since. */
  awaitsAnswer(member: number, kind: AnswerKind): boolean;
}

/**
 * Whether a signed message of a member is about what is known already, or over: about a round in which its author has a
 * block, or below the horizon, or so far ahead that there is no room for it to wait; about a commit that the member has voted
 * for, or one of very many to come.
 *
 * Effects  pure, and looks at a few bytes only.
 */
export function isHeard(message: Uint8Array, from: number, known: Knowledge): boolean {
  switch (message[0]) {
    case MessageKind.Block:
      return isPlaceTaken(message, known);
    case MessageKind.CheckpointVote:
      // Signed votes for commits that never come could go on without end.
      return known.checkpoints.isCrowded(from) || isSettled(message, from, known);
    case MessageKind.RejoinAnswer:
    case MessageKind.OwnAnswer:
      return !known.awaitsAnswer(from, message[0]);
    default:
      return false;
  }
}

function isPlaceTaken(message: Uint8Array, { consensus, isOver }: Knowledge): boolean {
  const place = peekPlace(message);
  if (place === undefined) return false;
  const { dag } = consensus;
  if (isOver || place.round <= dag.horizon) return true;
  return isSecond(place, consensus) || hasNoRoom(place, message.length - 1, consensus);
}

/** True where the author has a block for the round here, accepted or waiting. */
function isSecond(place: Place, { dag, pending }: Consensus): boolean {
  return dag.first(place.round, place.author) !== undefined || pending.findAt(place) !== undefined;
}

/** True where a block would be pushed out as soon as it waited, or by those that come before it. */
function hasNoRoom(place: Place, bytes: number, { dag, pending }: Consensus): boolean {
  return place.round > dag.quorumRound + pending.roundsMax || pending.isFullFor(place, bytes);
}

function isSettled(message: Uint8Array, from: number, { checkpoints }: Knowledge): boolean {
  const checkpoint = peekCheckpoint(message);
  return checkpoint !== undefined && checkpoints.isSettled(from, checkpoint);
}

/**
 * Whether what `isHeard` may be news all the same: another block for a round, which nobody has shown here before; a vote that
 * takes the place of another.
 *
 * Effects  pure. Parses a block and hashes its header.
 */
export function isNews(
  message: Uint8Array,
  from: number,
  known: Knowledge,
  hash: HashFunction,
): boolean {
  if (message[0] === MessageKind.CheckpointVote) return !isSettled(message, from, known);
  if (message[0] !== MessageKind.Block || known.isOver) return false;
  const { consensus } = known;
  const { dag, pending, evidence } = consensus;
  const block = parseBlock(message.subarray(1), hash);
  // What is none is charged to who sent it.
  if (block instanceof Fault) return true;
  if (block.round <= dag.horizon || dag.find(block) !== undefined || pending.has(block)) {
    return false;
  }
  // What a stranger brings counts as its author's.
  const voucher = from === OBSERVER ? block.author : from;
  // Whose lie is known can tell no other one by it, and nobody else whose lie is can have it taken in.
  const isVain = evidence.has(block.author) && evidence.has(voucher);
  if (isVain && isSecond(block, consensus)) return false;
  const isLost = hasNoRoom(block, block.bytes.length, consensus) && dag.missing(block).length > 0;
  return !isLost || pending.isWanted(block);
}
