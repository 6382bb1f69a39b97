import type { App } from '../../app.ts';
import { columnKey, emailKey, maxKeyLength } from '../../core/model/key.ts';
import type { NamedPerson } from '../../core/ports/records.ts';
import type { Input } from '../command.ts';
import { argument, text, usageError } from './options.ts';

/** Whom the command line names: an e-mail as argument, `--key` and `--sync` beside it. */
export function namedPerson(app: App, input: Input): NamedPerson {
  const email = emailKey(argument(input, 0));
  if (email === null || email.length > maxKeyLength) {
    throw usageError(
      'The e-mail is blank, or too long to be one.',
      'Name the person by the e-mail that the Hub knows.',
    );
  }
  const sync = text(input, 'sync');
  return { email, key: columnKey(text(input, 'key')), sync: sync === null ? null : app.sync(sync).name };
}
