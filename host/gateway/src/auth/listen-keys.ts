import type { AccountIndex } from "@rialto/protocol";
import type { ApiKey } from "../keys/api-key.ts";
import { randomText } from "../keys/create-keys.ts";
import { BoundedMap } from "../limits/bounded-map.ts";

/** How long a listen key is good after it was made or extended. */
export const LISTEN_KEY_MS = 3_600_000;
const LETTERS = 60;
const FORM = /^[A-Za-z0-9]{60}$/;
/** Limit: listen keys that are remembered, one for each API key. */
const KEYS_MAX = 10_000;

export interface Listening {
  readonly listenKey: string;
  readonly key: ApiKey;
  readonly account: AccountIndex;
  untilMs: number;
}

/** True for the form of a listen key, which no stream's name has. */
export function isListenKey(text: string): boolean {
  return FORM.test(text);
}

/**
 * Listen keys: names under which a stream connection follows an account without a signature. The API that this
 * one is compatible with has retired them; clients of before that still ask for them.
 */
export class ListenKeys {
  readonly #byText = new BoundedMap<string, Listening>(KEYS_MAX);
  readonly #byKey = new BoundedMap<string, Listening>(KEYS_MAX);
  readonly #isValid: (key: ApiKey) => boolean;

  /** `isValid` says whether an API key still holds. */
  constructor(isValid: (key: ApiKey) => boolean) {
    this.#isValid = isValid;
  }

  /** The listen key of an API key: the one it has, extended, or a new one. */
  issue(key: ApiKey, account: AccountIndex, nowMs: number): string {
    const known = this.#byKey.get(key.id);
    const untilMs = nowMs + LISTEN_KEY_MS;
    if (known !== undefined && this.find(known.listenKey, nowMs) !== undefined) {
      known.untilMs = untilMs;
      return known.listenKey;
    }
    // What it had before does not take the place of another's.
    if (known !== undefined) this.#byText.delete(known.listenKey);
    const listening = { listenKey: randomText(LETTERS), key, account, untilMs };
    this.#byKey.set(key.id, listening);
    this.#byText.set(listening.listenKey, listening);
    return listening.listenKey;
  }

  /** What a listen key stands for; undefined where it does not hold, or not any more. */
  find(listenKey: string, nowMs: number): Listening | undefined {
    const listening = this.#byText.get(listenKey);
    const holds =
      listening !== undefined && listening.untilMs > nowMs && this.#isValid(listening.key);
    return holds ? listening : undefined;
  }
}
