import { z } from 'zod';
import { parseDuration } from '../../lib/duration.ts';
import { modes } from '../../core/model/terms.ts';
import { scheduleIssue } from '../../lib/schedule/schedule.ts';
import { mappingSchema } from './mapping-schema.ts';
import { removedSchema } from './removed-schema.ts';
import { isCountry, isTimeZone } from './rules.ts';
import { nonEmptyText, percent, section, wholeNumber } from './schema-parts.ts';

const phone = section({
  defaultCountry: z
    .string()
    .refine(isCountry, { error: 'must be a two-letter country code (ISO 3166-1) such as US' })
    .optional()
    .describe('Two-letter country of numbers without a country code; absent: such numbers do not parse'),
  countryColumn: nonEmptyText(
    'Column with the country of each row, as a two-letter code or an English name; comes before defaultCountry',
  ).optional(),
  invalid: z
    .enum(['keep', 'omit', 'reject'])
    .default('omit')
    .describe('What happens to a number that does not parse: it is sent as it is, left out, or the row is invalid'),
})
  .prefault({})
  .describe('How phone numbers are parsed');

const guards = section({
  minRows: wholeNumber(0).default(1).describe('Minimum number of rows of the model'),
  maxRemovedPercent: percent('Maximum share of people in the snapshot who may be missing from the model', 50),
  maxInvalidPercent: percent('Maximum share of rows that may be invalid', 20),
})
  .prefault({})
  .describe('Limits that stop a run before anything is sent');

const tolerate = section({
  invalidPercent: percent('Share of rows that may be invalid', 0),
  rejectedPercent: percent('Share of rows that the Hub may reject', 0),
})
  .prefault({})
  .describe('Up to here a run counts as succeeded, with a note');

const schedule = z
  .string()
  .overwrite((cron) => cron.trim().replaceAll(/\s+/g, ' '))
  .superRefine((cron, { addIssue }) => {
    const problem = scheduleIssue(cron);
    if (problem === null) return;
    addIssue({ code: 'custom', message: problem, params: { hint: 'Write "*/15 * * * *" for every 15 minutes.' } });
  })
  .optional()
  .describe('Cron expression with five or six fields, or a word such as @hourly; absent: runs only when you start it');

const dbt = section({
  manifest: nonEmptyText("dbt's target/manifest.json, relative to this file"),
  ref: nonEmptyText(
    'Model, seed or snapshot of dbt, as in ref(); package.model where several have the name',
  ).optional(),
  version: z
    .union([z.string().min(1, { error: 'must not be empty' }), z.int({ error: 'must be a whole number' })])
    .optional()
    .describe('Version of a versioned model; absent: the latest'),
  source: nonEmptyText('Table of a source of dbt: source.table').optional(),
  exposure: nonEmptyText('Exposure of dbt that depends on one model or table').optional(),
}).describe('The relation of a model that dbt builds');

const model = z
  .union([nonEmptyText('File with the SQL of the model, relative to this file'), section({ dbt })])
  .optional()
  .describe('File with the SQL of the model, relative to this file; or a model of dbt');

export const syncSchema = section({
  source: nonEmptyText('Name of the source that runs the model'),
  model,
  sql: z.string().regex(/\S/, { error: 'must not be empty' }).optional().describe('The SQL itself, instead of model'),
  mode: z
    .enum(modes)
    .default('upsert')
    .describe('upsert: insert and update; insert: new people only; update: known people only'),
  schedule,
  timezone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone such as UTC or Europe/Berlin' })
    .default('UTC')
    .describe('Time zone of the schedule'),
  jitterSeconds: wholeNumber(0, 3600).default(0).describe('Random delay of scheduled runs, at most this many seconds'),
  catchUp: z.boolean().default(false).describe('Whether one run catches up on missed scheduled times'),
  mapping: mappingSchema,
  key: nonEmptyText('Insert mode only: column that identifies a row instead of the e-mail').optional(),
  identity: nonEmptyText(
    'Column that stays with a person when their e-mail changes, such as person_id: a new e-mail is then a rename',
  ).optional(),
  freshness: section({
    column: nonEmptyText('Column with a date or timestamp of each row; the newest is the age of the data'),
    maxAge: z
      .string()
      .refine((text) => parseDuration(text) !== null, { error: 'must be a time such as 90m, 26h or 3d' })
      .describe('How old the newest data may be, such as 26h'),
  })
    .optional()
    .describe('Watches the age of the data, in reports, metrics and alerts'),
  phone,
  duplicates: z
    .enum(['first', 'reject'])
    .default('first')
    .describe('What happens to an e-mail that occurs more than once: its first row is sent, or none'),
  diff: z
    .enum(['rows', 'fingerprints', 'warehouse'])
    .default('fingerprints')
    .describe(
      'rows: compare every row; fingerprints: only the rows of buckets that changed since the last run; warehouse: the warehouse finds these buckets, and no other rows leave it',
    ),
  nulls: z
    .enum(['omit', 'null'])
    .default('omit')
    .describe('What happens to a null: the field is left out, or sent as null so that the Hub can clear it'),
  guards,
  tolerate,
  removed: removedSchema,
}).describe('A model that the panel is kept in step with');
