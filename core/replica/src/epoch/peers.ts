import { encodeHex } from "@rialto/base";
import type { Roster } from "@rialto/consensus";

/**
 * Numbers for all processes that ever were members, in the order in which rosters name them. A link key names a process: it
 * stays when signing keys change, and author numbers are of one epoch only.
 */
export class PeerTable {
  readonly #numbers = new Map<string, number>();

  /** Peers by author of a roster. Those that are new get the next numbers. */
  add({ members }: Roster): readonly number[] {
    return members.map(({ linkKey }) => {
      const key = encodeHex(linkKey);
      const known = this.#numbers.get(key);
      if (known !== undefined) return known;
      this.#numbers.set(key, this.#numbers.size);
      return this.#numbers.size - 1;
    });
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** The number of a process; undefined where no roster has named it yet. */
  find(linkKey: Uint8Array): number | undefined {
    return this.#numbers.get(encodeHex(linkKey));
  }
}
