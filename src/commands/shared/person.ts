import type { App } from '../../app.ts';
import { columnKey, emailKey, maxKeyLength } from '../../core/model/key.ts';
import type { PersonSelector } from '../../core/ports/records.ts';
import type { CommandInput } from '../command.ts';
import { argumentAt, stringOption, usageError } from './options.ts';

/** Whom the command line names: an e-mail as argument, `--key` and `--sync` beside it. */
export function personFromInput(app: App, input: CommandInput): PersonSelector {
  const email = emailKey(argumentAt(input, 0));
  if (email === null || email.length > maxKeyLength) {
    throw usageError(
      'The e-mail is blank, or too long to be one.',
      'Name the person by the e-mail that the Hub knows.',
    );
  }
  const sync = stringOption(input, 'sync');
  return { email, key: columnKey(stringOption(input, 'key')), sync: sync === null ? null : app.sync(sync).name };
}
