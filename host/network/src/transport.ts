/**
 * What became of a message that was to be sent:
 * `queued`  it will be sent, if the peer and the link live on;
 * `full`    too much waits for this peer: it is dropped, and "room" is observed when sending makes sense again;
 * `absent`  nothing is heard of this peer: it is dropped, and "reachable" is observed when it is back.
 */
export type SendOutcome = "queued" | "full" | "absent";

/** What happened to a link. `member` is the peer's number. */
export type TransportEvent =
  /** The peer listens: from now on messages to it are queued. `isNewLife`: it has started anew, and knows nothing. */
  | { readonly kind: "reachable"; readonly member: number; readonly isNewLife: boolean }
  /** Nothing was heard of it for `silenceMs`. What waited for it is dropped. */
  | { readonly kind: "unreachable"; readonly member: number; readonly droppedMessages: number }
  | { readonly kind: "room"; readonly member: number }
  /** Packets of this peer were lost on the way: what they held will not come. */
  | { readonly kind: "lost"; readonly member: number; readonly packets: number }
  /** It sent more than it may: its link is not read for `pauseMs`. */
  | { readonly kind: "throttled"; readonly member: number; readonly pauseMs: number }
  /** It sent bytes that are no packet or no pulse. */
  | { readonly kind: "malformed"; readonly member: number; readonly bytes: number }
  /** Somebody without a member's key, or with a member's key but not its place, was turned away. */
  | { readonly kind: "refused"; readonly address: string; readonly reason: string };

/** Counts since the transport was opened, for one peer. */
export interface PeerCounters {
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly droppedFull: number;
  readonly droppedAbsent: number;
  /** Queued, but never sent, since the peer became absent. */
  readonly droppedUnsent: number;
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly lostPackets: number;
  readonly duplicatePackets: number;
  readonly malformedPackets: number;
  readonly throttledCount: number;
  readonly throttledMs: number;
}

export interface PeerStatus {
  readonly member: number;
  /** True while the peer's pulses come: messages to it are queued. */
  readonly isReachable: boolean;
  /** True while its packets come. */
  readonly isHeard: boolean;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly inFlightBytes: number;
  readonly counters: PeerCounters;
}

/**
 * Takes a message of member `member`. The bytes are the receiver's to keep. Where it returns a promise, no further
 * message of the same member comes until it resolves, and in the end that member's own queue fills: this is how a
 * receiver that cannot keep up slows down who sends to it, and nobody else.
 */
export type MessageHandler = (member: number, message: Uint8Array) => void | Promise<void>;

/**
 * Carries messages between the members of a committee, each of which has a number and a key.
 *
 * Promises: a message comes from the member that it is said to come from; at most once; those of one member in the order
 * in which it sent them. None is lost while both processes and the link between them live. After a break there may be a
 * gap ("lost", "reachable"): nothing is sent again, since what is above knows better what is still wanted. Memory is
 * bounded for every peer by its limits, whatever the peer does, and no peer slows down another.
 */
export interface Transport extends AsyncDisposable {
  /** This member's number. */
  readonly self: number;
  /**
   * Sends to one member. The message, of at most MESSAGE_BYTES_MAX bytes, is not changed by the caller any more.
   * Messages of one turn of the event loop share packets, which leave when it ends, or with `flush`.
   */
  send(member: number, message: Uint8Array): SendOutcome;
  /** Lets what was sent leave now: for who has long work to do before its turn of the event loop ends. */
  flush(): void;
  /** The other members, by number. */
  peers(): PeerStatus[];
  /** Who was turned away since the transport was opened. */
  readonly refusedCount: number;
  /** Closes all links. What waits is dropped. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly onMessage: MessageHandler;
  /** Told of changes of links, of each kind and peer some a second at most; default: nobody. */
  readonly observe?: (event: TransportEvent) => void;
}
