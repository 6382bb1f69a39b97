import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 10;

/** Only so that a test that has failed leaves no loop behind: Mocha's time limit, which is shorter, fails the test. */
const giveUpAfterMs = 600_000;

/** Waits for something that another process, or another part of the test, brings about. */
export async function waitUntil(condition: () => Promise<boolean> | boolean): Promise<void> {
  const startedMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedMs > giveUpAfterMs) throw new Error('what the test waits for did not happen');
    await sleep(pollMs);
  }
}
