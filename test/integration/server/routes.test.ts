import { expect } from 'chai';
import type { PanelsyncError } from '../../../src/core/errors.ts';
import type { HttpServer } from '../../../src/server/server.ts';
import { emptyHistory } from '../../../src/state/queries/history.ts';
import { readApiDescription } from '../../helpers/daemon/openapi.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpOptions, HttpResponse } from '../../helpers/network/http-request.ts';
import { sampleRun, apiError, ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';

interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

const everyRun = { sync: null, status: null, trigger: null };
const panelRuns = { ...everyRun, sync: 'panel' };

const codeOf = (answer: HttpResponse): string => parseJson<ErrorDocument>(answer).error.code;

describe('the routes of the server', () => {
  let api: ScriptedApi;
  let server: HttpServer;
  beforeEach(async () => {
    api = new ScriptedApi();
    server = await startApiServer(api);
  });
  afterEach(() => server.stop());

  const json: HttpOptions = { method: 'POST', headers: { 'content-type': 'application/json' } };

  it('says that the process is alive, whatever else is wrong', async () => {
    api.problems = [{ code: 'state_unreachable', message: 'It is gone.', hint: 'Look.' }];
    const answer = await http(`${server.url}/healthz`);
    expect([answer.status, parseJson(answer)]).to.deep.equal([200, { status: 'ok' }]);
  });

  it('says whether it is ready, and what is wrong when not', async () => {
    const ready = await http(`${server.url}/readyz`);
    expect([ready.status, parseJson(ready)]).to.deep.equal([200, { status: 'ready', problems: [] }]);
    api.problems = [{ code: 'state_unreachable', message: 'It is gone.', hint: 'Look.' }];
    const unready = await http(`${server.url}/readyz`);
    expect([unready.status, parseJson(unready)]).to.deep.equal([503, { status: 'not ready', problems: api.problems }]);
  });

  it('is not ready when the state database does not answer', async () => {
    api.unresponsive = true;
    const answer = await http(`${server.url}/readyz`);
    expect(answer.status).to.equal(503);
    expect(answer.text).to.contain('state_slow');
  });

  it('passes requests on and answers with what it gets', async () => {
    const asks: readonly (readonly [string, unknown, readonly unknown[]])[] = [
      ['/api/syncs', [{ sync: 'panel' }], ['syncs']],
      ['/api/runs', [sampleRun], ['runs', everyRun, { limit: 20, after: null }]],
      [
        '/api/runs?status=failed&trigger=schedule',
        [sampleRun],
        ['runs', { ...everyRun, status: 'failed', trigger: 'schedule' }, { limit: 20, after: null }],
      ],
      ['/api/runs/17/steps', [], ['steps', '17']],
      ['/api/runs/17/batches', { items: [], nextCursor: null }, ['batches', '17', { limit: 100, after: null }]],
      ['/api/syncs/panel/history', emptyHistory(90), ['history', 'panel', 90]],
      ['/api/syncs/panel/history?days=7', emptyHistory(7), ['history', 'panel', 7]],
      ['/api/runs?sync=panel&limit=3', [sampleRun], ['runs', panelRuns, { limit: 3, after: null }]],
      ['/api/runs/latest', sampleRun, ['latestRun', null]],
      ['/api/runs/latest?sync=panel', sampleRun, ['latestRun', 'panel']],
      ['/api/runs/17', sampleRun, ['run', '17']],
    ];
    for (const [path, document, asked] of asks) {
      const answer = await http(`${server.url}${path}`);
      expect([answer.status, parseJson(answer)], path).to.deep.equal([200, document]);
      expect(api.calls.at(-1), path).to.deep.equal(asked);
    }
    const metrics = await http(`${server.url}/metrics`);
    expect([metrics.text, metrics.headers['content-type']]).to.deep.equal([
      'up 1\n',
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
  });

  it('pages through runs with the Link header', async () => {
    const first = await http(`${server.url}/api/runs?sync=panel&limit=1`);
    const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(first.headers.link?.toString() ?? '') ?? [];
    expect(next).to.match(/^\/api\/runs\?sync=panel&limit=1&cursor=[\w-]+$/);
    const second = await http(`${server.url}${next}`);
    expect([second.status, second.headers.link]).to.deep.equal([200, undefined]);
    expect(api.calls.at(-1)).to.deep.equal(['runs', panelRuns, { limit: 1, after: '17' }]);
    const other = await http(`${server.url}${next.replace('sync=panel&', '')}`);
    expect(parseJson<ErrorDocument>(other).error.code, 'a cursor of another list').to.equal('bad_request');
  });

  it('refuses damaged and made-up cursors, and characters that no value has, on every list', async () => {
    await server.stop();
    server = await startApiServer(api, { token: 'a-token-that-operates' });
    const headers = { authorization: 'Bearer a-token-that-operates' };
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const lists = [...(await readApiDescription()).operations].flatMap(([operation, { parameters = [] }]) =>
      parameters.some(({ name }) => name === 'cursor') ? [operation.slice('GET '.length)] : [],
    );
    expect(lists).to.include.members([
      '/api/runs',
      '/api/audit',
      '/api/runs/:id/batches',
      '/api/syncs/:name/rejections',
    ]);
    for (const list of lists) {
      const path = list.replace(':id', '17').replace(':name', 'panel');
      const cursors = [
        '',
        'x',
        '17',
        '~',
        '%00',
        encode([path, 'x']),
        encode(['audit ', "1'"]),
        encode(['runs   ', '-1']),
      ];
      for (const cursor of cursors) {
        const answer = await http(`${server.url}${path}?cursor=${cursor}`, { headers });
        expect([answer.status, codeOf(answer)], `${path} ${cursor}`).to.deep.equal([400, 'bad_request']);
      }
    }
    const nul = await http(`${server.url}/api/people?email=ada%00@example.test`, { headers });
    expect([nul.status, codeOf(nul)]).to.deep.equal([400, 'bad_request']);
    expect(api.calls).to.deep.equal([]);
  });

  it('starts a run and returns its address', async () => {
    for (const choices of [{ method: 'POST' }, { ...json, body: '{}' }]) {
      const answer = await http(`${server.url}/api/syncs/panel/runs`, choices);
      expect([answer.status, parseJson(answer), answer.headers.location]).to.deep.equal([
        202,
        { runId: '18' },
        '/api/runs/18',
      ]);
    }
    expect(api.calls).to.deep.equal([
      ['trigger', 'panel'],
      ['trigger', 'panel'],
    ]);
  });

  it('passes actions on, and answers an approval that sends nothing with what it found', async () => {
    const post = (path: string, body = '{}'): ReturnType<typeof http> =>
      http(`${server.url}${path}`, { ...json, body });
    expect(parseJson(await post('/api/syncs/panel/retry', '{"email":"ada@example.test","by":"eve"}'))).to.deep.equal({
      count: 2,
    });
    const plan = await post('/api/syncs/panel/plan', '{"limit":3}');
    expect(plan.text, 'nobody without a token').to.not.contain('ada@example.test');
    expect(plan.text).to.contain('"operation":"insert"');
    const approved = await post('/api/runs/17/approve', '{"reason":"they left"}');
    expect([approved.status, approved.headers.location]).to.deep.equal([202, '/api/runs/18']);
    expect(api.calls).to.deep.equal([
      ['retry', 'panel', 'ada@example.test', { by: 'eve', reason: null }],
      ['plan', 'panel', 3],
      ['approve', '17', { by: 'HTTP', reason: 'they left' }],
    ]);
    const error = { code: 'plan_moved', message: 'It has drifted.', hint: 'Approve run 18.' };
    for (const [isStopped, status] of [
      [true, 409],
      [false, 503],
    ] as const) {
      api.approval = { isApproved: false, runId: '18', isStopped, error, drift: null };
      const refused = await post('/api/runs/17/approve');
      expect([refused.status, parseJson(refused)]).to.deep.equal([status, { error, runId: '18', drift: null }]);
    }
    api.failure = apiError('not_approvable', 'usage');
    expect((await post('/api/runs/17/approve')).status).to.equal(409);
  });

  it('pauses with an author and a reason, and resumes', async () => {
    const body = JSON.stringify({ by: 'dbt', reason: 'the model is being rebuilt' });
    const paused = await http(`${server.url}/api/syncs/panel/pause`, { ...json, body });
    expect([paused.status, parseJson(paused)]).to.deep.equal([200, { sync: 'panel', paused: true }]);
    await http(`${server.url}/api/syncs/panel/pause`, { method: 'POST' });
    const resumed = await http(`${server.url}/api/syncs/panel/resume`, { method: 'POST' });
    expect([resumed.status, parseJson(resumed)]).to.deep.equal([200, { sync: 'panel', paused: false }]);
    expect(api.calls).to.deep.equal([
      ['pause', 'panel', { by: 'dbt', reason: 'the model is being rebuilt' }],
      ['pause', 'panel', { by: 'HTTP', reason: null }],
      ['resume', 'panel'],
    ]);
  });

  const failures: readonly (readonly [string, PanelsyncError['recovery'], number])[] = [
    ['unknown_sync', 'usage', 404],
    ['unknown_run', 'usage', 404],
    ['unknown_person', 'usage', 404],
    ['already_running', 'busy', 409],
    ['paused', 'busy', 409],
    ['config_invalid', 'usage', 400],
    ['state_unreachable', 'retriable', 503],
    ['canceled', 'canceled', 503],
    ['state_statement', 'fatal', 500],
  ];
  for (const [code, recovery, status] of failures) {
    it(`answers ${code} with ${status} and an error document`, async () => {
      api.failure = apiError(code, recovery);
      const answer = await http(`${server.url}/api/syncs/panel/runs`, { method: 'POST' });
      expect(answer.status).to.equal(status);
      expect(parseJson(answer)).to.deep.equal({ error: { code, message: 'What happened.', hint: 'What to do.' } });
    });
  }

  it('keeps the text of an unexpected error to itself', async () => {
    api.failure = new TypeError('ada@example.test has the password hunter2');
    const answer = await http(`${server.url}/api/syncs`);
    expect(answer.status).to.equal(500);
    expect(parseJson<ErrorDocument>(answer).error.code).to.equal('unexpected');
    expect(answer.text).to.not.match(/hunter2|ada@|\bat \/|\.[jt]s:\d/);
  });

  const refusals: readonly (readonly [string, string, HttpOptions, number, string])[] = [
    ['an unknown address', '/api/nothing', {}, 404, 'not_found'],
    ['a cursor that is none', '/api/runs?cursor=17', {}, 400, 'bad_request'],
    ['an unknown parameter of the latest run', '/api/runs/latest?limit=1', {}, 400, 'bad_request'],
    ['an address that cannot be decoded', '/api/runs/%ff', {}, 400, 'bad_request'],
    ['a status that is none', '/api/runs?status=good', {}, 400, 'bad_request'],
    ['a history of no day', '/api/syncs/panel/history?days=0', {}, 400, 'bad_request'],
    ['a limit of nothing', '/api/runs?limit=0', {}, 400, 'bad_request'],
    ['a limit beyond the last', '/api/runs?limit=1001', {}, 400, 'bad_request'],
    ['a limit that is none', '/api/runs?limit=1e2', {}, 400, 'bad_request'],
    ['a parameter that is none', '/api/runs?snyc=panel', {}, 400, 'bad_request'],
    ['a sync given twice', '/api/runs?sync=a&sync=b', {}, 400, 'bad_request'],
    ['a body that is no JSON', '/api/syncs/panel/runs', { ...json, body: '{"a"' }, 400, 'bad_request'],
    ['a body that is no object', '/api/syncs/panel/runs', { ...json, body: '[]' }, 400, 'bad_request'],
    ['an unknown key', '/api/syncs/panel/runs', { ...json, body: '{"full":true}' }, 400, 'bad_request'],
    ['a form', '/api/syncs/panel/runs', { method: 'POST', body: 'a=b' }, 415, 'not_json'],
    ['a body of 3 kB', '/api/syncs/panel/runs', { ...json, body: `"${'x'.repeat(3000)}"` }, 413, 'body_too_large'],
    ['two lines of reason', '/api/syncs/panel/pause', { ...json, body: '{"reason":"a\\nb"}' }, 400, 'bad_request'],
    ['a reason without words', '/api/syncs/panel/pause', { ...json, body: '{"reason":7}' }, 400, 'bad_request'],
  ];
  for (const [what, path, choices, status, code] of refusals) {
    it(`refuses ${what} with ${status}`, async () => {
      const answer = await http(`${server.url}${path}`, choices);
      expect([answer.status, parseJson<ErrorDocument>(answer).error.code]).to.deep.equal([status, code]);
      expect(api.calls).to.deep.equal([]);
    });
  }

  it('names the methods of an address', async () => {
    const asks = [
      ['DELETE', '/api/syncs', 'GET, HEAD'],
      ['GET', '/api/syncs/panel/runs', 'POST'],
      ['OPTIONS', '/api/syncs/panel/runs', 'POST'],
      ['POST', '/healthz', 'GET, HEAD'],
    ] as const;
    for (const [method, path, allow] of asks) {
      const answer = await http(`${server.url}${path}`, { method });
      expect([answer.status, answer.headers.allow], `${method} ${path}`).to.deep.equal([405, allow]);
    }
    const head = await http(`${server.url}/readyz`, { method: 'HEAD' });
    expect([head.status, head.text]).to.deep.equal([200, '']);
  });
});
