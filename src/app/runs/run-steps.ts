import type { RunReport } from '../../core/model/terms.ts';
import type { RunTimes } from '../../core/ports/run-details.ts';

export interface RunStep {
  readonly step: 'read' | 'plan' | 'send' | 'end';
  readonly startedAt: string;
  /** `null` while it goes on. */
  readonly finishedAt: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** What a run did one after the other; steps that it did not come to are left out. */
export function runSteps(
  { rows, requests }: Pick<RunReport, 'rows' | 'requests'>,
  times: RunTimes,
): readonly RunStep[] {
  const { startedAt, readAt, plannedAt, batches, settledAt, finishedAt } = times;
  const { read, duplicate, invalid, unchanged, skipped, removed, inserted, updated, rejected, unsent } = rows;
  const readEnd = readAt ?? plannedAt;
  const steps: RunStep[] = [
    { step: 'read', startedAt, finishedAt: readEnd ?? finishedAt, counts: { read, duplicate } },
  ];
  if (readEnd === null || plannedAt === null) return steps;
  const changes = inserted + updated + rejected + unsent;
  const planCounts = { unchanged, skipped, invalid, removed, changes };
  steps.push({ step: 'plan', startedAt: readEnd, finishedAt: plannedAt, counts: planCounts });
  const isSending = batches > 0 || (finishedAt === null && changes > 0);
  // Batches of a run may be settled by a later one, which found out what became of them.
  const sendEnd = finishedAt === null ? null : earlier(settledAt ?? finishedAt, finishedAt);
  if (isSending) {
    const counts = { batches, requests: requests.sent, inserted, updated, rejected, unsent };
    steps.push({ step: 'send', startedAt: plannedAt, finishedAt: sendEnd, counts });
  }
  if (finishedAt === null) return steps;
  return [...steps, { step: 'end', startedAt: (isSending ? sendEnd : null) ?? plannedAt, finishedAt, counts: {} }];
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}
