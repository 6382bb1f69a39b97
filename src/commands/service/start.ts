import type { Config } from '../../core/settings.ts';
import type { StartupView } from '../../daemon/daemon.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { formatTimestamp } from '../shared/report-text.ts';

/** What a person at a terminal sees first. */
function startupText({ schedules, url }: StartupView, { file }: Config, terminal: Terminal): string {
  const rows = schedules.map(({ sync, schedule, timezone, nextRunAt }) => [
    sync,
    schedule ?? 'by hand',
    schedule === null ? '' : timezone,
    nextRunAt === null ? '' : formatTimestamp(nextRunAt),
  ]);
  return [
    `panelsync keeps the schedules of ${file} and listens on ${url}. Ctrl-C stops it.`,
    terminal.table(['sync', 'schedule', 'time zone', 'next run'], rows),
  ].join('\n\n');
}

async function run(context: CommandContext): Promise<number> {
  const { terminal, shutdown } = context;
  const app = await context.app();
  // Loaded here only: what serves HTTP would make every other command start a quarter slower.
  const { runDaemon } = await import('../../daemon/daemon.ts');
  await runDaemon({
    app,
    shutdown,
    reloadConfig: () => context.reloadConfig(),
    onReload: (listener) => context.onReload(listener),
    onStarted: (startup) => {
      if (terminal.isInteractive) terminal.printNotice(startupText(startup, app.config, terminal));
    },
  });
  return exitCodes.ok;
}

export const startCommand: Command = {
  name: 'start',
  summary: 'The daemon: keeps the schedules of all syncs until it is stopped',
  args: [],
  options: [],
  shutdownMessage: 'Stopping: finishing the batches in flight. Once more stops at once.',
  isService: true,
  run,
};
