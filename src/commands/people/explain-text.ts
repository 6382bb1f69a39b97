import type { Change, LifeEvent } from '../../core/model/timeline/timeline.ts';
import type { LifeBatch } from '../../core/model/timeline/timeline-records.ts';
import type { Forgetting } from '../../core/ports/records.ts';
import type { Fault } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { changeText } from '../shared/change-text.ts';
import { counted, moment, number, plain } from '../shared/report-text.ts';

/** The life of one person in one sync. */
interface Life {
  readonly sync: string;
  readonly key: string;
  readonly events: readonly LifeEvent[];
}

export interface Explanation {
  readonly lives: readonly Life[];
  /** Where the person is forgotten: then nothing else of before is on record there. */
  readonly forgotten: readonly Forgetting[];
}

/** The life of a person for people, sync by sync, in the order it happened. */
export function lifeText({ lives, forgotten }: Explanation, terminal: Terminal): string {
  const parts = lives.map((life) => oneLife(life, terminal));
  const gone = forgotten.map(
    ({ sync, since }) =>
      `Forgotten ${sync === null ? '' : `in ${sync} `}since ${moment(since)}: what was on record is gone, and nothing is sent.`,
  );
  return [...parts, ...gone].join('\n\n');
}

function oneLife({ sync, key, events }: Life, { colours }: Terminal): string {
  const lines = events.map((event) => {
    const { when, at } = placeOf(event);
    return `  ${when.padEnd(16)}  ${colours.dim(at.padEnd(20))}  ${what(event).replaceAll('\n', `\n${' '.repeat(42)}`)}`;
  });
  return [`${colours.green(sync)}  ${plain(key)}`, ...lines].join('\n');
}

function placeOf(event: LifeEvent): { readonly when: string; readonly at: string } {
  if (event.event === 'pruned') return { when: `until run ${event.lastRun}`, at: '' };
  const at = moment(event.at);
  if (event.event === 'withheld') return { when: 'now', at };
  if (event.event === 'baseline') return { when: `baseline ${event.id}`, at };
  const { firstRun, lastRun, runs } = event;
  return { when: runs === 1 ? `run ${firstRun}` : `runs ${firstRun} to ${lastRun}`, at };
}

function what(event: LifeEvent): string {
  switch (event.event) {
    case 'pruned':
      return 'records were pruned (retention): what follows may begin in the middle';
    case 'baseline':
      return 'became known as the Hub had them';
    case 'withheld':
      return `is not sent: ${event.reason}`;
    case 'insert':
    case 'update':
      return sentText(event);
    case 'unchanged':
      return `unchanged${inRuns(event.runs)}`;
    case 'nothing_sent':
      return `nothing sent: as the Hub had them, or not in the model${inRuns(event.runs)}`;
    case 'unchanged_or_unsent':
      return 'nothing sent: unchanged, or among the rows that were left for the next run';
    case 'unchanged_or_skipped':
      return `nothing sent: unchanged or skipped; skips of that time were pruned${inRuns(event.runs)}`;
    case 'removed':
      return `not in the model${inRuns(event.runs)}`;
    case 'not_planned':
      return 'not looked at: the run ended before its plan';
    case 'skipped':
      return `skipped: ${event.reason}${inRuns(event.runs)}`;
    case 'invalid':
      return `invalid: ${faultsText(event.faults)}${inRuns(event.runs)}`;
    case 'duplicate':
      return `${counted(event.rows, 'row')} of the model had this key${inRuns(event.runs)}`;
  }
}

function inRuns(runs: number): string {
  return runs === 1 ? '' : ` (${number(runs)} runs)`;
}

function sentText(change: Change): string {
  const { event, fields, batches } = change;
  const head =
    fields === null ? `${event}  what the Hub had before is not on record any more` : changeText(event, fields);
  return [
    head,
    ...batches.map(batchText),
    ...(change.faults.length > 0 ? [`rejected: ${faultsText(change.faults)}`] : []),
  ].join('\n');
}

const stateWords: Readonly<Record<LifeBatch['state'], string>> = {
  in_flight: 'in flight',
  accepted: 'accepted',
  refused: 'refused',
  not_sent: 'not sent',
  unknown: 'outcome unknown',
  resent: 'outcome unknown, sent again',
  found: 'the Hub had other values, left as they are',
};

function batchText({ number: batch, state, status, requestId, message }: LifeBatch): string {
  const answer = [
    status === null ? null : `answer ${status}`,
    requestId === null ? null : `request ${plain(requestId)}`,
  ];
  const told = answer.filter((part) => part !== null).join(', ');
  const words = message === null ? '' : `${state === 'accepted' ? ', as was found out later' : ''}: ${plain(message)}`;
  return `batch ${batch} ${stateWords[state]}${told === '' ? '' : ` (${told})`}${words}`;
}

function faultsText(faults: readonly Fault[]): string {
  return faults.map(({ field, message }) => plain(field === null ? message : `${field}: ${message}`)).join('; ');
}
