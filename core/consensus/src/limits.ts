import { assert } from "@rialto/base";

// Every bound of the consensus, each with its reason.

/** Members of a committee. Limit: author sets are 128 bits. */
export const MEMBERS_MAX = 128;
/** Weight of a whole committee, so that five times it is still a safe integer: levels are told by fifths of it. */
export const WEIGHT_TOTAL_MAX: number = 2 ** 50;
/** Turns of a cycle of leaders: bounds how finely weights may differ. */
export const LEADER_TURNS_MAX = 4_096;
/** Bytes of a block's payload: what a slow link carries within one round. */
export const PAYLOAD_BYTES_MAX: number = 1024 * 1024;
/** Frames of one block. */
export const FRAMES_PER_BLOCK_MAX = 4_096;
/** Bytes of one frame: 256 of the longest commands, a signature and a head. */
export const FRAME_BYTES_MAX: number = 64 * 1024;
/** Commit votes of one header. */
export const COMMIT_VOTES_MAX = 4;
/** Pairs of evidence that one header carries. */
export const EVIDENCE_PER_BLOCK_MAX = 2;
/** Bytes of a header with every list full. */
export const HEADER_BYTES_MAX: number = 160 + MEMBERS_MAX * 38 + COMMIT_VOTES_MAX * 40 + 2 * 64;
/** Bytes of a block as it travels: header, signature, payload. */
export const BLOCK_BYTES_MAX: number = HEADER_BYTES_MAX + 64 + PAYLOAD_BYTES_MAX;

/** Rounds below a commit's leader that it still sweeps up. Source: consensus.md §7. */
export const GC_DEPTH_DEFAULT = 64;
export const GC_DEPTH_MAX = 4_096;
/** Rounds are 32 bits; no chain gets near the end of them within an epoch. */
export const ROUND_MAX: number = 2 ** 32 - 2;

assert(WEIGHT_TOTAL_MAX * 5 <= Number.MAX_SAFE_INTEGER, "weights multiply by five exactly");
assert(FRAME_BYTES_MAX + 4 <= PAYLOAD_BYTES_MAX, "the longest frame fits a block");
