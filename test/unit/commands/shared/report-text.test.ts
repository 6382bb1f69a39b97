import { expect } from 'chai';
import { exitCodeForReport } from '../../../../src/commands/command.ts';
import { elapsedText } from '../../../../src/commands/shared/format.ts';
import { planText } from '../../../../src/commands/shared/plan-text.ts';
import { estimateSendCost } from '../../../../src/app/plan-document.ts';
import { sendCostText } from '../../../../src/commands/shared/progress.ts';
import { reportText, workText } from '../../../../src/commands/shared/report-text.ts';
import { zeroSkipCounts } from '../../../../src/core/model/terms.ts';
import type { RunReport, RunStatus } from '../../../../src/core/model/terms.ts';
import type { SyncPlan } from '../../../../src/sync/plan/plan-sync.ts';
import { captureTerminal, reportWith } from '../../../helpers/fixtures/run-report.ts';
import { expectSnapshot } from '../../../helpers/snapshots.ts';

const { terminal } = captureTerminal(false);
const { rows: none } = reportWith();
const data = { column: 'updated_at', newestAt: '2026-01-31T12:42:30.000Z', maxAgeSeconds: 93_600, stale: false };
const guardError = { code: 'guard_min_rows', message: 'The model has 2 rows.', hint: 'Check the warehouse.' };

describe('report for people', () => {
  it('accounts for every row, and leaves out what is zero: test/snapshots/reports.txt', async () => {
    const everyOutcome = {
      read: 12_008,
      duplicate: 1,
      invalid: 1,
      unchanged: 12_000,
      skipped: 4,
      inserted: 1,
      updated: 1,
      rejected: 1,
      unsent: 1,
      removed: 1,
    };
    const skips = { ...zeroSkipCounts, already_in_snapshot: 3, rejected_before: 1 };
    const reasons = [
      { reason: 'email_invalid', field: 'email', message: 'the e-mail is malformed', count: 1 },
      { reason: 'forgotten', field: null, message: null, count: 1 },
    ];
    const requests = { sent: 1300, retried: 1, rateLimited: 2, split: 3 };
    const reports: readonly (readonly [string, Partial<RunReport>])[] = [
      ['every outcome', { status: 'partial', rows: everyOutcome, skips, reasons, requests }],
      ['nothing changed', { rows: { ...none, read: 3, unchanged: 3 } }],
      [
        'one request',
        {
          rows: { ...none, read: 1, inserted: 1 },
          requests: { ...requests, sent: 1, retried: 0, rateLimited: 0, split: 0 },
        },
      ],
      [
        'an earlier batch was sent again',
        { rows: { ...none, read: 1, unchanged: 1 }, requests: { sent: 1, retried: 0, rateLimited: 0, split: 0 } },
      ],
      ['failed before it read', { status: 'failed', error: { code: 'x', message: 'It broke.', hint: 'Mend it.' } }],
      ['stopped by a guard', { status: 'stopped', rows: { ...none, read: 2, unsent: 2 }, error: guardError }],
      ['with a note', { notes: ['Mind the gap.'] }],
      ['in progress', { status: 'running', finishedAt: null }],
      ['with the age of its data', { freshness: data }],
      ['with stale data', { freshness: { ...data, newestAt: '2026-01-28T07:59:30.000Z', stale: true } }],
      ['with data without a time', { freshness: { ...data, newestAt: null, stale: true } }],
      ['with data of a clock that is ahead', { freshness: { ...data, newestAt: '2026-01-31T14:00:00.000Z' } }],
      ['a plan on record', { trigger: 'plan', rows: everyOutcome, skips, reasons }],
      ['a plan without changes', { trigger: 'plan', rows: { ...none, read: 3, unchanged: 3 } }],
      [
        'a plan that a guard would stop',
        { trigger: 'plan', status: 'stopped', rows: { ...none, read: 2, inserted: 2 }, error: guardError },
      ],
    ];
    const texts = reports.map(([what, changes]) => `# ${what}\n${reportText(reportWith(changes), terminal)}`);
    await expectSnapshot('reports', texts.join('\n\n'));
  });

  it('says what a run cost, unless it read nothing', () => {
    const work = { rowsRead: 1_000_000, bucketsEqual: 1, bytesFromSource: 103_912_345, bytesToState: 0 };
    expect(workText(reportWith({ work }))).to.equal(
      'Read 1,000,000 rows (104 MB) from the source, 1 bucket was unchanged, wrote no rows to the state database.',
    );
    expect(workText(reportWith({ work: { ...work, bucketsEqual: 0, bytesToState: 999_960 } }))).to.equal(
      'Read 1,000,000 rows (104 MB) from the source, wrote 1.0 MB to the state database.',
    );
    expect(workText(reportWith())).to.equal('');
  });

  it('heads a plan "Plan" and ends in its counts: test/snapshots/plans.txt', async () => {
    const rows = { ...none, read: 3000, inserted: 1, updated: 2, unchanged: 2995, skipped: 1, invalid: 1, removed: 5 };
    const skips = { ...zeroSkipCounts, rejected_before: 1 };
    const plan: Omit<SyncPlan, 'basis'> = {
      report: reportWith({ trigger: 'plan', rows, skips }),
      sample: [
        {
          operation: 'insert',
          email: 'eve@example.test',
          fields: { email: [null, 'eve@example.test'], city: [null, 'Rome'] },
        },
        { operation: 'update', email: 'bob@example.test', fields: { city: [null, 'Oslo'], title: ['Dr', null] } },
      ],
      skips: [{ key: 'sam@example.test', reason: 'rejected_before' }],
      invalid: [
        { key: 'no e-mail', email: null, errors: [{ code: 'email_invalid', field: 'email', message: 'it has no @' }] },
      ],
    };
    const options = { rate: { batchSize: 100, requestsPerMinute: 60 }, savedTo: null };
    const stopped = { ...plan, report: { ...plan.report, status: 'stopped' as const, error: guardError } };
    const empty = {
      ...plan,
      report: reportWith({ trigger: 'plan', rows: { ...none, read: 3, unchanged: 3 } }),
      sample: [],
      skips: [],
      invalid: [],
    };
    await expectSnapshot(
      'plans',
      [
        `# with changes\n${planText(plan, options, terminal)}`,
        `# saved to a file\n${planText(empty, { ...options, savedTo: 'plan.jsonl' }, terminal)}`,
        `# stopped by a guard\n${planText(stopped, options, terminal)}`,
      ].join('\n\n'),
    );
  });

  const statuses: readonly [RunStatus, number][] = [
    ['succeeded', 0],
    ['running', 0],
    ['failed', 1],
    ['partial', 3],
    ['stopped', 4],
    ['canceled', 130],
  ];
  for (const [status, code] of statuses) {
    it(`begins with the status ${status}, whose exit code is ${code}`, () => {
      expect(reportText(reportWith({ status }), terminal).startsWith(`${status}  panel`)).to.equal(true);
      expect(exitCodeForReport(reportWith({ status }))).to.equal(code);
    });
  }

  it('says how long a run took', () => {
    expect(elapsedText(reportWith())).to.equal('1.5 s');
    expect(elapsedText(reportWith({ finishedAt: '2026-01-31T13:10:00.000Z' }))).to.equal('10 min');
    expect(elapsedText(reportWith({ finishedAt: null }))).to.equal(null);
  });
});

describe('cost of sending', () => {
  const costs: readonly [number, number, number, number, string][] = [
    [0, 100, 60, 0, '0 requests, 0 s at 60 a minute'],
    [1, 100, 60, 1, '1 request, 1 s at 60 a minute'],
    [100, 100, 60, 1, '1 request, 1 s at 60 a minute'],
    [101, 100, 60, 2, '2 requests, 2 s at 60 a minute'],
    [100_000, 100, 60, 1000, '1,000 requests, 17 min at 60 a minute'],
    [100_000, 1, 1000, 100_000, '100,000 requests, 1 h 40 min at 1,000 a minute'],
  ];
  for (const [rows, batchSize, requestsPerMinute, requests, text] of costs) {
    it(`of ${rows} rows by ${batchSize} is ${text}`, () => {
      const pace = { batchSize, requestsPerMinute };
      expect(estimateSendCost(rows, pace)).to.deep.equal({ requests, minutes: requests / requestsPerMinute });
      expect(sendCostText(rows, pace)).to.equal(text);
    });
  }
});
