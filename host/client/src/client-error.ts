/** The exchange has answered, and the answer is no. */
export class ApiError extends Error {
  readonly status: number;
  /** The API's own code: -2010 and the like; 0 where the answer has none. */
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }

  /** True where the request may have been carried out all the same: ask by client order id. */
  get isUnknown(): boolean {
    return this.code === -1007 || this.status === 504;
  }
}

/** There was no answer. A request that changes something may have been carried out. */
export class NetworkError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "NetworkError";
  }
}
