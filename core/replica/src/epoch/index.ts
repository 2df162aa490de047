export * from "./chain-options.ts";
export * from "./chain-replica.ts";
export * from "./epoch-chain.ts";
export * from "./epoch-change.ts";
export * from "./epoch-end.ts";
export * from "./epoch-path.ts";
export * from "./peers.ts";
