import { expect } from 'chai';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { hashedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const sync = { diff: 'warehouse' } as const;

describe('comparing buckets in the warehouse', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  function people(count: number, changed: Readonly<Record<number, WarehouseRow>> = {}): readonly WarehouseRow[] {
    return Array.from({ length: count }, (_, n) => ({
      email: `p${n}@example.test`,
      first_name: 'P',
      city: 'Oslo',
      ...changed[n],
    }));
  }

  /** Rows of the report, and what of the model came to us. */
  async function run(options: RunOptions = {}): Promise<Partial<RunReport['rows']> & { readonly came: number }> {
    const report = await panel.run({ sync, ...options });
    expect(report.error?.message ?? null).to.equal(null);
    return { ...nonZeroRows(report), came: report.work.rowsRead };
  }

  it('reads no row of an equal bucket, and those of a changed one', async () => {
    await panel.setPeople(people(200));
    const first = await panel.run({ sync });
    expect([nonZeroRows(first), first.work.rowsRead]).to.deep.equal([{ read: 200, inserted: 200 }, 200]);
    const second = await panel.run({ sync });
    expect([nonZeroRows(second), second.work.rowsRead]).to.deep.equal([{ read: 200, unchanged: 200 }, 0]);
    expect(second.work.bucketsEqual).to.equal(8);
    expect(second.work.bytesFromSource).to.be.lessThan(first.work.bytesFromSource / 20);
    await panel.setPeople(people(200, { 7: { city: 'Rome' } }));
    const third = await panel.run({ sync });
    expect(nonZeroRows(third)).to.deep.equal({ read: 200, unchanged: 199, updated: 1 });
    expect([third.work.bucketsEqual, third.work.rowsRead]).to.deep.equal([7, third.work.rowsRead]);
    expect(third.work.rowsRead).to.be.within(10, 60);
    await panel.setPeople(people(190, { 7: { city: 'Rome' } }));
    expect(await run()).to.include({ read: 190, unchanged: 190, removed: 10 });
    expect(await run()).to.deep.equal({ read: 190, unchanged: 190, removed: 10, came: 0 });
  });

  it('asks for no right but select, and writes nothing', async () => {
    await panel.setPeople(people(40));
    const database = new URL(panel.url).pathname.slice(1);
    const role = `selector_${database.slice(-8)}`;
    const [home] = await panel.sql<{ schema: string }>('select current_schema() as schema');
    await panel.sql(
      `create role ${role} login password 'x'; alter role ${role} set search_path = ${home?.schema};
       revoke all on database ${database} from public; grant connect on database ${database} to ${role};
       grant usage on schema ${home?.schema} to ${role}; grant select on people to ${role}`,
    );
    const url = new URL(panel.url);
    url.username = role;
    url.password = 'x';
    try {
      const options = { source: { url: url.href } };
      expect(await run(options)).to.deep.equal({ read: 40, inserted: 40, came: 40 });
      await panel.sql(`update people set city = 'Rome' where email = 'p3@example.test'`);
      expect(await run(options)).to.include({ read: 40, updated: 1 });
    } finally {
      await panel.sql(`drop owned by ${role}`);
      await panel.sql(`drop role ${role}`);
    }
  });

  it('remembers the rows that it has seen, not those that the warehouse has summed', async () => {
    await panel.setPeople(people(200));
    // Another city in the statement that reads rows of changed buckets than in the one that sums them.
    const city = "case when strpos(current_query(), 'get' || '_bit') > 0 then upper(city) else city end as city";
    const model = {
      sql: `select email, first_name, ${city}, phone, plan, note from people order by id`,
      location: 'm',
    };
    const volatile = { sync: { ...sync, model } };
    await panel.run(volatile);
    await panel.sql("update people set city = 'Rome' where email = 'p7@example.test'");
    const second = await panel.run(volatile);
    expect([second.rows.read, second.work.bucketsEqual]).to.deep.equal([200, 7]);
    expect(panel.people()['p7@example.test']).to.include({ city: 'ROME' });
    // The warehouse sums what it summed before, but that is not what was sent.
    const third = await panel.run(volatile);
    expect([third.rows.unchanged, third.work.bucketsEqual, third.work.rowsRead]).to.deep.equal([
      200,
      7,
      second.work.rowsRead,
    ]);
  });

  it('reads every row once after the way of comparing has changed', async () => {
    await panel.setPeople(people(40));
    const came = async (diff: SyncSettings['diff']): Promise<number> => {
      const { rows, work } = await panel.run({ sync: { diff } });
      expect(rows.read).to.equal(40);
      return work.bucketsEqual;
    };
    const equal: number[] = [];
    for (const diff of ['warehouse', 'fingerprints', 'fingerprints', 'warehouse', 'warehouse'] as const)
      equal.push(await came(diff));
    expect(equal).to.deep.equal([0, 0, 2, 0, 2]);
  });

  it('finds the rows of one person however their e-mail is written, and takes the first', async () => {
    const spelled = people(60, { 3: { email: ' P3@Example.test ', city: 'Bergen' }, 4: { email: 'P4@EXAMPLE.test' } });
    await panel.setPeople([...spelled, { email: 'p3@example.test', first_name: 'P', city: 'Lima' }]);
    expect(await run()).to.deep.equal({ read: 61, inserted: 60, duplicate: 1, came: 61 });
    expect(panel.people()['p3@example.test']).to.include({ city: 'Bergen' });
    expect(await run()).to.include({ read: 61, unchanged: 60, duplicate: 1 });
    await panel.setPeople(spelled);
    expect(await run()).to.include({ read: 60, unchanged: 60 });
    // Only the row that the warehouse cannot place comes, and nobody needs to look at it.
    expect(await run()).to.deep.equal({ read: 60, unchanged: 60, came: 0 });
    await panel.setPeople(
      people(60, { 3: { email: "'p3@example.test'", city: 'Bergen' }, 4: { email: 'josé@x.test' } }),
    );
    expect(await run()).to.include({ read: 60, unchanged: 59, inserted: 1, removed: 1 });
  });

  it('lists rows without a key in every run, by their place in the model', async () => {
    await panel.setPeople(people(60, { 10: { email: null }, 20: { email: ' ' } }));
    for (const rest of [{ inserted: 58 }, { unchanged: 58 }]) {
      const report = await panel.run({ sync });
      expect(nonZeroRows(report)).to.deep.equal({ read: 60, invalid: 2, ...rest });
      const listed = await (await panel.records()).rejections('panel', null);
      expect(listed.map(({ key }) => key)).to.have.members(['(row 11)', '(row 21)']);
    }
  });

  it('sees two people of one bucket who swap a value', async () => {
    await panel.setPeople(people(4, { 1: { city: 'Rome' } }));
    await run();
    await panel.setPeople(people(4, { 2: { city: 'Rome' } }));
    expect(await run()).to.deep.equal({ read: 4, unchanged: 2, updated: 2, came: 4 });
  });

  it('remembers no sum that could be tried against guesses where payloads are stored as hashes', async () => {
    await panel.setPeople(people(40));
    const sums = async (options: RunOptions): Promise<readonly object[]> => {
      await run(options);
      return panel.sql("select encode(buckets, 'hex') as buckets from panelsync.fingerprints");
    };
    const plain = await sums({});
    const keyed = await sums({ codec: hashedCodec });
    expect(keyed).to.not.deep.equal(plain);
    expect(await run({ codec: hashedCodec })).to.include({ unchanged: 40, came: 0 });
  });
});
