import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Client } from 'pg';
import { modes } from '../../../src/core/model/terms.ts';
import type { Mode } from '../../../src/core/model/terms.ts';
import type { CrashRunOptions } from '../../helpers/crash/crash-child.ts';
import { approvalPoints, crashPoints } from '../../helpers/crash/crash-points.ts';
import type { CrashPoint } from '../../helpers/crash/crash-points.ts';
import { approve } from '../../helpers/panel/approve.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const child = fileURLToPath(new URL('../../helpers/crash/crash-child.js', import.meta.url));

/** Points at which only somebody outside can kill. */
const externalPoints = [
  'request sent, the Hub has not applied it',
  'request sent, the Hub has applied it',
  'in the middle of settling',
] as const;
type Point = (typeof crashPoints)[number] | (typeof externalPoints)[number];

/** The steps of a run that remembers what it learned of its model, and knows people by an identity: all that there are. */
const sync = { diff: 'fingerprints', identity: 'note' } as const;

const knownPeople = 120;
const newPeople = 130;
/** So many of the new people, those of the batch that strikes, were known before under other e-mails. */
const renamedPeople = 30;

function person(number: number, city: string): WarehouseRow {
  return { email: `p${number}@example.test`, first_name: `P${number}`, city, plan: 'pro', note: `${number % 1000}` };
}

/** As the Hub has them, which knows of no identity. */
function peopleInHub(rows: readonly WarehouseRow[]): object {
  return Object.fromEntries(rows.map(({ note: _note, ...row }) => [row.email, row]));
}

const leavers = Array.from({ length: newPeople }, (_, at) => person(2000 + at, 'Rome')).slice(-renamedPeople);

/** The model after the change: half of the known moved, and new people came. */
const before = Array.from({ length: knownPeople }, (_, at) => ({ ...person(at, 'Rome'), note: `known ${at}` }));
const changedModel = [
  ...before.map((row, at) => (at % 2 === 0 ? { ...row, city: 'Oslo' } : row)),
  ...Array.from({ length: newPeople }, (_, at) => person(1000 + at, 'Lima')),
];

/** Who the Hub must hold in the end. Update mode changes everybody, so that there are batches enough. */
function models(mode: Mode): { readonly changed: readonly WarehouseRow[]; readonly hub: readonly WarehouseRow[] } {
  switch (mode) {
    case 'upsert':
      return { changed: changedModel, hub: changedModel };
    case 'insert':
      return { changed: changedModel, hub: [...before, ...changedModel.slice(knownPeople)] };
    case 'update': {
      const updated = [...before, ...changedModel.slice(knownPeople)].map((row) => ({ ...row, city: 'Kyiv' }));
      return { changed: [...updated, person(9999, 'Nowhere')], hub: updated };
    }
  }
}

interface Outcome {
  readonly mode: Mode;
  readonly point: Point;
  readonly sentTwice: number;
}

describe('a run that is killed', () => {
  const outcomes: Outcome[] = [];

  for (const mode of modes) {
    for (const point of [...crashPoints, ...externalPoints]) {
      it(`${point}, in ${mode} mode, loses nothing and sends nothing twice but what was in flight`, async () => {
        outcomes.push({ mode, point, sentTwice: await killAndRepair(mode, point) });
      });
    }
  }

  // What the run before remembered is what the model says again, and not what the Hub was sent since.
  for (const point of ['after a batch is settled', 'before the report'] as const) {
    it(`${point}, leaves it to the next one to send what the model has gone back to`, async () => {
      const panel = await openPanel();
      try {
        await panel.setPeople(before);
        await panel.run({ sync });
        await panel.setPeople(changedModel);
        await runUntilKilled(panel, 'upsert', point);
        await panel.setPeople(before);
        expect((await panel.run({ sync })).status).to.equal('succeeded');
        const people = panel.people();
        expect(people).to.deep.include(peopleInHub(before));
        expect((await panel.run({ sync })).requests.sent, 'requests of a quiet run').to.equal(0);
      } finally {
        await panel.close();
      }
    });
  }

  for (const mode of ['upsert', 'update'] as const) {
    it(`while it resolves what another one left in flight, in ${mode} mode, leaves it to the next one`, async () => {
      const panel = await openPanel();
      try {
        const { changed, hub } = models(mode);
        const old = hub.map((row) => ({ ...row, city: 'Rome' }));
        await panel.setPeople(old);
        await panel.run({ sync });
        await panel.setPeople(changed);
        await runUntilKilled(panel, mode, 'after the answer is read');
        await killExternally(panel, 'request sent, the Hub has applied it', {
          options: crashOptions(panel, mode, null),
          skippedBatches: 0,
        });
        // What was in flight twice is the model's own again: only a batch that is not forgotten puts it right.
        await panel.setPeople(old);
        expect((await panel.run({ sync: { ...sync, mode } })).status).to.equal('succeeded');
        await expectRecords(panel);
        expect(panel.people()).to.deep.equal(peopleInHub(old));
      } finally {
        await panel.close();
      }
    });
  }

  for (const point of [...approvalPoints, 'after the answer is read'] as const) {
    it(`${point}, while it sends the plan of a stopped run, leaves what it did not send to be approved`, async () => {
      const panel = await openPanel();
      try {
        const guarded = { sync: { ...sync, guards: { minRows: 0, maxRemovedPercent: 20, maxInvalidPercent: 100 } } };
        await panel.setPeople(before);
        await panel.run({ sync });
        const known = panel.hub.counters.applied.size;
        const grown = changedModel.slice(knownPeople);
        await panel.setPeople(grown);
        const stopped = await panel.run(guarded);
        await runUntilKilled(panel, 'upsert', point, stopped.runId);
        const approved = point !== 'before the approval is recorded';
        const next = approved ? await panel.run(guarded) : stopped;
        expect((await (await panel.records()).run(stopped.runId))?.approval).to.include({
          state: approved ? 'approved' : 'waiting',
        });
        expect(next.status, 'the guard stops the next run as well').to.equal('stopped');
        expect((await approve(panel, next.runId, guarded)).report.status).to.equal('succeeded');
        await expectRecords(panel);
        const hub = [...before, ...grown];
        expect(panel.people()).to.deep.equal(peopleInHub(hub));
        const sentTwice = [...panel.hub.counters.applied.values()].filter((times) => times > 1).length;
        expect(sentTwice, 'people sent twice').to.equal(point === 'after the answer is read' ? newPeople - 100 : 0);
        expect(panel.hub.counters.applied.size).to.equal(known + newPeople);
      } finally {
        await panel.close();
      }
    });
  }

  after(() => {
    const lines = [...crashPoints, ...externalPoints].map((point) => {
      const cells = modes.map((mode) => outcomes.find((one) => one.mode === mode && one.point === point)?.sentTwice);
      return `    ${point.padEnd(44)}${cells.map((count) => (count === undefined ? 'failed' : `${count}`).padStart(8)).join('')}`;
    });
    process.stdout.write(
      `\n    killed …, people sent twice${' '.repeat(17)}${modes.map((mode) => mode.padStart(8)).join('')}\n${lines.join('\n')}\n\n`,
    );
  });
});

async function killAndRepair(mode: Mode, point: Point): Promise<number> {
  const panel = await openPanel();
  try {
    const { changed, hub } = models(mode);
    await panel.setPeople([...(mode === 'update' ? hub.map((row) => ({ ...row, city: 'Rome' })) : before), ...leavers]);
    await panel.run({ sync });
    const appliedBefore = panel.hub.counters.applied.size;
    await panel.setPeople(changed);
    await runUntilKilled(panel, mode, point);

    const repaired = await panel.run({ sync: { ...sync, mode } });
    expect(repaired.status).to.equal('succeeded');
    await expectRecords(panel);
    expect(panel.people()).to.deep.equal(peopleInHub([...hub, ...leavers]));
    await expectRenames(panel, mode === 'update' ? [] : changedModel.slice(-renamedPeople));

    const counts = [...panel.hub.counters.applied.values()];
    const sentTwice = counts.reduce((sum, times) => sum + times, 0) - appliedBefore - changes(mode);
    const inFlight = Math.min(100, changes(mode) - 100);
    expect(sentTwice, 'people sent twice').to.be.oneOf(
      mode !== 'insert' && couldBeInFlight(point) ? [0, inFlight] : [0],
    );

    panel.newRequests();
    await panel.run({ sync: { ...sync, mode } });
    expect(panel.newRequests(), 'requests of a quiet run').to.equal(0);
    return sentTwice;
  } finally {
    await panel.close();
  }
}

/** How many rows a run that is left in peace sends. */
function changes(mode: Mode): number {
  if (mode === 'insert') return newPeople;
  return mode === 'update' ? knownPeople + newPeople : knownPeople / 2 + newPeople;
}

function couldBeInFlight(point: Point): boolean {
  return (
    point === 'after the answer is read' ||
    point === 'before a batch is settled' ||
    point === 'request sent, the Hub has applied it' ||
    point === 'in the middle of settling'
  );
}

/** No run is left running, every one adds up, and what the runs say they sent is what the Hub got at least once. */
async function expectRecords(panel: TestPanel): Promise<void> {
  const runs = await (await panel.records()).runs('panel', 10);
  for (const run of runs) {
    expect(run.status).to.not.equal('running');
    expectBalancedCounts(run);
  }
  const settled = runs.reduce((sum, { rows }) => sum + rows.inserted + rows.updated, 0);
  const snapshots = await panel.sql<{ rows: number }>(
    `select count(*)::int as rows from panelsync.outbox o
     where exists (select from panelsync.batches b where b.run_id = o.run_id and b.state = 'accepted' and o.seq = any(b.seqs))`,
  );
  expect(settled, 'rows settled').to.equal(snapshots[0]?.rows);
}

/** Each is on record once, with the e-mail before, and counted in the run that sent them. */
async function expectRenames(panel: TestPanel, renamed: readonly WarehouseRow[]): Promise<void> {
  const listed = await panel.sql<{ key: string; old_key: string }>(
    'select key, old_key from panelsync.renames order by old_key collate "C"',
  );
  expect(listed).to.have.deep.members(renamed.map(({ email }, at) => ({ key: email, old_key: leavers[at]?.email })));
  const runs = await (await panel.records()).runs('panel', 10);
  expect(runs.reduce((sum, run) => sum + run.renamed, 0)).to.equal(renamed.length);
}

function crashOptions(panel: TestPanel, mode: Mode, point: CrashRunOptions['point']): CrashRunOptions {
  return { url: panel.url, hub: panel.hub.url, mode, point, sync };
}

function startRun(options: CrashRunOptions): ChildProcess {
  return fork(child, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
}

async function runUntilKilled(
  panel: TestPanel,
  mode: Mode,
  point: Point | CrashPoint,
  approves?: string,
): Promise<void> {
  const crashPoint = [...crashPoints, ...approvalPoints].find((one) => one === point) ?? null;
  const options = { ...crashOptions(panel, mode, crashPoint), ...(approves === undefined ? {} : { approves }) };
  if (crashPoint === null) await killExternally(panel, point, { options, skippedBatches: 1 });
  else expect((await once(startRun(options), 'exit'))[1], 'the signal that ended the run').to.equal('SIGKILL');
}

/** Kills a run with the batch that follows the spared ones. */
async function killExternally(
  panel: TestPanel,
  point: Point | CrashPoint,
  { options, skippedBatches }: { readonly options: CrashRunOptions; readonly skippedBatches: number },
): Promise<void> {
  const lock = new Client({ connectionString: panel.url });
  await lock.connect();
  if (point === 'in the middle of settling') {
    await lock.query('begin');
    await lock.query('lock table panelsync.snapshot in exclusive mode');
  } else {
    const when = point === 'request sent, the Hub has applied it' ? 'after' : 'before';
    panel.hub.setFaults({ kind: 'slow', delayMs: 60_000, when, after: skippedBatches });
  }
  const batchesBefore = panel.hub.counters.batchesApplied;
  const requestsBefore = panel.batchRequests;
  const running = startRun(options);
  const ended = once(running, 'exit');
  await waitUntil(async () => {
    if (point === 'in the middle of settling') return isWaitingForLock(panel);
    if (point === 'request sent, the Hub has applied it')
      return panel.hub.counters.batchesApplied === batchesBefore + skippedBatches + 1;
    return panel.batchRequests === requestsBefore + skippedBatches + 1;
  });
  running.kill('SIGKILL');
  await ended;
  await lock.end();
  panel.hub.setFaults();
}

async function isWaitingForLock(panel: TestPanel): Promise<boolean> {
  const rows = await panel.sql(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'with batch%'",
  );
  return rows.length > 0;
}
