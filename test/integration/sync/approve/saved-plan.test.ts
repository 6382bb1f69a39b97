import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guards } from '../../../../src/core/settings.ts';
import { hashedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { appliedNote } from '../../../../src/sync/notes.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const ada: WarehouseRow = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };
const bob: WarehouseRow = { email: 'Bob@Example.test', first_name: 'Bob', city: 'Paris' };
const eve: WarehouseRow = { email: 'eve@example.test', first_name: 'Eve', city: 'Rome' };

describe('a saved plan', () => {
  let panel: TestPanel;
  let directory: string;
  let file: string;
  before(async () => {
    panel = await openPanel();
    directory = await mkdtemp(join(tmpdir(), 'panelsync-kept-'));
    file = join(directory, 'plan.jsonl');
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
    await panel.close();
  });

  async function lines(): Promise<readonly Record<string, unknown>[]> {
    const text = await readFile(file, 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => ({ ...JSON.parse(line) }));
  }

  /** Applies it, and sees to it that nothing reached the Hub; returns the code and what moved. */
  async function expectRefused(options: Omit<RunOptions, 'full' | 'limit'> = {}): Promise<readonly [unknown, unknown]> {
    panel.newRequests();
    const { report, drift } = await panel.apply(file, options);
    expect([report.status, panel.newRequests()]).to.deep.equal(['stopped', 0]);
    expect(JSON.stringify(report)).not.to.include('@');
    return [report.error?.code, drift];
  }

  const noDrift = { configuration: [], destination: null, snapshot: null, counts: [], people: null };

  it('holds what a run would send, change by change', async () => {
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob, eve]);
    const { report } = await panel.savePlan(file);
    const [header, first, second, ...rest] = await lines();
    expect(header).to.include({ panelsync: 'plan', version: 1, sync: 'panel', runId: report.runId, mode: 'upsert' });
    expect(header?.['rows']).to.deep.equal(report.rows);
    expect(header?.['snapshot']).to.include({ run: '1', by: 'run', people: 2 });
    expect(first).to.deep.include({ seq: 1, key: 'ada@example.test', operation: 'update' });
    expect(second).to.deep.include({
      seq: 2,
      operation: 'insert',
      payload: { fields: { email: 'eve@example.test', first_name: 'Eve', city: 'Rome' }, characteristics: {} },
    });
    expect(rest.map((line) => Object.keys(line))).to.deep.equal([['sha256']]);
  });

  it('is sent as it is while nothing moved, in whatever order the model gives its rows', async () => {
    await panel.savePlan(file);
    await panel.setPeople([bob, ada]);
    const { report, drift } = await panel.apply(file);
    expect([report.status, nonZeroRows(report), drift]).to.deep.equal(['succeeded', { read: 2, inserted: 2 }, null]);
    expect(report.notes[0]).to.equal(appliedNote('1'));
    expect(Object.keys(panel.people())).to.have.members(['ada@example.test', 'bob@example.test']);
  });

  it('still holds after runs that sent nothing, and when rows came that nobody would send', async () => {
    await panel.run();
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob]);
    await panel.savePlan(file);
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob, bob, { email: 'no e-mail' }]);
    const { report } = await panel.apply(file);
    expect([report.status, report.rows.updated]).to.deep.equal(['partial', 1]);
  });

  it('is refused when the model moved, and tells how many people and the first of them', async () => {
    await panel.savePlan(file);
    await panel.setPeople([{ ...ada, city: 'Oslo' }, eve]);
    const [code, drift] = await expectRefused();
    expect(code).to.equal('plan_moved');
    const sample = [
      { email: 'eve@example.test', planned: null, now: 'insert', fields: {} },
      { email: 'Bob@Example.test', planned: 'insert', now: null, fields: {} },
      { email: 'ada@example.test', planned: 'insert', now: 'insert', fields: { city: ['London', 'Oslo'] } },
    ];
    expect(drift).to.deep.equal({ ...noDrift, people: { more: 1, less: 1, different: 1, sample } });
    expect((await panel.run()).rows.inserted, 'a run after it').to.equal(2);
  });

  it('names five people of each kind, however many there are', async () => {
    await panel.setPeople([]);
    await panel.savePlan(file);
    await panel.sql(
      "insert into people (email) select 'p' || lpad(n::text, 5, '0') || '@example.test' from generate_series(1, 4500) n",
    );
    const { drift } = await panel.apply(file);
    expect([drift?.people?.more, drift?.people?.sample.map(({ email }) => email)]).to.deep.equal([
      4500,
      [
        'p00001@example.test',
        'p00002@example.test',
        'p00003@example.test',
        'p00004@example.test',
        'p00005@example.test',
      ],
    ]);
  });

  it('is refused when a run moved the snapshot, which is named', async () => {
    await panel.savePlan(file);
    await panel.run();
    const [code, drift] = await expectRefused();
    expect(code).to.equal('plan_moved');
    expect(drift).to.deep.include({ snapshot: 'run 2 changed it' });
    expect(drift).to.have.nested.property('people.less', 2);
  });

  it('is refused when the snapshot moved and what would be sent did not', async () => {
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob]);
    await panel.savePlan(file);
    await panel.sql("update panelsync.snapshot set payload_hash = gen_random_uuid() where key = 'bob@example.test'");
    expect(await expectRefused()).to.deep.equal([
      'plan_moved',
      { ...noDrift, snapshot: 'it has the same people with other values (verify --repair)' },
    ]);
    await panel.sql("delete from panelsync.snapshot where key = 'bob@example.test'");
    const [, drift] = await expectRefused();
    expect(drift).to.deep.include({ snapshot: 'it has 1 person, and had 2 people' });
  });

  it('is refused after a resync', async () => {
    await panel.run();
    await panel.savePlan(file);
    await (await panel.records()).resync('panel');
    const [, drift] = await expectRefused();
    expect(drift).to.deep.include({ snapshot: 'everybody will be sent again (resync, run --full)' });
  });

  it('is refused under another mode, mapping or way of keeping payloads, without comparing people', async () => {
    await panel.savePlan(file);
    const mapping = { ...defaultSync.mapping, fields: { email: 'email', city: 'city' } };
    const driftOf = async (choices: RunOptions): Promise<unknown> => (await expectRefused(choices))[1];
    expect(await driftOf({ sync: { mode: 'insert' } })).to.deep.equal({
      ...noDrift,
      configuration: ['mode (upsert then, insert now)'],
    });
    expect(await driftOf({ sync: { mapping } })).to.deep.equal({
      ...noDrift,
      configuration: ['the mapping, the rules for values, or the types of the mapped columns'],
    });
    expect(await driftOf({ codec: hashedCodec })).to.deep.equal({
      ...noDrift,
      configuration: ['state.payload (full then, hashed now)'],
    });
  });

  it('is refused for another destination', async () => {
    await panel.savePlan(file);
    const [, drift] = await expectRefused({ destination: { baseUrl: `${panel.hub.url}/other` } });
    expect(drift).to.deep.equal({
      ...noDrift,
      destination: 'another address or wire profile (destination.baseUrl, .wire)',
    });
  });

  it('lets another text of the model pass that gives the same people, and names it as the reason otherwise', async () => {
    await panel.savePlan(file);
    const other = (where: string): RunOptions => ({
      sync: { model: { sql: `select * from people where ${where}`, location: 'models/people.sql' } },
    });
    const [, drift] = await expectRefused(other("city = 'Paris'"));
    expect(drift).to.deep.include({ configuration: ['the text of the model (models/people.sql)'] });
    expect((await panel.apply(file, other('true'))).report.status).to.equal('succeeded');
  });

  it('of everybody sends everybody, and asks nothing of later runs when it is refused', async () => {
    await panel.run();
    await panel.savePlan(file, { full: true });
    await panel.setPeople([ada, bob, eve]);
    await expectRefused();
    expect((await panel.plan()).report.rows).to.include({ unchanged: 2, inserted: 1 });
    await panel.setPeople([ada, bob]);
    expect((await panel.apply(file)).report.rows.updated).to.equal(2);
  });

  it('passes no guard without force', async () => {
    const guards: Guards = { minRows: 3, maxRemovedPercent: 100, maxInvalidPercent: 100 };
    expect((await panel.savePlan(file, { sync: { guards } })).report.status).to.equal('stopped');
    expect(await expectRefused({ sync: { guards } })).to.deep.equal(['guard_min_rows', null]);
    expect((await panel.apply(file, { sync: { guards }, force: true })).report.status).to.equal('succeeded');
  });

  it('is refused before batches of earlier runs are sent again', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    await panel.run({ destination: { maxAttempts: 1 } });
    panel.hub.setFaults();
    await panel.savePlan(file);
    expect(await expectRefused()).to.deep.equal(['plan_open_batches', null]);
  });

  it('names and shows nobody where payloads are kept as hashes, and holds or is refused all the same', async () => {
    const hashed = { codec: hashedCodec };
    await panel.savePlan(file, hashed);
    expect(await readFile(file, 'utf8')).not.to.match(/@|Ada|London|fields/);
    await panel.setPeople([{ ...ada, city: 'Oslo' }, eve]);
    const [code, drift] = await expectRefused(hashed);
    expect(code).to.equal('plan_moved');
    const sample = [
      { email: 'eve@example.test', planned: null, now: 'insert', fields: {} },
      { email: null, planned: 'insert', now: null, fields: {} },
      { email: 'ada@example.test', planned: 'insert', now: 'insert', fields: {} },
    ];
    expect(drift).to.deep.equal({ ...noDrift, people: { more: 1, less: 1, different: 1, sample } });
    await panel.setPeople([ada, bob]);
    expect((await panel.apply(file, hashed)).report.rows.inserted).to.equal(2);
  });

  it('is refused when somebody wrote other values into it and sealed it anew', async () => {
    await panel.savePlan(file);
    const body = (await readFile(file, 'utf8')).split('\n').slice(0, -2).join('\n').replace('London', 'Oslo');
    const digest = createHash('sha256').update(`${body}\n`).digest('hex');
    await writeFile(file, `${body}\n{"sha256":"${digest}"}\n`);
    expect(await errorCodeOf(panel.apply(file))).to.equal('plan_file_changed');
    expect(panel.newRequests()).to.equal(0);
  });
});
