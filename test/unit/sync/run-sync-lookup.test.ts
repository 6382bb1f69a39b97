import { expect } from 'chai';
import { toListEntry } from '../../helpers/hub/paged-hub.ts';
import type { HubPerson } from '../../../src/core/model/hub-person.ts';
import type { OutboxRow } from '../../../src/core/ports/run/ledger.ts';
import type { UnknownBatch } from '../../../src/core/ports/run/unknown-outcomes.ts';
import type { BatchOutcome } from '../../../src/core/ports/destination.ts';
import { testError } from '../../helpers/memory/hub.ts';
import { payloadOf, peopleIn, TestRun } from '../../helpers/memory/run.ts';
import type { LogEntry } from '../../helpers/memory/run.ts';

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
  readonly unknown?: readonly UnknownBatch[];
  readonly mode?: 'insert' | 'upsert';
  readonly answer?: (request: number) => BatchOutcome | undefined;
}

function scene({ unknown = [], mode = 'insert', answer = () => undefined }: Scene): TestRun {
  const test = new TestRun({ rows: peopleIn('Oslo', 'new'), sync: { mode }, hub: { outcomeFor: answer } });
  test.state.unknown = unknown;
  return test;
}

/** Makes these the people of the Hub's list. */
function lists(test: TestRun, ...people: readonly HubPerson[]): void {
  test.hub.participants = async () => ({ entries: people.map(toListEntry), total: people.length, last: true });
}

function warnings({ log }: TestRun): readonly LogEntry[] {
  return log.filter(([level]) => level === 'warn');
}

const three = batchOf('5', ['there', 'taken', 'absent']);

describe('a run in insert mode after one whose batches have an unknown outcome', () => {
  it('looks their people up, settles what it finds, and sends nobody of them again by itself', async () => {
    const test = scene({ unknown: [three] });
    lists(test, personIn('Oslo', 'there'), personIn('Rome', 'taken'));
    expect(await test.run()).to.have.property('status', 'succeeded');
    expect(test.state.calls).to.include.members(['resolve 5/3: 1 arrived, 1 taken, 1 absent', 'retally 5']);
    expect(test.hub.stored).to.deep.equal([payloadOf('new', 'Oslo')]);
    expect(test.progress).to.include('look 2/2');
    expect(test.source.calls, 'the model is only looked at for its types').to.deep.equal([
      'open models/people.sql panelsync:panel:columns',
      'close',
      'open models/people.sql panelsync:panel:7',
      'close',
    ]);
    expect(warnings(test)).to.deep.equal([
      [
        'warn',
        'batch with unknown outcome was looked up',
        { runId: '5', batch: 3, applied: 1, conflicting: 1, notApplied: 1 },
      ],
    ]);
  });

  it('looks up what an upsert left, too, and an upsert what an insert left', async () => {
    for (const [mode, left] of [
      ['insert', 'upsert'],
      ['upsert', 'insert'],
    ] as const) {
      const test = scene({ mode, unknown: [batchOf('5', ['there'], { mode: left })] });
      lists(test, personIn('Oslo', 'there'));
      await test.run();
      expect(test.state.calls).to.include('resolve 5/3: 1 arrived, 0 taken, 0 absent');
      expect(test.hub.stored).to.deep.equal([payloadOf('new', 'Oslo')]);
    }
  });

  it('reads the list once for all of them, until all are found', async () => {
    const test = scene({ unknown: [batchOf('5', ['a']), batchOf('6', ['b'])] });
    let asked = 0;
    test.hub.participants = async () => {
      asked += 1;
      return { entries: ['a', 'b'].map((name) => toListEntry(personIn('Oslo', name))), total: 900, last: false };
    };
    await test.run();
    expect(asked).to.equal(1);
    expect(test.state.calls).to.include.members(['resolve 5/3: 1 arrived, 0 taken, 0 absent', 'retally 6']);
  });

  it('asks the Hub nothing about rows that hold no e-mail', async () => {
    const payload = '{"fields":{"city":"Oslo"},"characteristics":{}}';
    const test = scene({ unknown: [{ ...three, rows: [{ ...rowOf(1, 'x'), payload }] }] });
    test.hub.participants = () => Promise.reject(new Error('asked'));
    await test.run();
    expect(warnings(test)).to.deep.equal([]);
    expect(test.state.calls.filter((call) => call.startsWith('resolve'))).to.deep.equal([]);
  });

  it('withholds them, and says why, where the list cannot be read', async () => {
    const test = scene({ unknown: [three] });
    test.hub.participants = () => Promise.reject(testError('hub_forbidden', 'fatal'));
    const report = await test.run();
    expect(report.notes).to.have.length(1);
    expect(report.notes[0]).to.contain('3 people').and.to.contain('(It is hub_forbidden)');
    expect(test.state.calls).to.include('withhold unknown');
    expect(warnings(test)).to.deep.equal([
      ['warn', 'people of unknown batches could not be looked up', { batches: 1, code: 'hub_forbidden' }],
    ]);
  });

  it('leaves them as they are when it is stopped while it looks', async () => {
    const test = scene({ unknown: [three] });
    test.hub.participants = async () => {
      test.stop.drainer.abort(testError('canceled', 'canceled'));
      throw testError('canceled', 'canceled');
    };
    expect(await test.run()).to.have.property('status', 'canceled');
    expect(test.state.calls).not.to.include('withhold unknown');
  });
});

describe('a run after one that left people in doubt who were deleted in the Hub since', () => {
  it('takes them out of their batch before anything else', async () => {
    const gone = rowOf(2, 'gone');
    const first = batchOf('5', ['kept', 'gone'], { mode: 'upsert', deleted: [gone] });
    const other = batchOf('6', ['other'], { mode: 'upsert' });
    const test = scene({ mode: 'upsert', unknown: [first, other] });
    test.state.onCall = (call) => {
      if (call.startsWith('resolve')) test.state.unknown = [batchOf('5', ['kept'], { mode: 'upsert' }), other];
    };
    await test.run();
    expect(test.state.calls.slice(0, 6)).to.include.members(['resolve 5/3: 0 arrived, 0 taken, 1 absent', 'retally 5']);
    expect(test.state.calls.filter((call) => call.startsWith('resolve'))).to.have.length(1);
  });
});
