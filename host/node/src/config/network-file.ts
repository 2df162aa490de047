import { Fault } from "@rialto/base";
import {
  type Command,
  genesisCommands,
  networkBytes,
  type NetworkConfig,
  type NetworkFaultDetail,
} from "@rialto/protocol";
import { createHash } from "node:crypto";
import { readText, TEXT_BYTES_MAX } from "../read-text.ts";
import { DEMO_NETWORK } from "./demo-network.ts";

export interface Network {
  readonly config: NetworkConfig;
  readonly genesis: readonly Command[];
  /** SHA-256 of everything that members must agree on. */
  readonly hash: Uint8Array;
}

export type NetworkFileFaultDetail =
  | { readonly code: "NETWORK_FILE_UNREADABLE"; readonly path: string }
  | NetworkFaultDetail;

/** Loads the network that `name` means: "demo", or the path of a JSON file. Errors: returned. */
export function loadNetwork(name: string): Network | Fault<NetworkFileFaultDetail> {
  const config = name === "demo" ? DEMO_NETWORK : readNetwork(name);
  return config instanceof Fault ? config : networkOf(config);
}

/** The same for those who cannot go on without. Errors: the fault, thrown. */
export function loadNetworkOrThrow(name: string): Network {
  const network = loadNetwork(name);
  if (network instanceof Fault) throw network;
  return network;
}

/** Checks a network's configuration and names it. Errors: returned. */
export function networkOf(config: NetworkConfig): Network | Fault<NetworkFaultDetail> {
  const genesis = genesisCommands(config);
  if (genesis instanceof Fault) return genesis;
  const hash = createHash("sha256").update(networkBytes(config, genesis)).digest();
  return { config, genesis, hash };
}

const MARKET_FIELDS = Object.keys(DEMO_NETWORK.markets[0]!);
const CAPACITY_FIELDS = Object.keys(DEMO_NETWORK.capacities);

function readNetwork(path: string): NetworkConfig | Fault<NetworkFileFaultDetail> {
  let value: unknown;
  try {
    value = JSON.parse(readText(path, TEXT_BYTES_MAX));
  } catch (cause) {
    const message = `the network file ${path} cannot be read: ${(cause as Error).message}`;
    return new Fault({ code: "NETWORK_FILE_UNREADABLE", path }, "fatal", message, cause);
  }
  const problems = shapeProblems(value);
  if (problems.length === 0) return value as NetworkConfig;
  const message = `the network file ${path} is invalid:\n  ${problems.join("\n  ")}`;
  return new Fault({ code: "NETWORK_CONFIG_INVALID", problems }, "fatal", message);
}

/** What is missing, unknown or of the wrong type. What the values mean, genesisCommands checks. */
export function shapeProblems(value: unknown): string[] {
  const problems: string[] = [];
  const isRecord = (each: unknown): each is Record<string, unknown> =>
    typeof each === "object" && each !== null && !Array.isArray(each);
  const checkFields = (name: string, each: unknown, fields: readonly string[]): void => {
    if (!isRecord(each)) return void problems.push(`${name} is not an object`);
    for (const field of fields) if (!(field in each)) problems.push(`${name}.${field} is missing`);
    for (const [field, content] of Object.entries(each)) {
      if (!fields.includes(field)) problems.push(`${name}.${field} is no field`);
      else if (!["string", "number"].includes(typeof content)) {
        problems.push(`${name}.${field} is neither text nor a number`);
      }
    }
  };
  if (!isRecord(value)) return ["the file does not hold an object"];
  if (typeof value["name"] !== "string") problems.push("name is missing");
  const { assets, markets, capacities } = value;
  if (Array.isArray(assets)) {
    assets.forEach((each, at) => checkFields(`assets[${at}]`, each, ["symbol", "decimals"]));
  } else problems.push("assets is not a list");
  if (Array.isArray(markets)) {
    markets.forEach((each, at) => checkFields(`markets[${at}]`, each, MARKET_FIELDS));
  } else problems.push("markets is not a list");
  checkFields("capacities", capacities, CAPACITY_FIELDS);
  return problems;
}
