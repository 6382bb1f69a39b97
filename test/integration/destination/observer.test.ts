import { expect } from 'chai';
import { Observers } from '../../../src/core/ports/observer.ts';
import type { ObservedRequest } from '../../../src/core/ports/observer.ts';
import type { SendResult } from '../../../src/core/ports/destination.ts';
import { respondWith, ScriptedHub, destinationSettings, RecordedHub } from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';

describe('research hub, observed', () => {
  const cut: ResponseStep = (_response, request) => request.socket.destroy();

  it('reports every request and every batch to all observers', async () => {
    const server = await new ScriptedHub(
      respondWith(500),
      respondWith(429, '', { 'retry-after': '0' }),
      cut,
      respondWith(200, {}),
    ).listen();
    const requests: ObservedRequest[] = [];
    const batches: SendResult[] = [];
    const observers = new Observers();
    for (let at = 0; at < 2; at += 1) {
      observers.add({
        requestEnded: (request) => requests.push(request),
        batchSent: (delivery) => batches.push(delivery),
      });
    }
    const recorded = new RecordedHub(destinationSettings(server.url, { maxAttempts: 4 }), { observer: observers });
    try {
      const delivery = await recorded.send();
      expect(batches).to.deep.equal([delivery, delivery]);
      expect(requests.filter((_, at) => at % 2 === 0)).to.deep.equal([
        { status: 500, retry: false },
        { status: 429, retry: true },
        { status: null, retry: true },
        { status: 200, retry: true },
      ]);
      expect(requests).to.have.length(8);
    } finally {
      recorded.hub.close();
      await server.close();
    }
  });
});
