import { expect } from 'chai';
import type { ListedRow, RowListName, RowQuery } from '../../../src/core/ports/row-lists.ts';
import type { Page } from '../../../src/server/api.ts';
import type { HttpServer } from '../../../src/server/server.ts';
import { http } from '../../helpers/network/http-request.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const token = 'a-token-that-operates';
const readToken = 'a-token-that-reads';

/** A list that never ends. */
class EndlessApi extends ScriptedApi {
  pages = 0;

  override async rows(_name: RowListName, { limit }: RowQuery): Promise<Page<ListedRow>> {
    this.pages += 1;
    const skip = { email: `${'x'.repeat(100)}@example.test`, key: 'x', reason: 'not_in_snapshot', rows: 1 };
    return { items: Array.from({ length: limit }, () => skip), next: String(this.pages) };
  }
}

describe('lists of rows over HTTP', () => {
  const servers: HttpServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(api: ScriptedApi): Promise<string> {
    const server = await startApiServer(api, { token, readToken });
    servers.push(server);
    return server.url;
  }

  const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

  it('are searched, sorted and narrowed to a reason', async () => {
    const api = new ScriptedApi();
    const url = await start(api);
    const path = '/api/runs/17/rejections?reason=refused_422&field=email&message=no&q=Ada&sort=-lastSeen&limit=7';
    expect((await http(`${url}${path}`, bearer(token))).status).to.equal(200);
    expect(api.calls).to.deep.equal([
      [
        'rows',
        { list: 'rejections', runId: '17' },
        {
          reason: 'refused_422',
          field: 'email',
          message: 'no',
          search: 'Ada',
          sort: 'lastSeen',
          descending: true,
          shuffledBy: null,
          limit: 7,
          after: null,
        },
      ],
    ]);
    for (const wrong of [
      'sort=rows',
      'sort=--key',
      `q=${'x'.repeat(201)}`,
      'format=xml',
      'bom=yes',
      'limit=0',
      'cursor=x',
    ])
      expect((await http(`${url}/api/runs/17/rejections?${wrong}`, bearer(token))).status, wrong).to.equal(400);
  });

  it('have reasons, which name nobody, so that whoever may look sees them', async () => {
    const api = new ScriptedApi();
    const url = await start(api);
    for (const [path, name] of [
      ['runs/17/deferred', { list: 'deferred', runId: '17' }],
      ['syncs/panel/rejections', { list: 'rejections', sync: 'panel' }],
    ] as const) {
      expect((await http(`${url}/api/${path}/reasons`, bearer(readToken))).text, path).to.equal('[]');
      expect(api.calls.at(-1), path).to.deep.equal(['reasons', name]);
    }
  });

  it('are CSV by header or by parameter: every page, nobody to those who may not see people', async () => {
    const api = new ScriptedApi();
    api.people = [{ email: null, key: '=cmd|x' }];
    const url = await start(api);
    const path = `${url}/api/runs/17/skips`;
    const answer = await http(`${path}?format=csv`, bearer(token));
    expect(answer.headers['content-type']).to.match(/^text\/csv; charset=utf-8/);
    expect(answer.headers['content-disposition']).to.equal('attachment; filename="run-17-skips.csv"');
    expect(answer.text).to.equal("email,reason\r\n'=cmd|x,\r\n'=cmd|x,\r\n");
    const marked = await http(`${path}?format=csv&bom=true`, bearer(token));
    expect(marked.text).to.match(/^\uFEFFemail,reason\r\n/);
    expect(api.calls.map((call) => (call as readonly unknown[])[2])).to.deep.include.members([
      {
        reason: null,
        field: null,
        message: null,
        search: null,
        sort: 'key',
        descending: false,
        shuffledBy: null,
        limit: 5000,
        after: 'ada',
      },
    ]);
    const { authorization } = bearer(readToken).headers;
    const masked = await http(path, { headers: { authorization, accept: 'text/csv' } });
    expect(masked.text).to.equal('email,reason\r\n•••,\r\n•••,\r\n');
    const json = await http(path, { headers: { authorization, accept: '*/*' } });
    expect(json.headers['content-type']).to.match(/^application\/json/);
  });

  it('are not searched or sorted by people whom the caller does not see, nor in their order', async () => {
    const api = new ScriptedApi();
    api.people = [{ email: 'ada@example.test', key: 'ada@example.test' }];
    const url = await start(api);
    const path = `${url}/api/runs/17/rejections`;
    for (const query of ['q=ada', 'q=', 'sort=key', 'sort=-key', 'q=ada&format=csv']) {
      const refused = await http(`${path}?${query}`, bearer(readToken));
      expect([refused.status, refused.text.includes('people_masked')], query).to.deep.equal([403, true]);
    }
    expect(api.calls).to.deep.equal([]);
    for (const query of ['', '?sort=-lastSeen&reason=refused_422', '?format=csv']) {
      expect((await http(path + query, bearer(readToken))).status, query).to.equal(200);
      expect(api.calls.at(-1), query)
        .to.have.nested.property('[2].shuffledBy')
        .that.matches(/^[0-9a-f]{64}$/);
    }
    expect((await http(`${path}?q=ada&sort=key`, bearer(token))).status).to.equal(200);
  });

  it('are an error, and no file, where the list does not exist', async () => {
    const api = new ScriptedApi();
    const url = await start(api);
    api.failure = new TypeError('no such list');
    const answer = await http(`${url}/api/runs/17/skips?format=csv`, bearer(token));
    expect([answer.status, answer.headers['content-disposition']]).to.deep.equal([500, undefined]);
  });

  it('are read no further once nobody receives them, nor faster than somebody does', async () => {
    const api = new EndlessApi();
    const url = await start(api);
    const stop = new AbortController();
    const response = await fetch(`${url}/api/runs/17/skips?format=csv`, { ...bearer(token), signal: stop.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.done).to.equal(false);
    let settled = -1;
    // A receiver that reads no further fills the buffers between the two, and then the list waits.
    await waitUntil(async () => {
      const before = settled;
      settled = api.pages;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before === api.pages;
    });
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(api.pages - settled).to.be.at.most(1);
  });
});
