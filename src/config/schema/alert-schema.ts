import { z } from 'zod';
import { defaultOverdueIntervals } from '../../core/model/sync-state/overdue.ts';
import { alertKinds } from '../../core/ports/alert-store.ts';
import { secretText } from './secrets.ts';
import { hasNoCredentials, isHttpUrl } from './rules.ts';
import { bareText, percent, nonEmptyText, section, wholeNumber } from './schema-parts.ts';

export const alertSchema = section({
  url: secretText(
    bareText()
      .refine((url) => url === '' || isHttpUrl(url), { error: 'must be a URL that starts with https:// or http://' })
      .refine(hasNoCredentials, { error: 'must not contain a user or a password' })
      .default('')
      .describe('Address that messages are posted to, kept out of logs; empty: no messages are sent'),
  ),
  format: z
    .enum(['json', 'slack'])
    .default('json')
    .describe('json: a document for programs; slack: a message for Slack and compatible services'),
  on: z
    .array(z.enum(alertKinds))
    .min(1, { error: 'must not be empty' })
    .default([...alertKinds])
    .describe('Changes that are reported; absent: all'),
  partialPercent: percent('A partial run is reported if more than this share of its rows did not arrive', 1),
  overdueIntervals: wholeNumber(2, 100)
    .default(defaultOverdueIntervals)
    .describe('A sync is overdue after this many scheduled times without a success'),
  syncs: z
    .array(nonEmptyText('Name of a sync'))
    .min(1, { error: 'must not be empty' })
    .optional()
    .describe('Syncs that are reported; absent: all'),
}).describe('A webhook that receives a message when the state of a sync changes');
