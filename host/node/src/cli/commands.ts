import type { CliCommand } from "./command.ts";

/**
 * Where the commands of each first word are, in the order of the help. Loaded when they are asked for: who starts a node
 * does not wait for the simulator.
 */
const FAMILIES: Readonly<Record<string, () => Promise<readonly CliCommand[]>>> = {
  start: async () => {
    const { startCommand } = await import("./start-command.ts");
    return [startCommand];
  },
  cluster: async () => {
    const commands = await import("./cluster-commands.ts");
    const { clusterStartCommand, clusterStatusCommand, clusterStopCommand } = commands;
    const { clusterGenesisCommand } = await import("./ceremony-commands.ts");
    const local = await import("./epoch-commands.ts");
    const { clusterAddCommand, clusterRemoveCommand } = local;
    const { clusterReplaceCommand, clusterRotateCommand } = local;
    const remote = await import("./change-commands.ts");
    const { clusterProposeCommand, clusterSignCommand } = remote;
    const { clusterSubmitCommand, clusterEpochsCommand } = remote;
    return [
      clusterStartCommand,
      clusterStatusCommand,
      clusterStopCommand,
      clusterAddCommand,
      clusterRemoveCommand,
      clusterReplaceCommand,
      clusterRotateCommand,
      clusterGenesisCommand,
      clusterProposeCommand,
      clusterSignCommand,
      clusterSubmitCommand,
      clusterEpochsCommand,
    ];
  },
  keys: async () => {
    const commands = await import("./keys-commands.ts");
    const { keysMemberCommand } = await import("./ceremony-commands.ts");
    const { keysRotateCommand } = await import("./change-commands.ts");
    const { keysNewCommand, keysListCommand, keysRevokeCommand } = commands;
    return [
      keysNewCommand,
      keysListCommand,
      keysRevokeCommand,
      keysMemberCommand,
      keysRotateCommand,
    ];
  },
  order: async () => {
    const { orderCommand } = await import("./order-command.ts");
    return [orderCommand];
  },
  watch: async () => {
    const { watchCommand } = await import("./watch-command.ts");
    return [watchCommand];
  },
  operator: async () => {
    const commands = await import("./operator-commands.ts");
    const { operatorDepositCommand, operatorWithdrawCommand } = commands;
    const { operatorWithdrawFeesCommand, operatorMarketCommand } = commands;
    const { operatorSubAccountCommand, operatorTransferCommand } = commands;
    const { operatorTradingCommand, operatorAccountCommand } = commands;
    const { operatorCancelCommand, operatorStatusCommand } = commands;
    const rules = await import("./operator-rule-commands.ts");
    const { operatorFeesCommand, operatorFeeScheduleCommand } = rules;
    const { operatorAccountFeesCommand, operatorTermsCommand } = rules;
    const { operatorGuardCommand, operatorAddAssetCommand } = rules;
    const { operatorListCommand, operatorDelistCommand } = rules;
    return [
      operatorDepositCommand,
      operatorWithdrawCommand,
      operatorWithdrawFeesCommand,
      operatorSubAccountCommand,
      operatorTransferCommand,
      operatorMarketCommand,
      operatorTradingCommand,
      operatorAccountCommand,
      operatorCancelCommand,
      operatorFeesCommand,
      operatorFeeScheduleCommand,
      operatorAccountFeesCommand,
      operatorTermsCommand,
      operatorGuardCommand,
      operatorAddAssetCommand,
      operatorListCommand,
      operatorDelistCommand,
      operatorStatusCommand,
    ];
  },
  verify: async () => {
    const { verifyCommand } = await import("./verify-command.ts");
    return [verifyCommand];
  },
  replay: async () => {
    const commands = await import("./replay-commands.ts");
    const { replayCaptureCommand, replayOrdersCommand, replayJournalCommand } = commands;
    const { replayEngineCommand } = commands;
    return [replayCaptureCommand, replayOrdersCommand, replayEngineCommand, replayJournalCommand];
  },
  inspect: async () => {
    const commands = await import("./inspect-commands.ts");
    const { inspectConfigCommand, inspectNetworkCommand } = commands;
    const { inspectJournalCommand, inspectStateCommand } = commands;
    return [
      inspectConfigCommand,
      inspectNetworkCommand,
      inspectJournalCommand,
      inspectStateCommand,
    ];
  },
  bench: async () => {
    const { benchEngineCommand, benchWorkloadCommand } = await import("./bench-commands.ts");
    const { benchMarketsCommand } = await import("./bench-markets-command.ts");
    const { benchFeaturesCommand } = await import("./bench-features-command.ts");
    const { benchFinalityCommand } = await import("./bench-finality-command.ts");
    const { benchSignaturesCommand } = await import("./bench-signatures-command.ts");
    const { benchClusterCommand } = await import("./bench-cluster-command.ts");
    return [
      benchEngineCommand,
      benchMarketsCommand,
      benchFeaturesCommand,
      benchFinalityCommand,
      benchSignaturesCommand,
      benchClusterCommand,
      benchWorkloadCommand,
    ];
  },
  simulate: async () => {
    const commands = await import("./simulate-commands.ts");
    const { simulateClusterCommand, simulateFaultsCommand } = commands;
    const { simulateMutantsCommand, simulateSlotCommand } = commands;
    return [
      simulateClusterCommand,
      simulateFaultsCommand,
      simulateMutantsCommand,
      simulateSlotCommand,
    ];
  },
};

/** The commands that begin with `word`; every command there is, if none does. */
export async function loadCommands(word?: string): Promise<readonly CliCommand[]> {
  const family = Object.hasOwn(FAMILIES, word ?? "") ? [FAMILIES[word!]!] : Object.values(FAMILIES);
  const loaded = await Promise.all(family.map((load) => load()));
  return loaded.flat();
}
