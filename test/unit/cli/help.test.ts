import { buildProgram } from '../../../src/cli/program.ts';
import { commands } from '../../../src/commands/commands.ts';
import { captureTerminal } from '../../helpers/fixtures/run-report.ts';
import { expectSnapshot } from '../../helpers/snapshots.ts';

describe('the help', () => {
  it('of panelsync and of each command reads as test/snapshots/help.txt', async () => {
    const program = buildProgram(commands, captureTerminal(false).terminal, async () => undefined);
    const helps = [program, ...program.commands].map((command) => command.helpInformation());
    await expectSnapshot('help', helps.join('\n'));
  });
});
