import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that somebody else brings about; `patience` is how often that is looked for at most. */
export async function waitUntil(condition: () => Promise<boolean> | boolean, maxPolls = 1000): Promise<void> {
  for (let polls = 0; polls < maxPolls; polls += 1) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error('what was waited for did not come');
}
