import { expect } from 'chai';
import type { BatchDocument } from '../../../src/page/api/documents.ts';
import { sharesOf } from '../../../src/page/parts/outcomes/outcomes.ts';
import { batchTree } from '../../../src/page/views/run/batch-tree.ts';
import { reportWith } from '../../helpers/fixtures/run-report.ts';
import { withMargins } from '../../../src/page/views/sync/history-margins.ts';

const { rows: noRows } = reportWith();

describe('the bar of a run', () => {
  it('shows five rows of a million, and fills its length', () => {
    const rows = { ...noRows, read: 1_000_000, unchanged: 999_995, invalid: 5, removed: 70 };
    const [unchanged, invalid, ...others] = sharesOf(rows, 1000, 6);
    expect(others).to.deep.equal([]);
    expect(unchanged).to.include({ name: 'unchanged', count: 999_995, start: 0 });
    expect(invalid?.width).to.be.within(6, 7);
    expect((invalid?.start ?? 0) + (invalid?.width ?? 0)).to.be.closeTo(1000, 1e-6);
  });

  it('is empty without rows', () => {
    expect(sharesOf(noRows, 1000, 6)).to.deep.equal([]);
  });
});

describe('the tree of batches', () => {
  const batch = (number: number, parent: number | null): BatchDocument => ({
    number,
    parent,
    state: 'accepted',
    rows: 1,
    inserted: 0,
    updated: 0,
    rejected: 0,
    requests: { sent: 1, retried: 0, rateLimited: 0 },
    status: 200,
    requestId: null,
    durationMs: null,
    message: null,
    recordedAt: '',
    settledAt: null,
  });

  it('puts parts behind their whole, and keeps those whose whole is on another page', () => {
    const batches = [batch(7, 2), batch(8, null), batch(9, null), batch(10, 8), batch(11, 8), batch(12, 10)];
    expect(batchTree(batches).map(({ batch: { number }, depth }) => [number, depth])).to.deep.equal([
      [7, 0],
      [8, 0],
      [10, 1],
      [12, 2],
      [11, 1],
      [9, 0],
    ]);
  });
});

describe('a history with margins', () => {
  const columns = {
    at: [1000, 2000],
    durationMs: [5, 6],
    unchanged: [0, 0],
    inserted: [1, 2],
    updated: [0, 0],
    skipped: [0, 0],
    rejected: [0, 0],
    invalid: [0, 0],
    unsent: [0, 0],
    runs: [1, 1],
    failed: [0, 0],
  };

  it('ends now, and has no figures there', () => {
    const { at, columns: margined } = withMargins({ bucketSeconds: 1, columns }, 9000);
    expect(at).to.deep.equal([1000 - 3600, 1000, 2000, 9000]);
    expect(margined.inserted).to.deep.equal([null, 1, 2, null]);
  });

  it('stays in order where the clock of this machine is behind', () => {
    expect(withMargins({ bucketSeconds: 1, columns }, 1500).at).to.deep.equal([-2600, 1000, 2000, 2001]);
  });
});
