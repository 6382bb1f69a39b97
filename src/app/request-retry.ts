import type { App } from '../app.ts';
import { PanelsyncError } from '../core/errors.ts';
import { columnKey, emailKey } from '../core/model/key.ts';
import type { SyncSettings } from '../core/settings.ts';
import { recordAction } from './record-action.ts';

export interface RetryRequest {
  readonly sync: string;
  /** Their e-mail, or their key in a sync whose key is not the e-mail; `null`: everybody. */
  readonly person: string | null;
  readonly reason: string | null;
  /** Absent: the user of this process. */
  readonly caller?: string;
}

export interface RetryResult {
  readonly sync: string;
  /** Rejections that the next run retries. */
  readonly marked: number;
}

/** Marks rejections of the Hub to be retried by the next run: all of them, or those of one person. */
export async function requestRetry(app: App, { sync: name, person, ...note }: RetryRequest): Promise<RetryResult> {
  const sync = app.sync(name);
  const key = person === null ? null : rejectionKey(sync, person);
  const marked = await (await app.records()).retry(sync.name, key);
  if (marked > 0) await recordAction(app, { action: 'retry', sync: sync.name, counts: { rows: marked }, ...note });
  return { sync: sync.name, marked };
}

/** The key in the form that the sync compares, so that users need not know it. */
function rejectionKey(sync: SyncSettings, person: string): string {
  const key = sync.key === null ? emailKey(person) : columnKey(person);
  if (key !== null) return key;
  throw new PanelsyncError({
    code: 'usage',
    recovery: 'usage',
    message: 'The e-mail of the person is blank.',
    hint: `panelsync rejections ${sync.name} lists the rejected people.`,
  });
}
