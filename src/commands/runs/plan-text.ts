import type { MovedPerson, PeopleMoved } from '../../core/model/saved-plan.ts';
import type { Terminal } from '../../lib/terminal.ts';
import type { SyncPlan } from '../../sync/plan/plan-sync.ts';
import { changeText, fieldText } from '../shared/change-text.ts';
import { paceText } from '../shared/progress.ts';
import type { Pace } from '../shared/progress.ts';
import { number, plain, reportText } from '../shared/report-text.ts';

/** A plan for people: the counts, samples of what would change, be skipped and be refused, and what it costs. */
export function planText(plan: Omit<SyncPlan, 'basis'>, pace: Pace, terminal: Terminal): string {
  const { report, sample, skips, invalid } = plan;
  const { inserted, updated, skipped, invalid: refused } = report.rows;
  const parts = [
    reportText(report, terminal),
    section(
      'Changes',
      [sample.length, inserted + updated],
      sample.map(({ operation, email, fields }) => changeText(`${operation}  ${plain(email)}`, fields)),
    ),
    section(
      'Skipped',
      [skips.length, skipped],
      skips.map(({ key, reason }) => `${plain(key)}  ${reason}`),
    ),
    section('Invalid', [invalid.length, refused], invalid.map(invalidText)),
    costText(report.status, inserted + updated, pace),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(title: string, [shown, all]: readonly [number, number], lines: readonly string[]): string {
  if (shown === 0) return '';
  const count = shown < all ? `${number(shown)} of ${number(all)}` : number(all);
  return `${title} (${count}):\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Who keeps a plan from being applied, as far as they are named. */
export function peopleMovedText(people: PeopleMoved): string {
  const { more, less, different, sample } = people;
  const lines = sample.map((person) => {
    const head = `${plain(person.email ?? '(kept as a hash)')}  ${movedWords(person)}`;
    return [head, ...Object.entries(person.fields).map(fieldText)].join('\n  ');
  });
  return section('Not as planned', [sample.length, more + less + different], lines);
}

function movedWords({ planned, now }: MovedPerson): string {
  if (planned === null) return `${String(now)}, was not planned`;
  if (now === null) return `${planned} was planned, would not be sent now`;
  return planned === now ? now : `${planned} was planned, ${now} now`;
}

function invalidText({ key, email, faults }: SyncPlan['invalid'][number]): string {
  const reasons = faults.map(({ field, message }) => (field === null ? message : `${field}: ${message}`));
  return `${plain(email ?? key)}  ${plain(reasons.join('; '))}`;
}

function costText(status: SyncPlan['report']['status'], changes: number, pace: Pace): string {
  if (changes === 0) return 'A run would send nothing.';
  if (status === 'stopped') {
    return `A run would be stopped; with --force it would take at least ${paceText(changes, pace)}. Nothing was sent.`;
  }
  return `A run would take at least ${paceText(changes, pace)}. Nothing was sent.`;
}
