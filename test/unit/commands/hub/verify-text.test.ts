import { verificationText } from '../../../../src/commands/hub/verify-text.ts';
import type { Mode } from '../../../../src/core/model/terms.ts';
import type { Verification } from '../../../../src/sync/audit/verify.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { expectSnapshot } from '../../../helpers/snapshots.ts';

interface Found {
  readonly different?: number;
  readonly missing?: number;
  readonly repair?: Verification['repair'];
  readonly whole?: boolean;
}

function textOf(mode: Mode, { different = 0, missing = 0, repair = null, whole = true }: Found): string {
  const verification: Verification = {
    counts: { verdicts: { same: 1995, different, unknown: 0, moved: 0 }, missing, snapshot: 2009 },
    unusable: 0,
    total: 2009,
    whole,
    missing: [],
    unknown: [],
    different: [],
    repair,
    error: null,
  };
  const view = { sync: { ...defaultSync, mode }, ignoreUnknown: false, verification };
  return verificationText(view, captureTerminal(false).terminal);
}

const suppressed = { missing: 1, repair: { different: 0, withheld: 1, recreated: 0 } };
const recreated = { missing: 1, repair: { different: 0, withheld: 0, recreated: 1 } };

describe('the text of verify', () => {
  it('offers a repair with what it would do, and says what a repair did: test/snapshots/verify-repair.txt', async () => {
    const cases: readonly (readonly [string, Mode, Found])[] = [
      ['a difference of each kind', 'upsert', { different: 1, missing: 1 }],
      ['people who differ', 'update', { different: 2 }],
      ['people who are missing', 'upsert', { missing: 2 }],
      ['no difference', 'upsert', {}],
      ['a difference that insert mode leaves', 'insert', { different: 1 }],
      ['a sample, which misses nobody', 'upsert', { missing: 7, whole: false }],
      ['repaired in upsert mode', 'upsert', suppressed],
      ['repaired in update mode', 'update', suppressed],
      ['recreated in insert mode', 'insert', recreated],
      ['recreated in update mode', 'update', recreated],
      ['repaired without need', 'upsert', { repair: { different: 0, withheld: 0, recreated: 0 } }],
    ];
    const texts = cases.map(([what, mode, found]) => `# ${what} (${mode})\n${textOf(mode, found)}`);
    await expectSnapshot('verify-repair', texts.join('\n\n'));
  });
});
