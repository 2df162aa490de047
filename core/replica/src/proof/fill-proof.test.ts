import { createPrng, encodeHex, fail, Fault } from "@rialto/base";
import {
  type Certificate,
  encodeCertificate,
  FinalityLevel,
  Profile,
  profileLabel,
} from "@rialto/consensus";
import { describe, expect, test } from "vitest";
import { MUTATIONS } from "../testing/proof-mutations.ts";
import { createProofWorld, type ProofWorld, sha256 } from "../testing/proof-world.ts";
import { buildFillProof, lastTrades } from "./build-fill-proof.ts";
import { encodeCheckpointRecord, parseCheckpointRecord } from "./checkpoint-record.ts";
import {
  type FillProof,
  PROOF_COMMIT_BYTES_MAX,
  PROOF_EPOCHS_MAX,
  PROOF_TEXT_MAX,
} from "./fill-proof.ts";
import { encodeFillProof, parseFillProof, writeFillProof } from "./proof-json.ts";
import { type ProvenFill, verifyFillProof } from "./verify-fill-proof.ts";

const MUTATED = 1_000;

const byzantine = createProofWorld(Profile.Byzantine, [1, 1, 1, 1]);
const crash = createProofWorld(Profile.Crash, [1, 1, 1]);

function proofText(
  { records }: ProofWorld,
  from: number,
  certificate: Certificate,
  trade: { readonly market: number; readonly tradeId: number },
): string {
  const proof = buildFillProof({
    ...trade,
    records: records.slice(from),
    certificate,
    epochs: [],
    hash: sha256,
  });
  return encodeFillProof(proof ?? fail("the record holds the trade"));
}

function judge(text: string, world: ProofWorld): ProvenFill | Fault<{ readonly code: string }> {
  const proof = parseFillProof(text);
  return proof instanceof Fault ? proof : verifyFillProof(proof, world.trust);
}

function proven(text: string, world: ProofWorld): ProvenFill {
  const result = judge(text, world);
  if (result instanceof Fault) throw result;
  return result;
}

test("every trade of every checkpoint is proven by the newest certificate", () => {
  const certificate = byzantine.certify(3, [0, 1, 2]);
  let first = [1, 1];
  for (const [from, record] of byzantine.records.entries()) {
    const last = lastTrades(record);
    for (const market of [0, 1]) {
      for (let tradeId = first[market]!; tradeId <= last.get(market)!; tradeId += 41) {
        const text = proofText(byzantine, from, certificate, { market, tradeId });
        const { event, commitIndex, standing } = proven(text, byzantine);
        expect(event).toMatchObject({ market, tradeId, lots: 7 });
        expect(Math.ceil(commitIndex / 3)).toBe(from + 1);
        expect(standing).toEqual({
          weight: 3,
          level: FinalityLevel.Fast,
          quantumWeight: 3,
          isQuantum: true,
        });
      }
    }
    first = [last.get(0)! + 1, last.get(1)! + 1];
  }
});

test("a proof says whom it rests on, and a crash profile what it does not promise", () => {
  const certificate = crash.certify(0, [0, 2]);
  const record = { ...crash, records: crash.records.slice(0, 1) };
  const text = proofText(record, 0, certificate, { market: 1, tradeId: 5 });
  const { signers, quantumSigners, standing } = proven(`${text}\n`, crash);
  expect({ signers, quantumSigners }).toEqual({ signers: [0, 2], quantumSigners: [0, 2] });
  expect(standing.level).toBe(FinalityLevel.Fast);
  const { profile, thresholds } = crash.committee;
  expect(profileLabel(profile, thresholds)).toContain("crash-tolerant");
  expect(profileLabel(profile, thresholds)).toContain("not Byzantine-tolerant");
  // Quantum signatures may be absent: the proof holds, at the lesser level.
  const plain = { ...certificate, quantumSignatures: [] };
  const plainText = proofText(record, 0, plain, { market: 1, tradeId: 5 });
  expect(proven(plainText, crash).standing.isQuantum).toBe(false);
});

test(`each of ${MUTATED} changed proofs is refused, and the one they were made from accepted`, () => {
  const text = proofText(byzantine, 0, byzantine.certify(3, [0, 1, 3]), { market: 0, tradeId: 40 });
  proven(text, byzantine);
  const kinds = Object.entries(MUTATIONS);
  const codes = { PROOF_MALFORMED: 0, PROOF_INVALID: 0 };
  let refused = 0;
  for (let seed = 0; refused < MUTATED; seed++) {
    const [name, mutate] = kinds[seed % kinds.length]!;
    const mutated = mutate(text, createPrng(seed));
    // A character may be replaced by itself; nothing else may leave the text as it was.
    expect(seed - refused).toBeLessThan(20);
    if (mutated === text) continue;
    const result = judge(mutated, byzantine);
    if (!(result instanceof Fault)) throw new Error(`seed ${seed}: "${name}" is accepted`);
    codes[result.detail.code as keyof typeof codes]++;
    refused++;
  }
  expect(codes.PROOF_MALFORMED + codes.PROOF_INVALID).toBe(MUTATED);
  expect(Math.min(codes.PROOF_MALFORMED, codes.PROOF_INVALID)).toBeGreaterThan(MUTATED / 4);
});

describe("what is signed well and is not what the verifier trusts", () => {
  const trade = { market: 0, tradeId: 40 };

  test("another committee with the same chain", () => {
    const other = createProofWorld(Profile.Byzantine, [1, 1, 1, 1]);
    const text = proofText(other, 0, other.certify(3, [0, 1, 2]), trade);
    proven(text, other);
    expect(judge(text, byzantine)).toMatchObject({ detail: { code: "PROOF_INVALID" } });
  });

  test("a claim of the right committee's hash by other keys", () => {
    const other = createProofWorld(Profile.Byzantine, [1, 1, 1, 1]);
    const { hash } = byzantine.committee;
    const forged = other.certify(3, [0, 1, 2], (each) => ({ ...each, committeeHash: hash }));
    const text = proofText(other, 0, forged, trade);
    expect(judge(text, byzantine)).toBeInstanceOf(Fault);
  });

  test.each([
    ["another profile", { profile: Profile.Crash }],
    ["another epoch", { epoch: 1 }],
    ["another network", { chainId: sha256(Uint8Array.of(7)) }],
    ["other results", { resultsRoot: sha256(Uint8Array.of(8)) }],
    ["an index before the commit's", { commitIndex: 0 }],
    ["a time before the commit's", { tsMs: 1 }],
    ["a time that no calendar has", { tsMs: 8_640_000_000_000_001 }],
  ])("%s, signed by everybody", (_, change) => {
    const certificate = byzantine.certify(3, [0, 1, 2, 3], (each) => ({ ...each, ...change }));
    const text = proofText(byzantine, 0, certificate, trade);
    expect(judge(text, byzantine)).toMatchObject({ detail: { code: "PROOF_INVALID" } });
  });

  test("weights, not heads, make a quorum", () => {
    const weighted = createProofWorld(Profile.Byzantine, [7, 1, 1, 1]);
    const light = proofText(weighted, 0, weighted.certify(3, [1, 2, 3]), trade);
    expect(judge(light, weighted)).toBeInstanceOf(Fault);
    const heavy = proofText(weighted, 0, weighted.certify(3, [0, 1]), trade);
    expect(proven(heavy, weighted).standing).toMatchObject({ level: FinalityLevel.Economic });
  });

  test("a fill in the middle of another event", () => {
    const proof = parseFillProof(proofText(byzantine, 0, byzantine.certify(3, [0, 1, 2]), trade));
    if (proof instanceof Fault) throw proof;
    const shifted = { ...proof, eventOffset: proof.eventOffset + 8 };
    expect(verifyFillProof(shifted, byzantine.trust)).toMatchObject({
      detail: { code: "PROOF_INVALID", problem: "no fill begins there" },
    });
  });
});

test("no text makes the parser do more than refuse", () => {
  const text = proofText(byzantine, 2, byzantine.certify(3, [0, 1, 2]), {
    market: 0,
    tradeId: 600,
  });
  const pieces = text.match(/"[^"]*"|[{}[\],:]|\d+/g)!;
  const extra = ["null", "true", "[]", "{}", "-1", "1e999", "0.5", '"__proto__"', '""', "[[[["];
  for (let seed = 0; seed < 3_000; seed++) {
    const prng = createPrng(seed);
    const drawn = [...pieces];
    for (let changes = 1 + prng.below(3); changes > 0; changes--) {
      const from = [...extra, pieces[prng.below(pieces.length)]!];
      drawn[prng.below(drawn.length)] = from[prng.below(from.length)]!;
    }
    const mutated = drawn.join("");
    if (mutated === text) continue;
    const result = judge(mutated, byzantine);
    if (!(result instanceof Fault)) throw new Error(`seed ${seed} is accepted: ${mutated}`);
  }
  expect(parseFillProof("9".repeat(5_000_000))).toBeInstanceOf(Fault);
});

test("a proof with more epochs or longer ones than anybody reads is not handed out, and refused by name", () => {
  const certificate = byzantine.certify(3, [0, 1, 2, 3]);
  const text = proofText(byzantine, 0, certificate, { market: 0, tradeId: 40 });
  const proof = parseFillProof(text);
  if (proof instanceof Fault) throw proof;
  const withEpochs = (count: number, bytes = 1): FillProof => ({
    ...proof,
    epochs: Array.from({ length: count }, () => new Uint8Array(bytes)),
  });
  const most = writeFillProof(withEpochs(PROOF_EPOCHS_MAX)) ?? fail("it may be handed out");
  expect(parseFillProof(most)).toMatchObject({ epochs: { length: PROOF_EPOCHS_MAX } });
  const beyond = withEpochs(PROOF_EPOCHS_MAX + 1);
  expect(writeFillProof(beyond)).toBeUndefined();
  expect(parseFillProof(encodeFillProof(beyond))).toMatchObject({
    detail: { code: "PROOF_MALFORMED", problem: "epochs has 1025 entries, more than 1024" },
  });
  // A step is hardly more than its certificate.
  const stepBytes = encodeCertificate(certificate).length;
  const fitting = Math.floor((PROOF_TEXT_MAX - text.length) / (2 * stepBytes + 3));
  expect(fitting).toBeGreaterThan(150);
  expect(writeFillProof(withEpochs(fitting, stepBytes))?.length).toBeLessThan(PROOF_TEXT_MAX);
  expect(writeFillProof(withEpochs(fitting + 1, stepBytes))).toBeUndefined();
});

test("a proof whose commit has more blocks than a reader takes is not handed out", () => {
  const text = proofText(byzantine, 0, byzantine.certify(3, [0, 1, 2]), { market: 0, tradeId: 40 });
  const proof = parseFillProof(text);
  if (proof instanceof Fault) throw proof;
  const withRefs = (count: number): FillProof => {
    const refs = Array.from({ length: count }, () => proof.commit.leader);
    return { ...proof, commit: { ...proof.commit, refs } };
  };
  const most = Math.floor((PROOF_COMMIT_BYTES_MAX - 126) / 38);
  const written = writeFillProof(withRefs(most)) ?? fail("it may be handed out");
  expect(parseFillProof(written)).toMatchObject({ commit: { refs: { length: most } } });
  expect(parseFillProof(encodeFillProof(withRefs(most + 1)))).toBeInstanceOf(Fault);
  expect(writeFillProof(withRefs(most + 1))).toBeUndefined();
});

test("a record is read as it was written, or not at all", () => {
  const [record] = byzantine.records;
  const bytes = encodeCheckpointRecord(record!);
  const again = parseCheckpointRecord(bytes) ?? fail("it is whole");
  expect(encodeHex(encodeCheckpointRecord(again))).toBe(encodeHex(bytes));
  for (let length = 0; length < bytes.length; length += 97) {
    expect(parseCheckpointRecord(bytes.subarray(0, length))).toBeUndefined();
  }
});
