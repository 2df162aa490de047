export { loadCommands } from "./cli/commands.ts";
export { cliDocument } from "./cli/help.ts";
export {
  loadNetwork,
  networkOf,
  type Network,
  type NetworkFileFaultDetail,
} from "./config/network-file.ts";
export { DEMO_NETWORK } from "./config/demo-network.ts";
export { NODE_SETTINGS, type NodeSettings } from "./config/node-settings.ts";
export { startNode } from "./node.ts";
export type { NodeOptions, RunningNode } from "./node-parts.ts";
