import { expect } from 'chai';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import type { BatchOutcome } from '../../../../src/core/ports/destination.ts';
import { redactValues } from '../../../../src/sync/deliver/redact-values.ts';
import { rowErrorOf, MemoryHub } from '../../../helpers/memory/hub.ts';
import { newShutdownSignals, sendOptions } from '../../../helpers/hub/scripted-hub.ts';

const person = JSON.stringify({
  fields: { email: 'ada@example.test', first_name: 'Ada', city: 'New York', state: 'X', company: 'C++ (Ltd)' },
  characteristics: { seats: 42, level: 7, vip: true, note: null },
});

async function meant(meaning: BatchOutcome, payloads: readonly string[] = [person]): Promise<BatchOutcome> {
  const hub = redactValues(new MemoryHub({ outcomeFor: () => meaning }));
  return (await hub.send(payloads, sendOptions())).outcome;
}

async function quiet(words: string, ...payloads: readonly string[]): Promise<string> {
  const meaning = await meant(
    { kind: 'batch_refused', reason: rowErrorOf(words) },
    payloads.length > 0 ? payloads : [person],
  );
  return meaning.kind === 'batch_refused' ? meaning.reason.message : meaning.kind;
}

describe('the words of the Hub without the values that were sent', () => {
  const words: readonly (readonly [string, string])[] = [
    ['ada@example.test is odd', '… is odd'],
    ['ADA lives in new york, not York', '… lives in …, not York'],
    ['Adam is no name', 'Adam is no name'],
    ['(Ada)', '(…)'],
    ['42 seats, 142 or 421 are too many', '… seats, 142 or 421 are too many'],
    ['7 of X is true', '7 of X is true'],
    ['C++ (Ltd) or C', '… or C'],
    ['null and note are words', 'null and note are words'],
  ];
  for (const [told, expected] of words) {
    it(`are "${expected}" for "${told}"`, async () => {
      expect(await quiet(told)).to.equal(expected);
    });
  }

  it('lose whole values before their parts, of everybody in the batch', async () => {
    const other = JSON.stringify({ fields: { first_name: 'York' }, characteristics: {} });
    expect(await quiet('New York and York', other, person)).to.equal('… and …');
    expect(await quiet('New York and York', person, other)).to.equal('… and …');
    const longer = JSON.stringify({ fields: { first_name: 'Ada Lovelace' }, characteristics: {} });
    expect(await quiet('Ada Lovelace', person, longer)).to.equal('…');
    expect(await quiet('Ada Lovelace', longer, person)).to.equal('…');
  });

  it('stay where no values were sent', async () => {
    expect(await quiet('no values - none', '{"fields":{},"characteristics":{}}')).to.equal('no values - none');
  });

  it('are quiet whatever the answer means, and everything else stays', async () => {
    const fault = rowErrorOf('Ada is odd', 'first_name');
    const refusals = [{ ...fault, index: 0 }];
    const cause = new Error('inner');
    const error = new PanelsyncError({
      code: 'hub_down',
      recovery: 'retriable',
      message: 'Ada is away.',
      hint: 'Wait for Ada.',
      cause,
    });
    const calm = { ...fault, message: '… is odd' };
    expect(await meant({ kind: 'accepted', refusals })).to.deep.equal({
      kind: 'accepted',
      refusals: [{ ...calm, index: 0 }],
    });
    expect(await meant({ kind: 'rows_refused', refusals })).to.have.deep.property('refusals', [{ ...calm, index: 0 }]);
    for (const kind of ['batch_refused', 'too_large'] as const) {
      expect(await meant({ kind, reason: fault })).to.deep.equal({ kind, reason: calm });
    }
    for (const kind of ['not_sent', 'unknown', 'stop'] as const) {
      const meaning = await meant({ kind, error });
      expect(meaning).to.have.property('kind', kind);
      expect('error' in meaning ? meaning.error : null).to.include({
        code: 'hub_down',
        recovery: 'retriable',
        message: '… is away.',
        hint: 'Wait for Ada.',
        cause,
      });
    }
  });

  it('change nothing of how a batch is sent', async () => {
    const hub = new MemoryHub();
    const asked: unknown[] = [];
    const send = hub.send.bind(hub);
    const stop = newShutdownSignals();
    const quietHub = redactValues({
      fingerprint: 'f',
      send: async (...args) => {
        asked.push(args);
        return send(...args);
      },
      prepare: hub.prepare.bind(hub),
      acquire: hub.acquire.bind(hub),
      check: hub.check.bind(hub),
      participants: hub.participants.bind(hub),
      characteristics: hub.characteristics.bind(hub),
      close: hub.close.bind(hub),
    });
    const options = sendOptions(stop, 'defer');
    const { status } = await quietHub.send([person], options);
    expect([status, quietHub.fingerprint, asked]).to.deep.equal([200, 'f', [[[person], options]]]);
    expect(await quietHub.check(stop.drain)).to.equal('in memory');
  });
});
