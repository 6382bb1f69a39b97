import type { ExplanationView, SyncTimeline } from '../../app/explain-person.ts';
import type { Change, TimelineEvent } from '../../core/model/timeline/timeline.ts';
import type { TimelineBatch } from '../../core/model/timeline/timeline-records.ts';
import type { RowError } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { personChangeText } from '../shared/change-text.ts';
import { pluralize, formatTimestamp, formatNumber, sanitize } from '../shared/report-text.ts';

/** The life of a person for people, sync by sync, in the order it happened. */
export function explanationText({ timelines, forgotten }: ExplanationView, terminal: Terminal): string {
  const sections = timelines.map((timeline) => timelineText(timeline, terminal));
  const forgottenLines = forgotten.map(
    ({ sync, since }) =>
      `Forgotten ${sync === null ? '' : `in ${sync} `}since ${formatTimestamp(since)}: what was on record is gone, and nothing is sent.`,
  );
  return [...sections, ...forgottenLines].join('\n\n');
}

function timelineText({ sync, key, events }: SyncTimeline, { colours }: Terminal): string {
  const lines = events.map((event) => {
    const { period, at } = eventTime(event);
    return `  ${period.padEnd(16)}  ${colours.dim(at.padEnd(20))}  ${eventText(event).replaceAll('\n', `\n${' '.repeat(42)}`)}`;
  });
  return [`${colours.green(sync)}  ${sanitize(key)}`, ...lines].join('\n');
}

function eventTime(event: TimelineEvent): { readonly period: string; readonly at: string } {
  if (event.event === 'pruned') return { period: `until run ${event.lastRun}`, at: '' };
  const at = formatTimestamp(event.at);
  if (event.event === 'withheld') return { period: 'now', at };
  if (event.event === 'baseline') return { period: `baseline ${event.id}`, at };
  const { firstRun, lastRun, runs } = event;
  return { period: runs === 1 ? `run ${firstRun}` : `runs ${firstRun} to ${lastRun}`, at };
}

function eventText(event: TimelineEvent): string {
  switch (event.event) {
    case 'pruned':
      return 'records were pruned (retention): what follows may begin in the middle';
    case 'baseline':
      return 'became known as the Hub had them';
    case 'withheld':
      return `is not sent: ${event.reason}`;
    case 'insert':
    case 'update':
      return changeEventText(event);
    case 'unchanged':
      return `unchanged${runCountText(event.runs)}`;
    case 'nothing_sent':
      return `nothing sent: as the Hub had them, or not in the model${runCountText(event.runs)}`;
    case 'unchanged_or_unsent':
      return 'nothing sent: unchanged, or among the rows that were left for the next run';
    case 'unchanged_or_skipped':
      return `nothing sent: unchanged or skipped; skips of that time were pruned${runCountText(event.runs)}`;
    case 'removed':
      return `not in the model${runCountText(event.runs)}`;
    case 'not_planned':
      return 'not looked at: the run ended before its plan';
    case 'skipped':
      return `skipped: ${event.reason}${runCountText(event.runs)}`;
    case 'invalid':
      return `invalid: ${rowErrorsText(event.faults)}${runCountText(event.runs)}`;
    case 'duplicate':
      return `${pluralize(event.rows, 'row')} of the model had this key${runCountText(event.runs)}`;
  }
}

function runCountText(runs: number): string {
  return runs === 1 ? '' : ` (${formatNumber(runs)} runs)`;
}

function changeEventText(change: Change): string {
  const { event, fields, batches } = change;
  const heading =
    fields === null ? `${event}  what the Hub had before is not on record any more` : personChangeText(event, fields);
  return [
    heading,
    ...batches.map(batchText),
    ...(change.faults.length > 0 ? [`rejected: ${rowErrorsText(change.faults)}`] : []),
  ].join('\n');
}

const batchStateLabels: Readonly<Record<TimelineBatch['state'], string>> = {
  in_flight: 'in flight',
  accepted: 'accepted',
  refused: 'refused',
  not_sent: 'not sent',
  unknown: 'outcome unknown',
  resent: 'outcome unknown, sent again',
  found: 'the Hub had other values, left as they are',
};

function batchText({ number: batchNumber, state, status, requestId, message }: TimelineBatch): string {
  const responseParts = [
    status === null ? null : `answer ${status}`,
    requestId === null ? null : `request ${sanitize(requestId)}`,
  ];
  const responseText = responseParts.filter((part) => part !== null).join(', ');
  const messageText =
    message === null ? '' : `${state === 'accepted' ? ', as was found out later' : ''}: ${sanitize(message)}`;
  return `batch ${batchNumber} ${batchStateLabels[state]}${responseText === '' ? '' : ` (${responseText})`}${messageText}`;
}

function rowErrorsText(errors: readonly RowError[]): string {
  return errors.map(({ field, message }) => sanitize(field === null ? message : `${field}: ${message}`)).join('; ');
}
