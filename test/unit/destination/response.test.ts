import { expect } from 'chai';
import type { BatchOutcome } from '../../../src/core/ports/destination.ts';
import { redactEmails, sanitizeLine } from '../../../src/destination/sanitize.ts';
import { clearBodies, unclearBodies } from '../../helpers/hub/success-bodies.ts';
import { classifyResponse } from '../../../src/destination/response.ts';

const label = 'PATCH https://hub.example.test/api/participants/batches';

interface Sent {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly rows?: number;
}

/** What an answer means; a body that is not a text is sent as JSON. */
function read({ status, body = '', headers = {}, rows = 5 }: Sent): BatchOutcome {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyResponse({ status, headers, body: text }, { label, rows });
}

function at(pointer: string, more: object = {}): object {
  return { source: { pointer }, detail: 'is bad', code: 'invalid', ...more };
}

function refusalsIn(outcome: BatchOutcome): readonly unknown[] {
  return 'refusals' in outcome ? outcome.refusals : [];
}

function errorCode(outcome: BatchOutcome): string | null {
  return 'error' in outcome ? outcome.error.code : null;
}

function refusedWith(code: unknown): BatchOutcome {
  return read({ status: 409, body: { errors: [{ code }] } });
}

function hintOf(sent: Sent): string {
  const outcome = read(sent);
  return 'error' in outcome ? outcome.error.hint : '';
}

type Case = readonly [string, Sent, BatchOutcome['kind'], string | null];

describe('response', () => {
  const kinds: readonly Case[] = [
    ['200 with JSON', { status: 200, body: { data: [] } }, 'accepted', null],
    ['201 with an empty list of errors', { status: 201, body: { errors: [] } }, 'accepted', null],
    ['200 with errors: null', { status: 200, body: { errors: null } }, 'accepted', null],
    ['200 with errors: {}', { status: 200, body: { errors: {} } }, 'accepted', null],
    ['200 with a JSON list', { status: 200, body: [] }, 'accepted', null],
    ['204 without a body', { status: 204 }, 'accepted', null],
    ['200 with blanks only', { status: 200, body: ' \n' }, 'accepted', null],
    ['200 with errors at rows', { status: 200, body: { errors: [at('/participants/3')] } }, 'accepted', null],
    [
      '200 with an error that points nowhere',
      { status: 200, body: { errors: [at('/participants/3'), { detail: 'oops' }] } },
      'unknown',
      'hub_answer_unclear',
    ],
    [
      '200 with an error out of range',
      { status: 200, body: { errors: [at('/participants/5')] } },
      'unknown',
      'hub_answer_unclear',
    ],
    [
      '200 with an object of errors',
      { status: 200, body: { errors: { email: ['bad'] } } },
      'unknown',
      'hub_answer_unclear',
    ],
    ['200 with a text of errors', { status: 200, body: { errors: 'bad' } }, 'unknown', 'hub_answer_unclear'],
    ['200 with an error by another name', { status: 200, body: { error: 'No.' } }, 'unknown', 'hub_answer_unclear'],
    ['200 with an error: null', { status: 200, body: { error: null } }, 'accepted', null],
    ...[
      { success: false },
      { ok: false, data: [] },
      { status: 'error' },
      { status: 422 },
      { status: 'Partially processed' },
      { code: 'VALIDATION_FAILED' },
      { failed: [{ email: 'x' }] },
      { failedRows: 2 },
      { error_count: 1, data: [] },
      { rejected: { 3: 'bad' } },
      { results: [{ status: 200 }, { status: 422 }] },
      { data: [{ id: '1', errors: ['bad'] }] },
      [{ success: true }, { success: false }],
      { meta: { summary: { failed: 1 } } },
      { created: 0, updated: 0 },
      { created: [1, 2], updated: [] },
      { meta: { createdCount: 3 } },
      { skipped: 5 },
      ...unclearBodies,
    ].map((body): Case => [
      `200 with ${JSON.stringify(body)}`,
      { status: 200, body: JSON.stringify(body) },
      'unknown',
      'hub_answer_unclear',
    ]),
    ...[
      { success: true, failed: 0, errors: [], error: null, warnings: ['late'] },
      { status: 'accepted', code: 200 },
      { created: 2, updated: 2, unchanged: 1 },
      { results: [{ status: 200 }, { status: 'created' }] },
      { data: [{ id: '1', attributes: { error_rate: 3, state: 'rejected' }, failed_payments: 3, state: 'NV' }] },
      ...clearBodies,
    ].map((body): Case => [
      `200 with ${JSON.stringify(body)}`,
      { status: 200, body: JSON.stringify(body) },
      'accepted',
      null,
    ]),
    ['206 that names no errors', { status: 206, body: {} }, 'unknown', 'hub_answer_unclear'],
    ['207 that names no errors', { status: 207, body: { results: [] } }, 'unknown', 'hub_answer_unclear'],
    ['207 with an empty list of errors', { status: 207, body: { errors: [] } }, 'accepted', null],
    ['207 with errors at rows', { status: 207, body: { errors: [at('/participants/3')] } }, 'accepted', null],
    ['200 with HTML', { status: 200, body: '<html>Log in</html>' }, 'unknown', 'hub_not_json'],
    ['200 with half a JSON', { status: 200, body: '{"data":[' }, 'unknown', 'hub_not_json'],
    ['400 with a pointer', { status: 400, body: { errors: [at('/0')] } }, 'rows_refused', null],
    ['409 with a pointer', { status: 409, body: { errors: [at('/0')] } }, 'rows_refused', null],
    [
      '422 with a pointer and an error that points nowhere',
      { status: 422, body: { errors: [{ detail: 'x' }, at('/0')] } },
      'rows_refused',
      null,
    ],
    ['422 out of range', { status: 422, body: { errors: [at('/participants/5')] } }, 'batch_refused', null],
    ['422 with a negative index', { status: 422, body: { errors: [at('/participants/-1')] } }, 'batch_refused', null],
    ['422 with a pointer to no row', { status: 422, body: { errors: [at('/participants')] } }, 'batch_refused', null],
    ['422 with a word as an index', { status: 422, body: { errors: [at('/participants/x3')] } }, 'batch_refused', null],
    ['422 without pointers', { status: 422, body: { errors: [{ detail: 'x' }] } }, 'batch_refused', null],
    ['422 of one row without pointers', { status: 422, body: { message: 'x' }, rows: 1 }, 'batch_refused', null],
    ['400 with HTML', { status: 400, body: '<html>' }, 'batch_refused', null],
    ['413', { status: 413, body: '<html>too large</html>' }, 'too_large', null],
    ['401', { status: 401, body: { error: 'bad key' } }, 'stop', 'hub_unauthorized'],
    ['403', { status: 403 }, 'stop', 'hub_forbidden'],
    ['404', { status: 404 }, 'stop', 'hub_wrong_address'],
    ['405', { status: 405 }, 'stop', 'hub_wrong_address'],
    ['406', { status: 406 }, 'stop', 'hub_wrong_address'],
    ['415', { status: 415 }, 'stop', 'hub_wrong_address'],
    ['402', { status: 402 }, 'stop', 'hub_refused'],
    ['410', { status: 410 }, 'stop', 'hub_refused'],
    ['451', { status: 451 }, 'stop', 'hub_refused'],
    ['300', { status: 300 }, 'stop', 'hub_redirect'],
    ['304', { status: 304 }, 'stop', 'hub_redirect'],
    ['307', { status: 307, headers: { location: 'https://other.test/' } }, 'stop', 'hub_redirect'],
    ['408', { status: 408 }, 'unknown', 'hub_unavailable'],
    ['429', { status: 429 }, 'not_sent', 'rate_limited'],
    ['500', { status: 500 }, 'unknown', 'hub_unavailable'],
    ['503', { status: 503 }, 'unknown', 'hub_unavailable'],
    ['599', { status: 599 }, 'unknown', 'hub_unavailable'],
  ];
  for (const [name, sent, kind, code] of kinds) {
    it(`reads ${name} as ${kind}${code === null ? '' : ` with ${code}`}`, () => {
      const outcome = read(sent);
      expect(outcome.kind).to.equal(kind);
      expect(errorCode(outcome)).to.equal(code);
    });
  }

  const pointers: readonly [string, number, string | null][] = [
    ['/participants/3', 3, null],
    ['/participants/3/phone_number', 3, 'phone_number'],
    ['/participants/3/phoneNumber', 3, 'phone_number'],
    ['/data/3/attributes/email', 3, 'email'],
    ['/data/3/attributes/firstName', 3, 'first_name'],
    ['/data/3/attributes', 3, null],
    ['/data/3', 3, null],
    ['/3', 3, null],
    ['/3/email', 3, 'email'],
    ['/0/', 0, null],
    ['#/participants/4/email', 4, 'email'],
    ['/participants/3/characteristics/plan_tier', 3, 'characteristics.plan_tier'],
    ['/data/3/attributes/characteristics/firstName', 3, 'characteristics.firstName'],
    ['/participants/3/characteristics/a~1b~0c', 3, 'characteristics.a/b~c'],
    ['/participants/3/nickname', 3, 'nickname'],
  ];
  for (const [pointer, index, field] of pointers) {
    it(`understands the pointer ${pointer}`, () => {
      expect(refusalsIn(read({ status: 422, body: { errors: [at(pointer)] } }))).to.deep.equal([
        { index, field, code: 'invalid', message: 'is bad' },
      ]);
    });
  }

  it('understands a pointer that stands in the error itself', () => {
    const errors = [{ pointer: '/participants/1/city', title: 'too long' }];
    expect(refusalsIn(read({ status: 422, body: { errors } }))).to.deep.equal([
      { index: 1, field: 'city', code: 'refused_422', message: 'too long' },
    ]);
  });

  it('makes one refusal of several errors of a row: all messages, the first code and field', () => {
    const errors = [
      at('/participants/2/email', { detail: 'is taken', code: 'taken' }),
      at('/participants/0', { detail: 'other row' }),
      at('/participants/2/city', { detail: 'is too long', code: 'too_long' }),
    ];
    expect(refusalsIn(read({ status: 422, body: { errors } }))).to.deep.equal([
      { index: 2, field: 'email', code: 'taken', message: 'is taken; is too long' },
      { index: 0, field: null, code: 'invalid', message: 'other row' },
    ]);
  });

  it('names the refused rows of a partly accepted batch, which its counts leave out', () => {
    const errors = [at('/participants/4/email', { code: 17, status: '422' })];
    expect(read({ status: 200, body: { created: 4, errors } })).to.deep.equal({
      kind: 'accepted',
      refusals: [{ index: 4, field: 'email', code: 'refused_200', message: 'is bad' }],
    });
  });

  const words: readonly [string, unknown, string][] = [
    ['the first detail', { errors: [{ title: 't' }, { detail: 'd' }], message: 'm' }, 'd'],
    ['the first title', { errors: [{ title: 't' }], message: 'm', error: 'e' }, 't'],
    ['an error that is a text', { errors: ['plain'] }, 'plain'],
    ['the message', { message: 'm', error: 'e' }, 'm'],
    ['the error', { error: 'e' }, 'e'],
    ['the body', { reasons: ['r'] }, '{"reasons":["r"]}'],
    ['a body that is not JSON, as one line', '<p>\n\tno\u0007 \u001b[31mway</p>', '<p> no [31mway</p>'],
    ['nothing', '', 'The Hub answered 422 and gave no reason.'],
  ];
  for (const [name, body, expected] of words) {
    it(`shows people ${name}`, () => {
      const outcome = read({ status: 422, body });
      expect(outcome).to.have.nested.property('reason.message', expected);
    });
  }

  it('cuts the message of the Hub at 500 characters', () => {
    const outcome = read({ status: 422, body: `${'x'.repeat(499)}${'\u{1F600}'.repeat(900)}` });
    expect(outcome).to.have.nested.property('reason.message', `${'x'.repeat(499)}\u{FFFD}`);
  });

  it('keeps e-mails in a refusal, which is shown on demand, and redacts them in an error, which is logged', () => {
    const body = { message: 'ada@example.test is unknown' };
    expect(read({ status: 422, body })).to.have.nested.property('reason.message', 'ada@example.test is unknown');
    const stop = read({ status: 403, body });
    expect(stop).to.have.nested.property('error.message', `The Hub answered 403: "***@*** is unknown" (${label}).`);
  });

  it('takes the code of the error where it is a short word, else the status', () => {
    expect(refusedWith('email_taken')).to.have.nested.property('reason.code', 'email_taken');
    for (const odd of ['two words', 'x'.repeat(65), 'ada@example.test', 12, null]) {
      expect(refusedWith(odd)).to.have.nested.property('reason.code', 'refused_409');
    }
  });

  it('names what to set when the key, the address or a redirect is wrong', () => {
    for (const status of [401, 403]) {
      expect(hintOf({ status })).to.contain('destination.apiKey').and.contain('destination.wire.auth');
    }
    for (const status of [301, 404, 405, 406, 415]) expect(hintOf({ status })).to.contain('destination.baseUrl');
    expect(hintOf({ status: 200, body: '<html>' })).to.contain('destination.baseUrl');
  });

  it('says where a redirect leads, without its query', () => {
    const outcome = read({ status: 302, headers: { location: 'https://login.test/start?token=secret' } });
    expect(outcome).to.have.nested.property('error.message').that.contains('to https://login.test/start;');
    expect(JSON.stringify(outcome)).not.to.contain('secret');
  });

  it('never shows a body that is not JSON in an error', () => {
    const outcome = read({ status: 200, body: 'Ada Lovelace of London' });
    expect('error' in outcome ? outcome.error.message : '').not.to.contain('Ada');
  });
});

describe('text of the Hub', () => {
  it('has its e-mails masked, whatever stands around them', () => {
    const cases: readonly [string, string][] = [
      ['ada@example.test is taken', '***@*** is taken'],
      ['"ada@example.test": taken', '"***@***": taken'],
      ['<ada.b+c@x.test>,bob@y.test', '<***@***>,***@***'],
      ['see /p?e=ada%40example.test', 'see ***@***'],
      ['email=ada@example.test', '***@***'],
      ['grüße@exämple.test.', '***@***'],
      ['nobody here', 'nobody here'],
    ];
    for (const [text, masked] of cases) expect(redactEmails(text)).to.equal(masked);
  });

  it('is masked in no time when it is long', () => {
    expect(redactEmails(`${'a'.repeat(1_000_000)}@`)).to.equal('***@***');
  });

  it('becomes one clean line', () => {
    expect(sanitizeLine('  a\r\n\tb\u0000c\u2028d\u0085e  ')).to.equal('a b c d e');
    expect(sanitizeLine('half \uD800 pair')).to.equal('half \u{FFFD} pair');
  });
});
