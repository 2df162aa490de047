export * from "./dag-builder.ts";
export * from "./naive-committer.ts";
export * from "./test-committee.ts";
export * from "./test-hash.ts";
