import type { AlertTarget } from '../core/settings.ts';
import { renderText } from './message.ts';
import type { AlertMessage } from './message.ts';

type PagerDuty = Pick<Extract<AlertTarget, { format: 'pagerduty' }>, 'routingKey'>;

/** PagerDuty takes no longer summary. */
const maxSummaryCharacters = 1024;

/**
 * An event of PagerDuty's Events API v2, as JSON. All events of a sync share a key, so that PagerDuty has one incident a
 * sync: it opens with the first change for the worse, follows the others, and is resolved when the sync has recovered.
 */
export function renderEvent(message: AlertMessage, { routingKey }: PagerDuty): string {
  const identity = { routing_key: routingKey, dedup_key: `panelsync/${message.stateId}/${message.sync}` };
  if (message.kind === 'recovered') return JSON.stringify({ ...identity, event_action: 'resolve' });
  const { pageUrl } = message;
  return JSON.stringify({
    ...identity,
    event_action: 'trigger',
    payload: renderPayload(message),
    client: 'panelsync',
    ...(pageUrl === null ? {} : { client_url: pageUrl, links: [{ href: pageUrl, text: 'Open in panelsync' }] }),
  });
}

function renderPayload(message: AlertMessage): object {
  const { kind, sync, run, previous, lastSuccessAt } = message;
  const [summary = '', ...details] = renderText(message).split('\n');
  return {
    summary: summary.slice(0, maxSummaryCharacters),
    source: 'panelsync',
    severity: severityOf(kind),
    component: sync,
    class: kind,
    ...(run?.finishedAt == null ? {} : { timestamp: run.finishedAt }),
    custom_details: {
      details: details.join('\n'),
      run: run?.runId ?? null,
      rows: run?.rows ?? null,
      previous,
      lastSuccessAt,
    },
  };
}

/** Whether people are not up to date in the Hub, or only some of them. */
function severityOf(kind: AlertMessage['kind']): 'error' | 'warning' | 'info' {
  switch (kind) {
    case 'failed':
    case 'stopped':
    case 'overdue':
      return 'error';
    case 'partial':
    case 'stale':
    case 'unusual':
      return 'warning';
    case 'recovered':
    case 'test':
      return 'info';
  }
}
