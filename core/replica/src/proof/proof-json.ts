import { encodeHex, Fault, parseHex } from "@rialto/base";
import {
  DIGEST_BYTES,
  encodeMerkleProof,
  type MerkleProof,
  parseMerkleProof,
} from "@rialto/crypto";
import {
  type Commit,
  encodeCertificate,
  encodeCommit,
  parseCertificate,
  parseCommit,
} from "@rialto/consensus";
import { RESULT_PIECE_BYTES } from "../results.ts";
import {
  type FillProof,
  PROOF_COMMIT_BYTES_MAX,
  PROOF_EPOCHS_MAX,
  PROOF_LINKS_MAX,
  PROOF_TEXT_MAX,
  type ProofFaultDetail,
  type ProofLink,
} from "./fill-proof.ts";

// A proof as text: one JSON object without spaces, its fields in this order, bytes in small hexadecimal. There is one
// text for a proof: what was parsed is written again and compared, so that no byte of a file is without meaning.

const FORMAT = "rialto-fill-proof";
const VERSION = 2;

/** The text of a proof, without a line end. */
export function encodeFillProof(proof: FillProof): string {
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    market: proof.market,
    tradeId: proof.tradeId,
    frameId: encodeHex(proof.frameId),
    piece: proof.piece,
    events: encodeHex(proof.events),
    eventOffset: proof.eventOffset,
    eventPath: encodeHex(encodeMerkleProof(proof.eventPath)),
    commit: encodeHex(encodeCommit(proof.commit)),
    eventsRoot: encodeHex(proof.eventsRoot),
    commitPath: encodeHex(encodeMerkleProof(proof.commitPath)),
    links: proof.links.map(({ root, path }) => ({
      root: encodeHex(root),
      path: encodeHex(encodeMerkleProof(path)),
    })),
    epochs: proof.epochs.map((step) => encodeHex(step)),
    certificate: encodeHex(encodeCertificate(proof.certificate)),
  });
}

/** The text of a proof to hand out; undefined where it has more, or is longer, than anybody reads. */
export function writeFillProof(proof: FillProof): string | undefined {
  const { commit, epochs, links } = proof;
  if (epochs.length > PROOF_EPOCHS_MAX || links.length > PROOF_LINKS_MAX) return undefined;
  if (encodeCommit(commit).length > PROOF_COMMIT_BYTES_MAX) return undefined;
  // Before a text is made that nobody gets.
  const epochChars = epochs.reduce((sum, step) => sum + 2 * step.length, 0);
  const text = epochChars > PROOF_TEXT_MAX ? undefined : encodeFillProof(proof);
  return text === undefined || text.length > PROOF_TEXT_MAX ? undefined : text;
}

/**
 * Reads the text of a proof, which may end in one line end. What it proves is not checked here.
 *
 * Errors   PROOF_MALFORMED, returned: hostile text is the normal case.
 */
export function parseFillProof(text: string): FillProof | Fault<ProofFaultDetail> {
  const line = text.endsWith("\n") ? text.slice(0, -1) : text;
  if (line.length > PROOF_TEXT_MAX) return malformed(`longer than ${PROOF_TEXT_MAX} characters`);
  const fields = new FieldReader(parseObject(line));
  if (fields.value("format") !== FORMAT) return malformed(`its format is not "${FORMAT}"`);
  if (fields.value("version") !== VERSION) return malformed(`its version is not ${VERSION}`);
  const proof = readProof(fields);
  if (typeof proof === "string") return malformed(proof);
  if (encodeFillProof(proof) === line) return proof;
  return malformed("not as proofs are written: no spaces, each field once and in its order");
}

function malformed(problem: string): Fault<ProofFaultDetail> {
  const message = `the proof is malformed: ${problem}`;
  return new Fault<ProofFaultDetail>({ code: "PROOF_MALFORMED", problem }, "error", message);
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Takes fields out of what JSON has made of hostile text, and remembers the first that is not as it should be. */
class FieldReader {
  problem: string | undefined;
  readonly #object: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    this.#object = new Map(isObject ? Object.entries(value) : []);
  }

  value(name: string): unknown {
    return this.#object.get(name);
  }

  fail(name: string): undefined {
    this.problem ??= `${name} is absent or not what it should be`;
    return undefined;
  }

  count(name: string): number {
    const value = this.value(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    this.fail(name);
    return 0;
  }

  bytes(name: string, length: { readonly exactly?: number; readonly atMost?: number }): Uint8Array {
    const value = this.value(name);
    const charsMax = 2 * (length.exactly ?? length.atMost ?? PROOF_TEXT_MAX);
    const bytes =
      typeof value === "string" && value.length <= charsMax ? parseHex(value) : undefined;
    const isRight = bytes !== undefined && bytes.length === (length.exactly ?? bytes.length);
    if (isRight) return bytes;
    this.fail(name);
    return new Uint8Array(0);
  }

  /** A list of at most so many; undefined where it is none, or longer. */
  items(name: string, countMax: number): readonly unknown[] | undefined {
    const value = this.value(name);
    if (!Array.isArray(value)) return this.fail(name);
    if (value.length <= countMax) return value as unknown[];
    this.problem ??= `${name} has ${value.length} entries, more than ${countMax}`;
    return undefined;
  }

  /** A list of bytes. */
  list(name: string, countMax: number): readonly Uint8Array[] {
    const texts = this.items(name, countMax);
    const bytes = texts?.map((text) => (typeof text === "string" ? parseHex(text) : undefined));
    const isWhole = bytes?.every((each) => each !== undefined) ?? false;
    if (!isWhole) this.fail(name);
    return isWhole ? (bytes as Uint8Array[]) : [];
  }

  path(name: string): MerkleProof {
    const path = parseMerkleProof(this.bytes(name, {}));
    if (path === undefined) this.fail(name);
    return path ?? { leafIndex: 0, leafCount: 1, path: [] };
  }
}

function readProof(fields: FieldReader): FillProof | string {
  const head = {
    market: fields.count("market"),
    tradeId: fields.count("tradeId"),
    frameId: fields.bytes("frameId", { exactly: DIGEST_BYTES }),
    piece: fields.count("piece"),
    events: fields.bytes("events", { atMost: RESULT_PIECE_BYTES }),
    eventOffset: fields.count("eventOffset"),
    eventPath: fields.path("eventPath"),
    eventsRoot: fields.bytes("eventsRoot", { exactly: DIGEST_BYTES }),
    commitPath: fields.path("commitPath"),
  };
  if (head.piece > 0xffff_ffff) fields.fail("piece");
  const commit = readCommit(fields);
  const certificate = parseCertificate(fields.bytes("certificate", {}));
  if (certificate instanceof Fault) fields.fail("certificate");
  const links = readLinks(fields);
  const epochs = fields.list("epochs", PROOF_EPOCHS_MAX);
  if (fields.problem !== undefined) return fields.problem;
  if (commit === undefined || links === undefined || certificate instanceof Fault) {
    return "a field cannot be read";
  }
  return { ...head, commit, links, epochs, certificate };
}

function readCommit(fields: FieldReader): Commit | undefined {
  const commit = parseCommit(fields.bytes("commit", { atMost: PROOF_COMMIT_BYTES_MAX }));
  return commit instanceof Fault ? fields.fail("commit") : commit;
}

function readLinks(fields: FieldReader): ProofLink[] | undefined {
  const items = fields.items("links", PROOF_LINKS_MAX);
  if (items === undefined) return undefined;
  const links: ProofLink[] = [];
  for (const each of items) {
    const link = new FieldReader(each);
    links.push({ root: link.bytes("root", { exactly: DIGEST_BYTES }), path: link.path("path") });
    if (link.problem !== undefined) return fields.fail("links");
  }
  return links;
}
