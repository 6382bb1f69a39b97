import { z } from 'zod';
import type { FieldName } from '../../core/model/terms.ts';
import { characteristicTypes, modes } from '../../core/model/terms.ts';
import { scheduleIssue } from '../../lib/schedule/schedule.ts';
import { isCountry, isTimeZone } from './rules.ts';
import { nonEmptyText, percent, section, wholeNumber } from './schema-parts.ts';

const column = (content: string) => nonEmptyText(`Column of the model that holds ${content}`).optional();

const fields = {
  email: column('the e-mail address, which identifies the person'),
  first_name: column('the first name'),
  last_name: column('the last name'),
  phone_number: column('the phone number'),
  title: column('the job title'),
  company: column('the company'),
  city: column('the city'),
  state: column('the state or region'),
  country: column('the country'),
} satisfies Record<FieldName, unknown>;

const characteristic = z.union([
  nonEmptyText('Column of the model; its own type decides how it is sent'),
  section({
    column: nonEmptyText('Column of the model'),
    type: z.enum(characteristicTypes).optional().describe('The kind that the Hub knows the characteristic by'),
  }),
]);

const mapping = section({
  ...fields,
  characteristics: z
    .record(z.string(), characteristic)
    .default({})
    .describe('Custom fields of the Hub: slug to column'),
}).describe('Participant field to column of the model');

const phone = section({
  defaultCountry: z
    .string()
    .refine(isCountry, { error: 'must be a country in two letters (ISO 3166-1) such as US' })
    .optional()
    .describe('Country of numbers without a country code, in two letters; absent: such numbers do not parse'),
  invalid: z
    .enum(['keep', 'omit', 'reject'])
    .default('keep')
    .describe('A number that does not parse: send it as it is, leave it out, or refuse the row'),
})
  .prefault({})
  .describe('How phone numbers are read');

const guards = section({
  minRows: wholeNumber(0).default(1).describe('The fewest rows that the model must return'),
  maxRemovedPercent: percent('The most people of the snapshot who may be gone from the model', 50),
  maxInvalidPercent: percent('The most rows that may be invalid', 20),
})
  .prefault({})
  .describe('Stop a run before anything is sent when the model looks wrong');

const schedule = z
  .string()
  .overwrite((cron) => cron.trim().replaceAll(/\s+/g, ' '))
  .superRefine((cron, { addIssue }) => {
    const problem = scheduleIssue(cron);
    if (problem === null) return;
    addIssue({ code: 'custom', message: problem, params: { hint: 'Every quarter of an hour is "*/15 * * * *".' } });
  })
  .optional()
  .describe('When it runs, as cron with five or six fields, or a word such as @hourly; absent: only by hand');

export const syncSchema = section({
  source: nonEmptyText('Name of the source that runs the model'),
  model: nonEmptyText('File with the SQL of the model, from the folder of this file').optional(),
  sql: z.string().regex(/\S/, { error: 'must not be empty' }).optional().describe('The SQL itself, instead of model'),
  mode: z
    .enum(modes)
    .default('upsert')
    .describe('upsert: insert and update; insert: only new people; update: only known'),
  schedule,
  timezone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone such as UTC or Europe/Berlin' })
    .default('UTC')
    .describe('Time zone of the schedule'),
  jitterSeconds: wholeNumber(0, 3600)
    .default(0)
    .describe('A scheduled run begins up to this much later, by chance, so that not all begin at once'),
  catchUp: z
    .boolean()
    .default(false)
    .describe('Whether one run makes up for slots that were missed, however many they were'),
  mapping,
  key: nonEmptyText('Insert mode only: column that identifies a row instead of the e-mail').optional(),
  phone,
  duplicates: z
    .enum(['first', 'reject'])
    .default('first')
    .describe('An e-mail that the model holds more than once: send the first row, or refuse them all'),
  nulls: z
    .enum(['omit', 'null'])
    .default('omit')
    .describe('A null column: leave the field out, or send null so that the Hub can clear it'),
  guards,
  removed: z.literal('report').default('report').describe('People who left the model are reported, never sent'),
}).describe('A model kept in step with the panel');
