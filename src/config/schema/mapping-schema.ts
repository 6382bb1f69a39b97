import { z } from 'zod';
import { invalidRules, writeRules } from '../../core/model/rules/rules.ts';
import type { FieldName } from '../../core/model/terms.ts';
import { characteristicTypes } from '../../core/model/terms.ts';
import { slugPattern } from './rules.ts';
import { nonEmptyText, section } from './schema-parts.ts';

const rules = {
  write: z
    .enum(writeRules)
    .optional()
    .describe(
      'always: whenever it changes; once: only when the person is created; fill: only where the Hub has nothing',
    ),
  onInvalid: z
    .enum(invalidRules)
    .optional()
    .describe('What happens to an invalid value: the row is invalid, or only this field is left out'),
};

/** How a participant field or a characteristic is mapped: a column, or a column with settings of its own. */
const column = (content: string) =>
  z
    .union([
      nonEmptyText(`Column of the model with ${content}`),
      section({ column: nonEmptyText('Column of the model'), ...rules }),
    ])
    .optional()
    .describe(`Column of the model with ${content}`);

const fields = {
  // It says who is meant, so it is always there and always sent.
  email: z
    .union([
      nonEmptyText('Column of the model with the e-mail address, which identifies the person'),
      section({ column: nonEmptyText('Column of the model') }),
    ])
    .optional()
    .describe('Column of the model with the e-mail address, which identifies the person'),
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
  nonEmptyText('Column of the model; its type decides how it is sent'),
  section({
    column: nonEmptyText('Column of the model'),
    type: z.enum(characteristicTypes).optional().describe('Type of the characteristic in the Hub'),
    ...rules,
  }),
]);

export const mappingSchema = section({
  ...fields,
  characteristics: z
    .record(z.string(), characteristic)
    .meta({ propertyNames: { type: 'string', pattern: slugPattern.source } })
    .default({})
    .describe('Custom fields of the Hub: slug to column'),
}).describe('Participant field to column of the model');
