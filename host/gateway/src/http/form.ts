import { type ApiError, apiError } from "../api/api-error.ts";

// Queries and bodies of the form "a=1&b=2". What a signature is over is the text as it was sent, so it is
// taken apart without ever being put together anew.

export interface Form {
  readonly params: ReadonlyMap<string, string>;
  /** The text without its signature, byte for byte. */
  readonly unsigned: string;
}

/** Limit: parameters of one request. No operation has as many. */
const PARAMS_MAX = 100;

/** Reads a form of untrusted text. */
export function readForm(text: string): Form | ApiError {
  const params = new Map<string, string>();
  if (text === "") return { params, unsigned: text };
  const pairs = text.split("&");
  if (pairs.length > PARAMS_MAX) return apiError("TOO_MANY_PARAMETERS", PARAMS_MAX);
  let signatureAt = -1;
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!;
    if (pair === "") continue;
    const equalsAt = pair.indexOf("=");
    const name = decode(equalsAt < 0 ? pair : pair.slice(0, equalsAt));
    const value = decode(equalsAt < 0 ? "" : pair.slice(equalsAt + 1));
    if (name === undefined || value === undefined) return apiError("ILLEGAL_REQUEST");
    if (params.has(name)) return apiError("DUPLICATE_PARAMETER");
    params.set(name, value);
    if (name === "signature") signatureAt = index;
  }
  if (signatureAt < 0) return { params, unsigned: text };
  pairs.splice(signatureAt, 1);
  return { params, unsigned: pairs.join("&") };
}

/** Undoes the encoding of a form; undefined where there is none to undo. */
function decode(text: string): string | undefined {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Joins the parameters of query and body; what is in both is taken from the query. */
export function joinForms(query: Form, body: Form): ReadonlyMap<string, string> {
  if (body.params.size === 0) return query.params;
  if (query.params.size === 0) return body.params;
  return new Map([...body.params, ...query.params]);
}
