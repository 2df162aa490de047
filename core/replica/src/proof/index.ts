export * from "./build-fill-proof.ts";
export * from "./checkpoint-record.ts";
export * from "./fill-proof.ts";
export * from "./proof-json.ts";
export * from "./verify-fill-proof.ts";
