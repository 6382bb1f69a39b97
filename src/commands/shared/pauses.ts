import type { App } from '../../app.ts';
import type { Pause } from '../../core/ports/schedule-store.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { pauseText } from './format.ts';

async function loadPauses(app: App): Promise<ReadonlyMap<string, Pause>> {
  return (await app.migratedState()).schedules.pauses();
}

/** Every sync that is not paused; the others are announced. */
export async function unpausedSyncs(app: App, terminal: Terminal): Promise<readonly SyncSettings[]> {
  const pauses = await loadPauses(app);
  return Object.values(app.config.syncs).filter(({ name }) => {
    const pause = pauses.get(name);
    if (pause !== undefined) terminal.printNotice(`Skipping ${name}: ${pauseText(pause)}`);
    return pause === undefined;
  });
}

/** A sync that is asked for by its name runs, paused or not. */
export async function requestedSync(app: App, name: string, terminal: Terminal): Promise<SyncSettings> {
  const sync = app.sync(name);
  const pause = (await loadPauses(app)).get(name);
  if (pause !== undefined)
    terminal.printNotice(`Running ${name} because you named it; its schedule stays ${pauseText(pause)}`);
  return sync;
}
