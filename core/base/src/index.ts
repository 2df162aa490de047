export { assert, fail, InvariantError } from "./assert.ts";
export { decodeBase64 } from "./base64.ts";
export { encodeHex, equalBytes, getSafeU64, parseHex, setSafeU64, viewOf } from "./bytes.ts";
export { Fault, type Severity } from "./fault.ts";
export { mulDivCeil, U32_MAX, U64_MAX } from "./integers.ts";
export { createPrng, type Prng } from "./prng.ts";
export { TurnoverMap } from "./turnover-map.ts";
