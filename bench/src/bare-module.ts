import { BARE_WASM_BASE64 } from "./generated/bare-wasm.ts";

let compiled: WebAssembly.Module | undefined;

/** The hot core without accounts (core/engine/assembly/variant.ts): what matching costs by itself. */
export function bareModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Buffer.from(BARE_WASM_BASE64, "base64"));
  return compiled;
}
