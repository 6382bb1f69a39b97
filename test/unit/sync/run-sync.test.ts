import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { expect } from 'chai';
import type { RunOutcome } from '../../../src/core/ports/run/run-store.ts';
import { rowErrorOf } from '../../helpers/memory/hub.ts';
import { fullWithLimitNotes } from '../../../src/sync/notes.ts';
import { payloadOf, peopleIn, TestRun } from '../../helpers/memory/run.ts';

const three = peopleIn('Oslo', 'a', 'b', 'c');
const work = { rowsRead: 3, bucketsEqual: 0, bytesFromSource: 60 };
const complete: RunOutcome = { status: 'complete', error: null, notes: [], work, freshness: null };

function refuse(payload: string): ReturnType<typeof rowErrorOf> | null {
  return payload.includes('bad') ? rowErrorOf('no') : null;
}

/** A file that is opened gets the lowest number that is free. */
function lowestFreeDescriptor(): number {
  const descriptor = openSync(devNull, 'r');
  closeSync(descriptor);
  return descriptor;
}

describe('run', () => {
  it('takes its steps in this order, and closes what it opened', async () => {
    const test = new TestRun({ rows: three });
    const report = await test.run({ trigger: 'schedule', full: true });
    expect(report).to.include({ runId: '7', status: 'succeeded' });
    expect(test.state.calls).to.deep.equal([
      'lock panel',
      'begin',
      'unknown batches',
      'withhold unknown',
      'stage',
      'difference',
      'plan 7',
      'finish 7',
      'close',
    ]);
    expect(test.state.startedRuns).to.deep.equal([{ trigger: 'schedule', destination: 'memory', full: true }]);
    expect(test.source.calls).to.deep.equal(['open models/people.sql panelsync:panel:7', 'close']);
    expect(test.state.writer.calls).to.deep.equal(['flush', 'flush', 'finish']);
    expect(test.hub.stored).to.deep.equal(['a', 'b', 'c'].map((name) => payloadOf(name, 'Oslo')));
    expect(test.state.runEnds).to.deep.equal([complete]);
  });

  it('leaves no file open, however it ends', async () => {
    await new TestRun({ rows: three }).run();
    const before = lowestFreeDescriptor();
    await new TestRun({ rows: three }).run();
    const failing = new TestRun({ rows: three });
    failing.source.onRows = () => {
      throw new Error('cut');
    };
    await failing.run();
    expect(lowestFreeDescriptor()).to.be.at.most(before);
  });

  it('finishes the stage when all rows are in it, also when there are none', async () => {
    const empty = new TestRun({ rows: [] });
    await empty.run();
    expect(empty.state.writer.calls).to.deep.equal(['finish']);
    const cut = new TestRun({ rows: three });
    cut.source.onRows = () => {
      throw new Error('cut');
    };
    await cut.run();
    expect(cut.state.writer.calls).to.include('cancel').and.not.to.include('finish');
  });

  it('asks for the difference that the mode and the settings want', async () => {
    const upsert = new TestRun({ rows: three });
    await upsert.run({ full: true });
    const update = new TestRun({ rows: three, sync: { mode: 'update', duplicates: 'reject' } });
    await update.run();
    expect([...upsert.state.differenceCalls, ...update.state.differenceCalls]).to.deep.equal([
      { staged: 3, updateOnly: false, duplicates: 'first', full: true },
      { staged: 3, updateOnly: true, duplicates: 'reject', full: false },
    ]);
  });

  it('sends only what changed', async () => {
    const test = new TestRun({ rows: three });
    for (const [name, city] of [
      ['a', 'Oslo'],
      ['b', 'Bergen'],
    ] as const) {
      test.state.snapshot.set(`${name}@example.test`, payloadOf(name, city));
    }
    await test.run();
    expect(test.hub.stored).to.deep.equal([payloadOf('b', 'Oslo'), payloadOf('c', 'Oslo')]);
  });

  it('tells how far it is', async () => {
    const test = new TestRun({ rows: three });
    await test.run();
    expect(test.progress).to.deep.equal([
      'read 2/null',
      'read 3/null',
      'plan 2/3',
      'plan 3/3',
      'send 0/3',
      'send 2/3',
      'send 3/3',
    ]);
  });

  it('tells how far it is towards its limit, and ends there', async () => {
    const test = new TestRun({ rows: three });
    await test.run({ limit: 1 });
    expect(test.progress.slice(-2)).to.deep.equal(['send 0/1', 'send 1/1']);
    expect(test.hub.stored).to.deep.equal([payloadOf('a', 'Oslo')]);
  });

  it('counts updates towards what is to be sent', async () => {
    const test = new TestRun({ rows: three });
    test.state.snapshot.set('a@example.test', payloadOf('a', 'Bergen'));
    await test.run();
    expect(test.progress).to.include('send 0/3');
  });

  it('logs every step with the sync and the run, and nobody', async () => {
    const test = new TestRun({ rows: [...three, [null, 'Oslo']] });
    await test.run();
    const told = test.log.filter(([level]) => level !== 'debug');
    expect(told.map(([level, event, fields]) => [level, event, fields['sync'], fields['runId']])).to.deep.equal(
      ['run started', 'model read', 'difference found', 'plan recorded', 'run finished'].map((event) => [
        'info',
        event,
        'panel',
        '7',
      ]),
    );
    expect(told[0]?.[2]).to.deep.include({ mode: 'upsert', trigger: 'manual' });
    expect(told[1]?.[2]).to.deep.include({ rows: 4, withoutKey: 1 });
    expect(told[2]?.[2]).to.deep.include({ candidates: 3, unchanged: 0 });
    expect(told[3]?.[2]).to.deep.include({ read: 4, invalid: 1, inserts: 3 });
    expect(told[4]?.[2]).to.deep.include({ status: 'succeeded' });
    expect(JSON.stringify(test.log)).not.to.contain('example.test');
  });

  it('is stopped by a guard before anything is sent, unless it is forced', async () => {
    const guards = { minRows: 5, maxRemovedPercent: 100, maxInvalidPercent: 100 };
    const stopped = new TestRun({ rows: three, sync: { guards, mode: 'update' } });
    const report = await stopped.run();
    const [warning] = stopped.log.filter(([level]) => level === 'warn');
    expect([warning?.[1], warning?.[2]?.['code']]).to.deep.equal(['run stopped', 'guard_min_rows']);
    expect(report.status).to.equal('stopped');
    expect(report.error).to.have.property('code', 'guard_min_rows');
    expect(report.notes, 'what a run tells besides').to.have.length(1);
    expect(stopped.hub.batches).to.deep.equal([]);
    const forced = new TestRun({ rows: three, sync: { guards } });
    expect(await forced.run({ force: true })).to.include({ status: 'succeeded', error: null });
    expect(forced.hub.stored).to.have.length(3);
  });

  it('says that a full run with a limit goes on in the next runs', async () => {
    const full = { full: true, limit: 2 };
    expect((await new TestRun({ rows: three }).run(full)).notes).to.deep.equal(fullWithLimitNotes(3, 2));
    expect((await new TestRun({ rows: three }).run({ limit: 2 })).notes).to.deep.equal([]);
  });

  it('tells the way out when update mode knows nobody', async () => {
    const test = new TestRun({ rows: three, sync: { mode: 'update' } });
    const report = await test.run();
    expect(report.notes.join()).to.contain('baseline');
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('is partial, and says so, when rows are held back in refused batches', async () => {
    const test = new TestRun({ rows: [...three, ...peopleIn('Oslo', 'bad', 'd')], hub: { rowError: refuse } });
    const delivery = {
      batchSize: 2,
      concurrency: 1,
      maxAttempts: 1,
      maxSplitRequests: 0,
      checkCharacteristics: 'stop' as const,
    };
    const report = await test.run({ delivery });
    expect(report).to.include({ status: 'partial', error: null });
    expect(report.notes.join()).to.match(/^2 rows /);
  });

  it('takes a contract that never worked for unproven, and one that did for proven', async () => {
    for (const proven of [true, false]) {
      const test = new TestRun({ rows: peopleIn('Oslo', 'bad'), hub: { rowError: refuse } });
      test.state.contractVerified = proven;
      expect(await test.run()).to.have.property('status', proven ? 'succeeded' : 'failed');
    }
  });
});
