import { viewOf } from "@rialto/base";
import { expect, test } from "vitest";
import { Outbox } from "../effects.ts";
import { MessageKind } from "../messages.ts";
import { Chaser, type OwnPlace } from "./chaser.ts";

/** Behind kind and epoch. */
const FROM_ROUND_AT = 5;
const TIMEOUT_MS = 100;
const DECIDED_ROUND = 20;
const OWN: OwnPlace = {
  epoch: 1,
  newest: 2,
  isOver: false,
  quorumRound: 50,
  decidedRound: DECIDED_ROUND,
  commitIndex: 7,
};

/** First rounds that each peer is asked for, by peer, while nothing comes of it. */
function askedOf(peers: readonly number[], polls: number): Map<number, Set<number>> {
  const chaser = new Chaser(TIMEOUT_MS);
  for (const peer of peers) chaser.note(peer, 2);
  const asked = new Map<number, Set<number>>(peers.map((peer) => [peer, new Set()]));
  for (let poll = 0; poll < polls; poll++) {
    const outbox = new Outbox();
    chaser.poll(poll * TIMEOUT_MS, OWN, outbox);
    for (const effect of outbox.take()) {
      if (effect.kind !== "send" || effect.message[0] !== MessageKind.FetchRounds) continue;
      asked.get(effect.to)!.add(viewOf(effect.message).getUint32(FROM_ROUND_AT, true));
    }
  }
  return asked;
}

test.each([1, 2, 3, 4, 6, 9])(
  "each of %i peers is asked for the newest rounds and for the undecided ones: some of them may lie",
  (count) => {
    const peers = Array.from({ length: count }, (_, at) => at + 1);
    for (const rounds of askedOf(peers, 6 * count).values()) {
      expect(rounds).toEqual(new Set([DECIDED_ROUND + 1, OWN.quorumRound - 1]));
    }
  },
);
