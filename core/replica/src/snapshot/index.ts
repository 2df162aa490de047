export * from "./chain-fetching.ts";
export * from "./chunk-sources.ts";
export * from "./content.ts";
export * from "./kept-snapshots.ts";
export * from "./manifest.ts";
export * from "./order-state.ts";
export * from "./snapshot-certificates.ts";
export * from "./snapshot-fetching.ts";
