import { fail, Fault } from "@rialto/base";
import type { BlockChecks, VerifiedBlock } from "@rialto/consensus";
import {
  type MessageFaultDetail,
  MessageKind,
  type PeerMessage,
  readBlockRecord,
  readPeerMessage,
  type RecoveryFaultDetail,
} from "@rialto/replica";

/** More than look alike by chance: of a flood of blocks that do, the rest are judged one by one. */
const ALIKE_MAX = 8;
/** Of so many bytes one is looked at to tell messages apart: what they refer to are digests, which differ everywhere. */
const LOOK_EVERY = 7;

type Reading = PeerMessage | Fault<MessageFaultDetail>;
type Judgement = VerifiedBlock | Fault<MessageFaultDetail>;

/**
 * Messages, each judged once for all members and all their lives. Whether a block holds is a function of its bytes and
 * the committee (consensus.md §4), so the same bytes are never judged again. A journal's record of a block has the bytes of its
 * message.
 */
export class JudgedBlocks {
  readonly #checks: BlockChecks;
  readonly #alike = new Map<
    number,
    { readonly bytes: Uint8Array; readonly judgement: Judgement }[]
  >();
  /** By the very bytes of a broadcast. */
  readonly #readings = new WeakMap<Uint8Array, { readonly from: number; readonly read: Reading }>();

  constructor(checks: BlockChecks) {
    this.#checks = checks;
  }

  /** What a message from `from` says. */
  read(from: number, bytes: Uint8Array): Reading {
    const known = this.#readings.get(bytes);
    // Who sends a block does not matter; of what else a member sends, only it can be the author.
    if (known !== undefined && (known.from === from || bytes[0] === MessageKind.Block))
      return known.read;
    const read = bytes[0] === MessageKind.Block ? this.#readBlock(bytes) : this.#look(from, bytes);
    this.#readings.set(bytes, { from, read });
    return read;
  }

  #look(from: number, bytes: Uint8Array): Reading {
    return readPeerMessage(from, bytes, this.#checks);
  }

  #readBlock(bytes: Uint8Array): Reading {
    const block = this.judge(bytes);
    return block instanceof Fault ? block : { kind: MessageKind.Block, block };
  }

  /** The block of a journal's record. Errors: REPLICA_RECORD_INVALID, returned. */
  readRecord(record: Uint8Array, index: number): VerifiedBlock | Fault<RecoveryFaultDetail> {
    const block = this.judge(record);
    return block instanceof Fault ? readBlockRecord(record, index, this.#checks) : block;
  }

  /** What a message of the kind `Block` comes to. */
  judge(bytes: Uint8Array): Judgement {
    const look = lookOf(bytes);
    let alike = this.#alike.get(look);
    if (alike === undefined) this.#alike.set(look, (alike = []));
    const same = alike.find((each) => Buffer.compare(each.bytes, bytes) === 0);
    if (same !== undefined) return same.judgement;
    const read = this.#look(0, bytes);
    const judgement = read instanceof Fault ? read : blockOf(read);
    if (alike.length < ALIKE_MAX) alike.push({ bytes, judgement });
    return judgement;
  }
}

function blockOf(message: PeerMessage): VerifiedBlock {
  return message.kind === MessageKind.Block ? message.block : fail("only blocks are judged");
}

/** A number that differs for messages that differ, but for chance. */
function lookOf(bytes: Uint8Array): number {
  let look = bytes.length;
  for (let at = 0; at < bytes.length; at += LOOK_EVERY) {
    look = Math.imul(look ^ bytes[at]!, 0x0100_0193);
  }
  return look;
}
