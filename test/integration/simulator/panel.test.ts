import { expect } from 'chai';
import { z } from 'zod';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const key = 'simulator-key';
const accept = 'application/vnd.user-interviews.v2+json';

const listSchema = z.object({
  data: z.array(z.object({ id: z.string(), type: z.string(), attributes: z.record(z.string(), z.unknown()) })),
  meta: z.object({ pagination: z.record(z.string(), z.union([z.number(), z.boolean()])) }),
});
const objectSchema = z.record(z.string(), z.unknown());

let hub: Simulator;

async function list(path: string): Promise<z.infer<typeof listSchema>> {
  const response = await fetch(hub.url + path, { headers: { 'user-interviews-apikey': key, accept } });
  expect(response.status).to.equal(200);
  return listSchema.parse(await response.json());
}

async function control(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(new URL(path, hub.url), init);
  return { status: response.status, body: objectSchema.parse(await response.json()) };
}

async function sendOne(email: string): Promise<number> {
  const response = await fetch(`${hub.url}/participants/batches`, {
    method: 'PATCH',
    headers: { 'user-interviews-apikey': key, accept, 'content-type': 'application/json' },
    body: JSON.stringify({ participants: [{ email }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

function fill(count: number): void {
  for (let index = 0; index < count; index += 1) hub.add({ email: `p${index}@example.com` });
}

describe('the panel of the simulator', () => {
  beforeEach(async () => {
    hub = await startSimulator();
  });
  afterEach(() => hub.close());

  describe("the simulator's lists", () => {
    it('shows people in camel case, with null where nothing is known', async () => {
      hub.add({ email: 'Ada@example.com', first_name: 'Ada', characteristics: { plan_tier: 'pro' } });
      const { data } = await list('/participants');
      expect(data).to.deep.equal([
        {
          id: '1',
          type: 'participant',
          attributes: {
            email: 'Ada@example.com',
            firstName: 'Ada',
            lastName: null,
            phoneNumber: null,
            title: null,
            company: null,
            city: null,
            state: null,
            country: null,
            characteristics: { plan_tier: 'pro' },
          },
        },
      ]);
    });

    it('gives pages of 25, of the size asked for, and empty ones past the end', async () => {
      fill(60);
      const first = await list('/participants');
      expect(first.meta.pagination).to.deep.equal({ currentPage: 1, hasMore: true });
      expect(first.data).to.have.length(25);
      const last = await list('/participants?page%5Bsize%5D=50&page[number]=2');
      expect(last.meta.pagination).to.deep.equal({ currentPage: 2, hasMore: false });
      expect(last.data.map(({ id }) => id)).to.deep.equal(Array.from({ length: 10 }, (_, index) => String(51 + index)));
      expect((await list('/participants?page[number]=4')).data).to.deep.equal([]);
    });

    it('says how many there are where it is asked to', async () => {
      fill(60);
      hub.setOptions({ listTotals: true });
      const { pagination } = (await list('/participants')).meta;
      const totals = { totalPages: 3, totalCount: 60, pageSize: 25 };
      expect(pagination).to.deep.equal({ currentPage: 1, hasMore: true, ...totals });
    });

    it('shows everybody once over all pages, also after researchers took people out', async () => {
      fill(500);
      hub.remove('p0@example.com');
      hub.remove('P499@example.com');
      const seen: unknown[] = [];
      for (const page of [1, 2, 3]) {
        const { data } = await list(`/participants?page[size]=200&page[number]=${page}`);
        seen.push(...data.map(({ attributes }) => attributes['email']));
      }
      expect(seen).to.have.length(498);
      expect(new Set(seen)).to.deep.equal(new Set(hub.people.keys()));
    });

    it('lists the definitions of characteristics', async () => {
      hub.setOptions({ characteristics: [{ name: 'Plan tier', slug: 'plan_tier', type: 'text' }] });
      const { data } = await list('/characteristics');
      const attributes = { name: 'Plan tier', slug: 'plan_tier', type: 'text' };
      expect(data).to.deep.equal([{ id: '1', type: 'characteristic', attributes }]);
    });

    for (const query of ['page[size]=201', 'page[size]=0', 'page[number]=0', 'page[number]=x', 'per_page=5']) {
      it(`answers 400 to ${query}`, async () => {
        const response = await fetch(`${hub.url}/participants?${query}`, {
          headers: { 'user-interviews-apikey': key, accept },
        });
        expect(response.status).to.equal(400);
      });
    }

    it('asks for the key and the version', async () => {
      const statuses: number[] = [];
      for (const headers of [{ accept }, { 'user-interviews-apikey': key }]) {
        statuses.push((await fetch(`${hub.url}/participants`, { headers })).status);
      }
      expect(statuses).to.deep.equal([401, 406]);
    });
  });

  describe('researchers in the simulator', () => {
    it('edit people, also their e-mail', () => {
      hub.add({ email: 'a@example.com', city: 'Rome', characteristics: { plan: 'x' } });
      hub.edit('A@example.com', { email: 'b@example.com', title: 'Dr', characteristics: { seats: 2 } });
      expect([...hub.people]).to.deep.equal([
        [
          'b@example.com',
          {
            id: '1',
            fields: { email: 'b@example.com', city: 'Rome', title: 'Dr' },
            characteristics: { plan: 'x', seats: 2 },
          },
        ],
      ]);
    });

    it('cannot touch people who are not there, nor have one e-mail twice', () => {
      fill(2);
      expect(() => hub.remove('nobody@example.com')).to.throw('does not have this person');
      expect(() => hub.edit('nobody@example.com', {})).to.throw('does not have this person');
      expect(() => hub.add({ email: 'P0@example.com' })).to.throw('already has');
      expect(() => hub.edit('p0@example.com', { email: 'p1@example.com' })).to.throw('already has');
    });
  });

  describe('the simulator as a server', () => {
    it('keeps the last requests and counts all of them', async () => {
      hub.setOptions({ logSize: 2 });
      const statuses = [await sendOne('a@example.com'), await sendOne('bad'), await sendOne('b@example.com')];
      await list('/participants?page[size]=5');
      expect(statuses).to.deep.equal([200, 422, 200]);
      expect(hub.counters.requests).to.equal(4);
      expect([...hub.counters.byStatus]).to.deep.equal([
        [200, 3],
        [422, 1],
      ]);
      expect(hub.requests.map(({ method, path, status, rows }) => ({ method, path, status, rows }))).to.deep.equal([
        { method: 'PATCH', path: '/api/participants/batches', status: 200, rows: 1 },
        { method: 'GET', path: '/api/participants', status: 200, rows: null },
      ]);
    });

    it('is controlled over HTTP without a key', async () => {
      await sendOne('a@example.com');
      expect((await control('/simulator/faults', { kind: 'status', status: 503 })).status).to.equal(201);
      expect(await sendOne('b@example.com')).to.equal(503);
      const people = await control('/simulator/people');
      expect(people.body['total']).to.equal(1);
      expect(people.body['people']).to.have.length(1);
      expect((await control('/simulator/people?offset=1')).body['people']).to.deep.equal([]);
      expect((await control('/simulator/stats')).body).to.include({
        requests: 2,
        created: 1,
        people: 1,
        faultsWaiting: 0,
      });
      expect((await control('/simulator/reset', {})).status).to.equal(200);
      expect([hub.people.size, hub.counters.requests, hub.counters.applied.size]).to.deep.equal([0, 0, 0]);
    });

    it('lets people be added, edited and deleted by hand over HTTP, which counts as no batch', async () => {
      await sendOne('a@example.com');
      const people = [{ email: 'A@example.com', city: 'Oslo' }, { email: 'b@example.com' }];
      expect((await control('/simulator/people', people)).body).to.deep.equal({ created: 1, edited: 1 });
      expect((await control('/simulator/people', { email: 'c@example.com' })).body).to.include({ created: 1 });
      expect(hub.people.get('a@example.com')?.fields).to.include({ city: 'Oslo' });
      for (const wrong of [{ email: 'd@example.com', nickname: 'x' }, { city: 'Oslo' }, 7]) {
        expect((await control('/simulator/people', wrong)).status).to.equal(422);
      }
      const address = hub.url.replace('/api', '/simulator/people?email=B@example.com');
      for (const status of [200, 404]) {
        expect((await fetch(address, { method: 'DELETE' })).status).to.equal(status);
      }
      expect([...hub.people.keys()]).to.deep.equal(['a@example.com', 'c@example.com']);
      expect(hub.counters).to.include({ batchesApplied: 1, created: 1, updated: 0 });
    });

    it('takes only faults it knows, with their own keys', async () => {
      const faults: readonly unknown[] = [
        { kind: 'constructor' },
        { kind: 'status' },
        { kind: 'status', status: 200 },
        { kind: 'cut', when: 'later' },
        { kind: 'empty', times: 0 },
        { kind: 'html', delayMs: 1 },
        { kind: 'html', constructor: 'after' },
        { kind: 'redirect', location: 'a\r\nb: c' },
        [{ kind: 'empty' }],
        null,
      ];
      for (const fault of faults) {
        expect((await control('/simulator/faults', fault)).status, JSON.stringify(fault)).to.equal(400);
      }
      const good = { kind: 'cut', when: 'in_answer', times: 2, after: 1, on: 'any' };
      expect((await control('/simulator/faults', good)).body).to.deep.equal({ faultsWaiting: 1 });
    });

    it('says what it is to a person', async () => {
      for (const path of ['/', '/api']) {
        const response = await fetch(new URL(path, hub.url));
        expect(response.status).to.equal(200);
        expect(await response.text()).to.contain('simulated');
      }
    });

    it('names the port that is taken', async () => {
      const port = Number(new URL(hub.url).port);
      const error = await thrownError(startSimulator({ port }));
      expect(error).to.be.instanceOf(PanelsyncError);
      expect(error).to.include({ code: 'simulator_listen', recovery: 'usage' });
    });

    it('closes at once, with requests in flight, and more than once', async () => {
      hub.setOptions({ latencyMs: 60_000 });
      const inFlight = sendOne('a@example.com').catch(() => 'cut');
      while (hub.counters.requests === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([hub.close(), hub.close()]);
      expect(await inFlight).to.equal('cut');
      expect(hub.people.size).to.equal(0);
    });
  });
});
