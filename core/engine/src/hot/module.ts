import { fail } from "@rialto/base";
import { ENGINE_WASM_BASE64 } from "../generated/engine-wasm.ts";

/** What core/engine/assembly/index.ts exports. Addresses and counts are u32, amounts i64. */
export interface HotExports {
  readonly memory: WebAssembly.Memory;
  initialize(
    ordersMax: number,
    pagesMax: number,
    accountsMax: number,
    balancesMax: number,
    assetsMax: number,
    marketsMax: number,
    ladderEntriesMax: number,
    accountOrdersMax: number,
    specialsMax: number,
    volumesMax: number,
    hashKey: bigint,
  ): void;
  execute(start: number, end: number, nowMs: number): number;
  invariantBroken(): number;
  audit(): void;
  auditBalances(): void;
  queryCount(counter: number): number;
  queryCommands(): bigint;
  queryAccount(number: bigint): number;
  queryAsset(asset: number): number;
  queryBalances(account: number, from: number): number;
  queryNext(): number;
  querySlot(orderId: bigint): number;
  queryClientSlot(account: number, clientOrderId: bigint): number;
  queryOrder(slot: number): void;
  queryOpenOrders(account: number, from: number): number;
  queryMarket(market: number): void;
  queryAuction(market: number): number;
  queryDepth(market: number, side: number, levelsMax: number): number;
  stateBegin(): void;
  stateNext(): number;
  readonly REGIONS: WebAssembly.Global;
  regionStart(region: number): number;
  regionBytes(region: number): number;
}

let compiled: WebAssembly.Module | undefined;

/** A fresh instance of the hot core, with zeroed memory of its own. The module is compiled once. */
export function instantiateHotCore(): HotExports {
  compiled ??= new WebAssembly.Module(decodeBase64(ENGINE_WASM_BASE64));
  return new WebAssembly.Instance(compiled, {}).exports as unknown as HotExports;
}

/** Decodes base64 that our own build wrote. Neither `atob` nor `Buffer` exists in the pure world. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let index = 0; length < bytes.length; index++) {
    bits = ((bits << 6) | sextet(text.charCodeAt(index))) & 0xff_ffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = (bits >> bitCount) & 0xff;
    }
  }
  return bytes;
}

function sextet(char: number): number {
  if (char >= 65 && char <= 90) return char - 65;
  if (char >= 97 && char <= 122) return char - 71;
  if (char >= 48 && char <= 57) return char + 4;
  if (char === 43) return 62;
  if (char === 47) return 63;
  return fail("the engine's base64 has only base64 letters");
}
