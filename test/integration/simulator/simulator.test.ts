import { expect } from 'chai';
import { z } from 'zod';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';

const headers = {
  'user-interviews-apikey': 'simulator-key',
  accept: 'application/vnd.user-interviews.v2+json',
  'content-type': 'application/json',
};

const bodySchema = z.object({
  data: z.array(z.object({ id: z.string() })).optional(),
  errors: z.array(z.object({ detail: z.string(), source: z.object({ pointer: z.string() }).optional() })).optional(),
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: z.infer<typeof bodySchema>;
}

let hub: Simulator;

async function call(path: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(hub.url + path, init);
  const body = bodySchema.parse(await response.json());
  return { status: response.status, headers: response.headers, body };
}

function patch(body: unknown, other: Record<string, string> = {}): Promise<Reply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call('/participants/batches', { method: 'PATCH', headers: { ...headers, ...other }, body: text });
}

function send(...participants: readonly unknown[]): Promise<Reply> {
  return patch({ participants });
}

function get(path: string): Promise<Reply> {
  return call(path, { headers });
}

function pointers(reply: Reply): readonly (string | undefined)[] {
  return (reply.body.errors ?? []).map((error) => error.source?.pointer);
}

function numbered(count: number): readonly { email: string }[] {
  return Array.from({ length: count }, (_, index) => ({ email: `p${index}@example.com` }));
}

describe('the Hub simulator', () => {
  beforeEach(async () => {
    hub = await startSimulator();
  });
  afterEach(() => hub.close());

  describe('storing a batch', () => {
    it('creates people and gives every answer a request id of its own', async () => {
      const first = await send({ email: ' Ada@Example.com ', first_name: 'Ada', characteristics: { plan: 'pro' } });
      const second = await send({ email: 'bob@example.com' });
      expect(first.status).to.equal(200);
      expect(hub.people.get('ada@example.com')).to.deep.equal({
        id: '1',
        fields: { email: 'Ada@Example.com', first_name: 'Ada' },
        characteristics: { plan: 'pro' },
      });
      expect(first.body.data?.map(({ id }) => id)).to.deep.equal(['1']);
      expect(first.headers.get('x-request-id')).to.be.a('string').and.not.equal(second.headers.get('x-request-id'));
    });

    it('merges into the person with the same e-mail: absent stays, null clears', async () => {
      await send({
        email: 'ada@example.com',
        city: 'London',
        title: 'Lady',
        characteristics: { plan: 'pro', seats: 1 },
      });
      await send({ email: 'ADA@example.com', title: null, characteristics: { plan: null } });
      expect(hub.people.size).to.equal(1);
      expect(hub.people.get('ada@example.com')?.fields).to.deep.equal({
        email: 'ADA@example.com',
        city: 'London',
        title: null,
      });
      expect(hub.people.get('ada@example.com')?.characteristics).to.deep.equal({ plan: null, seats: 1 });
    });

    it('stores nothing of a batch with one bad row, and names every fault of every row', async () => {
      const reply = await send(
        { email: 'ok@example.com' },
        { email: 'nobody', city: 7 },
        { first_name: 'X' },
        { email: 'OK@example.com ' },
        'text',
      );
      expect(reply.status).to.equal(422);
      expect(pointers(reply)).to.deep.equal([
        '/data/1/attributes/email',
        '/data/1/attributes/city',
        '/data/2/attributes/email',
        '/data/3/attributes/email',
        '/data/4',
      ]);
      expect(hub.people.size).to.equal(0);
      expect(hub.counters.batchesApplied).to.equal(0);
    });

    for (const [form, pointer] of [
      ['jsonapi', '/data/1/attributes/characteristics/a~1b'],
      ['participants', '/participants/1/characteristics/a~1b'],
      ['short', '/1'],
      ['none', undefined],
    ] as const) {
      it(`points at bad rows in the form ${form}`, async () => {
        hub.setOptions({ pointerFormat: form });
        const reply = await send(
          { email: 'a@example.com' },
          { email: 'b@example.com', characteristics: { 'a/b': [] } },
        );
        expect(pointers(reply)).to.deep.equal([pointer]);
      });
    }

    it('takes 1 to 100 rows', async () => {
      expect((await send(...numbered(100))).status).to.equal(200);
      expect((await send(...numbered(101))).status).to.equal(422);
      expect((await send()).status).to.equal(422);
      expect(hub.counters.rowsApplied).to.equal(100);
    });

    const long = 'x'.repeat(256);
    for (const [what, row] of Object.entries({
      'an e-mail that is null': { email: null },
      'an e-mail with two dots in a row': { email: 'a..b@example.com' },
      'an e-mail without a domain': { email: 'a@localhost' },
      'an e-mail of 255 characters': { email: `${'a'.repeat(64)}@${'b'.repeat(186)}.com` },
      'a name of 256 characters': { email: 'a@example.com', first_name: long },
      'a control character': { email: 'a@example.com', city: 'a\tb' },
      'half a surrogate pair': { email: 'a@example.com', city: 'a\ud83d' },
      'a number as a title': { email: 'a@example.com', title: 5 },
      'a phone number of letters': { email: 'a@example.com', phone_number: 'call me' },
      'a phone number that is too short': { email: 'a@example.com', phone_number: '+123' },
      'an unknown key': { email: 'a@example.com', id: '5' },
      'a key in the other case': { email: 'a@example.com', firstName: 'Ada' },
      'a key of the prototype': JSON.parse('{"email":"a@example.com","__proto__":{}}') as unknown,
      'a list of characteristics': { email: 'a@example.com', characteristics: [] },
      'a characteristic that is an object': { email: 'a@example.com', characteristics: { plan: {} } },
    })) {
      it(`refuses ${what}`, async () => {
        const reply = await send(row);
        expect(reply.status).to.equal(422);
        expect(reply.body.errors).to.have.length(1);
      });
    }

    it('counts characters, not their halves, and knows phone numbers', async () => {
      const reply = await send({ email: 'ä@exämple.com', city: '😀'.repeat(255), phone_number: '+1 (555) 010-99.99' });
      expect(reply.status).to.equal(200);
    });

    it('drops unknown keys and slugs silently when told to', async () => {
      hub.setOptions({ unknownKeys: 'drop', characteristics: [{ name: 'Plan', slug: 'plan', type: 'text' }] });
      const row = { email: 'a@example.com', firstName: 'Ada', characteristics: { plan: 'x', other: 1 } };
      expect((await send(row)).status).to.equal(200);
      const person = hub.people.get('a@example.com');
      expect(person?.fields).to.deep.equal({ email: 'a@example.com' });
      expect(person?.characteristics).to.deep.equal({ plan: 'x' });
    });

    it('checks characteristics against their definitions', async () => {
      hub.setOptions({
        characteristics: (['text', 'number', 'boolean', 'date'] as const).map((type) => ({
          name: type,
          slug: type,
          type,
        })),
      });
      const good = { text: 'a', number: 1.5, boolean: false, date: '2024-02-29' };
      const bad = { text: 1, number: '1', boolean: 'true', date: '2023-02-29', other: 'x' };
      expect((await send({ email: 'a@example.com', characteristics: good })).status).to.equal(200);
      const reply = await send({ email: 'b@example.com', characteristics: bad });
      expect(pointers(reply)).to.deep.equal(
        Object.keys(bad).map((slug) => `/data/0/attributes/characteristics/${slug}`),
      );
      const nulls = { text: null, number: null, boolean: null, date: null };
      expect((await send({ email: 'a@example.com', characteristics: nulls })).status).to.equal(200);
    });

    it('refuses poison in the words it was given', async () => {
      hub.setOptions({ rejectedEmails: ['Bad@example.com'] });
      const listed = await send({ email: 'bad@EXAMPLE.com' });
      hub.setOptions({ rejectedEmails: (email) => email.startsWith('x') && 'Email bounced' });
      const predicted = await send({ email: 'x@example.com' });
      expect(listed.body.errors?.[0]?.detail).to.equal('Email is not deliverable');
      expect(predicted.body.errors?.[0]?.detail).to.equal('Email bounced');
      expect((await send({ email: 'bad@example.com' })).status).to.equal(200);
    });

    it('makes an identifier of its own for people without an e-mail, only where that is allowed', async () => {
      hub.setOptions({ allowMissingEmail: true });
      await send({ first_name: 'A' }, { first_name: 'B', email: null });
      expect([...hub.people.keys()]).to.deep.equal(['id:1', 'id:2']);
    });

    it('counts how often each e-mail was applied', async () => {
      await send({ email: 'a@example.com' }, { email: 'b@example.com' });
      await send({ email: 'A@example.com' });
      expect([...hub.counters.applied]).to.deep.equal([
        ['a@example.com', 2],
        ['b@example.com', 1],
      ]);
      const { created, updated, repeated, batchesApplied } = hub.counters;
      expect({ created, updated, repeated, batchesApplied }).to.deep.equal({
        created: 2,
        updated: 1,
        repeated: 1,
        batchesApplied: 2,
      });
      hub.setOptions({ recordApplied: false });
      await send({ email: 'c@example.com' });
      expect(hub.counters.applied.has('c@example.com')).to.equal(false);
    });
  });

  describe('the shape of a request', () => {
    const row = { email: 'a@example.com' };
    const item = { type: 'participant', attributes: row };
    for (const [what, body] of Object.entries({
      'the other envelope': { data: [item] },
      'one more key': { participants: [row], dryRun: true },
      'a bare list': [row],
      'no list': { participants: row },
      'cut-off JSON': '{"participants": [',
      nothing: '',
    })) {
      it(`refuses ${what} in the profile participants`, async () => {
        expect((await patch(body)).status).to.equal(400);
        expect(hub.people.size).to.equal(0);
      });
    }

    it('understands the profile jsonapi, camel, bearer and nothing else', async () => {
      hub.setOptions({ wire: { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'camel', characteristics: 'nested' } });
      const bearer = { authorization: 'Bearer simulator-key' };
      expect((await patch({ data: [item] })).status).to.equal(401);
      const camel = { ...item, attributes: { ...row, firstName: 'Ada' } };
      expect((await patch({ data: [camel] }, bearer)).status).to.equal(200);
      expect(hub.people.get('a@example.com')?.fields.first_name).to.equal('Ada');
      const snake = { ...item, attributes: { ...row, first_name: 'Ada' } };
      expect(pointers(await patch({ data: [snake] }, bearer))).to.deep.equal(['/data/0/attributes/first_name']);
      expect((await patch({ participants: [row] }, bearer)).status).to.equal(400);
      expect((await patch({ data: [{ ...item, id: '1' }] }, bearer)).status).to.equal(400);
      expect((await patch({ data: [{ ...item, type: 'participants' }] }, bearer)).status).to.equal(400);
    });

    for (const [status, what, other] of [
      [401, 'a wrong key', { 'user-interviews-apikey': 'other' }],
      [406, 'any Accept but the version', { accept: 'application/json, text/plain, */*' }],
      [415, 'a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      [415, 'another character set', { 'content-type': 'application/json; charset=latin1' }],
      [415, 'a packed body', { 'content-encoding': 'gzip' }],
      [200, 'the version without +json', { accept: 'application/vnd.user-interviews.v2' }],
      [200, 'parameters of the content type', { 'content-type': 'application/json; charset=utf-8' }],
    ] as const) {
      it(`answers ${status} to ${what}`, async () => {
        expect((await patch({ participants: [row] }, other)).status).to.equal(status);
        expect(hub.people.size).to.equal(status === 200 ? 1 : 0);
      });
    }

    it('refuses bytes that are not UTF-8', async () => {
      const body = Buffer.from('{"participants":[{"email":"a@example.com","city":"Z\u00fcrich"}]}', 'latin1');
      expect((await call('/participants/batches', { method: 'PATCH', headers, body })).status).to.equal(400);
    });

    it('answers 413 to a body over the limit, and 200 to one at the limit', async () => {
      const body = JSON.stringify({ participants: [row] });
      hub.setOptions({ maxBodyBytes: body.length });
      expect((await patch(body)).status).to.equal(200);
      expect((await patch(`${body} `)).status).to.equal(413);
      expect((await patch('x'.repeat(5_000_000))).status).to.equal(413);
    });

    it('answers 404 to other paths and 405 to other methods', async () => {
      expect((await get('/people')).status).to.equal(404);
      expect((await get('/participants/')).status).to.equal(404);
      const reply = await get('/participants/batches');
      expect([reply.status, reply.headers.get('allow')]).to.deep.equal([405, 'PATCH']);
      expect((await call('/participants', { method: 'PATCH', headers, body: '{}' })).status).to.equal(405);
    });
  });
});
