import { openApp } from '../app.ts';
import type { App } from '../app.ts';
import type { Command, CommandContext } from '../commands/command.ts';
import { insistOnCertificates, loadConfig, programName } from '../config/load.ts';
import { createLog } from '../core/log.ts';
import type { Log } from '../core/ports/log.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import type { LogSettings } from '../core/settings.ts';
import type { Terminal } from '../lib/terminal/terminal.ts';
import type { CommonOptions } from './program.ts';

/** Where a command is executed. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly shutdown: ShutdownSignals;
  readonly cwd: string;
  /** The environment of the process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface CommandSession {
  readonly context: CommandContext;
  /** Closes what the command has opened. */
  close(): Promise<void>;
}

const certificateHint =
  'panelsync verifies every certificate. Name the authority that signed it in NODE_EXTRA_CA_CERTS, and remove the variable.';

/** What a command gets: the terminal, the signals, and on demand its configuration and all that this describes. */
export function openSession(
  { isService = false }: Command,
  options: CommonOptions,
  { terminal, shutdown, cwd, env }: Surroundings,
): CommandSession {
  let openedApp: App | null = null;
  const isInsecure = insistOnCertificates();
  const defaultLocation = {
    file: options.config,
    envFiles: options.envFile,
    cwd,
    ...(env === undefined ? {} : { env }),
  };
  const openLog = (settings: LogSettings): Log => openCommandLog(settings, { isService, options, terminal });
  const context: CommandContext = {
    cwd,
    programName: programName(),
    configFile: options.config ?? null,
    json: options.json === true,
    terminal,
    shutdown,
    app: async (location) => {
      const config = await loadConfig(location ?? defaultLocation);
      const log = openLog(config.log);
      if (isInsecure) log.warn('NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored', { hint: certificateHint });
      openedApp = openApp(config, log, shutdown.drain);
      return openedApp;
    },
    reloadConfig: async () => {
      const config = await loadConfig(defaultLocation);
      return { config, log: openLog(config.log) };
    },
    onReload: (listener) => void process.on('SIGHUP', listener),
    log: () => openLog({ level: 'info', format: 'json' }),
  };
  return { context, close: async () => openedApp?.close() };
}

function openCommandLog(
  settings: LogSettings,
  { isService, options, terminal }: { isService: boolean; options: CommonOptions; terminal: Terminal },
): Log {
  const { isInteractive } = terminal;
  const forTerminal = isInteractive ? terminalLogSettings(isService) : {};
  const log = createLog({ ...settings, ...forTerminal, ...optionLogSettings(options) }, (line) =>
    terminal.writeLog(line),
  );
  return isInteractive && !isService && options.logLevel === undefined ? withoutOutcomes(log) : log;
}

/** On a terminal, progress and report say what the log would say at its usual level; a service has only its log. */
function terminalLogSettings(isService: boolean): Partial<LogSettings> {
  return isService ? { format: 'pretty' } : { format: 'pretty', level: 'warn' };
}

/** Of runs that the report covers as well: an error appears once. */
const outcomeEvents: ReadonlySet<string> = new Set(['run failed', 'run stopped']);

function withoutOutcomes(log: Log): Log {
  const write =
    (level: 'warn' | 'error'): Log['warn'] =>
    (event, fields) => {
      if (!outcomeEvents.has(event)) log[level](event, fields);
    };
  return { ...log, warn: write('warn'), error: write('error') };
}

function optionLogSettings({ logLevel }: CommonOptions): Partial<LogSettings> {
  return logLevel === undefined ? {} : { level: logLevel };
}
