import { expect } from 'chai';
import type { HubCharacteristic } from '../../../../src/core/model/hub-person.ts';
import { characteristicsUncheckedNote } from '../../../../src/sync/notes.ts';
import { testError, rowErrorOf } from '../../../helpers/memory/hub.ts';
import { peopleIn, TestRun } from '../../../helpers/memory/run.ts';
import type { LogEntry, RunScenario } from '../../../helpers/memory/run.ts';

const town: HubCharacteristic = { slug: 'town', type: 'text', name: null };

function scene(slugs: readonly string[] = ['town'], more: Partial<RunScenario> = {}): TestRun {
  const characteristics = Object.fromEntries(slugs.map((slug) => [slug, { column: 'city', type: null }]));
  const mapping = { fields: { email: 'email' }, characteristics };
  return new TestRun({ rows: peopleIn('Oslo', 'new'), sync: { mapping }, ...more });
}

function logged({ log }: TestRun): readonly LogEntry[] {
  return log.filter(([, event]) => event.startsWith('characteristics'));
}

describe('a run with characteristics', () => {
  it('asks the Hub for its own, and remembers that they fit', async () => {
    const test = scene();
    const remembered: unknown[] = [];
    const { remember } = test.state.characteristics;
    test.state.characteristics.remember = (destination, checked) => {
      remembered.push([destination, checked.outcome]);
      return remember(destination, checked);
    };
    test.hub.characteristics = async () => [town];
    expect((await test.run()).notes).to.deep.equal([]);
    expect(remembered).to.deep.equal([['memory', 'known']]);
    expect(logged(test)).to.deep.equal([
      ['info', 'characteristics of the Hub read', { runId: '7', characteristics: 1 }],
    ]);
  });

  it('says that they are not checked where the Hub has no such list, and remembers that', async () => {
    const test = scene();
    const remembered: unknown[] = [];
    test.state.characteristics.remember = async (_, { outcome }) => void remembered.push(outcome);
    test.hub.characteristics = async () => null;
    expect((await test.run()).notes).to.deep.equal([characteristicsUncheckedNote]);
    expect(remembered).to.deep.equal(['unavailable']);
    expect(logged(test)).to.deep.equal([
      ['info', 'characteristics of the Hub read', { runId: '7', characteristics: null }],
    ]);
    expect(test.hub.stored).to.have.length(1);
  });

  it('sends all the same when the Hub does not answer the question, and asks again the next time', async () => {
    const test = scene();
    test.hub.characteristics = () => Promise.reject(testError('hub_timeout', 'retriable'));
    expect(await test.run()).to.deep.include({ status: 'succeeded', notes: [] });
    expect(test.state.checkedMappings.size).to.equal(0);
    expect(logged(test)).to.deep.equal([
      ['warn', 'characteristics could not be checked', { runId: '7', code: 'hub_timeout' }],
    ]);
  });

  it('sends nobody when they do not fit', async () => {
    const test = scene();
    test.hub.characteristics = async () => [{ ...town, slug: 'city' }];
    const report = await test.run();
    expect([report.status, report.error?.code]).to.deep.equal(['failed', 'characteristics_mismatch']);
    expect([test.hub.batches, test.state.checkedMappings.size]).to.deep.equal([[], 0]);
  });

  it('sends all the same and says so, or asks nothing, where the configuration wants that', async () => {
    for (const [mode, asks] of [
      ['warn', 1],
      ['off', 0],
    ] as const) {
      const test = scene();
      let asked = 0;
      test.hub.characteristics = async () => {
        asked += 1;
        return [{ ...town, slug: 'city' }];
      };
      const delivery = { batchSize: 2, concurrency: 1, maxAttempts: 1, maxSplitRequests: 100 };
      const report = await test.run({ delivery: { ...delivery, checkCharacteristics: mode } });
      expect([report.status, asked, test.hub.stored.length]).to.deep.equal(['succeeded', asks, 1]);
      if (mode === 'warn') expect(report.notes.join()).to.contain('characteristics.town: the Hub has no');
      else expect(report.notes).to.deep.equal([]);
      expect(test.state.checkedMappings.size).to.equal(0);
    }
  });

  it('asks again the next time when the Hub has refused somebody', async () => {
    for (const [name, remembered] of [
      ['good', 1],
      ['bad', 0],
    ] as const) {
      const test = scene(['town'], {
        rows: peopleIn('Oslo', 'first', name),
        hub: { rowError: (payload) => (payload.includes('bad') ? rowErrorOf('no') : null), reportedRows: 'all' },
      });
      test.hub.characteristics = async () => [town];
      await test.run();
      expect(test.state.checkedMappings.size, name).to.equal(remembered);
    }
  });

  it('asks nothing when there is nothing to send, and asks when as many are inserted as updated', async () => {
    const payload = (name: string, city: string): string =>
      `{"fields":{"email":"${name}@example.test"},"characteristics":{"town":"${city}"}}`;
    for (const [known, asks] of [
      ['Oslo', 0],
      ['Rome', 1],
    ] as const) {
      const test = scene(['town'], { rows: peopleIn('Oslo', 'a', ...(asks === 0 ? [] : ['b'])) });
      test.state.snapshot.set('a@example.test', payload('a', known));
      let asked = 0;
      test.hub.characteristics = async () => {
        asked += 1;
        return null;
      };
      const { notes } = await test.run();
      expect([asked, notes]).to.deep.equal([asks, asks === 0 ? [] : [characteristicsUncheckedNote]]);
    }
  });

  it('asks nothing when none are mapped, or when these were found right before', async () => {
    let asked = 0;
    const ask = async (test: TestRun): Promise<number> => {
      asked = 0;
      test.hub.characteristics = async () => {
        asked += 1;
        return [town, { ...town, slug: 'place' }];
      };
      expect((await test.run()).notes).to.deep.equal([]);
      return asked;
    };
    expect(await ask(scene([]))).to.equal(0);
    const first = scene();
    expect(await ask(first)).to.equal(1);
    const same = scene();
    for (const mapping of first.state.checkedMappings) same.state.checkedMappings.add(mapping);
    expect(await ask(same)).to.equal(0);
    const other = scene(['place']);
    for (const mapping of first.state.checkedMappings) other.state.checkedMappings.add(mapping);
    expect(await ask(other)).to.equal(1);
  });
});
