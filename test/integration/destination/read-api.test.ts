import { expect } from 'chai';
import type { HubPerson } from '../../../src/core/model/hub-person.ts';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { listParticipants } from '../../../src/sync/participant-list.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import {
  respondWith,
  testApiKey,
  ScriptedHub,
  destinationSettings,
  RecordedHub,
} from '../../helpers/hub/scripted-hub.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const neverAborted = new AbortController().signal;
const firstPage = { number: 1, size: 200 };

describe('lists of the Hub over HTTP', () => {
  const closers: (() => void | Promise<void>)[] = [];
  let hub: Simulator;

  before(async () => (hub = await startSimulator({ apiKey: testApiKey })));
  after(() => hub.close());
  beforeEach(() => hub.reset());
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  function openHub(...args: ConstructorParameters<typeof RecordedHub>): RecordedHub['hub'] {
    const recorded = new RecordedHub(...args);
    closers.push(() => recorded.hub.close());
    return recorded.hub;
  }

  async function allPeople(from: RecordedHub['hub']): Promise<readonly HubPerson[]> {
    const people: HubPerson[] = [];
    for await (const part of listParticipants(from, { signal: neverAborted })) people.push(...part.people);
    return people;
  }

  it('give everybody, two hundred a page, under our names', async () => {
    for (let at = 0; at < 401; at += 1)
      hub.add({ email: `p${at}@x.test`, first_name: `P ${at}`, characteristics: { at } });
    const people = await allPeople(openHub(destinationSettings(hub.url)));
    expect(people.map(({ email }) => email)).to.deep.equal([...hub.people.keys()]);
    expect(people[400]?.fields).to.include({ email: 'p400@x.test', first_name: 'P 400', city: null });
    expect(people[400]?.characteristics).to.deep.equal({ at: 400 });
    expect(hub.counters.requests).to.equal(3);
    expect((await openHub(destinationSettings(hub.url)).participants(firstPage, neverAborted)).total).to.equal(null);
    hub.setOptions({ listTotals: true });
    expect((await openHub(destinationSettings(hub.url)).participants(firstPage, neverAborted)).total).to.equal(401);
    hub.setOptions({ listTotals: false });
  });

  it('may be larger than the response to a batch', async () => {
    const essays = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`essay-${at}`, 'x'.repeat(5000)]));
    for (let at = 0; at < 200; at += 1) hub.add({ email: `p${at}@x.test`, characteristics: essays });
    expect(await allPeople(openHub(destinationSettings(hub.url)))).to.have.length(200);
  });

  it('are asked for again after whatever may pass', async () => {
    hub.add({ email: 'ada@x.test' });
    hub.setFaults(
      { kind: 'status', status: 503, on: 'get' },
      { kind: 'cut', when: 'in_answer', on: 'get' },
      { kind: 'limit', retryAfter: 'none', on: 'get' },
    );
    expect(await allPeople(openHub(destinationSettings(hub.url, { maxAttempts: 4 })))).to.have.length(1);
    expect(hub.counters.requests).to.equal(4);
  });

  it('end in the errors of check where the Hub cannot be read', async () => {
    const cases: readonly [Partial<Parameters<typeof destinationSettings>[1]>, () => void, string][] = [
      [{ apiKey: 'wrong' }, () => undefined, 'hub_unauthorized'],
      [{}, () => hub.setFaults({ kind: 'status', status: 503, on: 'get', times: 9 }), 'hub_unavailable'],
      [{}, () => hub.setFaults({ kind: 'html', on: 'get' }), 'hub_not_json'],
      [{}, () => hub.setFaults({ kind: 'redirect', location: 'https://x.test/', on: 'get' }), 'hub_redirect'],
      [{}, () => hub.setFaults({ kind: 'gzip_bomb', on: 'get', times: 9 }), 'hub_answer_too_large'],
    ];
    for (const [settings, prepare, code] of cases) {
      prepare();
      const error = await thrownError(
        openHub(destinationSettings(hub.url, settings)).participants(firstPage, neverAborted),
      );
      expect(error).to.be.instanceOf(PanelsyncError).with.property('code', code);
    }
  });

  it('give all characteristics, and nothing where the Hub has no such list', async () => {
    const definitions = Array.from({ length: 201 }, (_, at) => ({
      name: `C ${at}`,
      slug: `c-${at}`,
      type: 'text' as const,
    }));
    hub.setOptions({ characteristics: definitions });
    const known = await openHub(destinationSettings(hub.url)).characteristics(neverAborted);
    hub.setOptions({ characteristics: null });
    expect(known).to.deep.equal(definitions);
    // What an empty list lacks may exist all the same.
    hub.setOptions({ characteristics: [] });
    expect(await openHub(destinationSettings(hub.url)).characteristics(neverAborted)).to.equal(null);
    for (const status of [403, 404, 405]) {
      hub.setFaults({ kind: 'status', status, on: 'get' });
      expect(await openHub(destinationSettings(hub.url)).characteristics(neverAborted)).to.equal(null);
    }
    hub.setFaults({ kind: 'status', status: 401, on: 'get' });
    const error = await thrownError(openHub(destinationSettings(hub.url)).characteristics(neverAborted));
    expect(error).to.have.property('code', 'hub_unauthorized');
  });

  it('end although the Hub gives the same page for ever', async () => {
    const server = await new ScriptedHub(respondWith(200, { data: [{ slug: 'plan' }] })).listen();
    closers.push(() => server.close());
    expect(await openHub(destinationSettings(server.url)).characteristics(neverAborted)).to.have.length(1);
    expect(server.received).to.have.length(2);
  });

  it('give no characteristics where one cannot be read, or more follow that never come', async () => {
    for (const body of [
      { data: [{ slug: 'plan' }, { key: 'seats' }], meta: { pagination: { hasMore: false } } },
      { data: [{ slug: 'plan' }], meta: { pagination: { hasMore: true } } },
    ]) {
      const server = await new ScriptedHub(respondWith(200, body)).listen();
      closers.push(() => server.close());
      expect(await openHub(destinationSettings(server.url)).characteristics(neverAborted)).to.equal(null);
    }
  });

  it('are dropped at once when a stop is asked for', async () => {
    const stop = new AbortController();
    const server = await new ScriptedHub(() => stop.abort()).listen();
    closers.push(() => server.close());
    const error = await thrownError(openHub(destinationSettings(server.url)).participants(firstPage, stop.signal));
    expect(error).to.have.property('recovery', 'canceled');
  });
});
