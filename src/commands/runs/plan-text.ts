import type { DriftedPerson, PeopleDrift } from '../../core/model/saved-plan.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { SyncPlan } from '../../sync/plan/plan-sync.ts';
import { personChangeText, fieldChangeText } from '../shared/change-text.ts';
import { sendCostText } from '../shared/progress.ts';
import type { SendRate } from '../shared/progress.ts';
import { formatNumber, sanitize, reportText } from '../shared/report-text.ts';

/** A plan for people: the counts, samples of what would change, be skipped and be refused, and what it costs. */
export function planText(plan: Omit<SyncPlan, 'basis'>, rate: SendRate, terminal: Terminal): string {
  const { report, sample, skips, invalid } = plan;
  const { inserted, updated, skipped, invalid: invalidCount } = report.rows;
  const sections = [
    reportText(report, terminal),
    sectionText(
      'Changes',
      [sample.length, inserted + updated],
      sample.map(({ operation, email, fields }) => personChangeText(`${operation}  ${sanitize(email)}`, fields)),
    ),
    sectionText(
      'Skipped',
      [skips.length, skipped],
      skips.map(({ key, reason }) => `${sanitize(key)}  ${reason}`),
    ),
    sectionText('Invalid', [invalid.length, invalidCount], invalid.map(invalidText)),
    costText(report.status, inserted + updated, rate),
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

function sectionText(title: string, [shownCount, total]: readonly [number, number], lines: readonly string[]): string {
  if (shownCount === 0) return '';
  const count = shownCount < total ? `${formatNumber(shownCount)} of ${formatNumber(total)}` : formatNumber(total);
  return `${title} (${count}):\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Who keeps a plan from being applied, as far as they are named. */
export function driftText(people: PeopleDrift): string {
  const { more, less, different, sample } = people;
  const lines = sample.map((person) => {
    const heading = `${sanitize(person.email ?? '(kept as a hash)')}  ${driftedPersonText(person)}`;
    return [heading, ...Object.entries(person.fields).map(fieldChangeText)].join('\n  ');
  });
  return sectionText('Not as planned', [sample.length, more + less + different], lines);
}

function driftedPersonText({ planned, now }: DriftedPerson): string {
  if (planned === null) return `${String(now)}, was not planned`;
  if (now === null) return `${planned} was planned, would not be sent now`;
  return planned === now ? now : `${planned} was planned, ${now} now`;
}

function invalidText({ key, email, errors }: SyncPlan['invalid'][number]): string {
  const reasons = errors.map(({ field, message }) => (field === null ? message : `${field}: ${message}`));
  return `${sanitize(email ?? key)}  ${sanitize(reasons.join('; '))}`;
}

function costText(status: SyncPlan['report']['status'], changes: number, rate: SendRate): string {
  if (changes === 0) return 'A run would send nothing.';
  if (status === 'stopped') {
    return `A run would be stopped; with --force it would take at least ${sendCostText(changes, rate)}. Nothing was sent.`;
  }
  return `A run would take at least ${sendCostText(changes, rate)}. Nothing was sent.`;
}
