import { z } from 'zod';
import { alertKinds } from '../../core/ports/alert-store.ts';
import { hasNoCredentials, isHttpUrl } from './rules.ts';
import { bareText, percent, nonEmptyText, section, wholeNumber } from './schema-parts.ts';

export const alertSchema = section({
  url: bareText()
    .refine((url) => url === '' || isHttpUrl(url), { error: 'must be a URL that starts with https:// or http://' })
    .refine(hasNoCredentials, { error: 'must hold no user and no password' })
    .default('')
    .describe('Address that messages are posted to, kept out of logs; empty: nobody is told'),
  format: z
    .enum(['json', 'slack'])
    .default('json')
    .describe('json: a document for programs; slack: a text, as Slack and those like it read it'),
  on: z
    .array(z.enum(alertKinds))
    .min(1, { error: 'must name something' })
    .default([...alertKinds])
    .describe('What is told; absent: everything'),
  partialPercent: percent('A partial run is told when more of its rows than this did not arrive', 1),
  overdueIntervals: wholeNumber(2, 100)
    .default(3)
    .describe('A sync is overdue when so many slots of its schedule have come since it last succeeded'),
  syncs: z
    .array(nonEmptyText('Name of a sync'))
    .min(1, { error: 'must name something' })
    .optional()
    .describe('Syncs that are watched; absent: all'),
}).describe('A webhook that is told when something changes about a sync');
