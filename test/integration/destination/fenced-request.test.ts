import { createServer as createNetServer } from 'node:net';
import { expect } from 'chai';
import type { Fence } from '../../../src/core/ports/fence.ts';
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

/** A right to send that goes and comes as the test says, and notes what the Hub knew when it was asked. */
class TestFence implements Fence {
  readonly checks: string[] = [];
  valid = true;
  renewable = false;
  renewals = 0;
  readonly #server: ScriptedHub;

  constructor(server: ScriptedHub) {
    this.#server = server;
  }

  isHeld(): boolean {
    this.checks.push(`${this.#server.connections} connections, ${this.#server.received.length} requests`);
    return this.valid;
  }

  async renew(): Promise<boolean> {
    this.renewals += 1;
    this.valid ||= this.renewable;
    return this.valid;
  }
}

describe('a request that is held back', () => {
  let server: ScriptedHub;
  let hub: RecordedHub;
  let fence: TestFence;

  async function open(...script: ResponseStep[]): Promise<void> {
    server = await new ScriptedHub(...script).listen();
    hub = new RecordedHub(destinationSettings(server.url));
    fence = new TestFence(server);
  }
  afterEach(async () => {
    hub.hub.close();
    await server.close();
  });

  it('asks when its connection stands, and then only says something', async () => {
    await open(respondWith(200, {}));
    expect(outcomeOf(await hub.send(newShutdownSignals(), fence))).to.equal('accepted');
    expect(fence.checks[0]).to.equal('1 connections, 0 requests');
    expect(outcomeOf(await hub.send(newShutdownSignals(), fence))).to.equal('accepted');
    expect([fence.checks.at(-1), fence.renewals]).to.deep.equal(['1 connections, 1 requests', 0]);
  });

  it('says nothing when the right is lost, and counts as not sent', async () => {
    await open(respondWith(200, {}));
    fence.valid = false;
    const delivery = await hub.send(newShutdownSignals(), fence);
    expect([outcomeOf(delivery), delivery.requests.sent]).to.deep.equal(['not_sent state_slow', 0]);
    expect([server.received.length, fence.renewals]).to.deep.equal([0, 1]);
  });

  it('goes when the right was only to be renewed', async () => {
    await open(respondWith(200, {}));
    fence.valid = false;
    fence.renewable = true;
    expect(outcomeOf(await hub.send(newShutdownSignals(), fence))).to.equal('accepted');
    expect([server.received.length, fence.renewals]).to.deep.equal([1, 1]);
  });

  it('is given up when the right lapses faster than it can be renewed', async () => {
    await open(respondWith(200, {}));
    fence.valid = false;
    fence.renew = async () => {
      fence.renewals += 1;
      return true;
    };
    expect(outcomeOf(await hub.send(newShutdownSignals(), fence))).to.equal('not_sent state_slow');
    expect([server.received.length, fence.renewals]).to.deep.equal([0, 3]);
  });

  it('is not repeated when the right is lost in between, and what the first did stays unknown', async () => {
    await open(
      (response, request) => {
        fence.valid = false;
        respondWith(503)(response, request);
      },
      respondWith(200, {}),
    );
    const delivery = await hub.send(newShutdownSignals(), fence);
    expect([outcomeOf(delivery), delivery.requests.sent]).to.deep.equal(['unknown state_slow', 1]);
    expect(server.received).to.have.length(1);
  });

  it('whose connection never stands is known not to have been stored', async () => {
    await open(respondWith(200, {}));
    const silent = createNetServer((socket) => socket.on('error', () => undefined));
    await listen(silent);
    const overTls = new RecordedHub(destinationSettings(urlOf(silent, 'https'), { timeoutMs: 100, maxAttempts: 2 }));
    expect(outcomeOf(await overTls.send(newShutdownSignals(), fence))).to.equal('not_sent hub_timeout');
    expect(fence.checks).to.deep.equal([]);
    overTls.hub.close();
    silent.close();
  });
});
