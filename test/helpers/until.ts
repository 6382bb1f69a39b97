import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that somebody else brings about. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let polls = 0; polls < 1000; polls += 1) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error('what was waited for did not come');
}
