import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  respondWith,
  listen,
  outcomeOf,
  ScriptedHub,
  destinationSettings,
  urlOf,
  RecordedHub,
} from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';
import { selfSigned } from '../../helpers/network/self-signed.ts';

describe('research hub over TLS', () => {
  const closers: (() => unknown)[] = [];

  async function startScriptedHub(...script: ResponseStep[]): Promise<ScriptedHub> {
    const server = await new ScriptedHub(...script).listen();
    closers.push(() => server.close());
    return server;
  }

  async function bind(server: Server, scheme = 'http'): Promise<string> {
    await listen(server);
    closers.push(() => server.close());
    return urlOf(server, scheme);
  }

  function openHub(...args: ConstructorParameters<typeof RecordedHub>): RecordedHub {
    const recorded = new RecordedHub(...args);
    closers.push(() => recorded.hub.close());
    return recorded;
  }

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  it('stops at once at a certificate that nobody vouches for', async () => {
    const url = await bind(createTlsServer(selfSigned), 'https');
    const delivery = await openHub(destinationSettings(url)).send();
    expect(outcomeOf(delivery)).to.equal('stop hub_tls');
    expect(delivery.requests.sent).to.equal(1);
  });

  it('trusts the authority that the configuration names, and no other', async () => {
    const server = createTlsServer(selfSigned, (request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
    });
    const url = (await bind(server, 'https')).replace('127.0.0.1', 'localhost');
    const delivery = await openHub(destinationSettings(url, { tls: { ca: selfSigned.cert } })).send();
    expect(outcomeOf(delivery)).to.match(/^accepted/);
    const [foreign = ''] = rootCertificates;
    const refused = await openHub(destinationSettings(url, { tls: { ca: foreign } })).send();
    expect(outcomeOf(refused)).to.equal('stop hub_tls');
  });

  it('stops at it also where the environment turns the verification of certificates off', async () => {
    const received: string[] = [];
    const url = await bind(
      createTlsServer(selfSigned, (request, response) => {
        received.push(request.url ?? '');
        response.end('{}');
      }),
      'https',
    );
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(outcomeOf(await openHub(destinationSettings(url)).send())).to.equal('stop hub_tls');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(received).to.deep.equal([]);
  });

  it('does not know what became of a batch when TLS fails after it was sent', async () => {
    const rawSockets = new Set<Socket>();
    let requests = 0;
    const server = createTlsServer(selfSigned, (request) => {
      requests += 1;
      // Plain text on the TLS connection, once the whole request is there.
      request
        .resume()
        .on('end', () => rawSockets.forEach((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')));
    });
    const url = await bind(
      server.on('connection', (socket: Socket) => rawSockets.add(socket)),
      'https',
    );
    const folder = await mkdtemp(join(tmpdir(), 'panelsync-tls-'));
    closers.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'ca.pem'), selfSigned.cert);
    const script = fileURLToPath(new URL('../../helpers/hub/send-once.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, url.replace('127.0.0.1', 'localhost')], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    });
    expect([stdout, requests]).to.deep.equal(['unknown hub_connection_lost after 3', 3]);
  });

  it('stops at once at a server that speaks no TLS', async () => {
    const server = await startScriptedHub(respondWith(200, {}));
    const delivery = await openHub(destinationSettings(server.url.replace('http:', 'https:'))).send();
    expect(outcomeOf(delivery)).to.equal('stop hub_tls');
  });
});
