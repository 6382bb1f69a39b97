import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { RateLimitStore } from '../../../src/core/ports/rate-limit-store.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';
import { createResearchHub } from '../../../src/destination/research-hub.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { Database } from '../../../src/state/db/database.ts';
import { openRateLimitStore } from '../../../src/state/tables/rate-limits.ts';
import { waitUntil } from '../../helpers/wait-until.ts';
import { errorCodeOf } from '../../helpers/thrown-error.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { silentLog } from '../../helpers/postgres/postgres.ts';
import { sendOptions, testPayloads, destinationSettings } from '../../helpers/hub/scripted-hub.ts';

const minuteMs = 60_000;

describe('the pace that processes share', () => {
  let panel: TestPanel;
  let others: Database;
  let here: RateLimitStore;
  let there: RateLimitStore;
  const hubs: Destination[] = [];
  before(async () => {
    panel = await openPanel();
    others = openDatabase(panel.url, 'panelsync');
    here = openRateLimitStore(async () => panel.database, 'one key');
    there = openRateLimitStore(async () => others, 'one key');
  });
  beforeEach(() => panel.reset());
  afterEach(() => {
    for (const hub of hubs.splice(0)) hub.close();
  });
  after(async () => {
    await others.close();
    await panel.close();
  });

  /** A client of the Hub as a process has it. */
  function openHub(rateLimitStore: RateLimitStore, requestsPerMinute: number): Destination {
    const settings = destinationSettings(panel.hub.url, { requestsPerMinute, maxAttempts: 1 });
    const hub = createResearchHub(settings, { log: silentLog, rateLimitStore });
    hubs.push(hub);
    return hub;
  }

  /** Waits in minutes, which no slow test can blur. */
  async function minutesUntilPermit(rateLimitStore: RateLimitStore, count = 1): Promise<number> {
    return Math.round((await rateLimitStore.reserve(count, minuteMs)) / minuteMs);
  }

  it('gives every place once, whoever asks', async () => {
    const waits = await Promise.all(
      Array.from({ length: 10 }, (_, at) => minutesUntilPermit(at % 2 === 0 ? here : there)),
    );
    expect(waits.toSorted((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([await minutesUntilPermit(here, 5), await minutesUntilPermit(there)]).to.deep.equal([10, 15]);
  });

  it('keeps keys apart, and never the key itself', async () => {
    await minutesUntilPermit(here);
    expect(await minutesUntilPermit(openRateLimitStore(async () => others, 'another key'))).to.equal(0);
  });

  it('saves up no places while nobody asks', async () => {
    await minutesUntilPermit(here);
    await panel.sql("update panelsync.rate_limits set next_at = next_at - interval '1 hour'");
    expect([await minutesUntilPermit(here), await minutesUntilPermit(there)]).to.deep.equal([0, 1]);
  });

  it('lets all wait for the longest pause that one of them met', async () => {
    expect(await there.pausedMs()).to.equal(0);
    await here.pause(10 * minuteMs);
    await there.pause(2 * minuteMs);
    expect(Math.round((await there.pausedMs()) / minuteMs)).to.equal(10);
    expect([await minutesUntilPermit(there), await minutesUntilPermit(here)]).to.deep.equal([10, 11]);
  });

  it("goes on after the database's clock was set back", async () => {
    await here.pause(minuteMs);
    await minutesUntilPermit(here, 10);
    await panel.sql(`update panelsync.rate_limits set next_at = next_at + interval '1 day',
      reserved_at = reserved_at + interval '1 day', paused_at = paused_at + interval '1 day',
      paused_until = paused_until + interval '1 day'`);
    expect(await there.pausedMs()).to.equal(0);
    expect([await minutesUntilPermit(there), await minutesUntilPermit(here)]).to.deep.equal([0, 1]);
    await panel.sql("update panelsync.rate_limits set paused_at = paused_at + interval '1 day'");
    await here.pause(3 * minuteMs);
    expect(Math.round((await here.pausedMs()) / minuteMs)).to.equal(3);
  });

  it('keeps two clients together within the limit of one', async () => {
    // Half the window again would be let through to two that do not know of each other.
    panel.hub.setOptions({ requestsPerMinute: 36, limitWindowMs: 3000 });
    const { signal } = new AbortController();
    const send = async (hub: Destination): Promise<void> => {
      for (let at = 0; at < 22; at += 1) {
        await hub.acquire(signal);
        await hub.send(testPayloads, sendOptions());
      }
    };
    await Promise.all([send(openHub(here, 600)), send(openHub(there, 600))]);
    expect(Object.fromEntries(panel.hub.counters.byStatus)).to.deep.equal({ 200: 44 });
  });

  it('stops one client for the Retry-After that another one met', async () => {
    const [first, second] = [openHub(here, 60_000), openHub(there, 60_000)];
    const { signal } = new AbortController();
    await second.acquire(signal);
    panel.hub.setFaults({ kind: 'limit', retryAfter: 'seconds', seconds: 120 });
    await first.acquire(signal);
    expect((await first.send(testPayloads, sendOptions())).outcome).to.have.property('kind', 'not_sent');
    await waitUntil(async () => (await there.pausedMs()) > 0);
    // What it has booked already lapses within moments.
    await sleep(200);
    expect(await errorCodeOf(second.acquire(AbortSignal.timeout(500)))).to.equal('canceled');
  });

  it('that is met during a long wait for a place holds for that place too', async () => {
    const { signal } = new AbortController();
    const hub = openHub(here, 20);
    await hub.acquire(signal);
    const waiting = errorCodeOf(hub.acquire(AbortSignal.timeout(5000)));
    await there.pause(minuteMs);
    expect(await waiting).to.equal('canceled');
  });

  it('ends the wait with the error of the database when that is gone', async () => {
    const gone = openDatabase('postgres://nobody@127.0.0.1:1/none', 'panelsync');
    const rateLimitStore = openRateLimitStore(async () => gone, 'one key');
    expect(await errorCodeOf(openHub(rateLimitStore, 60).acquire(new AbortController().signal))).to.equal(
      'state_unreachable',
    );
    await gone.close();
  });
});
