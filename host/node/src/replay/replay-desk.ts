import {
  type ApiError,
  type Credentials,
  openWsApi,
  type Parameters,
  RestClient,
  signParameters,
  type WsApi,
} from "@rialto/client";
import { CommandPipeline } from "./command-pipeline.ts";
import type { MarketSteps } from "./market-steps.ts";
import { type ReplayCommand, requestOf } from "./replay-command.ts";
import { answerFault } from "./replay-fault.ts";

/** Two accounts that trade with each other. The first logs on, which takes an Ed25519 key. */
export interface ReplayAccounts {
  readonly first: Credentials;
  readonly second: Credentials;
}
export type AccountName = keyof ReplayAccounts;

export interface ReplayDeskOptions {
  readonly url: string;
  readonly accounts: ReplayAccounts;
  readonly steps: MarketSteps;
  /** Requests on their way at a time. */
  readonly windowMax: number;
  /** Events of the accounts, once they are followed. */
  readonly onEvent?: (event: Readonly<Record<string, unknown>>) => void;
}

export interface SentCommand {
  /** Of the file: named if the node refuses. */
  readonly line: number;
  readonly account: AccountName;
  readonly command: ReplayCommand;
  readonly onAnswer?: (result: unknown) => void;
  /** Without it a refusal is an error. */
  readonly onRefused?: (error: ApiError) => void;
}

/** Where a replay's commands go: one connection to a node's WebSocket API, so that their order holds. */
export class ReplayDesk implements Disposable {
  readonly rest: RestClient;
  readonly steps: MarketSteps;
  readonly #options: ReplayDeskOptions;
  readonly #api: WsApi;
  readonly #pipeline: CommandPipeline;
  #commandCount = 0;

  constructor(options: ReplayDeskOptions, api: WsApi) {
    this.#options = options;
    this.steps = options.steps;
    this.rest = new RestClient({ url: options.url });
    this.#api = api;
    this.#pipeline = new CommandPipeline(api, options.windowMax);
  }

  /** Commands sent so far. */
  get commandCount(): number {
    return this.#commandCount;
  }

  /** Sends a command behind all that was sent before. Errors: the first failure of those before. */
  async send(sent: SentCommand): Promise<void> {
    const { line, account, command } = sent;
    this.#commandCount++;
    const { method, parameters } = requestOf(command, this.steps);
    const ready = account === "first" ? parameters : await this.#signed(parameters);
    if (this.#pipeline.isFull) await this.#pipeline.room();
    this.#pipeline.post({
      method,
      parameters: ready,
      onAnswer: (result) => sent.onAnswer?.(result),
      onRefused: (error) => {
        if (sent.onRefused !== undefined) return sent.onRefused(error);
        throw answerFault(line, `${method} is refused: ${error.message} (${error.code})`, error);
      },
    });
  }

  #signed(parameters: Parameters): Promise<Parameters> {
    return signParameters(this.#options.accounts.second, parameters);
  }

  /** Asks for public data: of the state that everything answered so far has led to. */
  async ask(
    line: number,
    method: string,
    parameters: Parameters,
    onAnswer: (result: unknown) => void,
  ): Promise<void> {
    if (this.#pipeline.isFull) await this.#pipeline.room();
    this.#pipeline.post({
      method,
      parameters,
      onAnswer,
      onRefused: (error) => {
        throw answerFault(line, `${method} is refused: ${error.message} (${error.code})`, error);
      },
    });
  }

  /** Waits until everything is answered. Errors: the first failure. */
  async drained(): Promise<void> {
    await this.#pipeline.drained();
  }

  /** Has the node send what happens to both accounts. */
  async followAccounts(): Promise<void> {
    await this.#api.call("userDataStream.subscribe");
    await this.#api.call("userDataStream.subscribe.signature", await this.#signed({}));
  }

  [Symbol.dispose](): void {
    this.#api.close();
  }
}

/** Connects and logs the first account on. Errors: `NetworkError`, `ApiError`, thrown. */
export async function openReplayDesk(options: ReplayDeskOptions): Promise<ReplayDesk> {
  const { url, accounts, onEvent } = options;
  const api = await openWsApi({
    url,
    credentials: accounts.first,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  try {
    await api.signed("session.logon");
  } catch (error) {
    api.close();
    throw error;
  }
  return new ReplayDesk(options, api);
}
