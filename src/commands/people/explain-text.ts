import type { ExplanationView, SyncTimeline } from '../../app/explain-person.ts';
import type { Change, TimelineEvent } from '../../core/model/timeline/timeline.ts';
import type { TimelineBatch } from '../../core/model/timeline/timeline-records.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { formatNumber, formatTimestamp, pluralize } from '../../lib/format.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { rowErrorsText } from '../shared/format.ts';
import { changeText } from '../shared/plan-text.ts';

/** The timeline of a person for people, sync by sync, in the order of events. */
export function explanationText({ timelines, forgotten }: ExplanationView, terminal: Terminal): string {
  const sections = timelines.map((timeline) => timelineText(timeline, terminal));
  const forgottenLines = forgotten.map(
    ({ sync, since }) =>
      `Forgotten ${sync === null ? '' : `in ${sync} `}since ${formatTimestamp(since)}: the records are deleted, and the person is never sent.`,
  );
  return [...sections, ...forgottenLines].join('\n\n');
}

/** The time and the run stand above what happened: side by side they would not fit a terminal. */
function timelineText({ sync, key, events }: SyncTimeline, { colours }: Terminal): string {
  const lines = events.map((event) => {
    const { period, at } = eventTime(event);
    const heading = at === '' ? period : `${period}  ${colours.dim(at)}`;
    return `  ${heading}\n    ${eventText(event).replaceAll('\n', '\n    ')}`;
  });
  return [`${colours.green(sync)}  ${sanitize(key)}`, ...lines].join('\n');
}

function eventTime(event: TimelineEvent): { readonly period: string; readonly at: string } {
  if (event.event === 'pruned') return { period: `until run ${event.lastRun}`, at: '' };
  const at = formatTimestamp(event.at);
  if (event.event === 'withheld') return { period: 'now', at };
  if (event.event === 'baseline') return { period: `baseline ${event.id}`, at };
  if (event.event === 'renamed') return { period: `run ${event.firstRun}`, at };
  const { firstRun, lastRun, runs } = event;
  return { period: runs === 1 ? `run ${firstRun}` : `runs ${firstRun} to ${lastRun}`, at };
}

function eventText(event: TimelineEvent): string {
  switch (event.event) {
    case 'pruned':
      return 'earlier records are deleted (retention); what follows may be incomplete';
    case 'baseline':
      return 'imported from the Hub';
    case 'withheld':
      return `suppressed: ${event.reason}`;
    case 'insert':
    case 'update':
    case 'mark':
    case 'restore':
      return changeEventText(event);
    case 'unchanged':
      return `unchanged${runCountText(event.runs)}`;
    case 'nothing_sent':
      return `nothing sent: unchanged, or not in the model${runCountText(event.runs)}`;
    case 'unchanged_or_unsent':
      return 'nothing sent: unchanged, or left for the next run';
    case 'unchanged_or_skipped':
      return `nothing sent: unchanged or skipped (the skips of that time are deleted)${runCountText(event.runs)}`;
    case 'renamed':
      return `renamed: ${sanitize(event.from)} → ${sanitize(event.to)}`;
    case 'removed':
      return `not in the model${runCountText(event.runs)}`;
    case 'not_planned':
      return 'not compared: the run ended before its plan';
    case 'skipped':
      return `skipped: ${event.reason}${runCountText(event.runs)}`;
    case 'invalid':
      return `invalid: ${rowErrorsText(event.faults)}${runCountText(event.runs)}`;
    case 'duplicate':
      return `duplicate: ${pluralize(event.rows, 'row')} of the model ${event.rows === 1 ? 'has' : 'have'} this key${runCountText(event.runs)}`;
  }
}

function runCountText(runs: number): string {
  return runs === 1 ? '' : ` (${formatNumber(runs)} runs)`;
}

function changeEventText(change: Change): string {
  const { event, fields, batches } = change;
  const heading =
    fields === null ? `${event}  earlier values are no longer on record` : changeText(event, fields, null);
  return [
    heading,
    ...batches.map(batchText),
    ...(batches.length === 0 && change.outcome === 'not_sent' ? [batchStateLabels.not_sent] : []),
    ...(change.faults.length > 0 ? [`rejected: ${rowErrorsText(change.faults)}`] : []),
  ].join('\n');
}

const batchStateLabels: Readonly<Record<TimelineBatch['state'], string>> = {
  in_flight: 'in flight',
  accepted: 'accepted',
  refused: 'rejected',
  not_sent: 'not sent',
  unknown: 'outcome unknown',
  resent: 'outcome unknown, sent again',
  found: 'the Hub had other values; left unchanged',
};

function batchText({ number: batchNumber, state, status, requestId, message }: TimelineBatch): string {
  const responseParts = [
    status === null ? null : `HTTP ${status}`,
    requestId === null ? null : `request ${sanitize(requestId)}`,
  ];
  const responseText = responseParts.filter((part) => part !== null).join(', ');
  const messageText =
    message === null ? '' : `${state === 'accepted' ? ', confirmed later' : ''}: ${sanitize(message)}`;
  return `batch ${batchNumber} ${batchStateLabels[state]}${responseText === '' ? '' : ` (${responseText})`}${messageText}`;
}
