// A reader of JSON objects that keeps every value as it was written. Requests are signed over the text of
// their numbers: "1.0", "1e-08" and 50000 must come out as they went in, which JSON.parse cannot do.
//
// Source: RFC 8259.

export type JsonKind = "string" | "number" | "boolean" | "null" | "array" | "object";

export interface JsonToken {
  readonly kind: JsonKind;
  /** As it was written. */
  readonly raw: string;
  /** What a string says; for anything else the same as `raw`. */
  readonly text: string;
}

export type JsonFields = ReadonlyMap<string, JsonToken>;

/** Limit: values within values. Requests need three. */
const DEPTH_MAX = 16;
/** Limit: fields of the object that is read. */
const FIELDS_MAX = 200;
/** Limit: characters of a request's id as it is written. */
const ID_LENGTH_MAX = 64;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** The plain part of a string: no quote, backslash or control character. */
// oxlint-disable-next-line no-control-regex -- these are what JSON forbids
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Reads the fields of a JSON object from untrusted text.
 *
 * Returns  undefined for text that is no JSON object, has a field twice, or passes the limits.
 */
export function readJsonObject(text: string): JsonFields | undefined {
  const reader = new JsonReader(text);
  const fields = reader.readObject();
  return reader.isAtEnd() ? fields : undefined;
}

/** Reads the values of a JSON array likewise. */
export function readJsonArray(text: string): readonly JsonToken[] | undefined {
  const reader = new JsonReader(text);
  const values = reader.readArray();
  return reader.isAtEnd() ? values : undefined;
}

/**
 * The id of a request as it was written, so that the answer can say the same.
 *
 * Returns  "null" where there is none, undefined where it is nothing that an id can be.
 */
export function readRequestId(fields: JsonFields): string | undefined {
  const token = fields.get("id");
  if (token === undefined) return "null";
  const isKnown = token.kind === "string" || token.kind === "number" || token.kind === "null";
  return isKnown && token.raw.length <= ID_LENGTH_MAX ? token.raw : undefined;
}

/** Its methods return false or undefined once the text is found wrong; the place does not matter then. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#match(SPACE);
    return this.#at === this.#text.length;
  }

  readObject(): JsonFields | undefined {
    const fields = new Map<string, JsonToken>();
    const isWhole = this.#eachField(1, (name, token) => {
      if (fields.has(name) || fields.size >= FIELDS_MAX) return false;
      fields.set(name, token());
      return true;
    });
    return isWhole ? fields : undefined;
  }

  readArray(): JsonToken[] | undefined {
    const values: JsonToken[] = [];
    const isWhole = this.#eachValue(1, (token) => {
      values.push(token());
      return true;
    });
    return isWhole ? values : undefined;
  }

  /** Advances over what `pattern`, which is sticky, matches here. */
  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  /** Advances over one letter, and the space before it. */
  #take(letter: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== letter) return false;
    this.#at += 1;
    return true;
  }

  #eachField(depth: number, each: (name: string, token: () => JsonToken) => boolean): boolean {
    if (!this.#take("{")) return false;
    if (this.#take("}")) return true;
    do {
      this.#match(SPACE);
      const nameAt = this.#at;
      if (!this.#skipString()) return false;
      const nameEnd = this.#at;
      if (!this.#take(":")) return false;
      const token = this.#readValue(depth);
      if (token === undefined) return false;
      if (!each(decodeString(this.#text.slice(nameAt, nameEnd)), token)) return false;
    } while (this.#take(","));
    return this.#take("}");
  }

  #eachValue(depth: number, each: (token: () => JsonToken) => boolean): boolean {
    if (!this.#take("[")) return false;
    if (this.#take("]")) return true;
    do {
      const token = this.#readValue(depth);
      if (token === undefined || !each(token)) return false;
    } while (this.#take(","));
    return this.#take("]");
  }

  /** Advances over a value and returns how to get it: inner ones are only checked, not kept. */
  #readValue(depth: number): (() => JsonToken) | undefined {
    this.#match(SPACE);
    const from = this.#at;
    const kind = this.#skipValue(depth);
    if (kind === undefined) return undefined;
    const to = this.#at;
    return () => {
      const raw = this.#text.slice(from, to);
      return { kind, raw, text: kind === "string" ? decodeString(raw) : raw };
    };
  }

  #skipValue(depth: number): JsonKind | undefined {
    if (depth > DEPTH_MAX) return undefined;
    switch (this.#text[this.#at]) {
      case '"':
        return this.#skipString() ? "string" : undefined;
      case "{":
        return this.#eachField(depth + 1, () => true) ? "object" : undefined;
      case "[":
        return this.#eachValue(depth + 1, () => true) ? "array" : undefined;
      case "t":
        return this.#skipWord("true") ? "boolean" : undefined;
      case "f":
        return this.#skipWord("false") ? "boolean" : undefined;
      case "n":
        return this.#skipWord("null") ? "null" : undefined;
      default:
        return this.#match(NUMBER) ? "number" : undefined;
    }
  }

  #skipWord(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #skipString(): boolean {
    if (this.#text[this.#at] !== '"') return false;
    this.#at += 1;
    for (;;) {
      this.#match(PLAIN);
      if (this.#text[this.#at] === '"') {
        this.#at += 1;
        return true;
      }
      if (!this.#match(ESCAPE)) return false;
    }
  }
}

/** What a string that has been checked says. */
function decodeString(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}
