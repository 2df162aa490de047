import { equalBytes } from "@rialto/base";
import type { CertificateChecks, HashFunction } from "@rialto/consensus";
import { Outbox } from "../effects.ts";
import type { ChainReplica } from "../epoch/chain-replica.ts";
import type { Epoch } from "../epoch/epoch-change.ts";
import { MessageKind, type PeerMessage } from "../messages.ts";
import type { CertifiedManifest } from "./manifest.ts";
import { type FetchEvent, SnapshotFetch, type SnapshotFetchSettings } from "./snapshot-fetching.ts";

export interface ChainFetchOptions {
  readonly replica: ChainReplica;
  /** X25519 key of this member. */
  readonly linkKey: Uint8Array;
  readonly hash: HashFunction;
  /** Of a chunk, the same for all members. */
  readonly chunkBytes: number;
  /** What certificates of an epoch are judged by. */
  readonly checksOf: (epoch: Epoch) => CertificateChecks;
  readonly settings: SnapshotFetchSettings;
  /** Digest of the snapshot of which an earlier process has got something. */
  readonly begun?: Uint8Array | undefined;
  /** Sends to a peer, by its number. */
  readonly send: (to: number, message: Uint8Array) => void;
}

/**
 * Gets a snapshot of the others for a member that lives through epochs: asks the members of the newest epoch that it knows, and
 * begins anew with others when it comes to know more. Chunks are the host's, and stay where they are.
 *
 * Source   docs/protocol/consensus.md §13.
 */
export class ChainFetch {
  readonly #options: ChainFetchOptions;
  readonly #outbox = new Outbox();
  #current: SnapshotFetch;
  /** That this member was in when the fetch began. */
  #epoch: Epoch;
  /** Whose members are asked. */
  #newest: Epoch;
  /** Their numbers, by author. */
  #peers: readonly number[];

  constructor(options: ChainFetchOptions) {
    this.#options = options;
    const { replica } = options;
    this.#epoch = replica.epoch;
    this.#newest = replica.path.newest;
    this.#peers = replica.peers.add(this.#newest.roster);
    this.#current = this.#open(options.begun);
  }

  #open(begun: Uint8Array | undefined): SnapshotFetch {
    const { replica, linkKey, hash, chunkBytes, checksOf, settings } = this.#options;
    const { committee, roster } = this.#newest;
    return new SnapshotFetch({
      epoch: this.#epoch.committee.epoch,
      committee,
      self: roster.members.findIndex((member) => equalBytes(member.linkKey, linkKey)),
      hash,
      chunkBytes,
      checksOf: (epoch) => {
        const known = replica.path.epochAt(epoch);
        return known && checksOf(known);
      },
      settings,
      begun,
    });
  }

  /**
   * Lets go of what was offered: it is of members who are not asked any more, or what has come in is not what it was. A snapshot that
   * was begun is gone on with, where they offer it too.
   */
  restart(): void {
    const { replica } = this.#options;
    this.#epoch = replica.epoch;
    this.#newest = replica.path.newest;
    this.#peers = replica.peers.add(this.#newest.roster);
    this.#current = this.#open(this.#current.begun);
  }

  /** To be told of what the host has done with an event. */
  get current(): SnapshotFetch {
    return this.#current;
  }

  /** Takes what a peer says of snapshots; anything else is left alone. Returns what is for the host to do. */
  note(from: number, message: PeerMessage, nowMs: number): FetchEvent | undefined {
    const isMine =
      message.kind === MessageKind.SnapshotOffer ||
      message.kind === MessageKind.Manifest ||
      message.kind === MessageKind.Chunk;
    const author = this.#peers.indexOf(from);
    if (!isMine || author < 0 || message.epoch !== this.#epoch.committee.epoch) return undefined;
    return this.#current.note(author, message, nowMs);
  }

  /** Sends what is to be asked now. Returns the snapshot whose chunks are all there. */
  look(nowMs: number): CertifiedManifest | undefined {
    const { replica, send } = this.#options;
    // Who has halted has seen what must not be forgotten over a newer state.
    if (replica.halted !== undefined) return undefined;
    if (replica.epoch !== this.#epoch || replica.path.newest !== this.#newest) this.restart();
    const { awaitsSnapshot } = replica;
    const { dag, committer, sequencer } = replica.consensus;
    const need = {
      isTooFarBehind: replica.isTooFarBehind || awaitsSnapshot,
      awaitsSnapshot,
      quorumRound: dag.quorumRound,
      decidedRound: committer.decidedRound,
      commitIndex: sequencer.lastIndex,
    };
    this.#current.poll(nowMs, need, this.#outbox);
    for (const effect of this.#outbox.take()) {
      if (effect.kind === "send") send(this.#peers[effect.to]!, effect.message);
    }
    return this.#current.whole;
  }
}
