import { reporters } from 'mocha';

/** Mocha's spec, closed by one line that programs read: `N passed, N failed`. Hooks that fail count as failed. */
class CountingReporter extends reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed\n`);
  }
}

// Mocha requires its reporters; what is exported by this name is what a require gives.
export { CountingReporter as 'module.exports' };
