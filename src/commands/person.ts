import type { App } from '../app.ts';
import { columnKey, emailKey, maxKeyLength } from '../core/key.ts';
import type { ForgetRequest } from '../core/records.ts';
import { usageError } from './options.ts';

/** Somebody named on the command line, as keys are compared. */
export type Person = ForgetRequest;

export function personOf(app: App, named: ForgetRequest): Person {
  const email = emailKey(named.email);
  if (email === null || email.length > maxKeyLength) {
    throw usageError(
      'The e-mail is blank, or too long to be one.',
      'Name the person by the e-mail that the Hub knows.',
    );
  }
  const key = columnKey(named.key);
  return { email, key, sync: named.sync === null ? null : app.sync(named.sync).name };
}
