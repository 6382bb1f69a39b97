import type { Config } from '../../core/settings.ts';
import type { StartupView } from '../../daemon/daemon.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { formatTimestamp } from '../../lib/format.ts';

/** What a person at a terminal sees first. */
function startupText({ schedules, url }: StartupView, { file }: Config, terminal: Terminal): string {
  const rows = schedules.map(({ sync, schedule, timezone, nextRunAt }) => [
    sync,
    schedule ?? 'manual',
    schedule === null ? '' : timezone,
    nextRunAt === null ? '' : formatTimestamp(nextRunAt),
  ]);
  return [
    `panelsync runs the syncs of ${file} on schedule. Its page is at ${url}. Press Ctrl-C to stop.`,
    terminal.table(['sync', 'schedule', { title: 'time zone', whenNarrow: 'omit' }, 'next run'], rows),
  ].join('\n\n');
}

/** A SIGHUP while the daemon starts does not end it: the configuration is read again as soon as it is at work. */
function keepEarlyReloads({ onReload }: CommandContext): CommandContext['onReload'] {
  let isRequested = false;
  let reload = (): void => {
    isRequested = true;
  };
  onReload(() => reload());
  return (listener) => {
    reload = listener;
    if (isRequested) listener();
  };
}

async function run(context: CommandContext): Promise<number> {
  const { terminal, shutdown } = context;
  const onReload = keepEarlyReloads(context);
  const app = await context.app();
  // Loaded here only: the HTTP server would make every other command start a quarter slower.
  const { runDaemon } = await import('../../daemon/daemon.ts');
  await runDaemon({
    app,
    shutdown,
    reloadConfig: () => context.reloadConfig(),
    onReload,
    onStarted: (startup) => {
      if (terminal.isInteractive) terminal.printNotice(startupText(startup, app.config, terminal));
    },
  });
  return exitCodes.ok;
}

export const startCommand: Command = {
  name: 'start',
  summary: 'Runs all syncs on schedule until it is stopped (the daemon)',
  args: [],
  options: [],
  shutdownMessage: 'Stopping: finishing the batches in flight. Interrupt again to stop at once.',
  isService: true,
  run,
};
