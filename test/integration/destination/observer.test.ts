import { expect } from 'chai';
import { Observers } from '../../../src/core/ports/observer.ts';
import type { ObservedRequest } from '../../../src/core/ports/observer.ts';
import type { Delivery } from '../../../src/core/ports/ports.ts';
import { answer, ScriptedHub, settingsFor, WatchedHub } from '../../helpers/hub/scripted-hub.ts';
import type { Step } from '../../helpers/hub/scripted-hub.ts';

describe('research hub, observed', () => {
  const cut: Step = (_response, request) => request.socket.destroy();

  it('tells of every request and of every batch, to all who asked', async () => {
    const server = await new ScriptedHub(
      answer(500),
      answer(429, '', { 'retry-after': '0' }),
      cut,
      answer(200, {}),
    ).listen();
    const requests: ObservedRequest[] = [];
    const batches: Delivery[] = [];
    const observers = new Observers();
    for (let at = 0; at < 2; at += 1) {
      observers.add({
        requestEnded: (request) => requests.push(request),
        batchSent: (delivery) => batches.push(delivery),
      });
    }
    const watched = new WatchedHub(settingsFor(server.url, { maxAttempts: 4 }), { observer: observers });
    try {
      const delivery = await watched.send();
      expect(batches).to.deep.equal([delivery, delivery]);
      expect(requests.filter((_, at) => at % 2 === 0)).to.deep.equal([
        { status: 500, retry: false },
        { status: 429, retry: true },
        { status: null, retry: true },
        { status: 200, retry: true },
      ]);
      expect(requests).to.have.length(8);
    } finally {
      watched.hub.close();
      await server.close();
    }
  });
});
