import type { Prng } from "@rialto/base";

// Ways to change the file of a proof, as a disk, a hand or a liar would. `other` is the proof of another trade. Each gives what shows nothing any
// more, or now and then the text as it was.

type Fields = Record<string, unknown>;
type ProofChange = (text: string, prng: Prng, other: string) => string | Buffer;

const pick = <T>(list: readonly T[], prng: Prng): T => list[prng.below(list.length)]!;
const pickOf = (characters: string, prng: Prng): string =>
  characters.charAt(prng.below(characters.length));

function edit(text: string, change: (fields: Fields) => void): string {
  const fields = JSON.parse(text) as Fields;
  change(fields);
  return JSON.stringify(fields);
}

const namesOf = (text: string): string[] => Object.keys(JSON.parse(text) as Fields);
const NUMBERS = ["version", "market", "tradeId", "piece", "eventOffset"] as const;
const ODD_NUMBERS = [
  "-1",
  "-0",
  "0.5",
  "00",
  "0x1",
  "0e1",
  "1E2",
  "1e21",
  "1e999",
  "4294967296",
  "9007199254740993",
  "18446744073709551616",
  "9".repeat(400),
];
const OTHER_KINDS = [null, true, "", "x", 7, [], ["00"], {}, { length: 32 }, [[]], "\u001b[2J"];
const NO_PROOFS = ["", "\n", "null", "7", '"proof"', "[]", "{}", "{", "\u0000", "PROVEN", "<html>"];
const NESTED = 100_000;

/** Of any byte, field and number of it, of its length and of how it is written. */
export const PROOF_CHANGES: Readonly<Record<string, ProofChange>> = {
  "a digit": (text, prng) => {
    const places = [...text.matchAll(/[0-9a-f]/g)].map((found) => found.index);
    const at = pick(places, prng);
    return text.slice(0, at) + pickOf("0123456789abcdef", prng) + text.slice(at + 1);
  },
  "a character": (text, prng) => {
    const at = prng.below(text.length);
    const next = pickOf('"{}[],:0f F\\\u0000\u001b\n\u00e9', prng);
    return text.slice(0, at) + next + text.slice(at + 1);
  },
  "a bit": (text, prng) => {
    const bytes = Buffer.from(text);
    bytes[prng.below(bytes.length)]! ^= 1 << prng.below(8);
    return bytes;
  },
  "cut short": (text, prng) => text.slice(0, prng.below(text.length)),
  "without its beginning": (text, prng) => text.slice(1 + prng.below(text.length)),
  "a part twice": (text, prng) => {
    const at = prng.below(text.length);
    return text.slice(0, at + 1 + prng.below(64)) + text.slice(at);
  },
  "something behind it": (text, prng, other) =>
    text + pick(["\n\n", " ", "\r\n", "{}", "\u0000", ",", other, text], prng),
  "a field twice": (text, prng, other) => {
    const name = pick(namesOf(text), prng);
    const value = JSON.stringify((JSON.parse(pick([text, other], prng)) as Fields)[name]);
    const field = `"${name}":${value}`;
    return prng.chance(1, 2) ? `{${field},${text.slice(1)}` : `${text.slice(0, -1)},${field}}`;
  },
  "a field left out": (text, prng) =>
    edit(text, (fields) => {
      delete fields[pick(Object.keys(fields), prng)];
    }),
  "a field more": (text, prng) => {
    const name = pick(["note", "__proto__", "constructor", "epoch", ""], prng);
    return `${text.slice(0, -1)},"${name}":${pick(["1", "null", "{}", '"PROVEN"'], prng)}}`;
  },
  "fields in another order": (text, prng) => {
    const fields = Object.entries(JSON.parse(text) as Fields);
    const [moved] = fields.splice(prng.below(fields.length), 1);
    fields.splice(prng.below(fields.length), 0, moved!);
    return JSON.stringify(Object.fromEntries(fields));
  },
  "a field of another kind": (text, prng) =>
    edit(text, (fields) => {
      fields[pick(Object.keys(fields), prng)] = pick(OTHER_KINDS, prng);
    }),
  "an odd number": (text, prng) =>
    text.replace(
      new RegExp(`"${pick(NUMBERS, prng)}":\\d+`),
      (found) => `${found.slice(0, found.indexOf(":") + 1)}${pick(ODD_NUMBERS, prng)}`,
    ),
  "a number beside": (text, prng) =>
    edit(text, (fields) => {
      const name = pick(NUMBERS, prng);
      fields[name] = Number(fields[name]) + 1 + prng.below(100);
    }),
  "a field of another proof": (text, prng, other) =>
    edit(text, (fields) => {
      const name = pick(Object.keys(fields), prng);
      fields[name] = (JSON.parse(other) as Fields)[name];
    }),
  "bytes more or less": (text, prng) =>
    edit(text, (fields) => {
      const name = pick(["frameId", "events", "eventPath", "commit", "certificate"], prng);
      const hex = String(fields[name]);
      fields[name] = pick([hex.slice(2), hex.slice(1), `${hex}00`, hex + hex, `00${hex}`], prng);
    }),
  "capital letters": (text, prng) => {
    const name = pick(["frameId", "events", "commit", "certificate"], prng);
    return edit(text, (fields) => {
      fields[name] = String(fields[name]).toUpperCase();
    });
  },
  spaces: (text, prng) => {
    const at = text.indexOf(pick([",", ":", "{", "}"], prng));
    return text.slice(0, at) + pick([" ", "\n", "\t"], prng) + text.slice(at);
  },
  "lists in lists": (text, prng) =>
    text.replace(`"${pick(["links", "epochs"], prng)}":[`, (found) => found + "[".repeat(NESTED)),
  "another encoding": (text, prng) =>
    pick([Buffer.from(text, "utf16le"), Buffer.from(`\ufeff${text}`)], prng),
  "no proof": (_text, prng) => pick(NO_PROOFS, prng),
};
