import { decodeBase64 } from "@rialto/base";
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
  querySuspended(): number;
  queryAccount(number: bigint): number;
  queryBlocked(account: number): number;
  queryFeeRates(account: number, market: number): void;
  queryFeeSchedule(schedule: number): void;
  queryVolume(account: number): number;
  queryGuard(market: number): void;
  queryProtections(account: number): number;
  queryDeadline(account: number): bigint;
  queryNextDue(): bigint;
  queryAsset(asset: number): number;
  queryAssetName(asset: number): number;
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
  growToReserved(): void;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A fresh instance of the hot core, or of another build of it, with zeroed memory of its own. The module is compiled once.
 *
 * `imports`: of another build, what it takes from outside.
 */
export function instantiateHotCore(other?: WebAssembly.Module, imports: object = {}): HotExports {
  const module = other ?? (compiled ??= new WebAssembly.Module(decodeBase64(ENGINE_WASM_BASE64)));
  return new WebAssembly.Instance(module, imports).exports as unknown as HotExports;
}
