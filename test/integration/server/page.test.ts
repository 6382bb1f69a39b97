import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { HttpServer } from '../../../src/server/server.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const indexHtml = '<!doctype html><title>panelsync</title><script src="/assets/app-0a1b2c3d.js"></script>';
const script = `console.log(${'1 + '.repeat(500)} 1);`;

describe('the page', () => {
  let folder: string;
  let server: HttpServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-page-'));
    await mkdir(join(folder, 'page/assets'), { recursive: true });
    const files = {
      'page/index.html': indexHtml,
      'page/assets/app-0a1b2c3d.js': script,
      'page/assets/icon.svg': '<svg/>',
      'page/assets/notes.txt': 'no part of the page',
      'page/main.js': 'no part of the page',
      'secret-0a1b2c3d.js': 'outside',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  beforeEach(async () => {
    const pageFolder = pathToFileURL(`${join(folder, 'page')}/`);
    server = await startApiServer(new ScriptedApi(), { token: 'a-token-that-nobody-may-see', pageFolder });
  });
  afterEach(() => server.stop());
  after(() => rm(folder, { recursive: true }));

  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    http(`${server.url}${path}`, { headers });

  it('is at / and at every address that only the page knows, for browsers, without a token', async () => {
    for (const path of ['/', '/syncs/panel', '/runs/17', '/people?email=a', '/audit']) {
      const answer = await get(path, browser);
      expect([answer.status, answer.text], path).to.deep.equal([200, indexHtml]);
      expect(answer.headers, path).to.include({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        vary: 'Accept, Accept-Encoding',
      });
      expect(answer.headers['content-security-policy']).to.equal(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
          "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      );
    }
    const head = await http(`${server.url}/`, { method: 'HEAD', headers: browser });
    expect([head.status, head.text, head.headers['content-length']]).to.deep.equal([200, '', `${indexHtml.length}`]);
  });

  it('leaves addresses of the API to the API, and / to programs that do not ask for a page', async () => {
    for (const path of ['/api/syncs', '/api', '/metrics', '/assets/missing.js', '/assets/'])
      expect((await get(path, browser)).status, path).to.equal(401);
    expect(parseJson(await get('/healthz', browser))).to.deep.equal({ status: 'ok' });
    for (const accept of ['*/*', 'application/json']) expect((await get('/', { accept })).status).to.equal(401);
    for (const method of ['POST', 'PUT', 'OPTIONS'])
      expect((await http(`${server.url}/`, { method, headers: browser })).status, method).to.equal(401);
  });

  it('lets browsers keep files that carry a hash, and ask again for all others', async () => {
    const hashed = await get('/assets/app-0a1b2c3d.js');
    expect(hashed.headers).to.include({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
    });
    for (const [path, headers] of [
      ['/assets/icon.svg', {}],
      ['/', browser],
    ] as const) {
      const { etag = '', ...first } = (await get(path, headers)).headers;
      expect(first['cache-control']).to.equal('no-cache');
      const again = await get(path, { ...headers, 'if-none-match': etag });
      expect([again.status, again.text], path).to.deep.equal([304, '']);
    }
  });

  it('compresses for those who can read it', async () => {
    const sizes: number[] = [];
    for (const [header, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip;q=0.5, br;q=0', 'gzip'],
      ['x-br, identity', undefined],
    ] as const) {
      const answer = await get('/assets/app-0a1b2c3d.js', { 'accept-encoding': header });
      expect(answer.headers['content-encoding'], header).to.equal(encoding);
      sizes.push(Number(answer.headers['content-length']));
    }
    expect(sizes).to.deep.equal(sizes.toSorted((a, b) => a - b));
    expect(sizes[2]).to.equal(script.length);
  });

  it('serves nothing but its own files', async () => {
    const paths = [
      '/assets/../../secret-0a1b2c3d.js',
      '/assets/..%2f..%2fsecret-0a1b2c3d.js',
      '/assets/..%5c..%5csecret-0a1b2c3d.js',
      '/assets/%2e%2e/%2e%2e/secret-0a1b2c3d.js',
      '//assets/app-0a1b2c3d.js/../../../secret-0a1b2c3d.js',
      '/assets/notes.txt',
      '/assets/%00',
      '/assets/%',
      '/main.js',
      '/index.html/../../secret-0a1b2c3d.js',
    ];
    const { hostname, port } = new URL(server.url);
    for (const path of paths) {
      // Clients clean addresses up; this one does not.
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (part: Buffer) => (text += part.toString()));
      socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      await once(socket, 'close');
      expect(text, path).to.match(/^HTTP\/1\.1 40[014] /);
      expect(text, path).to.not.match(/outside|no part/);
    }
  });

  it('says what to do when it is not built', async () => {
    await server.stop();
    server = await startApiServer(new ScriptedApi(), { pageFolder: pathToFileURL(`${folder}/missing/`) });
    const answer = await get('/', browser);
    expect([answer.status, answer.headers['content-type']]).to.deep.equal([404, 'text/plain; charset=utf-8']);
    expect(answer.text).to.contain('npm run build');
  });
});
