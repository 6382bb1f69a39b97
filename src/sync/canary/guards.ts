/** What keeps a canary from being sent. */

import { PanelsyncError } from '../../core/errors.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Participant } from '../../core/model/participant.ts';
import type { Mode } from '../../core/model/terms.ts';
import type { HubState } from '../../core/ports/hub/hub-session.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { validate } from '../plan/validate.ts';
import type { PersonObservation } from './observe.ts';

export function requireEmail(email: string, formats: Formats): string {
  const key = emailKey(email);
  if (key !== null && formats.isEmail(email.trim())) return key;
  throw new PanelsyncError({
    code: 'usage',
    recovery: 'usage',
    message: 'The e-mail of the test person is malformed.',
    hint: 'Use an address of your own, such as --email you+canary@your-company.com.',
  });
}

export async function requireNotForgotten(sync: SyncSettings, key: string, state: HubState): Promise<void> {
  const session = await state.openHubSession(sync, { lock: false });
  try {
    if ((await session.forgotten())?.hasKey(key) !== true) return;
  } finally {
    await session.close();
  }
  throw canaryNotSentError('This person is forgotten and is never sent.', 'Use another test person.');
}

/** A row that no run would send says nothing about the profile. */
export function requireValid(row: Participant | null, formats: Formats): void {
  if (row === null) return;
  const [error] = [...row.errors, ...validate(row.payload, formats)];
  if (error === undefined) return;
  const where = error.field === null ? '' : ` (${error.field})`;
  throw canaryNotSentError(
    `The model has this e-mail, and its row is invalid: ${error.message}${where}.`,
    'Correct the row, or use another test person.',
  );
}

/** A canary may do what a run of its sync may. */
export function requireAllowedByMode(mode: Mode, { observation, person }: PersonObservation): void {
  if (mode === 'upsert') return;
  if (!observation.read) {
    throw canaryNotSentError(
      `In ${mode} mode a canary needs to know whether the Hub has the person, and its list cannot be read: ${observation.reason}`,
      'Use a sync in upsert mode.',
    );
  }
  if (mode === 'insert' && person !== null) {
    throw canaryNotSentError(
      'The Hub already has a person with this e-mail, and insert mode overwrites nobody.',
      'Use a person that the Hub does not have.',
    );
  }
  if (mode === 'update' && person === null) {
    throw canaryNotSentError(
      'The Hub has nobody with this e-mail, and update mode creates nobody.',
      'Use a person that the Hub has, or add your test person in the Hub first.',
    );
  }
}

export function canaryNotSentError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({
    code: 'canary_untried',
    recovery: 'fatal',
    message: `${message} Nothing was sent.`,
    hint,
  });
}
