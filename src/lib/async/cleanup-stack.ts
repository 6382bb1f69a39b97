/** What was opened, to be closed in reverse order. */
export class Releasers {
  readonly #releasers: (() => Promise<void> | void)[] = [];

  add(release: () => Promise<void> | void): void {
    this.#releasers.push(release);
  }

  /** Closes everything, whatever fails; the first failure is thrown at the end. */
  async release(): Promise<void> {
    const failures: unknown[] = [];
    for (let release = this.#releasers.pop(); release !== undefined; release = this.#releasers.pop()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
