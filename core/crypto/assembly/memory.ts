// Where everything lies in the memory of the verifier. What AssemblyScript keeps for itself lies below 0x1_0000.
//
//   0x01_0000  constants    of field.ts, vectors of 16 bytes, and field elements
//   0x01_1000  scratch      of field.ts, point.ts and table.ts: field elements at fixed addresses
//   0x01_2000  sums         addresses of the table entries that one verification adds up
//   0x01_3000  scalars      of scalar.ts and sha512.ts
//   0x01_4000  batch        64 signatures between their sum and their answer
//   0x02_0000  signed       in: a signature and its message
//   0x03_1000  base table   multiples of the base point
//   0x0b_1000  rough        points of a table on their way to its form
//   0x15_1000  firsts       the first point of each window of a table
//   0x15_5000  key tables   one a key, up to the end of memory
//
// A *vector* is two lanes of 64 bits. A field element is five vectors, one a limb, so that everything is done to two
// elements at once, for the price of one. A point is its four coordinates one after the other.

export const ELEMENT: usize = 80;
export const POINT: usize = 4 * ELEMENT;
export const LANE: usize = 8;
export const LIMBS: u32 = 5;

const CONSTANTS: usize = 0x1_0000;
/** Vectors that field.ts multiplies and carries with; set by `initializeField`. */
export const HIGH: usize = CONSTANTS;
export const HIGH_AND_LOW: usize = CONSTANTS + 0x10;
export const LIMB_MASK: usize = CONSTANTS + 0x20;
export const NINETEEN: usize = CONSTANTS + 0x30;
export const EXPONENT: usize = CONSTANTS + 0x40;
export const CENTRE: usize = CONSTANTS + 0x50;
export const MIDDLE: usize = CONSTANTS + 0x60;
export const MULTIPLY_FIX: usize = CONSTANTS + 0x80;
export const MULTIPLY_CARRY_FIX: usize = MULTIPLY_FIX + ELEMENT;
export const SQUARE_CARRY_FIX: usize = MULTIPLY_CARRY_FIX + ELEMENT;
export const CARRY_FIX: usize = SQUARE_CARRY_FIX + ELEMENT;
/** Field elements: 1, 1 / 2, and d of the curve's equation. */
export const ONE: usize = CARRY_FIX + ELEMENT;
export const HALF: usize = ONE + ELEMENT;
export const CURVE_D: usize = HALF + ELEMENT;

const SCRATCH: usize = 0x1_1000;
/** The point that is added to. */
export const SUM: usize = SCRATCH;
export const SUM_X: usize = SUM;
export const SUM_Y: usize = SUM + ELEMENT;
export const SUM_Z: usize = SUM + 2 * ELEMENT;
export const SUM_T: usize = SUM + 3 * ELEMENT;
/** What is added: (y + x) / 2, (y - x) / 2, d x y, and Z where that is not 1. */
export const ADDEND: usize = SUM + POINT;
export const ADDEND_PLUS: usize = ADDEND;
export const ADDEND_MINUS: usize = ADDEND + ELEMENT;
export const ADDEND_XY: usize = ADDEND + 2 * ELEMENT;
export const ADDEND_Z: usize = ADDEND + 3 * ELEMENT;
/** Of one addition: products as sums of integers, then the factors of the next products. */
export const WIDE: usize = ADDEND + POINT;
export const FACTORS: usize = WIDE + 4 * ELEMENT;
/** Of `invert`: powers, and elements of table.ts and finish.ts. */
export const POWERS: usize = FACTORS + 4 * ELEMENT;
export const WORK: usize = POWERS + 4 * ELEMENT;
/** Affine coordinates of the point that a table is made of: two elements, written by the host. */
export const TABLE_X: usize = WORK + 6 * ELEMENT;
export const TABLE_Y: usize = TABLE_X + ELEMENT;

/** A table entry: three field elements without lanes, 5 * f64 each, and 8 bytes that are not used. */
export const ENTRY: usize = 128;
export const ENTRY_MINUS: usize = 40;
export const ENTRY_XY: usize = 80;
export const SUMS: usize = 0x1_2000;
/** The entry of the neutral element. */
export const NEUTRAL: usize = 0x1_2800;

export const SCALARS: usize = 0x1_3000;

/** Points, X, Y and Z of two signatures each, and the product of all Z before it; then what each must be; then answers. */
export const BATCH: usize = 0x1_4000;
export const BATCH_MAX: u32 = 64;
export const CLAIMS: usize = BATCH + <usize>(BATCH_MAX / 2) * POINT;
export const ANSWERS: usize = CLAIMS + BATCH_MAX * 32;

/** R, S and the message, with room for the padding of SHA-512. */
export const SIGNED: usize = 0x2_0000;
export const MESSAGE: usize = SIGNED + 64;
export const MESSAGE_MAX: u32 = 0x1_0000;

/** Signed digits of a scalar below 2^253: of 8 bits for the base point, of 5 bits for a key. */
export const BASE_WIDTH: u32 = 8;
export const BASE_WINDOWS: u32 = 32;
export const KEY_WIDTH: u32 = 5;
export const KEY_WINDOWS: u32 = 51;
export const BASE_TABLE: usize = 0x3_1000;
export const ROUGH: usize = 0xb_1000;
export const FIRSTS: usize = 0x15_1000;
export const KEY_TABLES: usize = 0x15_5000;
/** Bytes of a key's table with what stands before it: the key. */
export const KEY_HEAD: usize = 128;
export const KEY_TABLE: usize = KEY_HEAD + <usize>(KEY_WINDOWS << (KEY_WIDTH - 1)) * ENTRY;
