import { Fault } from "@rialto/base";
import type { BlockChecks, VerifiedBlock } from "@rialto/consensus";
import {
  type MessageFaultDetail,
  MessageKind,
  type PeerMessage,
  peekBlockRecord,
  readPeerMessage,
} from "@rialto/replica";

/** More than anybody's twins: a flood of blocks for one round is judged one by one. */
const KEPT_PER_SLOT = 8;
/** A message that is shorter has no round and no author. */
const HEAD_BYTES = 81;

type Reading = PeerMessage | Fault<MessageFaultDetail>;
type Judgement = VerifiedBlock | Fault<MessageFaultDetail>;

/**
 * Messages with blocks, each judged once for all members and all their lives. Whether a block holds is a function of
 * its bytes and the committee (consensus.md §4), so the same bytes are never judged again. A journal's record of a block has
 * the bytes of its message.
 */
export class JudgedBlocks {
  readonly #checks: BlockChecks;
  readonly #bySlot = new Map<
    number,
    { readonly bytes: Uint8Array; readonly judgement: Judgement }[]
  >();

  /** Other messages, by the very bytes of a broadcast. */
  readonly #others = new WeakMap<Uint8Array, { readonly from: number; readonly read: Reading }>();

  constructor(checks: BlockChecks) {
    this.#checks = checks;
  }

  /** What a message from `from` says. */
  read(from: number, bytes: Uint8Array): Reading {
    if (bytes[0] === MessageKind.Block) {
      const block = this.judge(bytes);
      return block instanceof Fault ? block : { kind: MessageKind.Block, block };
    }
    const known = this.#others.get(bytes);
    if (known?.from === from) return known.read;
    const read = readPeerMessage(from, bytes, this.#checks);
    this.#others.set(bytes, { from, read });
    return read;
  }

  /** What a message of the kind `Block` comes to. */
  judge(bytes: Uint8Array): Judgement {
    if (bytes.length < HEAD_BYTES) return this.#read(bytes);
    const { round, author } = peekBlockRecord(bytes);
    const slot = round * 65_536 + author;
    let known = this.#bySlot.get(slot);
    if (known === undefined) this.#bySlot.set(slot, (known = []));
    const same = known.find(
      (each) => each.bytes === bytes || Buffer.compare(each.bytes, bytes) === 0,
    );
    if (same !== undefined) return same.judgement;
    const judgement = this.#read(bytes);
    if (known.length < KEPT_PER_SLOT) known.push({ bytes, judgement });
    return judgement;
  }

  #read(bytes: Uint8Array): Judgement {
    const message = readPeerMessage(0, bytes, this.#checks);
    if (message instanceof Fault) return message;
    if (message.kind !== MessageKind.Block) throw new Error("only blocks are judged here");
    return message.block;
  }
}
