/** The exchange has answered, and the answer is no. */
export class ApiError extends Error {
  readonly status: number;
  /** The API's own code: -2010 and the like. */
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }

  /** True where the request may have been carried out all the same: ask by client order id. */
  get isUnknown(): boolean {
    return this.status === 500 || this.status === 504;
  }
}

/** There was no answer. A request that changes something may have been carried out. */
export class NetworkError extends Error {
  /** True where nothing was sent: then nothing was carried out either. */
  readonly isUnsent: boolean;

  constructor(message: string, cause?: unknown, isUnsent: boolean = false) {
    super(message, { cause });
    this.name = "NetworkError";
    this.isUnsent = isUnsent;
  }

  /** For a request that is not sent, as there is no connection. */
  static unsent(message: string): NetworkError {
    return new NetworkError(message, undefined, true);
  }
}
