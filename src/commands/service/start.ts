import type { Config } from '../../core/settings.ts';
import type { Started } from '../../daemon/daemon.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { moment } from '../shared/report-text.ts';

/** What a person at a terminal sees first. */
function startText({ kept, url }: Started, { file }: Config, terminal: Terminal): string {
  const rows = kept.map(({ sync, schedule, timezone, nextRunAt }) => [
    sync,
    schedule ?? 'by hand',
    schedule === null ? '' : timezone,
    nextRunAt === null ? '' : moment(nextRunAt),
  ]);
  return [
    `panelsync keeps the schedules of ${file} and listens on ${url}. Ctrl-C stops it.`,
    terminal.table(['sync', 'schedule', 'time zone', 'next run'], rows),
  ].join('\n\n');
}

async function run(context: CommandContext): Promise<number> {
  const { terminal, stop } = context;
  const app = await context.app();
  // Loaded here only: what serves HTTP would make every other command start a quarter slower.
  const { runDaemon } = await import('../../daemon/daemon.ts');
  await runDaemon({
    app,
    stop,
    reread: () => context.reread(),
    onReload: (listener) => context.onReload(listener),
    onStarted: (started) => {
      if (terminal.isInteractive) terminal.tell(startText(started, app.config, terminal));
    },
  });
  return exitCodes.ok;
}

export const startCommand: Command = {
  name: 'start',
  summary: 'The daemon: keeps the schedules of all syncs until it is stopped',
  args: [],
  options: [],
  onStop: 'Stopping: finishing the batches in flight. Once more stops at once.',
  service: true,
  run,
};
