import type { Command, Option } from 'commander';
import { buildProgram } from '../../../src/cli/program.ts';
import { commands } from '../../../src/commands/commands.ts';
import { captureTerminal } from '../../helpers/fixtures/run-report.ts';
import { expectSnapshot } from '../../helpers/snapshots.ts';

/** The help of a command without the options that all have. */
function ownHelp(command: Command, common: readonly Option[]): string {
  const isCommon = ({ long }: Option): boolean => common.some((option) => option.long === long);
  const ownOptions = command.options.filter((option) => !option.hidden && !isCommon(option));
  return [
    `panelsync ${command.name()} ${command.usage()}`,
    command.description(),
    ...command.registeredArguments.map((argument) => `  ${argument.name()}: ${argument.description}`),
    ...ownOptions.map((option) => `  ${option.flags}: ${command.createHelp().optionDescription(option)}`),
  ].join('\n');
}

describe('the help', () => {
  it('of panelsync and of each command reads as test/snapshots/help.txt', async () => {
    const program = buildProgram(commands, captureTerminal(false).terminal, async () => undefined);
    const helps = program.commands.map((command) => ownHelp(command, program.options));
    await expectSnapshot('help', [program.helpInformation(), ...helps].join('\n\n'));
  });
});
