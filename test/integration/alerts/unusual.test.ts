import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { alertStateOf, unusualCounts } from '../../../src/alerts/alert-state.ts';
import type { AlertState } from '../../../src/core/ports/alert-store.ts';
import { openAlertStore } from '../../../src/state/tables/alerts.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

/** Twenty months of US legislators (CC0), which are not part of this project. */
const realDates = ['2024-12-15', '2025-02-15', '2026-08-05'].map((date) =>
  fileURLToPath(new URL(`../../../../../shared/data/us-legislators-${date}.csv.gz`, import.meta.url)),
);

const preferences = { on: ['failed', 'unusual'], partialPercent: 1, overdueIntervals: 3 } as const;

describe('unusual runs', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  /** The state of the sync after its last run, and the counts that are unusual about it. */
  async function stateNow(): Promise<readonly [AlertState, ...string[]]> {
    const record = await openAlertStore(panel.database).read({
      webhook: 'team',
      sync: defaultSync.name,
      schedule: null,
      relevantStatuses: ['succeeded', 'partial', 'failed'],
      comparesRuns: true,
    });
    const counts = unusualCounts(record, preferences).map(({ count }) => count);
    return [alertStateOf(record, preferences, { scheduledTimes: null, maxDataAgeMs: null }), ...counts];
  }

  /** The state after each of so many runs. */
  async function runTimes(times: number): Promise<readonly (readonly string[])[]> {
    const states: (readonly string[])[] = [];
    for (let time = 0; time < times; time += 1) {
      await panel.run();
      states.push(await stateNow());
    }
    return states;
  }

  const people = (count: number, city: string): readonly WarehouseRow[] =>
    Array.from({ length: count }, (_, at) => ({ email: `person${at}@example.test`, city }));

  it('are those that are far from the runs before, until two were like them', async () => {
    await panel.setPeople(people(300, 'Rome'));
    expect(await runTimes(12)).to.deep.equal(Array.from({ length: 12 }, () => ['ok']));
    await panel.setPeople(people(200, 'Oslo'));
    expect(await runTimes(4)).to.deep.equal([
      ['unusual', 'read', 'changed', 'removed'],
      ['unusual', 'read', 'removed'],
      ['ok'],
      ['ok'],
    ]);
  });

  it('are compared with the run at the same time of the week before, beyond the last thirty', async () => {
    await panel.setPeople(people(10, 'Rome'));
    for (let run = 0; run < 45; run += 1) await panel.run();
    await panel.sql("update panelsync.runs set finished_at = now() - (46 - id) * interval '4 hours'");
    await panel.sql('update panelsync.runs set updated = 50, read = 60 where id = 46 - 42');
    await panel.setPeople(people(60, 'Oslo'));
    await panel.run();
    expect(await stateNow()).to.deep.equal(['ok']);
    await panel.sql("update panelsync.runs set finished_at = finished_at - interval '2 hours' where id = 46 - 42");
    expect(await stateNow(), 'at another time').to.deep.equal(['unusual', 'read', 'changed']);
  });

  it('of real data: a new Congress, and nothing in between', async function () {
    if (!realDates.every((file) => existsSync(file))) {
      process.stdout.write('    SKIPPED: ../shared/data has no us-legislators-*.csv.gz\n');
      return;
    }
    this.timeout(600_000);
    const [december = [], february = [], august = []] = await Promise.all(realDates.map(readPeople));
    await panel.setPeople(december);
    expect(await runTimes(11)).to.deep.equal(Array.from({ length: 11 }, () => ['ok']));
    await panel.setPeople(february);
    expect(await runTimes(3)).to.deep.equal([['unusual', 'changed', 'removed'], ['unusual', 'removed'], ['ok']]);
    await panel.setPeople(august);
    expect(await runTimes(3)).to.deep.equal([['unusual', 'changed', 'removed'], ['unusual', 'removed'], ['ok']]);
  });
});

async function readPeople(file: string): Promise<readonly WarehouseRow[]> {
  const records: string[][] = parse(gunzipSync(await readFile(file)));
  return records
    .slice(1)
    .map(([, email = '', first = '', , , , , , state = '']) => ({ email, first_name: first, city: state }));
}
