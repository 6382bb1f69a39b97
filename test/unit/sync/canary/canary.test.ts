import { expect } from 'chai';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { characteristicsUncheckedNote } from '../../../../src/sync/notes.ts';
import { canaryEmail as email, MemoryCanary, otherRows } from '../../../helpers/memory/canary.ts';
import { testError, rowErrorOf } from '../../../helpers/memory/hub.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const fields = { email: 'email', city: 'city' };
const custom: SyncSettings['mapping'] = { fields, characteristics: { town: { column: 'city', type: null } } };

/** What a canary that could not be tried ends with; nothing of it is on record, and nobody was sent. */
async function untried(trial: MemoryCanary, ...request: Parameters<MemoryCanary['send']>): Promise<unknown> {
  const thrown = await thrownError(trial.send(...request));
  expect([trial.hub.batches, trial.records]).to.deep.equal([[], []]);
  return thrown;
}

describe('a canary in memory', () => {
  it('sends a made-up person, and tells and keeps what came of it', async () => {
    const trial = new MemoryCanary();
    const canary = await trial.send({}, ` ${email} `);
    const payload = { fields: { email, city: 'Lisbon' }, characteristics: {} };
    expect(canary).to.deep.include({
      at: '2026-01-01T00:00:00.000Z',
      verdict: 'confirmed',
      from: 'made_up',
      person: { from: 'made_up', payload, existedBefore: false },
      requestId: null,
      notes: [],
    });
    expect(trial.testPersons).to.deep.equal([canary.person]);
    expect(trial.hub.stored).to.deep.equal([JSON.stringify(payload)]);
    const settings = canary.settings.map(({ setting, status }) => ({ setting, status }));
    expect(trial.records).to.deep.equal([
      [
        'memory',
        {
          verdict: 'confirmed',
          sync: 'panel',
          person: 'made_up',
          settings,
          fields: [{ field: 'city', status: 'arrived' }],
        },
      ],
    ]);
    expect(trial.logged).to.deep.include(['canary sent', { sync: 'panel', verdict: 'confirmed', settings }]);
    expect(trial.sessions).to.deep.equal([['panel', false], 'close']);
    expect(trial.source.calls).to.deep.equal(['open models/people.sql panelsync:panel:canary', 'close']);
    expect(trial.progress).to.deep.include({ step: 'read', done: 2, total: null });
    expect(trial.progress).to.deep.include({ step: 'read', done: 3, total: null });
    expect(trial.progress).to.deep.include({ step: 'look', done: 1, total: 1 });
  });

  it('sends the row of the model, whatever the case of the e-mail, and reads no further', async () => {
    const trial = new MemoryCanary({ rows: [['Canary@example.test', 'Rome'], ...otherRows] });
    trial.addToHub(email, 'Oslo');
    const { from, person, verdict } = await trial.send();
    expect([from, verdict]).to.deep.equal(['model', 'confirmed']);
    expect(person).to.deep.equal({
      from: 'model',
      payload: { fields: { email: 'Canary@example.test', city: 'Rome' }, characteristics: {} },
      existedBefore: true,
    });
    expect(trial.records[0]?.[1].person).to.equal('model');
    expect(trial.progress.filter(({ step }) => step === 'read')).to.deep.equal([]);
    expect(trial.source.calls.at(-1)).to.equal('close');
  });

  it('finds the row where the e-mail is not the first field', async () => {
    const mapping = { fields: { city: 'city', email: 'email' }, characteristics: {} };
    const trial = new MemoryCanary({
      rows: [
        ['x@example.test', email],
        [email, 'x@example.test'],
      ],
    });
    expect((await trial.send({ mapping })).person?.payload.fields.city).to.equal('x@example.test');
  });

  it('finds the row where rows have another key', async () => {
    const trial = new MemoryCanary({ rows: [...otherRows, [email, 'Rome'], [email, 'Oslo']] });
    const { from, person } = await trial.send({ key: 'city', mode: 'insert' });
    expect([from, person?.payload.fields.city]).to.deep.equal(['model', 'Rome']);
  });

  it('asks a Hub to repeat in doubt only where that overwrites nobody', async () => {
    for (const [mode, onDoubt] of [
      ['upsert', 'retry'],
      ['insert', 'defer'],
    ] as const) {
      const trial = new MemoryCanary();
      await trial.send({ mode });
      expect(trial.hub.onUnknownOutcomes).to.deep.equal([onDoubt]);
    }
  });

  it('looks no more for somebody who was refused', async () => {
    const trial = new MemoryCanary({ hub: { rowError: () => rowErrorOf('no', 'city'), reportedRows: 'all' } });
    let asked = 0;
    const participants = trial.hub.participants.bind(trial.hub);
    trial.hub.participants = () => {
      asked += 1;
      return participants();
    };
    const { verdict, fields: found } = await trial.send();
    expect([verdict, asked]).to.deep.equal(['wrong', 1]);
    expect(found).to.deep.equal([{ field: 'city', status: 'refused', sent: 'Lisbon', held: null }]);
  });

  it('is accepted, and no more, where the list is closed, and says nothing of whom the Hub held', async () => {
    const trial = new MemoryCanary();
    trial.hub.participants = () => Promise.reject(testError('hub_forbidden', 'fatal'));
    const { verdict, person } = await trial.send();
    expect([verdict, person?.existedBefore]).to.deep.equal(['accepted', null]);
    expect(trial.hub.batches).to.have.length(1);
  });

  it('sends nobody where the key is turned away, and blames the key', async () => {
    for (const method of ['participants', 'characteristics'] as const) {
      const trial = new MemoryCanary();
      const turnedAway = (): Promise<never> => Promise.reject(testError('hub_unauthorized', 'fatal'));
      trial.hub[method] = turnedAway;
      const { verdict, person, requestId, settings, fields: found } = await trial.send({ mapping: custom });
      expect([verdict, person, requestId, found]).to.deep.equal(['wrong', null, null, []]);
      expect(settings.map(({ setting, status }) => `${setting} ${status}`)).to.deep.equal(['auth wrong']);
      expect([trial.hub.batches, trial.testPersons, trial.records.length]).to.deep.equal([[], [], 1]);
    }
  });
});

describe('the characteristics of a canary', () => {
  it('are compared with those of the Hub first', async () => {
    const trial = new MemoryCanary();
    trial.hub.characteristics = async () => [{ slug: 'place', type: 'text', name: null }];
    expect(await untried(trial, { mapping: custom })).to.include({ code: 'characteristics_mismatch' });
    trial.hub.characteristics = async () => [{ slug: 'town', type: 'text', name: null }];
    expect(await trial.send({ mapping: custom })).to.deep.include({ notes: [] });
    expect(trial.hub.batches).to.have.length(1);
  });

  it('are not compared where the Hub has no such list, which is said, or gives no answer', async () => {
    const trial = new MemoryCanary();
    expect((await trial.send({ mapping: custom })).notes).to.deep.equal([characteristicsUncheckedNote]);
    trial.hub.characteristics = () => Promise.reject(testError('hub_server_error', 'retriable'));
    expect((await trial.send({ mapping: custom })).notes).to.deep.equal([]);
    trial.hub.characteristics = () => Promise.reject(testError('asked', 'usage'));
    expect(await thrownError(trial.send({ mapping: custom }))).to.have.property('code', 'asked');
    expect(await trial.send(), 'none are mapped').to.deep.include({ notes: [] });
  });
});

describe('a canary that is not tried', () => {
  const usage = { code: 'usage', recovery: 'usage', message: 'The e-mail of the test person is malformed.' };
  const longest = `${'x'.repeat(320 - '@example.test'.length)}@example.test`;
  for (const [what, address] of [
    ['no e-mail', 'canary'],
    ['nothing', ' '],
    ['an e-mail that is too long', longest],
  ] as const) {
    it(`names ${what}`, async () => {
      expect(await untried(new MemoryCanary(), {}, address)).to.include({
        ...usage,
        hint: 'Use an address of your own, such as --email you+canary@your-company.com.',
      });
    });
  }

  it('names somebody who is forgotten', async () => {
    const trial = new MemoryCanary({ forgotten: [email] });
    expect(await untried(trial)).to.include({
      code: 'canary_untried',
      recovery: 'fatal',
      message: 'This person is forgotten and is never sent. Nothing was sent.',
      hint: 'Use another test person.',
    });
    expect(trial.sessions.at(-1)).to.equal('close');
    expect((await new MemoryCanary({ forgotten: ['a@example.test'] }).send()).verdict).to.equal('confirmed');
  });

  it('names somebody whose row no run would send', async () => {
    const long = new MemoryCanary({ rows: [[email, 'x'.repeat(300)]] });
    expect(await untried(long))
      .to.have.property('message')
      .that.matches(/^The model has this e-mail, and its row is invalid: .+ \(city\)\. Nothing was sent\.$/);
    expect(await untried(long)).to.have.property('hint', 'Correct the row, or use another test person.');
    const number = { fields, characteristics: { town: { column: 'city', type: 'number' as const } } };
    expect(await untried(new MemoryCanary({ rows: [[email, 'many']] }), { mapping: number }))
      .to.have.property('message')
      .that.contains('(characteristics.town)');
  });

  it('has no e-mail to be found by', async () => {
    const mapping = { fields: { city: 'city' }, characteristics: {} };
    const trial = new MemoryCanary();
    expect(await untried(trial, { mapping, key: 'email', mode: 'insert' })).to.include({
      code: 'no_email',
      recovery: 'usage',
      message: 'The sync "panel" maps no e-mail, and a canary finds its test person by it.',
      hint: 'Map syncs.panel.mapping.email, or send the canary with another sync.',
    });
    expect(trial.source.calls.at(-1)).to.equal('close');
  });

  const modes = [
    ['insert', true, 'The Hub already has a person with this e-mail, and insert mode overwrites nobody.'],
    ['update', false, 'The Hub has nobody with this e-mail, and update mode creates nobody.'],
  ] as const;
  const hints = {
    insert: 'Use a person that the Hub does not have.',
    update: 'Use a person that the Hub has, or add your test person in the Hub first.',
  };
  for (const [mode, held, message] of modes) {
    it(`may not do in ${mode} mode what a run may not do`, async () => {
      const trial = new MemoryCanary();
      if (held) trial.addToHub(email, 'Oslo');
      expect(await untried(trial, { mode })).to.include({ message: `${message} Nothing was sent.`, hint: hints[mode] });
      const other = new MemoryCanary();
      if (!held) other.addToHub(email, 'Oslo');
      expect((await other.send({ mode })).verdict).to.equal('confirmed');
    });

    it(`must know in ${mode} mode whom the Hub holds`, async () => {
      const trial = new MemoryCanary();
      trial.hub.participants = () => Promise.reject(testError('hub_forbidden', 'fatal'));
      expect(await untried(trial, { mode })).to.include({
        message: `In ${mode} mode a canary needs to know whether the Hub has the person, and its list cannot be read: It is hub_forbidden. Nothing was sent.`,
        hint: 'Use a sync in upsert mode.',
      });
    });
  }
});
