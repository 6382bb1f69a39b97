import type { App } from '../app.ts';
import type { DestinationSettings } from '../core/settings.ts';
import type { SyncPlan } from '../sync/plan/plan-sync.ts';

/** The document of `plan --json`: the report, with samples and with what sending would cost. */
export function planDocument(plan: SyncPlan, app: App): object {
  const { report, sample, skips, invalid } = plan;
  const { requests, minutes } = estimateSendCost(changesOf(report), app.config.destination);
  return {
    ...report,
    sample,
    skipped: skips.map(({ key, reason }) => ({ email: key, reason })),
    invalid: invalid.map(({ key, email, errors: faults }) => ({ email: email ?? key, faults })),
    requestsPlanned: requests,
    minutesPlanned: Math.ceil(minutes * 100) / 100,
  };
}

/** What the time of sending is worked out from. */
export type SendRate = Pick<DestinationSettings, 'batchSize' | 'requestsPerMinute'>;

/** What sending so many rows costs at least. */
export function estimateSendCost(
  rows: number,
  { batchSize, requestsPerMinute }: SendRate,
): { readonly requests: number; readonly minutes: number } {
  const requests = Math.ceil(rows / batchSize);
  return { requests, minutes: requests / requestsPerMinute };
}

/** Everything that a run would send. */
export function changesOf({ rows, removals }: Pick<SyncPlan['report'], 'rows' | 'removals'>): number {
  return rows.inserted + rows.updated + removals.marked + removals.restored;
}
