import { expect } from 'chai';
import { request } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { Fault } from '../../../src/simulator/faults/faults.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const headers = {
  'user-interviews-apikey': 'simulator-key',
  accept: 'application/vnd.user-interviews.v2+json',
  'content-type': 'application/json',
};

let hub: Simulator;

function send(emails: readonly string[], signal: AbortSignal | null = null): Promise<Response> {
  const body = JSON.stringify({ participants: emails.map((email) => ({ email })) });
  return fetch(`${hub.url}/participants/batches`, { method: 'PATCH', headers, body, redirect: 'manual', signal });
}

/** The answer as text, or `cut` when the connection broke before its end. */
async function outcome(...emails: readonly string[]): Promise<string> {
  try {
    const response = await send(emails);
    return `${response.status} ${await response.text()}`;
  } catch {
    return 'cut';
  }
}

/** Reads the body as it comes until it is over or longer than `bytes`; says how much came. */
function readUpTo(bytes: number, unpack: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${hub.url}/participants/batches`, { method: 'PATCH', headers }, (incoming) => {
      const body = unpack ? incoming.pipe(createGunzip()) : incoming;
      let read = 0;
      body.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read <= bytes) return;
        incoming.destroy();
        resolve(read);
      });
      body.on('end', () => resolve(read));
      body.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify({ participants: [{ email: 'a@example.com' }] }));
  });
}

async function statuses(count: number): Promise<readonly number[]> {
  const list: number[] = [];
  for (let index = 0; index < count; index += 1) list.push((await send([`p${index}@example.com`])).status);
  return list;
}

describe('the simulator with faults', () => {
  beforeEach(async () => {
    hub = await startSimulator();
  });
  afterEach(() => hub.close());

  describe("the simulator's faults", () => {
    const cases: readonly [string, Fault, string | RegExp, boolean][] = [
      ['a status before applying', { kind: 'status', status: 503 }, /^503 \{"errors"/, false],
      ['a status after applying', { kind: 'status', status: 500, when: 'after' }, /^500 \{"errors"/, true],
      ['a cut before applying', { kind: 'cut' }, 'cut', false],
      ['a cut after applying', { kind: 'cut', when: 'after' }, 'cut', true],
      ['a cut in the answer', { kind: 'cut', when: 'in_answer' }, 'cut', true],
      ['a slow answer', { kind: 'slow', delayMs: 5 }, /^200 \{"data"/, true],
      ['a slow answer after applying', { kind: 'slow', delayMs: 5, when: 'after' }, /^200 \{"data"/, true],
      ['a web page', { kind: 'html' }, /^200 <!doctype html>/, false],
      ['a web page after applying', { kind: 'html', when: 'after' }, /^200 <!doctype html>/, true],
      ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }, '302 {}', false],
      ['a limit', { kind: 'limit', retryAfter: 'none' }, /^429 \{"errors"/, false],
      ['JSON that is none', { kind: 'not_json' }, /^200 \{"data": \[\{"id": $/, false],
      ['no content', { kind: 'empty' }, '204 ', true],
    ];
    for (const [name, fault, expected, applied] of cases) {
      it(`plays ${name}, once`, async () => {
        hub.setFaults(fault);
        const answer = await outcome('a@example.com');
        if (typeof expected === 'string') expect(answer).to.equal(expected);
        else expect(answer).to.match(expected);
        expect(hub.people.has('a@example.com')).to.equal(applied);
        expect(await outcome('b@example.com')).to.match(/^200 \{"data"/);
        expect([hub.counters.requests, hub.counters.cut]).to.deep.equal([2, expected === 'cut' ? 1 : 0]);
      });
    }

    it('cuts in the answer only after headers and half of the body', async () => {
      hub.setFaults({ kind: 'cut', when: 'in_answer' });
      const response = await send(['a@example.com']);
      expect(response.status).to.equal(200);
      const failure = await thrownError(response.text());
      expect(failure).to.be.instanceOf(Error);
    });

    it('waits before applying or after it', async () => {
      hub.setFaults({ kind: 'slow', delayMs: 60_000, when: 'after' }, { kind: 'slow', delayMs: 60_000 });
      const late = Promise.allSettled([send(['a@example.com']), send(['b@example.com'])]);
      while (hub.counters.requests < 2) await new Promise((resolve) => setImmediate(resolve));
      expect(hub.people.size).to.equal(1);
      await hub.close();
      await late;
      expect(hub.people.size).to.equal(1);
    });

    it('applies a slow batch although the client has left', async () => {
      hub.setFaults({ kind: 'slow', delayMs: 20 });
      const leaving = new AbortController();
      const left = send(['a@example.com'], leaving.signal).catch(() => 'left');
      while (hub.counters.requests === 0) await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      expect(await left).to.equal('left');
      while (hub.counters.byStatus.size === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(hub.people.has('a@example.com')).to.equal(true);
    });

    it('accepts a part, and points at the rows left out', async () => {
      hub.setFaults({ kind: 'partial', rows: [1, 7] });
      const response = await send(['a@example.com', 'b@example.com', 'c@example.com']);
      expect(response.status).to.equal(200);
      const body: unknown = await response.json();
      const error = {
        title: 'Not accepted',
        detail: 'This participant was not accepted',
        source: { pointer: '/data/1' },
      };
      expect(body).to.have.deep.property('errors', [error]);
      expect([...hub.people.keys()]).to.deep.equal(['a@example.com', 'c@example.com']);
    });

    it('sends a body without end until the client leaves', async () => {
      hub.setFaults({ kind: 'endless' });
      expect(await readUpTo(20_000_000, false)).to.be.above(20_000_000);
    });

    it('sends a small body that unpacks to a large one', async () => {
      hub.setFaults({ kind: 'gzip_bomb', megabytes: 20, times: 2 });
      expect(await readUpTo(30_000_000, true)).to.equal(20 * 1_048_576 + 13);
      expect(await readUpTo(30_000_000, false)).to.be.below(60_000);
    });

    it('keeps a bad batch bad, whatever happens to the answer', async () => {
      hub.setFaults({ kind: 'empty' }, { kind: 'partial', rows: [0] });
      expect(await outcome('bad')).to.match(/^422/);
      expect(await outcome('bad')).to.match(/^422/);
      expect(hub.people.size).to.equal(0);
    });
  });

  describe('which requests a fault of the simulator meets', () => {
    it('plays faults in the order they were set, and counts `after` from the start', async () => {
      hub.setFaults(
        { kind: 'status', status: 500, times: 2 },
        { kind: 'limit', retryAfter: 'seconds' },
        { kind: 'status', status: 408, after: 4 },
      );
      expect(await statuses(6)).to.deep.equal([500, 500, 429, 200, 408, 200]);
    });

    it('lets GET pass unless told otherwise', async () => {
      const get = async () => (await fetch(`${hub.url}/participants`, { headers })).status;
      hub.setFaults({ kind: 'status', status: 500 });
      expect(await get()).to.equal(200);
      hub.setFaults({ kind: 'status', status: 500, on: 'get' });
      expect(await statuses(1)).to.deep.equal([200]);
      expect(await get()).to.equal(500);
      hub.setFaults({ kind: 'status', status: 500, on: 'any', times: 2 });
      expect([await get(), ...(await statuses(1)), await get()]).to.deep.equal([500, 500, 200]);
    });

    it('forgets faults that are taken back', async () => {
      hub.setFaults({ kind: 'cut' });
      hub.setFaults();
      expect(await statuses(1)).to.deep.equal([200]);
    });
  });

  describe("the simulator's limit", () => {
    it('answers 429 in each form to the request too many, which neither stores nor uses up a fault', async () => {
      hub.setOptions({ requestsPerMinute: 1 });
      hub.setFaults({ kind: 'html', after: 1 });
      await send(['a@example.com']);
      const seconds = (await send(['b@example.com'])).headers.get('retry-after');
      expect(Number(seconds)).to.be.within(1, 60);
      hub.setOptions({ retryAfterFormat: 'date' });
      const date = (await send(['b@example.com'])).headers.get('retry-after') ?? '';
      expect(new Date(date).toUTCString()).to.equal(date);
      hub.setOptions({ retryAfterFormat: 'none' });
      const none = await send(['b@example.com']);
      expect([none.status, none.headers.get('retry-after')]).to.deep.equal([429, null]);
      expect([...hub.people.keys()]).to.deep.equal(['a@example.com']);
      hub.setOptions({ requestsPerMinute: null });
      expect(await outcome('b@example.com')).to.contain('<!doctype');
    });
  });
});
