import { z } from 'zod';
import type { FieldName } from '../../core/model/terms.ts';
import { controlCharacterPattern, slugPattern } from './rules.ts';
import { section } from './schema-parts.ts';

const markText = (maxLength: number) =>
  z
    .string()
    .regex(/\S/, { error: 'must not be empty' })
    .max(maxLength, { error: `must have at most ${maxLength} characters` })
    .refine((text) => !controlCharacterPattern.test(text), { error: 'must not contain control characters' });

const field = (content: string) => markText(255).optional().describe(content);

/** The e-mail is missing, for it says who is meant. */
const fields = {
  first_name: field('First name'),
  last_name: field('Last name'),
  phone_number: field('Phone number'),
  title: field('Job title'),
  company: field('Company'),
  city: field('City'),
  state: field('State or region'),
  country: field('Country'),
} satisfies Record<Exclude<FieldName, 'email'>, unknown>;

const markedFields = (description: string) =>
  section({
    ...fields,
    characteristics: z
      .record(z.string(), z.union([markText(5000), z.number({ error: 'must be a number' }), z.boolean()]))
      .meta({ propertyNames: { type: 'string', pattern: slugPattern.source } })
      .default({})
      .describe('Characteristic of the Hub: slug to value'),
  }).describe(description);

export const removedSchema = z
  .union([
    z.literal('report', { error: 'must be report' }),
    section({
      action: z.literal('mark').describe('mark: send the fields below; nobody is ever deleted'),
      set: markedFields('Sent once to people who left the model'),
      restore: markedFields('Sent when they are back'),
    }),
  ])
  .default('report')
  .describe('What happens to people who left the model: they are reported, or fields of theirs are set in the Hub');
