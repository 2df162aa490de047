/** An invariant of our own code broke. Nobody catches it but the top of the process, which exits 70. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvariantError";
  }
}

/** Stops the program: `message` states the invariant that does not hold. */
export function fail(message: string): never {
  throw new InvariantError(message);
}

/** Asserts that `condition` holds. `message` is constant text: a template would cost more than the check. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}
