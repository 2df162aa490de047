import { Fault } from "@rialto/base";
import { createHotEngine, sendCommands, type SnapshotEngine } from "@rialto/engine";
import { EventKind, EventOffset } from "@rialto/protocol";
import { parseSignedCommands } from "@rialto/replica";
import { SecretSeed, selectBackend } from "@rialto/signing";
import { expect, test } from "vitest";
import { networkOf } from "../config/network-file.ts";
import { executeRecord } from "../exchange/execute-batch.ts";
import { BENCH_NETWORK } from "./bench-network.ts";
import { CYCLE_FRAMES, FrameMaker, TRADERS } from "./frame-maker.ts";

const CYCLES = 6;

/** Executes a frame as a member does. Returns how often each kind of event happened. */
function execute(engine: SnapshotEngine, frame: Uint8Array): Map<number, number> {
  const read = parseSignedCommands(frame);
  if (read instanceof Fault) throw read;
  const { events } = executeRecord(engine, { nowMs: 1, notes: [], ...read }, 1);
  const counts = new Map<number, number>();
  for (let at = 0; at < events.length; at += events[at + EventOffset.size]! * 8) {
    counts.set(events[at]!, (counts.get(events[at]!) ?? 0) + 1);
  }
  return counts;
}

test.each([1, 16, 256])(
  "of %i orders a frame all are accepted, and their book stays as deep",
  (size) => {
    const network = networkOf(BENCH_NETWORK);
    if (network instanceof Fault) throw network;
    const engine = createHotEngine({ limits: network.config.capacities, hashKey: 1n });
    sendCommands(engine, network.genesis, 1);
    const signer = selectBackend("ed25519").createSigner(SecretSeed.random());
    const signers = Array.from({ length: 1 + TRADERS }, () => signer);
    const maker = new FrameMaker(signers, new Uint8Array(32));
    execute(engine, maker.funding().bytes);
    const depths: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      let fills = 0;
      for (let frame = 0; frame < CYCLE_FRAMES; frame++) {
        const events = execute(engine, maker.orders(size).bytes);
        expect(events.get(EventKind.Accepted)).toBe(size);
        fills += events.get(EventKind.Fill) ?? 0;
      }
      expect(fills).toBeGreaterThan((CYCLE_FRAMES * size) / 2);
      depths.push(engine.counts().openOrders);
    }
    expect(depths[0]).toBeGreaterThan(0);
    expect(new Set(depths.slice(1)).size).toBe(1);
  },
);
