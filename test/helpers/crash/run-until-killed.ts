import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { TestPanel } from '../panel/panel.ts';
import type { CrashRunOptions } from './crash-child.ts';

const child = fileURLToPath(new URL('crash-child.js', import.meta.url));

/** One run of the panel in a process of its own, which dies at its point. */
export async function runUntilKilled(
  panel: TestPanel,
  options: Omit<CrashRunOptions, 'url' | 'hub' | 'mode'>,
): Promise<void> {
  const all: CrashRunOptions = { url: panel.url, hub: panel.hub.url, mode: 'upsert', ...options };
  const dying = fork(child, [JSON.stringify(all)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  expect((await once(dying, 'exit'))[1], 'the signal that ended the run').to.equal('SIGKILL');
}
