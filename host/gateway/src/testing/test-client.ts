import { createHmac, type KeyObject, sign } from "node:crypto";
import { request as httpRequest } from "node:http";

// Requests as clients send them, made with nothing of the gateway's own code.

/** What was parsed: a test knows what it looks into, and fails where it is something else. */
// oxlint-disable-next-line typescript/no-explicit-any -- every use is an assertion
export type Json = any;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** What the text says as JSON; undefined where it is none. */
  readonly body: Json;
}

export interface RawRequest {
  readonly method?: string;
  /** With its query, as it goes over the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Credentials {
  readonly id: string;
  /** A text for HMAC, a private key for Ed25519. */
  readonly secret: string | KeyObject;
}

export type Params = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** "a=1&b=2", without what is undefined. */
export function formOf(params: Params): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
}

/** Signs a text: hexadecimal for HMAC, base64 for Ed25519. */
export function signatureOf({ secret }: Credentials, payload: string): string {
  return typeof secret === "string"
    ? createHmac("sha256", secret).update(payload).digest("hex")
    : sign(null, Buffer.from(payload), secret).toString("base64");
}

/** One who talks to a gateway over HTTP. */
export class TestClient {
  readonly origin: string;
  readonly #credentials: Credentials | undefined;
  readonly #nowMs: () => number;

  constructor(origin: string, credentials: Credentials | undefined, nowMs: () => number) {
    this.origin = origin;
    this.#credentials = credentials;
    this.#nowMs = nowMs;
  }

  get credentials(): Credentials {
    if (this.#credentials === undefined) throw new Error("this client has no key");
    return this.#credentials;
  }

  /** Sends a request just as it is. */
  raw({ method = "GET", path, headers = {}, body }: RawRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.origin);
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const request = httpRequest(
        { host: hostname, port, method, path, headers: { ...length, ...headers }, agent: false },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(pieces).toString();
            const isJson = String(response.headers["content-type"]).includes("json");
            const { statusCode: status = 0, headers: replied } = response;
            resolve({
              status,
              headers: replied,
              text,
              body: isJson ? JSON.parse(text) : undefined,
            });
          });
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** An unsigned request. */
  get(path: string, params: Params = {}): Promise<Reply> {
    const query = formOf(params);
    return this.raw({ path: query === "" ? path : `${path}?${query}` });
  }

  /** The form of signed parameters, as it goes over the wire. */
  signedForm(params: Params): string {
    const form = formOf({ timestamp: this.#nowMs(), ...params });
    return `${form}&signature=${encodeURIComponent(signatureOf(this.credentials, form))}`;
  }

  /** A signed request, its parameters in the query, or in the body. */
  signed(method: string, path: string, params: Params = {}, where = "query"): Promise<Reply> {
    const form = this.signedForm(params);
    const headers = { "x-mbx-apikey": this.credentials.id };
    if (where === "query") return this.raw({ method, path: `${path}?${form}`, headers });
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return this.raw({ method, path, headers: { ...headers, ...type }, body: form });
  }

  /** Places an order. */
  order(params: Params): Promise<Reply> {
    return this.signed("POST", "/api/v3/order", params);
  }

  /** Places a limit order and returns its id. */
  async rest(
    symbol: string,
    side: "BUY" | "SELL",
    price: string,
    quantity: string,
  ): Promise<number> {
    const terms = { symbol, side, type: "LIMIT", timeInForce: "GTC", price, quantity };
    const { status, body, text } = await this.order(terms);
    if (status !== 200) throw new Error(`the order was refused: ${text}`);
    return body.orderId as number;
  }

  /** The parameters of a signed request of the WebSocket API. */
  socketParams(params: Params = {}): Record<string, unknown> {
    const all: Record<string, unknown> = {
      apiKey: this.credentials.id,
      timestamp: this.#nowMs(),
      ...params,
    };
    const payload = Object.keys(all)
      .toSorted()
      .map((name) => `${name}=${String(all[name])}`)
      .join("&");
    return { ...all, signature: signatureOf(this.credentials, payload) };
  }
}
