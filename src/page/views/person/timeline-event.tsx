import { pluralize } from '../../../lib/format.ts';
import type { PersonEvent } from '../../api/documents.ts';
import type { Tone } from '../../parts/badge.tsx';
import { FieldDiff } from '../../parts/changes.tsx';
import { describeReasonCode } from '../../parts/reason-words.ts';
import { When } from '../../parts/when.tsx';
import { runAddress } from '../../shell/addresses.ts';

/** One event of a timeline: what happened, when, and in which run. */
export function TimelineEvent({ event }: { readonly event: PersonEvent }) {
  const { at, lastAt, runs = 1, fields, faults: problems = [], batches = [] } = event;
  const [tone, words] = describe(event);
  return (
    <li class={`event mark-${tone}`}>
      <p class="event-head">
        <b>{words}</b>
        <span class="event-when">
          {at === undefined ? null : <When at={at} />}
          {runs > 1 && lastAt !== undefined && lastAt !== at ? (
            <>
              {' '}
              until <When at={lastAt} />
            </>
          ) : null}
        </span>
        <Runs event={event} />
      </p>
      {fields === undefined || fields === null ? null : <FieldDiff fields={fields} />}
      {problems.map(({ field, message }) => (
        <p key={`${field} ${message}`} class="event-problem">
          {field === null ? null : <code>{field}</code>} {message}
        </p>
      ))}
      {batches.map(({ number, status, requestId, message }) => (
        <p key={number} class="field-note">
          Batch {number}
          {status === null ? '' : `, HTTP ${status}`}
          {requestId === null ? '' : `, request ${requestId}`}
          {message === null || problems.length > 0 ? '' : `: ${message}`}
        </p>
      ))}
    </li>
  );
}

function Runs({ event: { firstRun, lastRun, runs = 1 } }: { readonly event: PersonEvent }) {
  if (firstRun === undefined) return null;
  if (runs === 1) return <a href={runAddress(firstRun)}>run {firstRun}</a>;
  return (
    <span>
      {pluralize(runs, 'run')}, <a href={runAddress(firstRun)}>{firstRun}</a> to{' '}
      {lastRun === undefined ? null : <a href={runAddress(lastRun)}>{lastRun}</a>}
    </span>
  );
}

const simple: Readonly<Record<string, readonly [Tone, string]>> = {
  unchanged: ['quiet', 'Unchanged'],
  nothing_sent: ['quiet', 'Nothing sent'],
  unchanged_or_unsent: ['quiet', 'Unchanged, or left for the next run'],
  unchanged_or_skipped: ['quiet', 'Unchanged or skipped'],
  removed: ['warn', 'Not in the model'],
  not_planned: ['quiet', 'The run ended before its plan'],
  invalid: ['warn', 'Invalid: refused by panelsync'],
  baseline: ['good', 'Imported from the Hub'],
  pruned: ['quiet', 'Older records are pruned'],
  forgotten: ['bad', 'Forgotten: erased, and not sent again'],
};

const outcomes: Readonly<Record<string, readonly [Tone, string]>> = {
  accepted: ['good', 'accepted'],
  rejected: ['bad', 'rejected by the Hub'],
  refused: ['bad', 'refused by the Hub'],
  not_sent: ['quiet', 'not sent'],
  unknown: ['bad', 'with an unknown outcome'],
  in_flight: ['active', 'in flight'],
  found: ['quiet', 'found in the Hub with other values'],
};

function describe({ event, outcome, reason, rows, from, to }: PersonEvent): readonly [Tone, string] {
  switch (event) {
    case 'insert':
    case 'update': {
      const [tone, words] = outcomes[outcome ?? ''] ?? ['quiet' as const, outcome ?? ''];
      return [tone, `${event === 'insert' ? 'Insert' : 'Update'} ${words}`];
    }
    case 'skipped':
      return ['quiet', `Skipped: ${describeReasonCode(reason ?? '')}`];
    case 'duplicate':
      return ['warn', `In ${pluralize(rows ?? 2, 'row')} of the model`];
    case 'renamed':
      return ['active', `Renamed: ${from ?? ''} → ${to ?? ''}`];
    case 'withheld':
      return ['bad', `Suppressed: ${describeReasonCode(reason ?? '')}`];
    default:
      return simple[event] ?? ['quiet', describeReasonCode(event)];
  }
}
