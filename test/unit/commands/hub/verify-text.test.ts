import { expect } from 'chai';
import { verificationText } from '../../../../src/commands/hub/verify-text.ts';
import type { Mode } from '../../../../src/core/model/terms.ts';
import type { Verification } from '../../../../src/sync/audit/verify.ts';
import { defaultSync } from '../../../helpers/panel/panel.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';

interface Found {
  readonly different?: number;
  readonly missing?: number;
  readonly repair?: Verification['repair'];
  readonly whole?: boolean;
}

/** The last words of a verification: what was done, or could be. */
function lastWords(mode: Mode, { different = 0, missing = 0, repair = null, whole = true }: Found): string {
  const verification: Verification = {
    counts: { verdicts: { same: 5, different, unknown: 0, moved: 0 }, missing, snapshot: 9 },
    unusable: 0,
    total: 9,
    whole,
    missing: [],
    unknown: [],
    different: [],
    repair,
    error: null,
  };
  const told = { sync: { ...defaultSync, mode }, ignoreUnknown: false, verification };
  const parts = verificationText(told, captureTerminal(false).terminal).split('\n\n');
  return parts.find((part) => /^Nothing was|^\d+ pe/.test(part)) ?? '';
}

describe('the text of verify', () => {
  it('offers a repair with what it would do', () => {
    expect(lastWords('upsert', { different: 1, missing: 1 })).to.equal(
      'Nothing was changed. panelsync verify panel --repair lets the next run send those who differ, and keeps those who are missing from being sent again.',
    );
    expect(lastWords('update', { different: 2 })).to.match(/--repair lets the next run send those who differ\.$/);
    expect(lastWords('upsert', { missing: 2 })).to.match(
      /--repair keeps those who are missing from being sent again\.$/,
    );
    expect(lastWords('upsert', {})).to.equal('');
  });

  it('offers none that would do nothing', () => {
    expect(lastWords('insert', { different: 1 })).to.equal(
      'Nothing was changed. Those who differ stay as they are, because insert mode overwrites nobody.',
    );
    expect(lastWords('upsert', { missing: 7, whole: false }), 'a sample misses nobody').to.equal('');
  });

  it('speaks of creating people again only where a mode creates them', () => {
    const withheld = { missing: 1, repair: { different: 0, withheld: 1, recreated: 0 } };
    expect(lastWords('upsert', withheld)).to.match(/asked to be deleted\. --recreate lets them be created again\.$/);
    expect(lastWords('update', withheld)).to.match(/asked to be deleted\.$/);
    const recreated = { missing: 1, repair: { different: 0, withheld: 0, recreated: 1 } };
    expect(lastWords('insert', recreated)).to.match(/the next run creates those whom the model holds\.$/);
    expect(lastWords('update', recreated)).to.match(/update mode skips them from now on\.$/);
  });
});
