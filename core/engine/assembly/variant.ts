// Which of two engines this is: the exchange, or the same without accounts, which benchmarks compare it with.
// tools/build-wasm.js compiles both from the same source.

/** False: orders bear their account's number, but nobody has money, pays fees, or is limited in anything. */
export const KEEPS_ACCOUNTS: bool = true;
