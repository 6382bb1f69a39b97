import type { ServerResponse } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import {
  respondWith,
  listen,
  newShutdownSignals,
  outcomeOf,
  ScriptedHub,
  destinationSettings,
  urlOf,
  RecordedHub,
} from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';

const cut: ResponseStep = (_response, request) => request.socket.destroy();
const silence: ResponseStep = () => undefined;

/** Announces 100 bytes, sends fewer and cuts the connection. */
const half: ResponseStep = (response, request) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
  response.write('{"data":[', () => request.socket.destroy());
};
const halfChunked: ResponseStep = (response, request) => {
  response.writeHead(200);
  response.write('{}', () => request.socket.destroy());
};
const halfGzip: ResponseStep = (response, request) => {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  response.write(gzipSync('{"data":[]}').subarray(0, 15), () => request.socket.destroy());
};
/** A whole answer over HTTP; what it packs breaks off, before or after the first words. */
const cutGzip =
  (length: number): ResponseStep =>
  (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"data":[]}').subarray(0, length));
  };
/** An empty body without a length, which ends with its connection: it may be all, or all that came. */
const endedByClose =
  (status: number, body = ''): ResponseStep =>
  (_response, request) =>
    void request.socket.end(
      `HTTP/1.1 ${status} OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${body}`,
    );
const emptyChunks: ResponseStep = (_response, request) =>
  void request.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n');
const brokenGzip: ResponseStep = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is no gzip');
};
const endless: ResponseStep = (response) => {
  response.writeHead(200);
  pour(response, Buffer.alloc(65_536, ' '));
};
/** A thousand times smaller on the wire than unpacked. */
const gzipBomb: ResponseStep = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(8 * 1_048_576)));
};
/** One byte now and then: never silent for long, and never done. */
const dribble: ResponseStep = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 10);
  response.on('close', () => clearInterval(timer));
};

/** Writes the same chunk for ever, until the other side goes away. */
function pour(response: ServerResponse, chunk: Buffer): void {
  let open = true;
  response.on('close', () => (open = false));
  const more = (): void => {
    if (open) response.write(chunk, () => setImmediate(more));
  };
  more();
}

describe('research hub on a bad line', () => {
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

  const broken: readonly [string, ResponseStep, string][] = [
    ['a connection cut before the answer', cut, 'unknown hub_connection_lost'],
    ['half an answer', half, 'unknown hub_connection_lost'],
    ['half an answer in chunks', halfChunked, 'unknown hub_connection_lost'],
    ['half an answer in gzip', halfGzip, 'unknown hub_connection_lost'],
    ['gzip of which only the head came', cutGzip(12), 'unknown hub_connection_lost'],
    ['gzip without its end', cutGzip(28), 'unknown hub_connection_lost'],
    ['an empty answer that ends with its connection', endedByClose(200, ' \n'), 'unknown hub_connection_lost'],
    ['gzip that is none', brokenGzip, 'unknown hub_connection_lost'],
    ['an answer without an end', endless, 'unknown hub_answer_too_large'],
    ['a gzip bomb', gzipBomb, 'unknown hub_answer_too_large'],
    ['a server that says nothing', silence, 'unknown hub_timeout'],
    ['a server that dribbles', dribble, 'unknown hub_timeout'],
  ];
  for (const [name, step, outcome] of broken) {
    const timeoutMs = outcome.endsWith('timeout') ? 200 : 10_000;

    it(`tries again after ${name}`, async () => {
      const server = await startScriptedHub(step, respondWith(200, {}));
      const delivery = await openHub(destinationSettings(server.url, { timeoutMs })).send();
      expect(outcomeOf(delivery)).to.equal('accepted');
      expect(delivery.requests).to.deep.equal({ sent: 2, retried: 1, rateLimited: 0 });
    });

    it(`does not know what became of the batch after lasting ${name}`, async () => {
      const server = await startScriptedHub(step);
      const delivery = await openHub(destinationSettings(server.url, { timeoutMs, maxAttempts: 2 })).send();
      expect(outcomeOf(delivery)).to.equal(outcome);
      expect([delivery.status, server.received.length]).to.deep.equal([null, 2]);
    });
  }

  for (const [name, step] of [
    ['no content', endedByClose(204)],
    ['length 0', respondWith(200, '', { 'content-length': '0' })],
    ['chunks that came to their end', emptyChunks],
  ] as const) {
    it(`accepts an empty response that HTTP delimits: ${name}`, async () => {
      const server = await startScriptedHub(step);
      const delivery = await openHub(destinationSettings(server.url)).send();
      expect([outcomeOf(delivery), delivery.requests.sent]).to.deep.equal(['accepted', 1]);
    });
  }

  it('knows that nothing was sent when the connection is refused', async () => {
    const server = await startScriptedHub(silence);
    const { url } = server;
    await server.close();
    const delivery = await openHub(destinationSettings(url)).send();
    expect(outcomeOf(delivery)).to.equal('not_sent hub_unreachable');
    expect(delivery.requests.sent).to.equal(3);
  });

  it('does not know it any more when an attempt before was cut', async () => {
    const server: ScriptedHub = await startScriptedHub((_response, request) => {
      void server.close();
      request.socket.destroy();
    });
    expect(outcomeOf(await openHub(destinationSettings(server.url)).send())).to.equal('unknown hub_unreachable');
  });

  it('takes a response that is not HTTP for a lost connection', async () => {
    const url = await bind(createNetServer((socket) => socket.end('220 mail ready\r\n')));
    expect(outcomeOf(await openHub(destinationSettings(url)).send())).to.equal('unknown hub_connection_lost');
  });

  describe('when it is stopped', () => {
    it('sends nothing after a drain or an abort', async () => {
      const server = await startScriptedHub(respondWith(200, {}));
      for (const ask of ['drainer', 'aborter'] as const) {
        const stop = newShutdownSignals();
        stop[ask].abort();
        const delivery = await openHub(destinationSettings(server.url)).send(stop);
        expect(outcomeOf(delivery)).to.equal('not_sent canceled');
        expect(delivery.requests.sent).to.equal(0);
      }
      expect(server.received).to.have.length(0);
    });

    it('drops the request on the wire on abort, and does not know what became of it', async () => {
      const stop = newShutdownSignals();
      const server = await startScriptedHub(() => stop.aborter.abort());
      expect(outcomeOf(await openHub(destinationSettings(server.url)).send(stop))).to.equal('unknown canceled');
      expect(server.received).to.have.length(1);
    });

    const drained: readonly [string, ResponseStep, string][] = [
      ['an answer', respondWith(200, {}), 'accepted'],
      ['a refusal', respondWith(422, { message: 'no' }), 'batch_refused'],
      ['a limit', respondWith(429), 'not_sent canceled'],
      ['a server fault', respondWith(503), 'unknown canceled'],
      ['a cut connection', cut, 'unknown canceled'],
    ];
    for (const [name, step, outcome] of drained) {
      it(`waits for the request on the wire on drain, and tries no more: ${name} means ${outcome}`, async () => {
        const stop = newShutdownSignals();
        const server = await startScriptedHub((response, request) => {
          stop.drainer.abort();
          setImmediate(() => step(response, request));
        });
        expect(outcomeOf(await openHub(destinationSettings(server.url)).send(stop))).to.equal(outcome);
        expect(server.received).to.have.length(1);
      });
    }

    for (const ask of ['drainer', 'aborter'] as const) {
      it(`ends the wait for a retry when the ${ask} asks`, async () => {
        const server = await startScriptedHub(respondWith(500));
        const recorded = openHub(destinationSettings(server.url), { random: () => 1 });
        const stop = newShutdownSignals();
        const sending = recorded.send(stop);
        while (recorded.logged.length === 0) await new Promise((resolve) => setImmediate(resolve));
        stop[ask].abort();
        expect(outcomeOf(await sending)).to.equal('unknown canceled');
        expect(server.received).to.have.length(1);
      });
    }

    it('gives up at once when it is closed', async () => {
      const seen: ServerResponse[] = [];
      const server = await startScriptedHub((response) => seen.push(response));
      const recorded = openHub(destinationSettings(server.url));
      const sending = recorded.send();
      while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
      recorded.hub.close();
      expect(outcomeOf(await sending)).to.equal('unknown canceled');
    });
  });
});
