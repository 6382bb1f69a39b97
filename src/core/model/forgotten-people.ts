import type { PayloadCodec } from './payload-codec.ts';
import { emailKey } from './key.ts';
import type { SyncSettings } from '../settings.ts';

/** Who is never to be sent, known by keyed hashes only. */
export interface ForgottenPeople {
  hasKey(key: string): boolean;
  hasEmail(email: string | null | undefined): boolean;
}

/** `persons` are hashes as `Keeping.person` makes them. */
export function createForgottenPeople(
  personHashes: ReadonlySet<string>,
  codec: PayloadCodec,
  { key: keyColumn }: Pick<SyncSettings, 'key'>,
): ForgottenPeople {
  const identifier = keyColumn === null ? 'email' : 'key';
  return {
    hasKey: (key) => personHashes.has(codec.personHash(identifier, key)),
    hasEmail: (email) => {
      const key = emailKey(email ?? null);
      return key !== null && personHashes.has(codec.personHash('email', key));
    },
  };
}
