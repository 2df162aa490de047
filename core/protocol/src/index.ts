export * from "./command.ts";
export * from "./decimal.ts";
export * from "./event.ts";
export * from "./ids.ts";
export * from "./limits.ts";
export * from "./log-record.ts";
export * from "./network-config.ts";
export * from "./reject-code.ts";
