import { dbtExposures } from '../app/dbt-exposures.ts';
import { exitCodes, printResult } from './command.ts';
import type { Command, CommandContext, CommandInput } from './command.ts';
import { stringOption, usageError } from './shared/options.ts';

const defaultOwner = 'panelsync';

/** Without a slash at its end; `null` where the option is not given. */
function readUrl(input: CommandInput): string | null {
  const text = stringOption(input, 'url');
  if (text === null) return null;
  if (/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return text.replace(/\/+$/, '');
  throw usageError(
    '--url takes an address that starts with https:// or http://.',
    'Write that of the page of panelsync.',
  );
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const [name] = input.args;
  const email = stringOption(input, 'owner-email');
  const owner = stringOption(input, 'owner') ?? (email === null ? defaultOwner : null);
  const { document, text } = dbtExposures(app, {
    syncs: name === undefined ? Object.keys(app.config.syncs) : [app.sync(name).name],
    owner: { name: owner, email },
    pageUrl: readUrl(input),
  });
  printResult(context, document, () => text);
  return exitCodes.ok;
}

export const dbtExposureCommand: Command = {
  name: 'dbt-exposure',
  summary: 'Prints the syncs as exposures of dbt, for a YAML file in its models/',
  args: [{ name: '[sync]', description: 'name of the sync (default: all)' }],
  options: [
    { flags: '--owner <name>', description: `name of the owner (default: ${defaultOwner})` },
    { flags: '--owner-email <email>', description: 'e-mail of the owner' },
    { flags: '--url <address>', description: 'address of the page of panelsync, to link to (default: the Hub)' },
  ],
  run,
};
