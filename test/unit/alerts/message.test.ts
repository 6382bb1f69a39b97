import { expect } from 'chai';
import { renderBody, renderText } from '../../../src/alerts/message.ts';
import type { AlertMessage } from '../../../src/alerts/message.ts';
import { sampleRun } from '../../helpers/daemon/scripted-api.ts';

const error = { code: 'hub_unauthorized', message: 'The Hub answered 401 to <PATCH>.', hint: 'Check the key & plan.' };
const failed: AlertMessage = {
  kind: 'failed',
  sync: 'panel',
  previous: 'ok',
  run: { ...sampleRun, status: 'failed', error, notes: ['a note'] },
  lastSuccessAt: new Date('2026-11-23T20:15:04Z'),
  unusual: [],
  freshness: null,
  stateId: 'a-state',
  pageUrl: null,
};

function parsed(body: string): unknown {
  return JSON.parse(body);
}

describe('the message to a webhook', () => {
  it('is a document for programs, with the text beside it', () => {
    const { notes: _notes, sync: _sync, skips: _skips, ...run } = { ...sampleRun, status: 'failed', error };
    expect(parsed(renderBody(failed, 'json'))).to.deep.equal({
      version: 1,
      kind: 'failed',
      sync: 'panel',
      previous: 'ok',
      run,
      lastSuccessAt: '2026-11-23T20:15:04.000Z',
      unusual: [],
      url: null,
      text:
        'panelsync: panel failed (run 17).\n' +
        'The Hub answered 401 to <PATCH>. [hub_unauthorized]\n' +
        'Check the key & plan.\nThe next run tries again.',
    });
  });

  it('is one text for Slack, in which nothing notifies a channel', () => {
    const calling = { ...failed, run: { ...sampleRun, error: { ...error, message: 'Beware <!channel> & all.' } } };
    expect(parsed(renderBody(calling, 'slack'))).to.deep.equal({
      text:
        'panelsync: panel failed (run 17).\n' +
        'Beware &lt;!channel&gt; &amp; all. [hub_unauthorized]\n' +
        'Check the key &amp; plan.\nThe next run tries again.',
    });
  });

  const rows = { ...sampleRun.rows, read: 10, invalid: 1, rejected: 2, unsent: 3, inserted: 4, updated: 5 };
  const wrongModel = { code: 'model_sql_error', message: 'The model has a syntax error.', hint: 'Correct it.' };
  const settled = { limit: null, by: null, reason: null, at: null, runId: null };
  const approval = {
    state: 'waiting' as const,
    inserts: 31,
    updates: 7,
    marks: 0,
    restores: 0,
    removed: 9,
    ...settled,
  };
  const texts: readonly (readonly [AlertMessage, string])[] = [
    [
      { ...failed, run: { ...sampleRun, error: wrongModel } },
      'panelsync: panel failed (run 17).\nThe model has a syntax error. [model_sql_error]\nCorrect it.\n' +
        'Runs keep failing until this is corrected.',
    ],
    [
      {
        ...failed,
        kind: 'stopped',
        run: { ...sampleRun, error: { code: 'min_rows', message: 'Too few.', hint: 'Look.' } },
      },
      'panelsync: a guard stopped panel before anything was sent (run 17).\nToo few. [min_rows]\nLook.',
    ],
    [
      { ...failed, kind: 'stopped', run: { ...sampleRun, error, approval } },
      'panelsync: a guard stopped panel before anything was sent (run 17).\n' +
        'The Hub answered 401 to <PATCH>. [hub_unauthorized]\nCheck the key & plan.\nIts plan: 31 to insert, 7 to update.',
    ],
    [
      { ...failed, kind: 'partial', run: { ...sampleRun, rows } },
      'panelsync: panel finished, but not all rows reached the Hub (run 17).\n' +
        'Of 10 rows, 1 were invalid, 2 rejected and 3 unsent. See panelsync rejections panel.',
    ],
    [
      { ...failed, kind: 'overdue', run: null },
      'panelsync: panel is overdue.\nThe last successful run ended 2026-11-23 20:15:04Z.\n' +
        'See panelsync status and the log of the daemon.',
    ],
    [
      { ...failed, kind: 'overdue', run: null, lastSuccessAt: null },
      'panelsync: panel is overdue.\nNo run has succeeded yet.\nSee panelsync status and the log of the daemon.',
    ],
    [
      { ...failed, kind: 'recovered', run: { ...sampleRun, rows } },
      'panelsync: panel has recovered (run 17).\n4 inserted, 5 updated.',
    ],
    [{ ...failed, kind: 'test', run: null }, 'panelsync: this is a test message. Alerts about syncs arrive here.'],
  ];
  for (const [message, text] of texts) {
    it(`says as text what ${message.kind} means`, () => {
      expect(renderText(message)).to.equal(text);
    });
  }
});
