// A hierarchical bitmap over the pages of one side of a market: a bit for each page in use, above it a
// bit for each word of 64 that is not zero, and so on up to one word. Words of all floors lie one
// after the other, the lowest floor first.

/** Bytes of a bitmap over `entries` bits. */
export function bitsBytes(entries: u32): usize {
  let words = entries;
  let total: usize = 0;
  do {
    words = (words + 63) >> 6;
    total += words;
  } while (words > 1);
  return total << 3;
}

export function setBit(bits: usize, entries: u32, index: u32): void {
  let words = (entries + 63) >> 6;
  while (true) {
    const word = bits + ((<usize>(index >> 6)) << 3);
    const old = load<u64>(word);
    store<u64>(word, old | ((<u64>1) << (index & 63)));
    if (old != 0 || words == 1) return;
    bits += (<usize>words) << 3;
    words = (words + 63) >> 6;
    index >>= 6;
  }
}

export function clearBit(bits: usize, entries: u32, index: u32): void {
  let words = (entries + 63) >> 6;
  while (true) {
    const word = bits + ((<usize>(index >> 6)) << 3);
    const left = load<u64>(word) & ~((<u64>1) << (index & 63));
    store<u64>(word, left);
    if (left != 0 || words == 1) return;
    bits += (<usize>words) << 3;
    words = (words + 63) >> 6;
    index >>= 6;
  }
}

/** The lowest set bit above `index`, or -1. */
export function nextAbove(bits: usize, entries: u32, index: u32): i32 {
  let words = (entries + 63) >> 6;
  let floor = bits;
  while (true) {
    const word = index >> 6;
    // Two shifts: one by 64 would shift by none.
    const rest = load<u64>(floor + ((<usize>word) << 3)) & ((~(<u64>0) << (index & 63)) << 1);
    if (rest != 0) return descend(bits, entries, floor, (word << 6) + <u32>ctz(rest), true);
    if (words == 1) return -1;
    floor += (<usize>words) << 3;
    words = (words + 63) >> 6;
    index = word;
  }
}

/** The highest set bit below `index`, or -1. */
export function nextBelow(bits: usize, entries: u32, index: u32): i32 {
  let words = (entries + 63) >> 6;
  let floor = bits;
  while (true) {
    const word = index >> 6;
    const rest = load<u64>(floor + ((<usize>word) << 3)) & (((<u64>1) << (index & 63)) - 1);
    if (rest != 0) return descend(bits, entries, floor, (word << 6) + 63 - <u32>clz(rest), false);
    if (words == 1) return -1;
    floor += (<usize>words) << 3;
    words = (words + 63) >> 6;
    index = word;
  }
}

/** Follows set bit `index` of a floor down to the lowest floor, to its lowest or highest bit. */
function descend(bits: usize, entries: u32, floor: usize, index: u32, lowest: bool): i32 {
  while (floor != bits) {
    // The floor below starts where walking up from the bottom meets this one.
    let below = bits;
    let words = (entries + 63) >> 6;
    while (below + ((<usize>words) << 3) != floor) {
      below += (<usize>words) << 3;
      words = (words + 63) >> 6;
    }
    floor = below;
    const word = load<u64>(floor + ((<usize>index) << 3));
    index = (index << 6) + (lowest ? <u32>ctz(word) : 63 - <u32>clz(word));
  }
  return <i32>index;
}
