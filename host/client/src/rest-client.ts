import { ApiError, NetworkError } from "./client-error.ts";
import type { Credentials } from "./credentials.ts";
import { parseAnswer } from "./parse-answer.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RestClientOptions {
  /** Origin of the node: "http://127.0.0.1:8080". */
  readonly url: string;
  /** Needed for `signed`. */
  readonly credentials?: Credentials;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/**
 * The REST API of one node: public and signed requests, answers parsed.
 *
 * Errors   `ApiError` where the exchange refuses, `NetworkError` where it does not answer, or something else than it does.
 */
export class RestClient {
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = { ...options, url: options.url.replace(/\/+$/, "") };
  }

  get url(): string {
    return this.#options.url;
  }

  /** A request without signature. Parameters go into the query. */
  async request(method: Method, path: string, parameters: Parameters = {}): Promise<unknown> {
    const query = encodeQuery(parameters);
    return await this.#send(method, query === "" ? path : `${path}?${query}`, {});
  }

  /** A signed request. Parameters of a POST go into a form body, others into the query. */
  async signed(method: Method, path: string, parameters: Parameters = {}): Promise<unknown> {
    const { credentials } = this.#options;
    if (credentials === undefined) throw new Error("a signed request needs credentials");
    const payload = encodeQuery({ ...parameters, timestamp: Date.now() });
    const signature = encodeURIComponent(await credentials.sign(payload));
    const signedPayload = `${payload}&signature=${signature}`;
    const headers: Record<string, string> = { "X-MBX-APIKEY": credentials.apiKey };
    if (method !== "POST") return await this.#send(method, `${path}?${signedPayload}`, headers);
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    return await this.#send(method, path, headers, signedPayload);
  }

  /** An unsigned JSON body: for the seed routes of a demo node. */
  async postJson(path: string, body: object): Promise<unknown> {
    const headers = { "Content-Type": "application/json" };
    return await this.#send("POST", path, headers, JSON.stringify(body));
  }

  async #send(
    method: Method,
    target: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<unknown> {
    const { url, timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
    let response: Response;
    let text: string;
    try {
      const content = body === undefined ? {} : { body };
      // What is signed is for this server; and what redirects turns a POST into a GET without a body.
      response = await fetch(url + target, {
        method,
        headers,
        signal,
        redirect: "error",
        ...content,
      });
      text = await response.text();
    } catch (cause) {
      throw new NetworkError(`no answer from ${url}: ${reasonOf(cause)}`, cause, isUnsent(cause));
    }
    const { status, ok } = response;
    const answer = parseAnswer(text);
    if (ok && answer !== undefined) return answer;
    const { code, msg } = (answer ?? {}) as { readonly code?: unknown; readonly msg?: unknown };
    if (!ok && typeof code === "number" && typeof msg === "string") {
      throw new ApiError(status, code, msg);
    }
    // A page of another server, or of a proxy that has lost its node: nobody has refused anything.
    throw new NetworkError(`what answers at ${url} is no node: HTTP ${status}`);
  }
}

/** Parameters as a query, in their order, those that are undefined left out. */
function encodeQuery(parameters: Parameters): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
}

/** What a runtime that says so says where there was no connection to send anything over. */
const UNSENT_CODES: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isUnsent(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const { code } = (cause.cause ?? {}) as { readonly code?: unknown };
  return UNSENT_CODES.has(code);
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // OpenSSL ends its messages with a line break.
  return (cause.cause instanceof Error ? cause.cause.message : cause.message).trim();
}
