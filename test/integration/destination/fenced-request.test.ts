import { createServer as createNetServer } from 'node:net';
import { expect } from 'chai';
import type { Hold } from '../../../src/core/ports/ports.ts';
import {
  answer,
  listen,
  newStop,
  outcomeOf,
  ScriptedHub,
  settingsFor,
  urlOf,
  WatchedHub,
} from '../../helpers/hub/scripted-hub.ts';
import type { Step } from '../../helpers/hub/scripted-hub.ts';

/** A right to send that goes and comes as the test says, and notes what the Hub knew when it was asked. */
class TestHold implements Hold {
  readonly asked: string[] = [];
  has = true;
  renews = false;
  renewals = 0;
  readonly #server: ScriptedHub;

  constructor(server: ScriptedHub) {
    this.#server = server;
  }

  held(): boolean {
    this.asked.push(`${this.#server.connections} connections, ${this.#server.received.length} requests`);
    return this.has;
  }

  async renew(): Promise<boolean> {
    this.renewals += 1;
    this.has ||= this.renews;
    return this.has;
  }
}

describe('a request that is held back', () => {
  let server: ScriptedHub;
  let hub: WatchedHub;
  let hold: TestHold;

  async function open(...script: Step[]): Promise<void> {
    server = await new ScriptedHub(...script).listen();
    hub = new WatchedHub(settingsFor(server.url));
    hold = new TestHold(server);
  }
  afterEach(async () => {
    hub.hub.close();
    await server.close();
  });

  it('asks when its connection stands, and then only says something', async () => {
    await open(answer(200, {}));
    expect(outcomeOf(await hub.send({ ...newStop(), hold }))).to.equal('accepted');
    expect(hold.asked[0]).to.equal('1 connections, 0 requests');
    expect(outcomeOf(await hub.send({ ...newStop(), hold }))).to.equal('accepted');
    expect([hold.asked.at(-1), hold.renewals]).to.deep.equal(['1 connections, 1 requests', 0]);
  });

  it('says nothing when the right is lost, and counts as not sent', async () => {
    await open(answer(200, {}));
    hold.has = false;
    const delivery = await hub.send({ ...newStop(), hold });
    expect([outcomeOf(delivery), delivery.requests.sent]).to.deep.equal(['not_sent state_slow', 0]);
    expect([server.received.length, hold.renewals]).to.deep.equal([0, 1]);
  });

  it('goes when the right was only to be renewed', async () => {
    await open(answer(200, {}));
    hold.has = false;
    hold.renews = true;
    expect(outcomeOf(await hub.send({ ...newStop(), hold }))).to.equal('accepted');
    expect([server.received.length, hold.renewals]).to.deep.equal([1, 1]);
  });

  it('is given up when the right lapses faster than it can be renewed', async () => {
    await open(answer(200, {}));
    hold.has = false;
    hold.renew = async () => {
      hold.renewals += 1;
      return true;
    };
    expect(outcomeOf(await hub.send({ ...newStop(), hold }))).to.equal('not_sent state_slow');
    expect([server.received.length, hold.renewals]).to.deep.equal([0, 3]);
  });

  it('is not repeated when the right is lost in between, and what the first did stays unknown', async () => {
    await open(
      (response, request) => {
        hold.has = false;
        answer(503)(response, request);
      },
      answer(200, {}),
    );
    const delivery = await hub.send({ ...newStop(), hold });
    expect([outcomeOf(delivery), delivery.requests.sent]).to.deep.equal(['unknown state_slow', 1]);
    expect(server.received).to.have.length(1);
  });

  it('whose connection never stands is known not to have been stored', async () => {
    await open(answer(200, {}));
    const silent = createNetServer((socket) => socket.on('error', () => undefined));
    await listen(silent);
    const overTls = new WatchedHub(settingsFor(urlOf(silent, 'https'), { timeoutMs: 100, maxAttempts: 2 }));
    expect(outcomeOf(await overTls.send({ ...newStop(), hold }))).to.equal('not_sent hub_timeout');
    expect(hold.asked).to.deep.equal([]);
    overTls.hub.close();
    silent.close();
  });
});
