import { expect } from 'chai';
import { toListEntry } from '../../helpers/hub/paged-hub.ts';
import type { HubPerson } from '../../../src/core/model/hub-person.ts';
import type { OutboxRow } from '../../../src/core/ports/run/ledger.ts';
import type { UnknownBatch } from '../../../src/core/ports/run/unknown-outcomes.ts';
import type { BatchOutcome } from '../../../src/core/ports/destination.ts';
import { characteristicsUncheckedNote, deferredNote } from '../../../src/sync/notes.ts';
import { testError, rowErrorOf } from '../../helpers/memory/hub.ts';
import { payloadOf, peopleIn, TestRun } from '../../helpers/memory/run.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';

function rowOf(seq: number, name: string): OutboxRow {
  return {
    seq,
    key: `${name}@example.test`,
    payload: payloadOf(name, 'Oslo'),
    previouslyRejected: false,
    isRemoval: false,
  };
}

/** A batch of an earlier run, whose outcome nobody knows. */
function batchOf(runId: string, names: readonly string[], changes: Partial<UnknownBatch> = {}): UnknownBatch {
  return {
    runId,
    number: 3,
    mode: 'insert',
    rows: names.map((name, at) => rowOf(at + 1, name)),
    deleted: [],
    ...changes,
  };
}

function personIn(city: string, name: string): HubPerson {
  const email = `${name}@example.test`;
  return { email, fields: { email, city }, characteristics: {} };
}

interface Scene {
  readonly mode?: 'insert' | 'upsert';
  readonly answer?: (request: number) => BatchOutcome | undefined;
  readonly names?: readonly string[];
}

function scene({ mode = 'insert', answer = () => undefined, names = ['new'] }: Scene): TestRun {
  return new TestRun({ rows: peopleIn('Oslo', ...names), sync: { mode }, hub: { outcomeFor: answer } });
}

/** Makes these the people of the Hub's list. */
function lists(test: TestRun, ...people: readonly HubPerson[]): void {
  test.hub.participants = async () => ({ entries: people.map(toListEntry), total: people.length, last: true });
}

describe('a run in insert mode that does not know what became of its own batch', () => {
  const patient = {
    delivery: {
      batchSize: 2,
      concurrency: 1,
      maxAttempts: 3,
      maxSplitRequests: 100,
      checkCharacteristics: 'stop' as const,
    },
  };
  const doubt: BatchOutcome = { kind: 'unknown', error: testError('hub_timeout', 'retriable') };

  /** The first request ends in doubt; then the ledger names its batch as unknown. */
  function doubted(answers: number): TestRun {
    const test = scene({ answer: (request) => (request <= answers ? doubt : undefined) });
    test.hub.onRequest = (request) => {
      if (request <= answers) test.state.unknown = [batchOf('7', ['new'], { number: request })];
    };
    return test;
  }

  it('looks the person up when all others are through, and sends them again when they are not there', async () => {
    const test = doubted(1);
    lists(test);
    const report = await test.run(patient);
    expect([report.status, report.notes, report.error]).to.deep.equal(['succeeded', [], null]);
    expect(test.state.calls).to.include('resolve 7/1: 0 arrived, 0 taken, 1 absent');
    expect(test.state.calls.filter((call) => call === 'unknown batches')).to.have.length(3);
    expect(test.hub.batches).to.have.length(2);
    expect(test.hub.stored).to.deep.equal([payloadOf('new', 'Oslo')]);
  });

  it('sends nobody again who is there', async () => {
    const test = doubted(1);
    lists(test, personIn('Oslo', 'new'));
    expect(await test.run(patient)).to.have.property('status', 'succeeded');
    expect(test.state.calls).to.include('resolve 7/1: 1 arrived, 0 taken, 0 absent');
    expect(test.hub.batches).to.have.length(1);
  });

  it('looks three times at the most, and then withholds who is still in doubt', async () => {
    const test = doubted(9);
    lists(test);
    const report = await test.run(patient);
    expect(report.status).to.equal('partial');
    expect(test.hub.batches).to.have.length(4);
    expect(test.state.calls.filter((call) => call.startsWith('resolve 7/'))).to.have.length(3);
    expect(report.notes).to.have.length(1);
    expect(report.notes[0]).to.contain('1 person');
  });

  it('looks at nothing of other runs', async () => {
    const test = doubted(1);
    test.hub.onRequest = (request) => {
      if (request === 1) test.state.unknown = [batchOf('5', ['other']), batchOf('7', ['new'], { number: 1 })];
    };
    lists(test);
    await test.run(patient);
    expect(test.state.calls.filter((call) => call.startsWith('resolve'))).to.deep.equal([
      'resolve 7/1: 0 arrived, 0 taken, 1 absent',
    ]);
  });

  it('withholds who is in doubt, and says why, where the list cannot be read', async () => {
    const test = doubted(1);
    let asked = 0;
    test.hub.participants = () => {
      asked += 1;
      return Promise.reject(testError('hub_forbidden', 'fatal'));
    };
    const { status, notes } = await test.run(patient);
    expect([status, asked, test.hub.batches.length]).to.deep.equal(['partial', 1, 1]);
    expect(notes).to.have.length(1);
    expect(notes[0]).to.contain('(It is hub_forbidden)');
  });

  it('sends nobody again whom nobody can look up', async () => {
    const test = doubted(1);
    const row = { ...rowOf(1, 'new'), payload: '{"fields":{"city":"Oslo"},"characteristics":{}}' };
    test.hub.onRequest = () => (test.state.unknown = [batchOf('7', [], { number: 1, rows: [row] })]);
    lists(test);
    expect(await test.run(patient)).to.have.property('status', 'partial');
    expect(test.hub.batches).to.have.length(1);
  });

  it('is canceled when it is stopped while it looks', async () => {
    const test = doubted(1);
    test.hub.participants = async () => {
      test.stop.drainer.abort(testError('canceled', 'canceled'));
      throw testError('canceled', 'canceled');
    };
    const mapping = { fields: { email: 'email' }, characteristics: { city: { column: 'city', type: null } } };
    const sync = { ...defaultSync, mode: 'insert' as const, mapping };
    expect(await test.run({ ...patient, sync })).to.deep.include({
      status: 'canceled',
      notes: [characteristicsUncheckedNote],
    });
  });

  it('ends with the error that sending again ends with, and tells no more', async () => {
    const fatal: BatchOutcome = { kind: 'unknown', error: testError('hub_not_json', 'fatal') };
    const test = scene({ answer: (request) => (request === 1 ? doubt : fatal) });
    test.hub.onRequest = (request) => (test.state.unknown = [batchOf('7', ['new'], { number: request })]);
    lists(test);
    const report = await test.run(patient);
    expect([report.status, report.error?.code, report.notes]).to.deep.equal(['failed', 'hub_not_json', []]);
    expect(test.hub.batches).to.have.length(2);
  });

  it('goes on until as many in a row are in doubt as a request has attempts', async () => {
    const test = scene({ answer: () => doubt, names: ['a', 'b', 'c', 'd', 'e'] });
    const report = await test.run({ delivery: { ...patient.delivery, batchSize: 1 } });
    expect([report.error?.code, test.hub.batches.length]).to.deep.equal(['hub_timeout', 3]);
    const upsert = scene({ answer: () => doubt, mode: 'upsert', names: ['a', 'b'] });
    await upsert.run({ delivery: { ...patient.delivery, batchSize: 1 } });
    expect(upsert.hub.batches, 'where repeating is harmless, it was repeated in vain').to.have.length(1);
  });
});

describe('rows that are refused after they were in doubt', () => {
  const doubt: BatchOutcome = { kind: 'unknown', error: testError('hub_timeout', 'retriable') };
  const good: BatchOutcome = { kind: 'accepted', refusals: [] };

  /** Two people, one a batch; these are the answers in turn, and everything after them is refused. */
  async function after(proven: boolean, ...answers: readonly BatchOutcome[]): Promise<TestRun> {
    const refused: BatchOutcome = { kind: 'rows_refused', refusals: [{ ...rowErrorOf('no'), index: 0 }] };
    const test = scene({ answer: (request) => answers[request - 1] ?? refused, names: ['a', 'b'] });
    test.state.contractVerified = proven;
    test.state.checkedMappings.add('mapping');
    test.hub.onRequest = (request) => {
      if (answers[request - 1] !== doubt) return;
      const rows = (test.hub.batches.at(-1) ?? []).map((payload, at) => ({ ...rowOf(at + 1, 'x'), payload }));
      test.state.unknown = [...test.state.unknown, batchOf('7', [], { number: request, rows })];
    };
    lists(test);
    await test.run({
      delivery: {
        batchSize: 1,
        concurrency: 1,
        maxAttempts: 3,
        maxSplitRequests: 0,
        checkCharacteristics: 'stop' as const,
      },
    });
    return test;
  }

  it('are rejected where the contract was proven, before this run or in it', async () => {
    for (const [proven, ...answers] of [
      [true, doubt, good],
      [false, good, doubt],
      [false, good, doubt, doubt],
    ] as const) {
      const test = await after(proven, ...answers);
      expect(test.state.ledger('7').rejected, `${answers.length} answers`).to.have.length(1);
      expect(test.state.checkedMappings.size, 'mappings that need no question').to.equal(0);
    }
  });

  it('are not rejected where nothing was ever accepted', async () => {
    for (const answers of [
      [doubt, doubt],
      [doubt, doubt, doubt, doubt],
    ]) {
      const test = await after(false, ...answers);
      expect(test.state.ledger('7').rejected).to.deep.equal([]);
    }
  });

  it('are none where all were accepted in the end', async () => {
    const test = await after(true, doubt, good, good);
    expect([test.state.ledger('7').rejected, test.state.checkedMappings.size]).to.deep.equal([[], 1]);
  });

  it('were refused before the doubt, and that counts as well', async () => {
    const refused: BatchOutcome = { kind: 'rows_refused', refusals: [{ ...rowErrorOf('no'), index: 0 }] };
    const test = await after(true, refused, doubt, good);
    expect([test.state.ledger('7').rejected.length, test.state.checkedMappings.size]).to.deep.equal([1, 0]);
  });

  it('are held back with the others of their batch when no requests are left to tell them apart', async () => {
    const refused: BatchOutcome = { kind: 'batch_refused', reason: rowErrorOf('no') };
    const test = scene({ answer: (request) => (request === 1 ? doubt : refused), names: ['a', 'b'] });
    test.hub.onRequest = (request) => {
      if (request === 1) test.state.unknown = [batchOf('7', ['a', 'b'], { number: 1 })];
    };
    lists(test);
    const report = await test.run({
      delivery: {
        batchSize: 2,
        concurrency: 1,
        maxAttempts: 3,
        maxSplitRequests: 0,
        checkCharacteristics: 'stop' as const,
      },
    });
    expect(report.status).to.equal('partial');
    expect(report.notes).to.deep.equal([deferredNote(2)]);
  });
});
