import type { Engine, EngineLimits } from "../engine.ts";
import { createHotEngine } from "../hot/hot-engine.ts";
import { createOracle } from "../oracle/oracle.ts";

export interface EngineFactory {
  readonly name: string;
  readonly create: (limits: EngineLimits) => Engine;
}

/** Any odd number does: no answer depends on it. */
const HASH_KEY = 0x9e37_79b9_7f4a_7c15n;

/** The engines that every scenario has to hold for. */
export const engines: readonly EngineFactory[] = [
  { name: "oracle", create: createOracle },
  { name: "hot core", create: (limits) => createHotEngine({ limits, hashKey: HASH_KEY }) },
];
