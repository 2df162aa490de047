import { ApiError, type Parameters, type WsApi } from "@rialto/client";

export interface PipelinedRequest {
  readonly method: string;
  readonly parameters: Parameters;
  /** Called with the answer. What it throws ends the pipeline. */
  readonly onAnswer: (result: unknown) => void;
  /** Called where the exchange refuses. What it throws ends the pipeline. */
  readonly onRefused: (error: ApiError) => void;
}

/** Requests on their way over one connection: so many at a time, in order. */
export class CommandPipeline {
  readonly #api: WsApi;
  readonly #windowMax: number;
  #inFlight = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(api: WsApi, windowMax: number) {
    this.#api = api;
    this.#windowMax = windowMax;
  }

  /** True where another request would have to wait for an answer first: await `room`. */
  get isFull(): boolean {
    return this.#inFlight >= this.#windowMax || this.#failure !== undefined;
  }

  /** Sends a request behind those before it. */
  post(request: PipelinedRequest): void {
    this.#inFlight++;
    void this.#settle(request);
  }

  async #settle({ method, parameters, onAnswer, onRefused }: PipelinedRequest): Promise<void> {
    try {
      onAnswer(await this.#api.call(method, parameters));
    } catch (error) {
      this.#caught(error, onRefused);
    }
    this.#inFlight--;
    this.#wake?.();
  }

  #caught(error: unknown, onRefused: PipelinedRequest["onRefused"]): void {
    try {
      if (!(error instanceof ApiError)) throw error;
      onRefused(error);
    } catch (failure) {
      // The first is the cause of those that follow. It is thrown to whoever waits next.
      this.#failure ??= { error: failure };
    }
  }

  /** Waits until another request may be sent. Errors: the first failure of those before. */
  async room(): Promise<void> {
    await this.#until(() => this.#inFlight < this.#windowMax);
  }

  /** Waits until every request is answered. Errors: the first failure of those before. */
  async drained(): Promise<void> {
    await this.#until(() => this.#inFlight === 0);
  }

  async #until(holds: () => boolean): Promise<void> {
    while (this.#failure === undefined && !holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
