import type { Keeping } from './payload-codec.ts';
import { emailKey } from './key.ts';
import type { SyncSettings } from '../settings.ts';

/** Who is never to be sent, known by keyed hashes only. */
export interface ForgottenPeople {
  hasKey(key: string): boolean;
  hasEmail(email: string | null | undefined): boolean;
}

/** `persons` are hashes as `Keeping.person` makes them. */
export function forgottenPeople(
  persons: ReadonlySet<string>,
  keeping: Keeping,
  { key: keyColumn }: Pick<SyncSettings, 'key'>,
): ForgottenPeople {
  const by = keyColumn === null ? 'email' : 'key';
  return {
    hasKey: (key) => persons.has(keeping.person(by, key)),
    hasEmail: (email) => {
      const key = emailKey(email ?? null);
      return key !== null && persons.has(keeping.person('email', key));
    },
  };
}
