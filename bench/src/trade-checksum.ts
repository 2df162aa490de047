// The two checksums over all trades of a workload.

/** The first checksum of no trades. */
const CHECKSUM1_START = 2_166_136_261;
/** The second checksum of no trades. */
const CHECKSUM2_START = 0;

/** `(h1 ^ word) * 0x01000193` mod 2^32. */
export function mixChecksum1(h1: number, word: number): number {
  return Math.imul(h1 ^ word, 0x0100_0193) >>> 0;
}

/** `(rotl32(h2, 5) + word) * 0x9E3779B1` mod 2^32. */
export function mixChecksum2(h2: number, word: number): number {
  return Math.imul(((h2 << 5) | (h2 >>> 27)) + word, 0x9e37_79b1) >>> 0;
}

/** Counts and sums trades in the order in which they happen. */
export class TradeChecksum {
  trades = 0;
  checksum1: number = CHECKSUM1_START;
  checksum2: number = CHECKSUM2_START;

  /** Takes in one trade: the four words of it, in this order. */
  add(takerId: number, makerId: number, priceTicks: number, lots: number): void {
    this.trades++;
    let h1 = mixChecksum1(this.checksum1, takerId);
    h1 = mixChecksum1(h1, makerId);
    h1 = mixChecksum1(h1, priceTicks);
    this.checksum1 = mixChecksum1(h1, lots);
    let h2 = mixChecksum2(this.checksum2, takerId);
    h2 = mixChecksum2(h2, makerId);
    h2 = mixChecksum2(h2, priceTicks);
    this.checksum2 = mixChecksum2(h2, lots);
  }

  /** Both checksums as 16 hexadecimal digits, the first one first. */
  hex(): string {
    return formatChecksum(this.checksum1, this.checksum2);
  }
}

/** The text form "h1h2" of two checksums: 16 hexadecimal digits. */
export function formatChecksum(checksum1: number, checksum2: number): string {
  return checksum1.toString(16).padStart(8, "0") + checksum2.toString(16).padStart(8, "0");
}
