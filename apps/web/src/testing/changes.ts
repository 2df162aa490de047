/** Something that tells of its changes, and a way to wait for one. */
export class Changes {
  readonly #checks = new Set<() => void>();

  readonly tell = (): void => {
    for (const check of this.#checks) check();
  };

  /** Resolves when `isSo` holds: now, or after one of the changes to come. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isSo()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }
}
