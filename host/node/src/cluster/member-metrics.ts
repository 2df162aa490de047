import type { PeerCounters } from "@rialto/network";
import type { MemberConduct } from "@rialto/replica";
import type { MemberStanding } from "./member-standing.ts";

interface Metric {
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly help: string;
}

/** What is counted of each link. */
const LINK_COUNTERS: Readonly<Partial<Record<keyof PeerCounters, string>>> = {
  sentMessages: "Messages sent to the peer.",
  sentBytes: "Bytes of messages sent to the peer.",
  droppedFull: "Messages not sent, for too much waited.",
  receivedMessages: "Messages of the peer.",
  receivedBytes: "Bytes of messages of the peer.",
  lostPackets: "Packets of the peer that were lost on the way.",
  malformedPackets: "Packets of the peer that are none.",
  throttledCount: "How often the peer had sent more than it may, and was not read for a while.",
  throttledMs: "For how long, in milliseconds.",
};

/** What each peer has cost. Who floods is named by these. */
const CONDUCT_COUNTERS: Readonly<Partial<Record<keyof MemberConduct, string>>> = {
  unread:
    "Messages of the peer that were not looked at, for too many of its last were worth nothing.",
  repeated: "Messages of the peer about what was known here already.",
  requests: "Requests of the peer for blocks.",
  unanswered: "Requests of the peer beyond its allowance, which were not answered.",
  answeredBytes: "Bytes of blocks that were read for its requests.",
  pushedOut:
    "Blocks of the peer's making that were pushed out while they waited for their parents.",
  twinBytes: "Bytes of second blocks of members that lie, taken in on the peer's word.",
};

/** What operators see of a member besides its gateway, in the Prometheus text format. A peer is named by its number. */
export class MemberMetrics {
  readonly #standing: MemberStanding;
  readonly #hostile = new Map<number, number>();

  constructor(standing: MemberStanding) {
    this.#standing = standing;
  }

  /** A peer has sent what is no message of the protocol, or what it cannot have signed. */
  noteHostile(from: number): void {
    this.#hostile.set(from, (this.#hostile.get(from) ?? 0) + 1);
  }

  text(): string {
    const standing = this.#standing;
    const statistics = standing.statistics();
    const { round, committed, finalized, vertices, certificates, quorum } = statistics;
    const gauge = (name: string, help: string, value: number): string =>
      rendered({ name: `rialto_consensus_${name}`, kind: "gauge", help }, [["", value]]);
    return [
      gauge("epoch", "The present epoch, from 1.", statistics.epoch),
      gauge("members", "Members of the present epoch.", statistics.members),
      gauge(
        "removed",
        "1 where this member has no seat in the present epoch.",
        Number(standing.absence !== ""),
      ),
      gauge("round", "Newest round with a quorum of blocks.", round),
      gauge("committed", "Index of the newest commit.", committed),
      gauge("finalized_blocks", "Blocks in commits.", finalized),
      gauge("blocks", "Blocks accepted.", vertices),
      gauge("certificates", "Checkpoints certified since the start.", certificates),
      gauge("quorum_weight", "Weight that decides.", quorum),
      gauge("reached_weight", "Weight that is reached, this member included.", standing.reached),
      gauge("waiting_frames", "Frames in the mempool.", standing.waitingFrames),
      gauge("pending_blocks", "Blocks that wait for their parents.", standing.pendingBlocks),
      gauge("halted", "1 where the member takes no part any more.", Number(standing.isHalted)),
      ...this.#links(),
      ...this.#conduct(),
    ].join("");
  }

  #conduct(): string[] {
    const { conduct } = this.#standing;
    const lines = [
      rendered(
        {
          name: "rialto_peer_throttled",
          kind: "gauge",
          help: "1 while the peer has used up an allowance, or fills what waits for parents.",
        },
        conduct.map((each) => [label(each.member), Number(each.isThrottled)]),
      ),
    ];
    for (const [counter, help] of Object.entries(CONDUCT_COUNTERS)) {
      const name = `rialto_peer_${snakeCase(counter)}_total`;
      const rows = conduct.map((each): Row => [
        label(each.member),
        Number(each[counter as keyof MemberConduct]),
      ]);
      lines.push(rendered({ name, kind: "counter", help }, rows));
    }
    return lines;
  }

  #links(): string[] {
    const { peers } = this.#standing;
    const lines = [
      rendered(
        { name: "rialto_peer_reached", kind: "gauge", help: "1 while the peer is there." },
        peers.map((peer) => [label(peer.member), Number(peer.isReachable && peer.isHeard)]),
      ),
      rendered(
        {
          name: "rialto_peer_hostile_messages_total",
          kind: "counter",
          help: "Messages of the peer that are none of the protocol, or not signed by who they say.",
        },
        peers.map(({ member }) => [label(member), this.#hostile.get(member) ?? 0]),
      ),
    ];
    for (const [counter, help] of Object.entries(LINK_COUNTERS)) {
      const name = `rialto_peer_${snakeCase(counter)}_total`;
      const rows = peers.map(({ member, counters }): Row => [
        label(member),
        counters[counter as keyof PeerCounters],
      ]);
      lines.push(rendered({ name, kind: "counter", help }, rows));
    }
    return lines;
  }
}

type Row = readonly [labels: string, value: number];

function rendered({ name, kind, help }: Metric, rows: readonly Row[]): string {
  const values = rows.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${values.join("")}`;
}

function label(member: number): string {
  return `{member="${member}"}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
