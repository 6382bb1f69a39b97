import { expect } from 'chai';
import { openAlertStore } from '../../../src/state/tables/alerts.ts';
import { readGauges } from '../../../src/state/queries/gauges.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const hour = 3_600_000;

describe('the age of the data', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
    await panel.sql('alter table people add column seen_at timestamptz');
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  const freshness = { column: 'seen_at', maxAgeMs: hour };
  const watched = (changes: Partial<SyncSettings> = {}): Partial<SyncSettings> => ({
    model: { sql: 'select email, city, first_name, plan, seen_at from people order by id', location: 'people.sql' },
    freshness,
    ...changes,
  });

  async function seen(email: string, at: string | null): Promise<void> {
    await panel.sql('update people set seen_at = $2::timestamptz where email = $1', [email, at]);
  }

  for (const diff of ['rows', 'fingerprints', 'warehouse'] as const) {
    it(`is that of the newest row, which is no change of it (diff: ${diff})`, async () => {
      const sync = watched({ diff });
      await panel.setPeople([
        { email: 'ada@example.test' },
        { email: 'BOB @example.test' },
        { email: 'eve@example.test' },
      ]);
      const old = { column: 'seen_at', maxAgeSeconds: 3600, stale: true };
      expect((await panel.run({ sync })).freshness).to.deep.equal({ ...old, newestAt: null });
      await seen('ada@example.test', '2026-01-02 03:04:05.678Z');
      await seen('eve@example.test', '2025-12-31 23:00:00-08:00');
      const times = await panel.run({ sync });
      expect(times.freshness).to.deep.equal({ ...old, newestAt: '2026-01-02T03:04:05.678Z' });
      expect(nonZeroRows(times)).to.deep.equal({ read: 3, invalid: 1, unchanged: 2 });
      await seen('BOB @example.test', '2026-01-03Z');
      await seen('eve@example.test', '9999-12-31Z');
      const newest = '2026-01-03T00:00:00.000Z';
      expect((await panel.run({ sync })).freshness?.newestAt, 'of a row whose e-mail is irregular').to.equal(newest);
      await panel.sql("update people set city = 'Oslo' where email = 'ada@example.test'");
      const changed = await panel.run({ sync });
      expect([changed.freshness?.newestAt, changed.rows.updated]).to.deep.equal([newest, 1]);
    });
  }

  it('may be that of a mapped column, which is then compared as well', async () => {
    const mapping = {
      fields: { email: 'email' },
      characteristics: { seen: { column: 'seen_at', type: 'date' } },
    } as const;
    const sync = watched({ mapping });
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run({ sync });
    await seen('ada@example.test', '2026-01-02Z');
    const { rows, freshness: age } = await panel.run({ sync });
    expect([rows.updated, age?.newestAt]).to.deep.equal([1, '2026-01-02T00:00:00.000Z']);
  });

  it('is on record for alerts and metrics, by the last run that read the model', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await seen('ada@example.test', new Date(Date.now() - 3 * hour).toISOString());
    await panel.run({ sync: watched() });
    await panel.run({ sync: watched({ model: { sql: 'select broken', location: 'x.sql' } }) });
    const subscription = { webhook: 'team', sync: 'panel', schedule: null, relevantStatuses: [], comparesRuns: false };
    const { freshness: age, now } = await openAlertStore(panel.database).read(subscription);
    expect(now.getTime() - (age?.newestAt?.getTime() ?? 0)).to.be.within(3 * hour, 4 * hour);
    expect((await readGauges(panel.database))[0]?.dataAgeSeconds).to.be.within(3 * 3600, 4 * 3600);
    await panel.run();
    expect((await readGauges(panel.database))[0]?.dataAgeSeconds, 'when nobody watches it any more').to.equal(null);
  });

  it('is in the views of the ledger, with its limit: of each run by its start, of the sync by now', async () => {
    type Shown = {
      readonly newest_data_at: Date | null;
      readonly max_data_age_seconds: number;
      readonly stale: boolean;
    };
    const columns = 'newest_data_at, max_data_age_seconds::int, stale';
    const runs = (): Promise<Shown[]> => panel.sql(`select ${columns} from panelsync.v_runs order by run_id`);
    const syncs = (): Promise<Shown[]> => panel.sql(`select ${columns} from panelsync.v_syncs`);
    const unwatched = { newest_data_at: null, max_data_age_seconds: null, stale: null };
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run();
    expect([await runs(), await syncs()]).to.deep.equal([[unwatched], [unwatched]]);
    await panel.run({ sync: watched() });
    const none = { newest_data_at: null, max_data_age_seconds: 3600, stale: true };
    expect([await runs(), await syncs()]).to.deep.equal([[unwatched, none], [none]]);
    const recent = new Date(Date.now() - hour / 2);
    await seen('ada@example.test', recent.toISOString());
    expect((await panel.run({ sync: watched() })).freshness?.stale).to.equal(false);
    const fresh = { ...none, newest_data_at: recent, stale: false };
    expect([await runs(), await syncs()]).to.deep.equal([[unwatched, none, fresh], [fresh]]);
    await panel.sql(
      "update panelsync.runs set newest_data_at = newest_data_at - interval '31 minutes', started_at = started_at - interval '2 minutes'",
    );
    expect([(await runs()).at(-1)?.stale, (await syncs())[0]?.stale]).to.deep.equal([false, true]);
    await panel.sql("update panelsync.syncs set paused_at = now(), paused_by = 'me'");
    expect((await syncs())[0]?.stale, 'of a paused sync').to.equal(false);
  });

  it('is without end for metrics where no row has a time', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run({ sync: watched() });
    expect((await readGauges(panel.database))[0]?.dataAgeSeconds).to.equal(Infinity);
  });

  it('needs a column that is there, and a date or a timestamp', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    const errorOf = async (column: string): Promise<string | undefined> =>
      (await panel.run({ sync: watched({ freshness: { ...freshness, column } }) })).error?.message;
    expect(await errorOf('seen')).to.contain('syncs.panel.freshness.column: the model has no column "seen"');
    expect(await errorOf('city')).to.contain(
      'the column "city" is text, and the age of data needs a date or a timestamp',
    );
  });
});
