import { MemoryState } from '../helpers/memory/state.ts';
import { defaultSync } from '../helpers/fixtures/default-sync.ts';
import { openPanel } from '../helpers/panel/panel.ts';
import type { TestPanel } from '../helpers/panel/panel.ts';
import { describeRunStores } from './run-stores-suite.ts';

describeRunStores('in memory', async (mode) => {
  const session = await new MemoryState().openSession({ ...defaultSync, mode }, { lock: true });
  return { stores: session.stores, close: () => session.close() };
});

let panel: TestPanel | null = null;
after(async () => panel?.close());

describeRunStores('in Postgres', async (mode) => {
  panel ??= await openPanel();
  await panel.reset();
  const session = await panel.session({ mode });
  return { stores: session.stores, close: () => session.close() };
});
