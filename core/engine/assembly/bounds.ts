// What one command, or one step before it, may take at most (matching.md §3.6); the rest comes in others. core/protocol also
// states these numbers; hot-engine.test.ts compares them. In the build that `npm run fuzz -- engine --bounds small` runs each is
// an import (tools/build-wasm.js).

export const TOUCHES_MAX: u32 = 16_384;
export const MASS_CANCELS_MAX: u32 = 16_384;
export const CANCEL_ALL_MAX: u32 = 65_535;
export const ACTIVATIONS_MAX: u32 = 64;
export const ACTIVATION_TOUCHES_MIN: u32 = 8_192;
export const DUE_MAX: u32 = 1_024; // in one step
export const NEWS_MAX: u32 = 1_024;
export const PEG_MOVES_MAX: u32 = 4_096;
export const INDICATIVES_MAX: u32 = 1_024;
export const COMMAND_EVENT_BYTES_MAX: u32 = 1_024 * 64 + 65_535 * 24 + 16_384 * (64 + 24 + 16) + 64 * 128 + 1_024 * 24 + (4_096 + 64) * 32 + 1_024 * 32 + 256;
