import { sleep } from '../../lib/async/sleep.ts';
import type { CommandContext } from '../command.ts';
import type { Playground } from './playground.ts';
import { changePeopleSql } from './warehouse.ts';

/** People at work change the warehouse now and then. */
const changeIntervalMs = 30_000;

/** The Hub takes its time, so that a run can be watched. */
const hubLatencyMs = 400;

/** What signs in to the page of the demo. */
export const demoToken = 'demo';

/** Runs the daemon on the warehouse of the demo, which keeps changing, until it is stopped. */
export async function serveDemo(playground: Playground, context: CommandContext, keep: boolean): Promise<void> {
  const { app, simulator } = playground;
  const { terminal, shutdown } = context;
  simulator.setOptions({ latencyMs: hubLatencyMs });
  const changes = keepChanging(playground, shutdown.drain);
  // Loaded here only: the HTTP server would make every other command start a quarter slower.
  const { runDaemon } = await import('../../daemon/daemon.ts');
  await runDaemon({
    app,
    shutdown,
    // Nobody edits its configuration while it runs.
    reloadConfig: async () => app,
    onReload: () => undefined,
    onStarted: ({ url }) => terminal.printNotice(servingText(url, keep)),
  });
  await changes;
}

async function keepChanging({ warehouse }: Playground, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    for (const statement of changePeopleSql(round)) await warehouse.rows(statement);
    await sleep(changeIntervalMs, signal);
  }
}

function servingText(url: string, keep: boolean): string {
  return `
The demo goes on: every 30 seconds people change in the warehouse, and every minute a run sends what changed.
Open ${url} in a browser and sign in with the token: ${demoToken}
Press Ctrl-C to stop${keep ? '' : '; everything is deleted then'}.`;
}
