import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that somebody else brings about; `patience` is how often that is looked for at most. */
export async function until(holds: () => Promise<boolean> | boolean, patience = 1000): Promise<void> {
  for (let polls = 0; polls < patience; polls += 1) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error('what was waited for did not come');
}
