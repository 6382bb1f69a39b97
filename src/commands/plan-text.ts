import type { DestinationSettings } from '../core/settings.ts';
import type { CharacteristicValue, SampleChange } from '../core/types.ts';
import type { Terminal } from '../lib/terminal.ts';
import type { SyncPlan } from '../sync/plan-sync.ts';
import { paceText } from './progress.ts';
import { number, plain, reportText } from './report-text.ts';

/** A plan for people: the counts, samples of what would change, be skipped and be refused, and what it costs. */
export function planText(plan: SyncPlan, destination: DestinationSettings, terminal: Terminal): string {
  const { report, sample, skips, invalid } = plan;
  const { inserted, updated, skipped, invalid: refused } = report.rows;
  const parts = [
    reportText(report, terminal),
    section('Changes', [sample.length, inserted + updated], sample.map(changeText)),
    section(
      'Skipped',
      [skips.length, skipped],
      skips.map(({ key, reason }) => `${plain(key)}  ${reason}`),
    ),
    section('Invalid', [invalid.length, refused], invalid.map(invalidText)),
    costText(inserted + updated, destination),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(title: string, [shown, all]: readonly [number, number], lines: readonly string[]): string {
  if (shown === 0) return '';
  const count = shown < all ? `${number(shown)} of ${number(all)}` : number(all);
  return `${title} (${count}):\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** A new person on one line; of a known one every changed field, old and new. */
function changeText({ operation, email, fields }: SampleChange): string {
  const changes = Object.entries(fields);
  const head = `${operation}  ${plain(email)}`;
  if (changes.length === 0) return `${head}  sent again as it is`;
  if (changes.every(([, [before]]) => before === null)) {
    const values = changes
      .filter(([field]) => field !== 'email')
      .map(([field, [, now]]) => `${plain(field)} ${valueText(now)}`);
    return values.length === 0 ? head : `${head}  ${values.join(', ')}`;
  }
  return [
    head,
    ...changes.map(([field, [before, now]]) => `    ${plain(field)}: ${valueText(before)} → ${valueText(now)}`),
  ].join('\n  ');
}

function valueText(value: CharacteristicValue): string {
  return value === null ? '(nothing)' : plain(String(value));
}

function invalidText({ key, email, faults }: SyncPlan['invalid'][number]): string {
  const reasons = faults.map(({ field, message }) => (field === null ? message : `${field}: ${message}`));
  return `${plain(email ?? key)}  ${plain(reasons.join('; '))}`;
}

function costText(changes: number, destination: DestinationSettings): string {
  if (changes === 0) return 'A run would send nothing.';
  return `A run would take at least ${paceText(changes, destination)}. Nothing was sent.`;
}
