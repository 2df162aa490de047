const BLOCK_BYTES = 65_536;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** Copies what a state consists of. Most of a table that is sized for the future is zero, and costs nothing here. */
export function copyState(regions: readonly Uint8Array[]): { pieces: Uint8Array[]; bytes: number } {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const region of regions) {
    for (let at = 0; at < region.length; at += BLOCK_BYTES) {
      const block = region.subarray(at, at + BLOCK_BYTES);
      const zeros = ZERO_BLOCK.subarray(0, block.length);
      const isZero = zeros.equals(block);
      pieces.push(isZero ? zeros : block.slice());
      if (!isZero) bytes += block.length;
    }
  }
  return { pieces, bytes };
}
