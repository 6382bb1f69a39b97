import type { PanelsyncError } from '../core/errors.ts';
import type { Mode } from '../core/model/terms.ts';
import type { OmittedField } from '../core/model/rules/omitted-values.ts';
import type { PlanCounts } from '../core/ports/run/plan-store.ts';
import type { PlanApproval } from '../core/ports/run/saved-plans.ts';
import type { ToleratedCounts, Turns } from '../core/ports/run/run-store.ts';
import type { Tolerance } from '../core/settings.ts';
import type { SuppressedCounts } from '../core/ports/run/suppressions.ts';
import { formatNumber, formatPeople, pluralize } from '../lib/format.ts';

/** Notes of reports: what a user should know beside the counts. All of them are written here. */

/** From this share of misses on, an update-mode sync is more likely set up wrongly than right. */
const missWarningRatio = 0.9;

/** Update mode skips nearly everybody, because the snapshot is empty or another sync's. */
export function missNotes(mode: Mode, counts: PlanCounts): readonly string[] {
  const missed = counts.skips.not_in_snapshot;
  if (mode !== 'update' || missed === 0 || missed < missWarningRatio * counts.read) return [];
  return [
    `${formatNumber(missed)} of ${pluralize(counts.read, 'row')} were skipped because their e-mail is not in the snapshot: update mode only sends people that the snapshot has. ` +
      'Fill the snapshot first, with panelsync baseline or with one run in upsert mode.',
  ];
}

/** The model has cleared values that an earlier run or baseline recorded, and the sync sends no nulls. */
export function keptNotes(people: number): readonly string[] {
  if (people === 0) return [];
  const subject = people === 1 ? '1 person has a value' : `${formatNumber(people)} people have values`;
  return [
    `${subject} that the model no longer has. With nulls: omit, nothing is sent for it and the Hub keeps its value. To clear it in the Hub, set nulls: null.`,
  ];
}

/** From this share on, it is more likely the column than its values. */
const omittedWarningRatio = 0.05;

/** Whether so many values are left out that somebody should look at the column. */
export function exceedsOmittedLimit({ omitted, values }: OmittedField): boolean {
  return omitted > omittedWarningRatio * values;
}

/** Invalid values that are left out, so that the people are sent without them. */
export function omittedNotes(fields: readonly OmittedField[]): readonly string[] {
  return fields.map((one) => {
    const { field, omitted, values, shapes } = one;
    const subject = `${formatNumber(omitted)} of ${pluralize(values, 'value')} of ${field} ${omitted === 1 ? 'is' : 'are'} invalid and left out`;
    if (!exceedsOmittedLimit(one)) return `${subject}; the people are sent without it.`;
    const percent = Math.round((omitted * 100) / values);
    const examples = shapes.map((shape) => `"${shape}"`).join(', ');
    const hint =
      field === 'phone_number'
        ? 'Set phone.countryColumn or phone.defaultCountry, or correct the model.'
        : 'Correct the model.';
    return `${subject} (${percent} %), such as ${examples} (letters and digits are masked). ${hint}`;
  });
}

/** Rows that a run may have invalid or rejected and still counts as succeeded. */
export function toleratedNote(
  { invalid, rejected, read }: ToleratedCounts,
  { invalidPercent, rejectedPercent }: Tolerance,
): string {
  const parts = [
    ...(invalid === 0 ? [] : [`${formatNumber(invalid)} invalid (tolerate.invalidPercent ${invalidPercent})`]),
    ...(rejected === 0 ? [] : [`${formatNumber(rejected)} rejected (tolerate.rejectedPercent ${rejectedPercent})`]),
  ];
  return `Within the tolerance of the sync: ${parts.join(' and ')} of ${pluralize(read, 'row')}. The run counts as succeeded.`;
}

/** Each of two configurations undoes what the other one sends. */
export function turnsNotes(sync: string, turns: Turns | null): readonly string[] {
  if (turns === null) return [];
  return [
    `Run ${turns.other} sent "${sync}" with another model, source, mapping or API key than this run and run ${turns.own}. ` +
      'If two configurations share this state, each undoes what the other sends: give one of them another sync name or another state.schema. If a change was taken back, all is well.',
  ];
}

/** A trial with a few rows that has a lasting effect. */
export function fullWithLimitNotes(changes: number, limit: number | null): readonly string[] {
  if (limit === null || changes <= limit) return [];
  const others = changes - limit === 1 ? 'the other one' : `the other ${formatNumber(changes - limit)}`;
  return [
    `--full marks everybody to be sent again. This run sends at most ${formatNumber(limit)} of ${formatNumber(changes)}; the next runs send ${others}.`,
  ];
}

/** Batches of one earlier run that were sent again. */
export interface ResentBatches {
  readonly runId: string;
  readonly batches: number;
  readonly people: number;
  readonly requests: number;
}

/** They count in the report of their own run, so this report says what was done about them. */
export function resentNotes(resent: readonly ResentBatches[]): readonly string[] {
  return resent.map(
    ({ runId, batches, people, requests }) =>
      `Sent ${pluralize(batches, 'batch', 'batches')} of run ${runId} again, because the outcome was unknown: ${formatPeople(people)}, ${pluralize(requests, 'request')}. The counts are in the report of run ${runId}.`,
  );
}

export function deferredNote(rows: number): string {
  return (
    `${pluralize(rows, 'row')} ${rows === 1 ? 'is' : 'are'} left unsent in batches that the Hub refused: the requests for finding the invalid rows were used up (destination.maxSplitRequests). ` +
    'The next run continues with them.'
  );
}

/** `error`: why they could not be looked up. */
export function suppressionNote({ batches, people }: SuppressedCounts, error: PanelsyncError | null): string {
  const reason = error === null ? '' : ` (${error.message.replace(/\.$/, '')})`;
  return (
    `${formatPeople(people)} in ${pluralize(batches, 'batch', 'batches')} suppressed: the Hub may have stored them, and they could not be looked up there${reason}. ` +
    'Every run tries again. To settle it by hand, look in the Hub and use panelsync resolve <run> --sent or --unsent; panelsync status lists the runs.'
  );
}

export const characteristicsUncheckedNote =
  'The Hub gives no readable list of its characteristics, so the slugs and types of the mapping were not checked before sending.';

/** `issues`: setting and message of each characteristic that does not match. */
export function characteristicsMismatchNote(issues: readonly string[]): string {
  return (
    `The characteristics of the mapping do not match those of the Hub (${issues.join('; ')}). ` +
    'They are sent all the same, because destination.checkCharacteristics is warn.'
  );
}

export function appliedNote(planRunId: string): string {
  return `Sent the saved plan of run ${planRunId}.`;
}

export function approvedNote({ runId, by }: Pick<PlanApproval, 'runId' | 'by'>): string {
  return `Sent the plan of run ${runId}, approved by ${by}.`;
}
