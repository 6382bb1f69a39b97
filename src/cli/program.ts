import { Command as Program, CommanderError, Option } from 'commander';
import type { Command, CommandInput, CommandOption, OptionValue } from '../commands/command.ts';
import { exitCodes } from '../commands/command.ts';
import type { LogSettings } from '../core/settings.ts';
import type { Terminal } from '../lib/terminal/terminal.ts';
import { version } from '../lib/version.ts';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;

/** Options of every command. */
export interface CommonOptions {
  readonly config?: string;
  readonly envFile?: readonly string[];
  readonly json?: boolean;
  readonly logLevel?: LogSettings['level'];
}

type ExecuteCommand = (command: Command, input: CommandInput, options: CommonOptions) => Promise<number>;

/** Reads the command line and executes the command that it names; returns the exit code. */
export async function parseAndExecute(
  argv: readonly string[],
  { commands, terminal, execute }: { commands: readonly Command[]; terminal: Terminal; execute: ExecuteCommand },
): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    const program = buildProgram(commands, terminal, async (...invocation) => {
      code = await execute(...invocation);
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    if (argv.includes('--json')) terminal.printJson({ error: usageErrorDocument(error) });
    return exitCodes.usage;
  }
}

export function buildProgram(
  commands: readonly Command[],
  terminal: Terminal,
  execute: (...invocation: Parameters<ExecuteCommand>) => Promise<void>,
): Program {
  const program = withCommonOptions(new Program('panelsync'), terminal)
    .description('Keeps a User Interviews Research Hub panel in step with a SQL model in your warehouse.')
    .configureHelp({ showGlobalOptions: false })
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('Run panelsync --help for a list of commands.');
  for (const command of commands) {
    const subcommand = withCommonOptions(program.command(command.name), terminal).description(command.summary);
    for (const { name, description } of command.args) subcommand.argument(name, description);
    for (const option of command.options) subcommand.addOption(toCommanderOption(option));
    subcommand.action(async () => {
      const options = subcommand.optsWithGlobals<CommonOptions & Record<string, OptionValue>>();
      await execute(command, { args: subcommand.args, options }, options);
    });
  }
  return program;
}

function withCommonOptions(program: Program, terminal: Terminal): Program {
  const withoutLineEnd = (text: string): string => text.replace(/\n$/, '');
  return program
    .option('--config <file>', 'configuration file (default: config/panelsync.yaml, or PANELSYNC_CONFIG)')
    .addOption(
      toCommanderOption({
        flags: '--env-file <file>',
        description: 'file with environment variables; repeatable, variables that are set already win',
        repeatable: true,
      }),
    )
    .option('--json', 'print one JSON document to standard output; logs and progress go to standard error')
    .addOption(new Option('--log-level <level>', 'least severe level that is logged').choices(logLevels))
    .version(version(), '--version', 'show the version')
    .helpOption('--help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(withoutLineEnd(text)),
      writeErr: (text) => terminal.printNotice(withoutLineEnd(text)),
    });
}

function toCommanderOption({ flags, description, choices, defaultValue, hidden, repeatable }: CommandOption): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (defaultValue !== undefined) option.default(defaultValue);
  if (repeatable === true)
    option.argParser((value, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option.hideHelp(hidden === true);
}

/** Commander has printed the text for people; this is for the program that asked for JSON. */
function usageErrorDocument({ code, message }: CommanderError): object {
  const hint = 'Run panelsync --help for a list of commands, panelsync <command> --help for its options.';
  if (code === 'commander.help') return { code: 'usage', message: 'No command was given.', hint };
  return { code: 'usage', message: message.replace(/^error: /, '').replaceAll(/\s+/g, ' '), hint };
}
