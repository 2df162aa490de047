export * from "./command.ts";
export * from "./event.ts";
export * from "./ids.ts";
export * from "./limits.ts";
export * from "./reject-code.ts";
