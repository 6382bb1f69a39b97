import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';

/** Every row has one outcome, and none is counted below zero. */
export function expectBalancedCounts({ rows: { removed: _removed, ...rows }, skips }: RunReport): void {
  const { read, ...others } = rows;
  expect(
    Object.values(others).reduce((sum, count) => sum + count, 0),
    'rows by their doors',
  ).to.equal(read);
  expect(rows.skipped, 'skips by their reasons').to.equal(Object.values(skips).reduce((sum, count) => sum + count, 0));
  for (const [outcome, count] of Object.entries(rows)) expect(count, outcome).to.be.at.least(0);
}
