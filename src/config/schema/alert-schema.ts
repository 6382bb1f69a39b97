import { z } from 'zod';
import { defaultOverdueIntervals } from '../../core/model/sync-state/overdue.ts';
import { alertKinds } from '../../core/ports/alert-store.ts';
import { alertFormats } from '../../core/settings.ts';
import { secretText } from './secrets.ts';
import { addressPattern, hasNoCredentials, isAlertUrl } from './rules.ts';
import { bareText, percent, nonEmptyText, section, wholeNumber } from './schema-parts.ts';

const address = (description: string) =>
  z
    .string()
    .regex(addressPattern, { error: 'must be an e-mail address such as panelsync@example.com' })
    .describe(description);

export const alertSchema = section({
  url: secretText(
    bareText()
      .refine((url) => url === '' || isAlertUrl(url), {
        error: 'must be a URL that starts with https:// or http://, or smtps:// or smtp:// for e-mail',
      })
      .refine(hasNoCredentials, { error: 'must not contain a user or a password' })
      .default('')
      .describe(
        'Address that messages are posted to, or of the mail server; kept out of logs. Empty: no messages are sent',
      ),
  ),
  format: z
    .enum(alertFormats)
    .default('json')
    .describe(
      'json: a document for programs; slack: a message for Slack and compatible services; pagerduty: Events API v2; email: over SMTP',
    ),
  routingKey: secretText(
    bareText().default('').describe('Integration key of a PagerDuty service; empty: no messages are sent'),
  ),
  from: address('Sender of e-mails').optional(),
  to: z
    .array(address('Recipient of e-mails'))
    .min(1, { error: 'must not be empty' })
    .optional()
    .describe('Recipients of e-mails'),
  on: z
    .array(z.enum(alertKinds))
    .min(1, { error: 'must not be empty' })
    .default(alertKinds.filter((kind) => kind !== 'unusual'))
    .describe('Changes that are reported; absent: all but unusual'),
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
