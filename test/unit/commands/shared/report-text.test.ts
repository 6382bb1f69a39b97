import { expect } from 'chai';
import { exitCodeForReport } from '../../../../src/commands/command.ts';
import { estimateSendCost, sendCostText } from '../../../../src/commands/shared/progress.ts';
import { formatTimestamp, sanitize, reportText, durationText } from '../../../../src/commands/shared/report-text.ts';
import { zeroSkipCounts } from '../../../../src/core/model/terms.ts';
import type { RunStatus } from '../../../../src/core/model/terms.ts';
import { captureTerminal, reportWith } from '../../../helpers/fixtures/run-report.ts';

const { terminal } = captureTerminal(false);
const { rows: none } = reportWith();

describe('report for people', () => {
  it('has a line for every door that rows left by, and none for the others', () => {
    const report = reportWith({
      rows: { ...none, read: 1234, unchanged: 1200, inserted: 30, skipped: 4 },
      skips: { ...zeroSkipCounts, already_in_snapshot: 3, rejected_before: 1 },
      requests: { sent: 3, retried: 1, rateLimited: 1, split: 0 },
    });
    expect(reportText(report, terminal).split('\n')).to.deep.equal([
      'succeeded  panel  run 7, upsert, 1.5 s',
      '       1,234  read       rows of the model',
      '       1,200  unchanged  as the Hub has them',
      '          30  inserted   new people',
      '           4  skipped    already_in_snapshot 3, rejected_before 1',
      '3 requests, 1 of them repeated, 1 answered 429, 0 batches split',
    ]);
  });

  it('tells of every door with its meaning', () => {
    const all = {
      read: 8,
      duplicate: 1,
      invalid: 1,
      unchanged: 1,
      skipped: 1,
      inserted: 1,
      updated: 1,
      rejected: 1,
      unsent: 1,
    };
    const text = reportText(reportWith({ rows: { ...all, removed: 1 } }), terminal);
    for (const door of [...Object.keys(all), 'removed']) expect(text).to.match(new RegExp(`\\b1  ${door}|8  ${door}`));
  });

  it('says of a plan what would be, and names no request or list', () => {
    const report = reportWith({ trigger: 'plan', rows: { ...none, read: 2, inserted: 1, invalid: 1 } });
    const text = reportText(report, terminal);
    expect(text).to.match(/1 {2}would be inserted {2}new people\n.*1 {2}invalid +refused by the rules$/);
    expect(text).not.to.contain('requests');
  });

  it('ends with the notes, and with the error and what to do about it', () => {
    const error = { code: 'x', message: 'It broke.', hint: 'Mend it.' };
    const text = reportText(reportWith({ status: 'failed', notes: ['Mind the gap.'], error }), terminal);
    expect(text.endsWith('Note: Mind the gap.\nIt broke.\n  Mend it.')).to.equal(true);
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

  it('says how long a run took, or since when it runs', () => {
    expect(durationText(reportWith())).to.equal('1.5 s');
    expect(durationText(reportWith({ finishedAt: '2026-01-31T13:10:00.000Z' }))).to.equal('10 min');
    expect(durationText(reportWith({ finishedAt: null }))).to.equal('since 2026-01-31T13:00:00.000Z');
  });

  it('writes moments as people read them, and no character that drives a terminal', () => {
    expect(formatTimestamp('2026-01-31T13:00:00.123Z')).to.equal('2026-01-31 13:00:00Z');
    expect(sanitize('a\u001b[31mb\nc\u202ed\u2028e é\u{1f600}')).to.equal(
      'a\ufffd[31mb\ufffdc\ufffdd\ufffde é\u{1f600}',
    );
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
