import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import * as sinon from 'sinon';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import type { Recovery } from '../../../../src/core/errors.ts';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import type { SendResult, Destination, BatchOutcome } from '../../../../src/core/ports/destination.ts';
import type { Payload } from '../../../../src/core/model/terms.ts';
import { toCanaryAnswer, observeUntilStored, observe, wireRejection } from '../../../../src/sync/canary/observe.ts';
import type { ParticipantLookup } from '../../../../src/sync/canary/observe.ts';
import { testError, rowErrorOf, MemoryHub } from '../../../helpers/memory/hub.ts';
import { errorCodeOf, thrownError } from '../../../helpers/thrown-error.ts';
import { newShutdownSignals } from '../../../helpers/hub/scripted-hub.ts';

const email = 'ada@example.test';
const { signal } = new AbortController();

function payloadOf(city: string, address = email): Payload {
  return { fields: { email: address, first_name: 'Ada', city }, characteristics: {} };
}

const sent = JSON.stringify(payloadOf('Rome'));

function delivery(meaning: BatchOutcome, status: number | null = 200): SendResult {
  return {
    outcome: meaning,
    status,
    requests: { sent: 1, retried: 0, rateLimited: 0 },
    requestId: null,
    durationMs: 1,
  };
}

/** Each look meets the next of these; the last stays. `null`: nobody is there. */
function eyesOn(
  ...looks: readonly (Payload | PanelsyncError | null)[]
): ParticipantLookup & { readonly asked: () => number } {
  let asked = 0;
  const destination: Destination = new MemoryHub();
  destination.participants = async (_page, stopped) => {
    stopped.throwIfAborted();
    const found = looks[Math.min(asked, looks.length - 1)] ?? null;
    asked += 1;
    if (found instanceof PanelsyncError) throw found;
    const person = { email: found?.fields.email ?? '', fields: found?.fields ?? {}, characteristics: {} };
    const entries = found === null ? [] : [{ id: '1', person }];
    return { entries, total: entries.length, last: true };
  };
  const seen = ({ fields }: HubPerson): Payload => ({ fields, characteristics: {} });
  return { destination, key: email, toPayload: seen, onProgress: () => undefined, asked: () => asked };
}

describe('the answer to a canary', () => {
  it('is a yes when nobody is refused', () => {
    expect(toCanaryAnswer(delivery({ kind: 'accepted', refusals: [] }), sent)).to.deep.equal({ kind: 'accepted' });
  });

  it('is a refusal of the person where the Hub points at a row, and of the request where it does not', () => {
    const fault = rowErrorOf('Ada is odd', 'city');
    const refusals = [{ ...fault, index: 0 }];
    const answers = (
      [
        { kind: 'accepted', refusals },
        { kind: 'rows_refused', refusals },
        { kind: 'batch_refused', reason: fault },
        { kind: 'too_large', reason: fault },
      ] as const
    ).map((meaning) => toCanaryAnswer(delivery(meaning), sent));
    expect(answers.map((answer) => (answer.kind === 'refused' ? answer.isAttributed : answer.kind))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    for (const answer of answers) {
      expect(answer).to.have.nested.property('rowError.message', '… is odd');
      expect(answer).to.have.nested.property('rowError.field', 'city');
    }
  });

  const settings: readonly (readonly [string, number, string | null])[] = [
    ['hub_unauthorized', 401, 'auth'],
    ['hub_forbidden', 403, 'auth'],
    ['hub_wrong_address', 406, 'version'],
    ['hub_wrong_address', 415, 'version'],
    ['hub_wrong_address', 404, 'baseUrl'],
    ['hub_redirect', 302, 'baseUrl'],
    ['hub_not_json', 200, 'baseUrl'],
    ['hub_answer_unclear', 200, 'envelope'],
  ];
  for (const [code, status, setting] of settings) {
    it(`speaks against ${setting} when it is ${code} (${status})`, () => {
      const answer = toCanaryAnswer(delivery({ kind: 'stop', error: testError(code, 'fatal') }, status), sent);
      expect(answer).to.deep.include({ kind: 'turned_away', setting });
      expect(answer).to.have.nested.property('error.code', code);
    });
  }

  it('is an error when it says nothing of the profile, without the person, and tells what may be stored', async () => {
    const lost = new PanelsyncError({
      code: 'hub_timeout',
      recovery: 'retriable',
      message: 'No answer for Ada.',
      hint: 'Wait.',
    });
    const thrown = (meaning: BatchOutcome): Promise<unknown> =>
      thrownError(Promise.resolve().then(() => toCanaryAnswer(delivery(meaning), sent)));
    const perhaps = await thrown({ kind: 'unknown', error: lost });
    expect(perhaps).to.include({
      code: 'hub_timeout',
      recovery: 'retriable',
      message: 'No answer for …. The Hub may have stored the test person all the same.',
      hint: 'Wait.',
    });
    expect(await thrown({ kind: 'stop', error: lost })).to.include({ message: 'No answer for ….' });
    expect(await thrown({ kind: 'not_sent', error: lost })).to.equal(lost);
  });
});

describe('a question of a canary that the Hub does not answer', () => {
  it('turns the whole canary away when it is the key that is not accepted', () => {
    expect(wireRejection(testError('hub_unauthorized', 'fatal'))).to.deep.include({
      kind: 'turned_away',
      setting: 'auth',
    });
  });

  it('says nothing when it is another, as sending may go through', () => {
    expect(wireRejection(testError('hub_forbidden', 'fatal'))).to.equal(null);
  });

  const ends: readonly (readonly [string, Recovery])[] = [
    ['stopped', 'canceled'],
    ['hub_unreachable', 'retriable'],
    ['hub_tls', 'fatal'],
    ['unexpected', 'fatal'],
  ];
  for (const [code, recovery] of ends) {
    it(`ends the canary when it is ${code}`, () => {
      const fault = testError(code, recovery);
      expect(() => wireRejection(fault)).to.throw(fault.message);
    });
  }

  it('is a closed list with the reason, or a key that is turned away', async () => {
    const closed = await observe(eyesOn(testError('hub_forbidden', 'fatal')), signal);
    expect(closed).to.deep.equal({ observation: { read: false, reason: 'It is hub_forbidden.' }, person: null });
    const away = await observe(eyesOn(testError('hub_unauthorized', 'fatal')), signal);
    expect(away).to.deep.include({ kind: 'turned_away', setting: 'auth' });
  });
});

describe('the look after a canary was sent', () => {
  const wanted = payloadOf('Rome');

  function look(eyes: ParticipantLookup, waits: number): ReturnType<typeof observeUntilStored> {
    return observeUntilStored(eyes, wanted, {
      retryDelaysMs: Array.from({ length: waits }, () => 0),
      shutdown: newShutdownSignals(),
    });
  }

  it('ends as soon as the list holds what was sent, the case of the e-mail aside', async () => {
    const eyes = eyesOn(null, payloadOf('Oslo'), payloadOf('Rome', 'ADA@example.test'), null);
    expect(await look(eyes, 5)).to.deep.equal({ read: true, payload: payloadOf('Rome', 'ADA@example.test') });
    expect(eyes.asked()).to.equal(3);
  });

  it('ends at once when the list holds it was sent', async () => {
    const eyes = eyesOn(wanted);
    expect(await look(eyes, 5)).to.deep.equal({ read: true, payload: wanted });
    expect(eyes.asked()).to.equal(1);
  });

  it('goes on for somebody of whom only the e-mail was sent, until the list holds them', async () => {
    const only: Payload = { fields: { email }, characteristics: {} };
    const eyes = eyesOn(null, only);
    const seen = await observeUntilStored(eyes, only, { retryDelaysMs: [0, 0], shutdown: newShutdownSignals() });
    expect([seen, eyes.asked()]).to.deep.equal([{ read: true, payload: only }, 2]);
  });

  it('does not read a list over and over that takes long to read', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    clock.tick(60_000);
    try {
      for (const [readMs, looks] of [
        [10_000, 3],
        [20_001, 1],
      ] as const) {
        const eyes = eyesOn(null);
        const asked = eyes.asked;
        eyes.onProgress = () => void clock.tick(readMs);
        await look(eyes, 5);
        expect(asked(), `at ${readMs} ms a look`).to.equal(looks);
      }
    } finally {
      clock.restore();
    }
  });

  it('ends with what the list holds when the waits are over', async () => {
    const eyes = eyesOn(payloadOf('Oslo'));
    expect(await look(eyes, 2)).to.deep.equal({ read: true, payload: payloadOf('Oslo') });
    expect(eyes.asked()).to.equal(3);
  });

  it('ends when the list closes', async () => {
    const eyes = eyesOn(null, testError('hub_forbidden', 'fatal'));
    expect(await look(eyes, 5)).to.deep.equal({ read: false, reason: 'It is hub_forbidden.' });
    expect(eyes.asked()).to.equal(2);
  });

  it('ends when the key is turned away', async () => {
    const eyes = eyesOn(testError('hub_unauthorized', 'fatal'));
    expect(await look(eyes, 5)).to.deep.equal({ read: false, reason: 'the Hub turned the key away' });
    expect(eyes.asked()).to.equal(1);
  });

  it('does not wait for its end when it is told to stop', async () => {
    const stop = newShutdownSignals();
    const eyes = eyesOn(null);
    const waiting = observeUntilStored(eyes, wanted, { retryDelaysMs: [3_600_000], shutdown: stop });
    while (eyes.asked() === 0) await setImmediate();
    stop.drainer.abort(testError('canceled', 'canceled'));
    expect(await errorCodeOf(waiting)).to.equal('canceled');
  });
});
