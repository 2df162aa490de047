import { benchEngineCommand, benchWorkloadCommand } from "./bench-commands.ts";
import type { CliCommand } from "./command.ts";
import {
  inspectConfigCommand,
  inspectJournalCommand,
  inspectNetworkCommand,
  inspectStateCommand,
} from "./inspect-commands.ts";
import { keysListCommand, keysNewCommand, keysRevokeCommand } from "./keys-commands.ts";
import {
  operatorDepositCommand,
  operatorMarketCommand,
  operatorWithdrawCommand,
} from "./operator-commands.ts";
import { orderCommand } from "./order-command.ts";
import {
  replayCaptureCommand,
  replayJournalCommand,
  replayOrdersCommand,
} from "../replay/replay-commands.ts";
import { startCommand } from "./start-command.ts";
import { watchCommand } from "./watch-command.ts";

/** Every command there is, in the order of the help. */
export const COMMANDS: readonly CliCommand[] = [
  startCommand,
  keysNewCommand,
  keysListCommand,
  keysRevokeCommand,
  orderCommand,
  watchCommand,
  operatorDepositCommand,
  operatorWithdrawCommand,
  operatorMarketCommand,
  replayCaptureCommand,
  replayOrdersCommand,
  replayJournalCommand,
  inspectConfigCommand,
  inspectNetworkCommand,
  inspectJournalCommand,
  inspectStateCommand,
  benchEngineCommand,
  benchWorkloadCommand,
];
