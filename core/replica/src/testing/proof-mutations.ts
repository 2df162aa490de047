import { encodeHex, fail, Fault, parseHex, type Prng } from "@rialto/base";
import { type Certificate, encodeCertificate, parseCertificate } from "@rialto/consensus";

// Ways to change the text of a valid proof so that it shows nothing any more. Each takes the text and gives another one.

type Fields = Record<string, unknown>;
export type Mutation = (text: string, prng: Prng) => string;

const pick = <T>(list: readonly T[], prng: Prng): T => list[prng.below(list.length)]!;

function edit(text: string, change: (fields: Fields) => void): string {
  const fields = JSON.parse(text) as Fields;
  change(fields);
  return JSON.stringify(fields);
}

function editCertificate(text: string, change: (certificate: Certificate) => Certificate): string {
  return edit(text, (fields) => {
    const bytes = parseHex(String(fields["certificate"])) ?? fail("the proof is well formed");
    const certificate = parseCertificate(bytes);
    if (certificate instanceof Fault) throw certificate;
    fields["certificate"] = encodeHex(encodeCertificate(change(certificate)));
  });
}

/** One hexadecimal digit of a text of them becomes another. */
function turnDigit(hex: string, prng: Prng): string {
  const at = prng.below(hex.length);
  const digit = (Number.parseInt(hex[at]!, 16) + 1 + prng.below(15)) % 16;
  return hex.slice(0, at) + digit.toString(16) + hex.slice(at + 1);
}

const HEX_FIELDS = [
  "frameId",
  "events",
  "eventPath",
  "commit",
  "eventsRoot",
  "commitPath",
] as const;
const NUMBERS = ["market", "tradeId", "piece", "eventOffset", "version"] as const;

/** Of any member's hash, signature, path, event or number; and of the signers, which are told apart by name. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a digit of a field": (text, prng) =>
    edit(text, (fields) => {
      const name = pick(HEX_FIELDS, prng);
      fields[name] = turnDigit(String(fields[name]), prng);
    }),
  "a digit of the certificate": (text, prng) =>
    edit(text, (fields) => {
      fields["certificate"] = turnDigit(String(fields["certificate"]), prng);
    }),
  "a digit of a link": (text, prng) =>
    edit(text, (fields) => {
      const link = pick(fields["links"] as Record<string, string>[], prng);
      const name = pick(["root", "path"] as const, prng);
      link[name] = turnDigit(link[name]!, prng);
    }),
  "a number": (text, prng) =>
    edit(text, (fields) => {
      const name = pick(NUMBERS, prng);
      fields[name] = Number(fields[name]) + 1 + prng.below(100);
    }),
  "a link left out": (text, prng) =>
    edit(text, (fields) => {
      const links = fields["links"] as unknown[];
      links.splice(prng.below(links.length), 1);
    }),
  "a link twice": (text, prng) =>
    edit(text, (fields) => {
      const links = fields["links"] as unknown[];
      const at = prng.below(links.length);
      links.splice(at, 0, links[at]);
    }),
  "a field left out": (text, prng) =>
    edit(text, (fields) => {
      delete fields[pick(Object.keys(fields), prng)];
    }),
  "a signer twice": (text, prng) =>
    editCertificate(text, (each) => {
      const twice = pick(each.signatures, prng);
      const signatures = each.signatures.map((other, at) => (at === 0 ? twice : other));
      return { ...each, signatures: [...signatures.slice(1), twice] };
    }),
  "a signer too few, another counted twice": (text, prng) =>
    editCertificate(text, (each) => {
      const at = prng.below(each.signatures.length - 1);
      const signatures = each.signatures.map((other, place) =>
        place === at + 1 ? each.signatures[at]! : other,
      );
      return { ...each, signatures };
    }),
  "a signer too few": (text, prng) =>
    editCertificate(text, (each) => {
      const signatures = each.signatures.toSpliced(prng.below(each.signatures.length), 1);
      return { ...each, signatures };
    }),
  "a signature under another's name": (text, prng) =>
    editCertificate(text, (each) => {
      const signatures = each.signatures.map((other) => ({
        ...other,
        author: (other.author + 1 + prng.below(3)) % 5,
      }));
      return { ...each, signatures };
    }),
  "quantum signatures in another order": (text) =>
    editCertificate(text, (each) => ({
      ...each,
      quantumSignatures: each.quantumSignatures.toReversed(),
    })),
  "a quantum signer twice": (text, prng) =>
    editCertificate(text, (each) => ({
      ...each,
      quantumSignatures: [...each.quantumSignatures, pick(each.quantumSignatures, prng)],
    })),
  "another profile": (text) =>
    editCertificate(text, (each) => ({
      ...each,
      checkpoint: { ...each.checkpoint, profile: each.checkpoint.profile === 2 ? 3 : 2 },
    })),
  "another epoch": (text, prng) =>
    editCertificate(text, (each) => ({
      ...each,
      checkpoint: { ...each.checkpoint, epoch: each.checkpoint.epoch + 1 + prng.below(9) },
    })),
  "a character replaced": (text, prng) => {
    const at = prng.below(text.length);
    const next = pick(['"', "{", "}", ",", ":", "0", "f", "F", " ", "\\", "\u0000", "é"], prng);
    return text.slice(0, at) + next + text.slice(at + 1);
  },
  "a piece cut out": (text, prng) => {
    const at = prng.below(text.length);
    return text.slice(0, at) + text.slice(at + 1 + prng.below(64));
  },
  "a space": (text, prng) => {
    const at = text.indexOf(",", prng.below(200));
    return `${text.slice(0, at)} ${text.slice(at)}`;
  },
  "a field twice": (text) => text.replace('{"format"', '{"market":99,"format"'),
  "capital letters": (text) =>
    text.replace(/"commit":"[0-9a-f]+"/, (found) =>
      found.toUpperCase().replace("COMMIT", "commit"),
    ),
};
