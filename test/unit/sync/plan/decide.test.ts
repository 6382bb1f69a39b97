import { expect } from 'chai';
import * as fc from 'fast-check';
import { modes, skipReasons, suppressionReasons } from '../../../../src/core/model/terms.ts';
import type { Mode } from '../../../../src/core/model/terms.ts';
import { decide } from '../../../../src/sync/plan/decide.ts';
import type { Decision } from '../../../../src/sync/plan/decide.ts';

/** Known to the snapshot, the same as there, rejected before; then what upsert, insert and update make of it. */
const table: readonly [boolean, boolean, boolean, Decision, Decision, Decision][] = [
  [false, false, false, 'insert', 'insert', 'not_in_snapshot'],
  [false, false, true, 'rejected_before', 'rejected_before', 'not_in_snapshot'],
  [false, true, false, 'insert', 'insert', 'not_in_snapshot'],
  [false, true, true, 'rejected_before', 'rejected_before', 'not_in_snapshot'],
  [true, false, false, 'update', 'already_in_snapshot', 'update'],
  [true, false, true, 'rejected_before', 'already_in_snapshot', 'rejected_before'],
  [true, true, false, 'unchanged', 'unchanged', 'unchanged'],
  [true, true, true, 'unchanged', 'unchanged', 'unchanged'],
];

describe('decide', () => {
  for (const [known, unchanged, payloadRejected, upsert, insert, update] of table) {
    const decisions: Readonly<Record<Mode, Decision>> = { upsert, insert, update };
    for (const mode of modes) {
      const standing = { known, inSnapshot: known, unchanged, payloadRejected, suppression: null };
      it(`in ${mode} mode makes ${decisions[mode]} of ${JSON.stringify(standing)}`, () => {
        expect(decide(mode, standing)).to.equal(decisions[mode]);
      });
    }
  }

  it('calls nobody new in upsert mode whom the snapshot knows, even where everybody is sent again', () => {
    const resent = { known: false, inSnapshot: true, unchanged: false, payloadRejected: false, suppression: null };
    expect(modes.map((mode) => [mode, decide(mode, resent)])).to.deep.equal([
      ['upsert', 'update'],
      ['insert', 'insert'],
      ['update', 'not_in_snapshot'],
    ]);
  });

  for (const suppression of suppressionReasons) {
    it(`tells ${suppression} of a row that would be sent, and of no other`, () => {
      const changed = { known: true, inSnapshot: true, unchanged: false, payloadRejected: true, suppression };
      expect(modes.map((mode) => decide(mode, changed))).to.deep.equal([
        suppression,
        'already_in_snapshot',
        suppression,
      ]);
      expect(modes.map((mode) => decide(mode, { ...changed, known: false, inSnapshot: false }))).to.deep.equal([
        suppression,
        suppression,
        'not_in_snapshot',
      ]);
      expect(modes.map((mode) => decide(mode, { ...changed, unchanged: true }))).to.deep.equal(
        modes.map(() => 'unchanged'),
      );
    });
  }

  it('never inserts in update mode nor updates in insert mode, and never touches what is the same', () => {
    const standings = fc.record({
      known: fc.boolean(),
      inSnapshot: fc.boolean(),
      unchanged: fc.boolean(),
      payloadRejected: fc.boolean(),
      suppression: fc.constantFrom(null, ...suppressionReasons),
    });
    fc.assert(
      fc.property(fc.constantFrom(...modes), standings, (mode, standing) => {
        const decision = decide(mode, standing);
        expect(['insert', 'update', 'unchanged', ...skipReasons]).to.include(decision);
        if (mode === 'update') expect(decision).not.to.equal('insert');
        if (mode === 'insert') expect(decision).not.to.equal('update');
        if (standing.known && standing.unchanged) expect(decision).to.equal('unchanged');
        if (standing.payloadRejected || standing.suppression !== null)
          expect(['insert', 'update']).not.to.include(decision);
        if (decision === 'insert') expect(standing.known).to.equal(false);
        if (decision === 'update') expect(standing.known || standing.inSnapshot).to.equal(true);
      }),
    );
  });
});
