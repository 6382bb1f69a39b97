import type { DriftedPerson, PeopleDrift } from '../../core/model/saved-plan/saved-plan.ts';
import type { ChangeOperation, FieldChanges } from '../../core/model/terms.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import type { SyncPlan } from '../../sync/plan/plan-sync.ts';
import { fieldChangeText, listSection, rowErrorsText, valueText } from './format.ts';
import { sendCostText } from './progress.ts';
import { changesOf } from '../../app/plan-document.ts';
import type { SendRate } from '../../app/plan-document.ts';
import { endParts, planHeading, planSummary, removedText, reportedReasonsText } from './report-text.ts';

export interface PlanTextOptions {
  readonly rate: SendRate;
  /** The file that holds the plan, as the user named it; `null`: none. */
  readonly savedTo: string | null;
}

/** A plan for people: what would change, be skipped and be invalid, what a run would cost, and the counts last. */
export function planText(
  plan: Omit<SyncPlan, 'basis'>,
  { rate, savedTo }: PlanTextOptions,
  terminal: Terminal,
): string {
  const { report, sample, skips, invalid } = plan;
  const { skipped, invalid: invalidCount } = report.rows;
  const changeCount = changesOf(report);
  const changes = sample.map(({ operation, email, fields, kept = [], renamedFrom }) => {
    const name = renamedFrom === undefined ? sanitize(email) : `${sanitize(renamedFrom)} → ${sanitize(email)}`;
    const change = changeText(renamedFrom === undefined ? operation : 'rename', fields, name);
    return [change, ...kept.map(keptText)].join('\n');
  });
  const sections = [
    planHeading(report, terminal),
    listSection('Changes', changes, changeCount),
    listSection(
      'Skipped',
      skips.map(({ key, reason }) => `${sanitize(key)}  ${reason}`),
      skipped,
    ),
    listSection(
      'Invalid',
      invalid.map(({ key, email, errors }) => `${sanitize(email ?? key)}  ${rowErrorsText(errors)}`),
      invalidCount,
    ),
    reportedReasonsText(report, terminal),
    removedText(report),
    endParts(report, terminal).join('\n'),
    costText(report.status, changeCount, rate),
    savedTo === null ? '' : `Saved to ${savedTo}. Send exactly this plan, or nothing: panelsync apply ${savedTo}`,
    planSummary(report),
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

/** A value that the model cleared and that is not sent. */
function keptText(field: string): string {
  return `    ${sanitize(field)}: not sent, the Hub keeps its value`;
}

/** A change for people: a new person with all values on one line; of a known one each changed field on its own. */
export function changeText(operation: ChangeOperation | 'rename', fields: FieldChanges, email: string | null): string {
  const heading = email === null ? operation : `${operation}  ${email}`;
  const changes = Object.entries(fields);
  if (changes.length === 0) return `${heading}  sent again without changes`;
  if (operation !== 'update' && changes.every(([, [before]]) => before === null)) {
    const values = changes
      .filter(([field]) => field !== 'email')
      .map(([field, [, after]]) => `${sanitize(field)}: ${valueText(after)}`);
    return values.length === 0 ? heading : `${heading}  ${values.join(', ')}`;
  }
  return [heading, ...changes.map((change) => `    ${fieldChangeText(change)}`)].join('\n');
}

/** The people who keep a saved plan from being applied, as far as they are known by name. */
export function driftText(people: PeopleDrift): string {
  const { more, less, different, sample } = people;
  const lines = sample.map((person) => {
    const heading = `${sanitize(person.email ?? '(stored as a hash)')}  ${driftedPersonText(person)}`;
    return [heading, ...Object.entries(person.fields).map((change) => `    ${fieldChangeText(change)}`)].join('\n');
  });
  return listSection('Not as planned', lines, more + less + different);
}

function driftedPersonText({ planned, now }: DriftedPerson): string {
  if (planned === null) return `${String(now)} now, was not in the plan`;
  if (now === null) return `${planned} in the plan, nothing to send now`;
  return planned === now ? now : `${planned} in the plan, ${now} now`;
}

function costText(status: SyncPlan['report']['status'], changes: number, rate: SendRate): string {
  if (changes === 0) return 'A run would send nothing.';
  if (status === 'stopped') {
    return `A run would be stopped; with --force it would take at least ${sendCostText(changes, rate)}. Nothing was sent.`;
  }
  return `A run would take at least ${sendCostText(changes, rate)}. Nothing was sent.`;
}
