import { z } from 'zod';
import { daysPattern, hasKnownSslMode, isPostgresUrl, namePattern, sslModes } from './rules.ts';

/** Parts that the sections of the schema share. A message given to a rule ends the sentence "this value ...". */

// Timers and Postgres both count milliseconds in 31 bits; a longer timer would fire at once.
const maxTimerMs = 2_147_483_647;

export const resourceName = z.string().regex(namePattern, {
  error: 'is no valid name: lower-case letters, digits, `_` and `-`, at most 63, a letter or digit first',
});

export const nonEmptyText = (description: string) =>
  z.string().min(1, { error: 'must not be empty' }).describe(description);

export const milliseconds = (description: string, defaultValue: number) =>
  z.int().min(1).max(maxTimerMs).default(defaultValue).describe(description);

export const percent = (description: string, defaultValue: number) =>
  z.number().min(0).max(100).default(defaultValue).describe(description);

export const days = (description: string, defaultValue: string) =>
  z
    .string()
    .regex(daysPattern, { error: 'must be a number of days such as `90d`' })
    .default(defaultValue)
    .describe(description);

export const postgresUrl = (description: string, isAccepted: (url: string) => boolean = isPostgresUrl) =>
  z
    .string()
    .refine(isAccepted, {
      error: 'must be a URL that starts with postgres:// or postgresql://, without quotes, spaces or line breaks',
      params: { hint: 'Percent-encode special characters of the user and the password, such as %23 for #.' },
    })
    .refine(hasKnownSslMode, { error: `names an unknown sslmode; known: ${sslModes.join(', ')}` })
    .describe(description);
