export * from "./content.ts";
export * from "./order-state.ts";
