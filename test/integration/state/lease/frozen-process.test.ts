import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import type { CrashRunResult, CrashRunOptions } from '../../../helpers/crash/crash-child.ts';
import { freezePoints } from '../../../helpers/crash/crash-points.ts';
import type { CrashPoint } from '../../../helpers/crash/crash-points.ts';
import { expectBalancedCounts } from '../../../helpers/panel/balanced-counts.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { waitUntil } from '../../../helpers/wait-until.ts';

const child = fileURLToPath(new URL('../../../helpers/crash/crash-child.js', import.meta.url));
const people = 300;
const batchSize = 100;

/** As short as a busy machine allows. */
const lease = { renewMs: 100, sendMs: 1500, graceMs: 2000, leaseMs: 4000 };

/** Where the run is frozen, and how many people the Hub has got twice in the end. */
const points: readonly (readonly [CrashPoint, number])[] = [
  ['after the stage is written', 0],
  ['after the plan is recorded', 0],
  ['before a batch is recorded', 0],
  ['after a batch is recorded', 0],
  ['after the answer is read', batchSize],
  ['before a batch is settled', batchSize],
  ['after a batch is settled', 0],
  ...freezePoints.map((point) => [point, 0] as const),
  ['before the report', 0],
];

describe('a run that is frozen for longer than its lock lives', () => {
  let panel: TestPanel;
  let frozen: ChildProcess | null = null;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(
      `insert into people (email) select 'p' || n || '@example.test' from generate_series(1, ${people}) n`,
    );
  });
  afterEach(() => {
    frozen?.kill('SIGKILL');
    frozen = null;
  });
  after(() => panel.close());

  async function startFrozen(point: CrashPoint): Promise<ChildProcess> {
    // Slow enough to be found waiting for its turn; the right answer to the second batch comes with the second request.
    if (point === 'before a request is repeated') panel.hub.setFaults({ kind: 'status', status: 503, after: 1 });
    const requestsPerMinute = point === 'while a request waits for its turn' ? 60 : 1_000_000;
    const options: CrashRunOptions = {
      url: panel.url,
      hub: panel.hub.url,
      mode: 'upsert',
      point,
      freeze: true,
      lease,
      requestsPerMinute,
    };
    const started = fork(child, [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    frozen = started;
    await waitUntil(() => isStopped(started));
    return started;
  }

  /** Asks to run until it may. */
  async function takeOver(): Promise<{ readonly report: RunReport; readonly refusals: readonly string[] }> {
    const refusals: string[] = [];
    for (;;) {
      try {
        return { report: await panel.run(), refusals };
      } catch (error) {
        if (!(error instanceof PanelsyncError) || error.code !== 'already_running') throw error;
        refusals.push(error.message);
        await sleep(50);
      }
    }
  }

  for (const [point, sentTwice] of points) {
    it(`${point}, is taken over, and sends nothing when it wakes`, async () => {
      const frozenRun = await startFrozen(point);
      const { report, refusals } = await takeOver();
      expect(report.status).to.equal('succeeded');
      expect(refusals[0] ?? '').to.match(new RegExp(`since .*Z \\(process ${frozenRun.pid} on .+, run \\d+\\)`));
      const { requests } = panel.hub.counters;

      const ended = once(frozenRun, 'message');
      const exited = once(frozenRun, 'exit');
      frozenRun.kill('SIGCONT');
      const [message] = (await ended) as [CrashRunResult];
      await exited;
      expect(message.result).to.equal('lock_lost');
      expect(panel.hub.counters.requests, 'requests').to.equal(requests);
      expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([people, sentTwice]);
      expect(await panel.snapshot()).to.deep.equal(panel.people());
      const runs = await (await panel.records()).runs('panel', 10);
      for (const run of runs) expectBalancedCounts(run);
      expect(runs.map(({ status }) => status)).to.deep.equal(['succeeded', 'failed']);
    });
  }
});

async function isStopped({ pid, exitCode, signalCode }: ChildProcess): Promise<boolean> {
  if (exitCode !== null || signalCode !== null) throw new Error('the run ended before it could be frozen');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.startsWith('T');
}
