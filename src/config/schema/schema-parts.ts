import { z } from 'zod';
import { secretUrl } from './secrets.ts';
import { daysPattern, hasKnownSslMode, namePattern, postgresUrlProblem, sslModes } from './rules.ts';

/**
 * Parts that the sections of the schema share. A message given to a rule ends the sentence "this value ..."; parsing and
 * the issues that people read take it from here.
 */

// Timers and Postgres both count milliseconds in 31 bits; a longer timer would fire at once.
const maxTimerMs = 2_147_483_647;

/** A mapping without keys that nobody knows. Its message for those lists the keys that are known. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : undefined),
  });

/** Things by name; the rules between settings check the names, for a record stops at a wrong one. */
export const named = <Schema extends z.ZodType>(schema: Schema) =>
  z.record(z.string(), schema).meta({ propertyNames: { type: 'string', pattern: namePattern.source } });

export const nonEmptyText = (description: string) =>
  z.string().min(1, { error: 'must not be empty' }).describe(description);

export const wholeNumber = (min: number, max?: number) => {
  const range = max === undefined ? `, ${min} or more` : ` from ${min} to ${max}`;
  const number = z.int({ error: `must be a whole number${range}` }).min(min);
  return max === undefined ? number : number.max(max);
};

export const milliseconds = (description: string, defaultValue: number) =>
  wholeNumber(1, maxTimerMs).default(defaultValue).describe(description);

export const percent = (description: string, defaultValue: number) =>
  z.number({ error: 'must be a number from 0 to 100' }).min(0).max(100).default(defaultValue).describe(description);

export const days = (description: string, defaultValue: string) =>
  z
    .string()
    .regex(daysPattern, { error: 'must be a number of days such as `90d`' })
    .default(defaultValue)
    .describe(description);

const quotedPattern = /^(["']).*\1$/s;

/**
 * Text that often comes from a file or a variable of a container platform: quotes or white space around it would be
 * taken for part of it, and show only as a refused login.
 */
export const bareText = () =>
  z
    .string()
    .refine((text) => !quotedPattern.test(text), {
      error: 'has quotes around it that become part of the value',
      params: { hint: 'Remove them; docker --env-file, among others, passes quotes on.' },
      abort: true,
    })
    .refine((text) => text === text.trim(), {
      error: 'starts or ends with a space or a line break',
      params: { hint: 'Remove it; `printf %s` writes a file without a line break at its end.' },
      abort: true,
    });

export const postgresUrl = (description: string, isOptional = false) =>
  secretUrl(
    bareText()
      .superRefine((url, { addIssue }) => {
        const problem = isOptional && url === '' ? null : postgresUrlProblem(url);
        if (problem === null) return;
        addIssue({ code: 'custom', message: problem.message, params: { hint: problem.hint } });
      })
      .refine(hasKnownSslMode, { error: `has an unknown sslmode; known: ${sslModes.join(', ')}` })
      .describe(description),
  );
