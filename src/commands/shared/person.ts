import type { App } from '../../app.ts';
import { columnKey, emailKey, maxKeyLength } from '../../core/model/key.ts';
import type { PersonSelector } from '../../core/ports/records.ts';
import type { CommandInput } from '../command.ts';
import { argumentAt, stringOption, usageError } from './options.ts';

/** The person that the command line names: an e-mail as argument, with `--key` and `--sync`. */
export function personFromInput(app: App, input: CommandInput): PersonSelector {
  const email = emailKey(argumentAt(input, 0));
  if (email === null || email.length > maxKeyLength) {
    throw usageError(
      'The e-mail is blank or too long.',
      'Name the person by their e-mail, as the Hub or the model has it.',
    );
  }
  const sync = stringOption(input, 'sync');
  return { email, key: columnKey(stringOption(input, 'key')), sync: sync === null ? null : app.sync(sync).name };
}
