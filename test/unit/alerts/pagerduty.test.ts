import { expect } from 'chai';
import type { AlertMessage } from '../../../src/alerts/message.ts';
import { renderEvent } from '../../../src/alerts/pagerduty.ts';
import { alertKinds } from '../../../src/core/ports/alert-store.ts';
import { sampleRun } from '../../helpers/daemon/scripted-api.ts';

const error = { code: 'hub_unauthorized', message: 'The Hub answered 401.', hint: 'Check the key.' };
const failed: AlertMessage = {
  kind: 'failed',
  sync: 'panel',
  previous: 'ok',
  run: { ...sampleRun, status: 'failed', error },
  lastSuccessAt: null,
  unusual: [],
  freshness: null,
  stateId: 'a-state',
  pageUrl: 'https://panelsync.example.test/runs/17',
};

interface Event {
  readonly dedup_key: string;
  readonly payload: { readonly severity: string; readonly summary: string };
}

function eventOf(changes: Partial<AlertMessage>): Event {
  const event: Event = JSON.parse(renderEvent({ ...failed, ...changes }, { routingKey: 'R0UTINGKEY' }));
  return event;
}

describe('the event for PagerDuty', () => {
  it('opens an incident that says what happened and leads to the run', () => {
    expect(eventOf({})).to.deep.equal({
      routing_key: 'R0UTINGKEY',
      dedup_key: 'panelsync/a-state/panel',
      event_action: 'trigger',
      payload: {
        summary: 'panelsync: panel failed (run 17).',
        source: 'panelsync',
        severity: 'error',
        component: 'panel',
        class: 'failed',
        timestamp: sampleRun.finishedAt,
        custom_details: {
          details:
            'The Hub answered 401. [hub_unauthorized]\nCheck the key.\nThe next run tries again.\nhttps://panelsync.example.test/runs/17',
          run: '17',
          rows: sampleRun.rows,
          previous: 'ok',
          lastSuccessAt: null,
        },
      },
      client: 'panelsync',
      client_url: 'https://panelsync.example.test/runs/17',
      links: [{ href: 'https://panelsync.example.test/runs/17', text: 'Open in panelsync' }],
    });
  });

  it('resolves the incident of the sync', () => {
    expect(eventOf({ kind: 'recovered' })).to.deep.equal({
      routing_key: 'R0UTINGKEY',
      dedup_key: eventOf({}).dedup_key,
      event_action: 'resolve',
    });
  });

  it('has a severity that PagerDuty knows, and no link that leads nowhere', () => {
    const severities = alertKinds
      .filter((kind) => kind !== 'recovered')
      .map((kind) => [kind, eventOf({ kind }).payload.severity]);
    expect(Object.fromEntries(severities)).to.deep.equal({
      failed: 'error',
      stopped: 'error',
      overdue: 'error',
      partial: 'warning',
      stale: 'warning',
      unusual: 'warning',
    });
    expect(eventOf({ pageUrl: null })).to.not.have.any.keys('links', 'client_url');
  });
});
