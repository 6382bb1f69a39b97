import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PersonSelector } from '../../../../src/core/ports/records.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { StateMarks } from '../../../../src/state/trust/state-marks.ts';
import { keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { backUpState } from '../../../helpers/panel/state-backup.ts';
import { silentLog } from '../../../helpers/postgres/postgres.ts';
import { errorCodeOf, panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

const repair = { recreate: false, force: true };
const people = (city: string) =>
  Array.from({ length: 6 }, (_, at) => ({ email: `p${at}@example.test`, first_name: 'Ada', city }));

describe('a state that is older than what was sent', () => {
  let panel: TestPanel;
  let directory: string;
  before(async () => {
    panel = await openPanel();
    directory = await mkdtemp(join(tmpdir(), 'panelsync-marks-'));
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await panel.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** As another process of the same machine has them. */
  function marks(): StateMarks {
    return new StateMarks(panel.database, directory, silentLog);
  }

  /** London is on record and in the Hub; Paris is in the Hub, and the state does not know any more. */
  async function loseParis(sync: Partial<SyncSettings> = {}): Promise<void> {
    await panel.setPeople(people('London'));
    await panel.run({ sync, marks: marks() });
    const backup = await backUpState(panel);
    await panel.setPeople(people('Paris'));
    await panel.run({ sync, marks: marks(), destination: { batchSize: 2 } });
    await backup.restore();
    await panel.setPeople(people('London'));
  }

  it('stops runs and plans in every process, and says what is missing', async () => {
    await loseParis();
    const error = await panelsyncErrorOf(panel.run({ marks: marks() }));
    expect([error.code, error.recovery]).to.deep.equal(['state_older', 'usage']);
    expect(error.message).to.contain('run 2');
    expect(error.hint).to.match(/verify panel --repair.*resync panel/);
    // A process that keeps no marks is told by the state.
    expect(await errorCodeOf(panel.run())).to.equal('state_older');
    expect(await errorCodeOf(panel.plan())).to.equal('state_older');
  });

  it('is trusted again after a repair, and the Hub gets what it should have', async () => {
    await loseParis();
    await errorCodeOf(panel.run({ marks: marks() }));
    await verify(panel, { repair });
    expect(nonZeroRows(await panel.run({ marks: marks() }))).to.deep.equal({ read: 6, updated: 6 });
    expect(nonZeroRows(await panel.run({ marks: marks() }))).to.deep.equal({ read: 6, unchanged: 6 });
    expect(Object.values(panel.people()).map(({ city }) => city)).to.deep.equal(Array(6).fill('London'));
  });

  for (const [what, wayOut] of [
    ['after resync', async () => (await panel.records()).resync('panel')],
    ['after a baseline that replaces', async () => baseline(panel, { replace: true })],
  ] as const) {
    it(`is trusted again ${what}`, async () => {
      await loseParis();
      await errorCodeOf(panel.run({ marks: marks() }));
      await wayOut();
      await panel.run({ marks: marks() });
      expect(nonZeroRows(await panel.run({ marks: marks() }))).to.deep.equal({ read: 6, unchanged: 6 });
      expect(Object.values(panel.people()).map(({ city }) => city)).to.deep.equal(Array(6).fill('London'));
    });
  }

  it('that lost the last batches of a run it knows is told by what was recorded and settled', async () => {
    await panel.setPeople(people('London'));
    await panel.run({ marks: marks(), destination: { batchSize: 2 } });
    await panel.sql('delete from panelsync.batches where number = 3');
    expect((await panelsyncErrorOf(panel.run({ marks: marks() }))).message).to.contain('1 batch of run 1');
    await (await panel.records()).resync('panel');
    await panel.run({ marks: marks(), destination: { batchSize: 2 } });
    await panel.sql('update panelsync.batches set settled_at = null where run_id = 2 and number > 1');
    expect((await panelsyncErrorOf(panel.run({ marks: marks() }))).message).to.contain('the outcome of 2 batches');
  });

  it('is not suspected where retention deleted the run, another machine ran since, or the state was made anew', async () => {
    await panel.setPeople(people('London'));
    const own = marks();
    await panel.run({ marks: own });
    await panel.setPeople(people('Paris'));
    await panel.run();
    await panel.sql("update panelsync.runs set started_at = started_at, finished_at = now() - interval '100 days'");
    await panel.run();
    expect(await panel.sql('select from panelsync.runs where id = 1')).to.deep.equal([]);
    expect((await panel.run({ marks: own })).rows.unchanged).to.equal(6);
    await panel.reset();
    await panel.setPeople(people('Rome'));
    expect((await panel.run({ marks: own })).rows.inserted).to.equal(6);
  });

  it('sends nobody who was forgotten since, and somebody who was allowed again', async () => {
    const person: PersonSelector = { email: 'p1@example.test', key: null, sync: null };
    const options = { codec: keyedCodec, marks: marks() };
    await panel.setPeople(people('London'));
    await panel.run(options);
    const backup = await backUpState(panel);
    const records = await panel.records(keyedCodec, { marks: marks() });
    await records.forget(person);
    await backup.restore();
    await panel.setPeople(people('Paris'));
    const report = await panel.run({ ...options, marks: marks() });
    expect([report.skips.forgotten, report.rows.updated]).to.deep.equal([1, 5]);
    await records.allow(person);
    expect((await panel.run({ ...options, marks: marks() })).rows.updated).to.equal(1);
  });
});
