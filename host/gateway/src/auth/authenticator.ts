import { parseDecimal } from "@rialto/protocol";
import { ApiError, apiError } from "../api/api-error.ts";
import type { SentParams } from "../api/params.ts";
import { type ApiKey, isKeyId, type Permission } from "../keys/api-key.ts";
import type { KeyStore } from "../keys/key-store.ts";

/** How far a client's clock may be ahead. */
const AHEAD_US_MAX = 1_000_000;
const RECV_WINDOW_US_DEFAULT = 5_000_000n;
const RECV_WINDOW_US_MAX = 60_000_000n;
/** A timestamp of this or more is in microseconds. */
const MICROSECONDS_MIN = 1e15;

/** What of a request says who sent it. */
export interface SignedRequest {
  readonly keyId: string | undefined;
  /** What the signature is over, as it was sent. */
  readonly payload: string;
  readonly params: SentParams;
  readonly address: string;
}

/** Checks who sent a request, and when. */
export class Authenticator {
  readonly #keys: KeyStore;
  readonly #nowMs: () => number;

  constructor(keys: KeyStore, nowMs: () => number) {
    this.#keys = keys;
    this.#nowMs = nowMs;
  }

  /** The key of a request whose signature and time are right. */
  authenticate(request: SignedRequest, permission: Permission): ApiKey | ApiError {
    const key = this.findKey(request.keyId, request.address);
    if (key instanceof ApiError) return key;
    const { params } = request;
    if (!params.get("timestamp")) return apiError("MANDATORY_PARAMETER", "timestamp");
    const signature = params.get("signature");
    if (signature === undefined || signature === "") {
      return apiError("MANDATORY_PARAMETER", "signature");
    }
    if (!key.verifies(request.payload, signature)) return apiError("INVALID_SIGNATURE");
    return this.checkTime(params) ?? this.checkPermission(key, permission) ?? key;
  }

  /** The key of an id that may be used from where the request came from. */
  findKey(keyId: string | undefined, address: string): ApiKey | ApiError {
    if (keyId === undefined || !isKeyId(keyId)) return apiError("BAD_KEY_FORMAT");
    const key = this.#keys.find(keyId);
    if (key === undefined || !key.mayUseFrom(address)) return apiError("REJECTED_KEY");
    return key;
  }

  /** A key that lacks a permission is known and stays so: not the error of a key that is unknown. */
  checkPermission(key: ApiKey, permission: Permission): ApiError | undefined {
    return key.may(permission) ? undefined : apiError("NOT_AUTHORIZED");
  }

  /** Undefined where the request is recent, and not from the future. */
  checkTime(params: SentParams): ApiError | undefined {
    const text = params.get("timestamp") ?? "";
    if (!/^[0-9]{1,20}$/.test(text)) {
      return apiError("ILLEGAL_CHARACTERS", "timestamp", "^[0-9]{1,20}$");
    }
    const windowUs = recvWindowUs(params.get("recvWindow"));
    if (windowUs instanceof ApiError) return windowUs;
    const value = Number(text);
    const sentUs = value >= MICROSECONDS_MIN ? value : value * 1_000;
    const nowUs = this.#nowMs() * 1_000;
    if (sentUs >= nowUs + AHEAD_US_MAX) return apiError("TIMESTAMP_AHEAD");
    return nowUs - sentUs > windowUs ? apiError("OUTSIDE_RECV_WINDOW") : undefined;
  }
}

/** Milliseconds with up to three decimals, read as microseconds. */
function recvWindowUs(text: string | undefined): number | ApiError {
  if (text === undefined) return Number(RECV_WINDOW_US_DEFAULT);
  const windowUs = parseDecimal(text, 3);
  if (windowUs === "TOO_PRECISE") return apiError("TOO_PRECISE", "recvWindow");
  if (typeof windowUs !== "bigint" || text.startsWith("+")) {
    return apiError("ILLEGAL_CHARACTERS", "recvWindow", "^([0-9]{1,5})(\\.[0-9]{1,3})?$");
  }
  return windowUs > RECV_WINDOW_US_MAX ? apiError("INVALID_RECV_WINDOW") : Number(windowUs);
}
