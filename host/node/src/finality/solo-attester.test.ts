import { encodeHex, Fault } from "@rialto/base";
import { CHECKPOINT_BYTES, SIGNATURE_BYTES } from "@rialto/consensus";
import type { ExecutedBatch } from "@rialto/gateway";
import {
  encodeEvent,
  eventBytes,
  EventKind,
  type MarketIndex,
  type OrderId,
  Side,
} from "@rialto/protocol";
import {
  parseFillProof,
  PROOF_EPOCHS_MAX,
  type ProvenFill,
  verifyFillProof,
} from "@rialto/replica";
import { mountSmallDisk } from "@rialto/storage/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../sha256.ts";
import { type Network, networkOf } from "../config/network-file.ts";
import { dataDirectory } from "../data-directory.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { chainTrust } from "../cluster/epoch-file.ts";
import { FinalityKeeper } from "./finality-keeper.ts";
import { ProofStore } from "./proof-store.ts";
import type { ProofWriterOptions } from "./proof-writer.ts";
import { SoloAttester } from "./solo-attester.ts";
import { openSoloMember, type SoloMember } from "./solo-member.ts";

/** In a certificate: its first signer's number, after version, checkpoint and count. */
const SIGNER_AT = 2 + CHECKPOINT_BYTES + 2;

let directory: string;
let member: SoloMember;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rialto-attester-"));
  const network = networkOf(SMALL_NETWORK);
  if (network instanceof Fault) throw network;
  member = openSoloMember(dataDirectory(directory), network, { lastSequence: 0 });
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Attested {
  readonly keeper: FinalityKeeper;
  readonly attester: SoloAttester;
}

function open(
  store: ProofStore,
  epochs: readonly Uint8Array[] = [],
  onDisk: Partial<ProofWriterOptions> = {},
): Attested {
  const keeper = new FinalityKeeper({
    committee: member.genesis.committee,
    hash: sha256,
    store,
    genesis: "",
    hashesMax: 100,
    hashKey: 5n,
    dag: () => ({ members: 1, rounds: [] }),
    epochSteps: () => epochs,
    onFailed: (error) => {
      throw error;
    },
    onResumed: () => expect.unreachable(),
    onLost: () => expect.unreachable(),
    ...onDisk,
  });
  const [newest] = store.newest(1);
  const attester = new SoloAttester({
    member,
    keeper,
    end: store.end,
    uncertified: newest?.certificate === undefined ? newest?.record.commits[0]!.commit : undefined,
    stateRoot: () => sha256(Uint8Array.of(1)),
    checkpointMs: 1_000_000,
  });
  return { keeper, attester };
}

const openStore = (path = directory): ProofStore =>
  new ProofStore({
    path: join(path, "proofs.sqlite"),
    networkHash: member.genesis.committee.hash,
    bytesMax: 1e9,
  });

/** A log record in which trade `sequence` of market 0 happens. */
function batchOf(sequence: number): ExecutedBatch {
  const events = new Uint8Array(eventBytes(EventKind.Fill));
  encodeEvent(new DataView(events.buffer), 0, {
    kind: EventKind.Fill,
    command: sequence,
    takerSide: Side.Sell,
    makerDone: true,
    market: 0 as MarketIndex,
    priceTicks: 100,
    tradeId: sequence,
    makerOrderId: 1 as OrderId,
    takerOrderId: 2 as OrderId,
    lots: 3,
    makerRebate: false,
    makerFeeQuanta: 1n,
    takerFeeQuanta: 1n,
  });
  const commands = Uint8Array.of(sequence);
  const counts = { firstCommand: sequence - 1, commandCount: 1 };
  return { sequence, nowMs: 1_000 + sequence, ...counts, commands, notes: [], events };
}

function proven({ keeper }: Attested, tradeId: number): ProvenFill {
  const answer = keeper.proveFill(0, tradeId);
  if (answer.kind !== "proof") throw new Error(`${answer.kind}: no proof of trade ${tradeId}`);
  const proof = parseFillProof(answer.text);
  if (proof instanceof Fault) throw proof;
  const result = verifyFillProof(proof, chainTrust(member.genesis));
  if (result instanceof Fault) throw result;
  return result;
}

test("a trade is pending until a certificate covers it, and proven from then on", () => {
  using store = openStore();
  const attested = open(store);
  const { keeper, attester } = attested;
  attester.apply(batchOf(1));
  expect(keeper.proveFill(0, 1)).toEqual({ kind: "pending" });
  expect(keeper.proveFill(0, 2)).toEqual({ kind: "absent" });
  attester.writeOut();
  // It is kept, and still nobody has signed.
  expect(keeper.proveFill(0, 1)).toEqual({ kind: "pending" });
  attester.stop();
  const { event, commitDigest, tsMs, standing } = proven(attested, 1);
  expect(event).toMatchObject({ tradeId: 1, priceTicks: 100, lots: 3 });
  expect(tsMs).toBe(1_001);
  expect(standing.isQuantum).toBe(true);
  expect(keeper.find(commitDigest)).toMatchObject({ level: "ECONOMIC", commitIndex: 1 });
});

test("of a trade that too many epochs lead to there is no proof, and it is said why", () => {
  using store = openStore();
  const epochs = Array.from({ length: PROOF_EPOCHS_MAX + 1 }, () => Uint8Array.of(1));
  const { keeper, attester } = open(store, epochs);
  attester.apply(batchOf(1));
  attester.stop();
  expect(keeper.proveFill(0, 1)).toEqual({ kind: "tooLong" });
});

test("no bit of a certificate that a disk has spoilt makes more final than is, or a proof that does not hold", () => {
  using store = openStore();
  const first = open(store);
  first.attester.apply(batchOf(1));
  first.attester.stop();
  const certificate = store.certificateOf(1)!;
  const { commitDigest } = proven(first, 1);
  for (let at = 0; at < SIGNER_AT + SIGNATURE_BYTES; at += 3) {
    const spoilt = certificate.slice();
    spoilt[at]! ^= 1 << (at % 8);
    store.certify(1, spoilt, true);
    const { keeper } = open(store);
    expect(keeper.proveFill(0, 1)).toEqual({ kind: "absent" });
    expect(keeper.statistics().certifiedCommit).toBeLessThanOrEqual(1);
  }
  store.certify(1, certificate, true);
  expect(open(store).keeper.find(commitDigest).level).toBe("ECONOMIC");
});

test("a certificate gives way to none that is worth less, and counts once", () => {
  using store = openStore();
  const attested = open(store);
  const { keeper, attester } = attested;
  attester.apply(batchOf(1));
  attester.stop();
  const answer = keeper.proveFill(0, 1);
  const proof = answer.kind === "proof" ? parseFillProof(answer.text) : undefined;
  if (proof === undefined || proof instanceof Fault) throw new Error("there is a proof");
  keeper.noteCertificate({ ...proof.certificate, quantumSignatures: [] });
  expect(proven(attested, 1).standing.isQuantum).toBe(true);
  keeper.noteCertificate(proof.certificate);
  expect(keeper.statistics()).toMatchObject({ certificates: 1, quantumCertificates: 1 });
});

test.each([
  ["cut short", (bytes: Uint8Array) => bytes.subarray(1)],
  ["of a member that there is not", (bytes: Uint8Array) => bytes.with(SIGNER_AT, 9)],
])("a certificate that a damaged disk has left %s is none", (_, damage) => {
  using store = openStore();
  {
    const { attester } = open(store);
    attester.apply(batchOf(1));
    attester.stop();
  }
  store.certify(1, damage(store.certificateOf(1)!), true);
  const { keeper } = open(store);
  expect(keeper.proveFill(0, 1)).toEqual({ kind: "absent" });
  expect(keeper.statistics().certifiedCommit).toBe(0);
});

test("commits that were kept without a certificate are proven by the next one, through links", () => {
  using store = openStore();
  const attested = open(store);
  for (let sequence = 1; sequence <= 4; sequence++) {
    attested.attester.apply(batchOf(sequence));
    attested.attester.writeOut();
  }
  attested.attester.stop();
  for (let sequence = 1; sequence <= 4; sequence++) {
    const { checkpoint, commitIndex } = proven(attested, sequence);
    expect([commitIndex, checkpoint.commitIndex]).toEqual([sequence, 4]);
  }
  expect(attested.keeper.statistics()).toMatchObject({ certificates: 1, certifiedCommit: 4 });
});

test("after a kill it goes on where its records end, and certifies what it had only kept", () => {
  {
    using store = openStore();
    const { attester } = open(store);
    attester.apply(batchOf(1));
    attester.writeOut();
    attester.apply(batchOf(2));
  }
  using store = openStore();
  const attested = open(store);
  expect(attested.attester.durableSequence).toBe(1);
  // The recovery tells of everything again.
  for (const sequence of [1, 2]) attested.attester.apply(batchOf(sequence));
  attested.attester.stop();
  const [first, second] = [proven(attested, 1), proven(attested, 2)];
  expect(first.checkpoint.commitIndex).toBe(2);
  expect(encodeHex(second.commitDigest)).toBe(encodeHex(second.checkpoint.commitDigest));
});

test("records that end without a certificate get one, though nothing happens any more", () => {
  {
    using store = openStore();
    const { attester } = open(store);
    attester.apply(batchOf(1));
    attester.writeOut();
  }
  using store = openStore();
  const attested = open(store);
  attested.attester.stop();
  expect(proven(attested, 1).checkpoint.commitIndex).toBe(1);
});

test("keys and genesis are made once, and those of another network are refused", () => {
  const { genesis } = member;
  const network = networkOf(SMALL_NETWORK);
  const other = networkOf({ ...SMALL_NETWORK, name: "other" });
  if (network instanceof Fault || other instanceof Fault) throw new Error("both are networks");
  const again = (of: Network): SoloMember =>
    openSoloMember(dataDirectory(directory), of, { lastSequence: 1 });
  expect(again(network).genesis.committee.hash).toEqual(genesis.committee.hash);
  expect(() => again(other)).toThrow("another network");
});

const DISK_BYTES = 2_000_000;
using probe = mountSmallDisk(DISK_BYTES);
const why = probe === undefined ? " (skipped: this process may not mount a small disk)" : "";

/** Notes what the keeper tells of its disk. */
function listen(): { readonly told: string[] } & Partial<ProofWriterOptions> {
  const told: string[] = [];
  return {
    told,
    onFailed: () => told.push("failed"),
    onResumed: () => told.push("resumed"),
    onLost: () => told.push("lost"),
  };
}

test.skipIf(probe === undefined)(
  `what a full disk refuses is kept when there is room again, without a gap${why}`,
  () => {
    using disk = mountSmallDisk(DISK_BYTES)!;
    using store = openStore(disk.path);
    const { told, ...onDisk } = listen();
    const attested = open(store, [], onDisk);
    const { keeper, attester } = attested;
    const keep = (sequence: number): void => {
      attester.apply(batchOf(sequence));
      attester.stop();
    };
    keep(1);
    disk.leaveFree(0);
    // Those that still find room in the pages that are there end somewhere.
    let sequence = 1;
    while (told.length === 0 && sequence < 2_000) keep(++sequence);
    expect(told).toEqual(["failed"]);
    const refused = sequence;
    keep(++sequence);
    expect(keeper.proveFill(0, sequence)).toEqual({ kind: "pending" });
    expect(keeper.proveFill(0, sequence + 1)).toEqual({ kind: "absent" });
    expect(told).toEqual(["failed"]);

    disk.leaveFree(DISK_BYTES / 2);
    keep(++sequence);
    expect(told).toEqual(["failed", "resumed"]);
    expect(store.end.commitIndex).toBe(sequence);
    for (const trade of [1, refused, refused + 1, sequence]) {
      // Each has the certificate of its own checkpoint: certificates wait too.
      expect(proven(attested, trade).checkpoint.commitIndex).toBe(trade);
    }
    expect(keeper.isFailed).toBe(false);
  },
);

test.skipIf(probe === undefined)(
  `where more would wait than may, it says that the next start makes up for it${why}`,
  () => {
    using disk = mountSmallDisk(DISK_BYTES)!;
    using store = openStore(disk.path);
    const { told, ...onDisk } = listen();
    const { keeper, attester } = open(store, [], { ...onDisk, waitingBytesMax: 20_000 });
    disk.leaveFree(0);
    for (let sequence = 1; !keeper.isFailed && sequence < 2_000; sequence++) {
      attester.apply(batchOf(sequence));
      attester.stop();
    }
    expect(told).toEqual(["failed", "lost"]);
    const { commitIndex } = store.end;
    disk.leaveFree(DISK_BYTES / 2);
    attester.apply(batchOf(2_000));
    attester.stop();
    expect(store.end.commitIndex).toBe(commitIndex);
  },
);
