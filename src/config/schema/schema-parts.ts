import { z } from 'zod';
import { daysPattern, hasKnownSslMode, isPostgresUrl, namePattern, sslModes } from './rules.ts';

/** Parts that the sections of the schema share. A message given to a rule ends the sentence "this value ...". */

// Timers and Postgres both count milliseconds in 31 bits; a longer timer would fire at once.
const longestMs = 2_147_483_647;

export const name = z.string().regex(namePattern, {
  error: 'is no valid name: lower-case letters, digits, `_` and `-`, at most 63, a letter or digit first',
});

export const text = (what: string) => z.string().min(1, { error: 'must not be empty' }).describe(what);

export const milliseconds = (what: string, usual: number) =>
  z.int().min(1).max(longestMs).default(usual).describe(what);

export const percent = (what: string, usual: number) => z.number().min(0).max(100).default(usual).describe(what);

export const days = (what: string, usual: string) =>
  z.string().regex(daysPattern, { error: 'must be a number of days such as `90d`' }).default(usual).describe(what);

export const postgresUrl = (what: string, accepts: (url: string) => boolean = isPostgresUrl) =>
  z
    .string()
    .refine(accepts, {
      error: 'must be a URL that starts with postgres:// or postgresql://, without quotes, spaces or line breaks',
      params: { hint: 'Percent-encode special characters of the user and the password, such as %23 for #.' },
    })
    .refine(hasKnownSslMode, { error: `names an unknown sslmode; known: ${sslModes.join(', ')}` })
    .describe(what);
