import { expect } from 'chai';
import type {
  Comparison,
  ComparedPerson,
  RepairOptions,
  ComparisonVerdict,
} from '../../../../src/core/ports/hub/comparison.ts';
import type { HubSession } from '../../../../src/core/ports/hub/hub-session.ts';
import { formats } from '../../../../src/core/formats.ts';
import { verifySync } from '../../../../src/sync/audit/verify.ts';
import type { Verification, VerifyRequest } from '../../../../src/sync/audit/verify.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { firstPage, PagedHub } from '../../../helpers/hub/paged-hub.ts';
import type { ListRange } from '../../../../src/core/model/hub-person.ts';
import { testError, MemoryHub } from '../../../helpers/memory/hub.ts';
import { payloadOf } from '../../../helpers/memory/run.ts';
import { MemorySource } from '../../../helpers/memory/source.ts';
import { errorCodeOf, thrownError } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const mapping = { fields: { email: 'email', city: 'city' }, characteristics: {} };
const sync = { ...defaultSync, mapping };

/** A snapshot in memory: people by name with their city; those of `moved` were settled since. */
class Scene {
  readonly hub: PagedHub;
  readonly logged: unknown[] = [];
  readonly progress: unknown[] = [];
  readonly locks: boolean[] = [];
  readonly repairs: RepairOptions[] = [];
  readonly loss = new AbortController();
  closed = 0;
  readonly #snapshot: ReadonlyMap<string, string>;
  readonly #moved: ReadonlySet<string>;
  readonly #judged = new Map<string, ComparedPerson>();

  constructor(
    names: readonly string[],
    snapshot: Readonly<Record<string, string | null>>,
    moved: readonly string[] = [],
  ) {
    this.hub = new PagedHub(names, { end: 'total' });
    const payloads = Object.entries(snapshot).map(([name, city]) => {
      const bare = `{"fields":{"email":"${name}@example.test"},"characteristics":{}}`;
      return [`${name}@example.test`, city === null ? bare : payloadOf(name, city)] as const;
    });
    this.#snapshot = new Map(payloads);
    this.#moved = new Set(moved.map((name) => `${name}@example.test`));
  }

  async verify(changes: Partial<VerifyRequest> = {}): Promise<Verification> {
    const { signal } = new AbortController();
    const onProgress = (done: number, total: number | null): void => void this.progress.push([done, total]);
    const destination = new MemoryHub();
    destination.participants = async (range?: ListRange, stopped?: AbortSignal) => {
      stopped?.throwIfAborted();
      return this.hub.participants(range ?? firstPage);
    };
    const info = (event: string, told?: unknown): void => void this.logged.push([event, told]);
    const quiet = (): void => undefined;
    return verifySync(
      { sync, sample: null, limit: 5, repair: null, signal, onProgress, ...changes },
      {
        state: {
          openHubSession: async (_, { lock }) => {
            this.locks.push(lock);
            return this.#session();
          },
        },
        source: new MemorySource(['email', 'city'], []),
        destination,
        formats,
        log: { info, debug: quiet, warn: quiet, error: quiet },
        random: () => 0,
      },
    );
  }

  #session(): HubSession {
    return {
      codec: plainCodec,
      forgotten: async () => null,
      lost: this.loss.signal,
      lostError: async () => testError('lock_lost', 'retriable'),
      baseline: () => Promise.reject(new Error('no baseline is asked for')),
      comparison: async () => this.#comparison(),
      close: async () => void (this.closed += 1),
    };
  }

  #comparison(): Comparison {
    const of = (verdict: ComparisonVerdict): readonly ComparedPerson[] =>
      [...this.#judged.values()].filter((one) => one.verdict === verdict);
    const missing = (): readonly string[] => [...this.#snapshot.keys()].filter((key) => !this.#judged.has(key));
    return {
      snapshotEntries: async (people) =>
        people.flatMap(({ key, payload }) => {
          const held = this.#snapshot.get(key);
          if (held === undefined) return [];
          return [{ key, payload: held === payload ? null : held, moved: this.#moved.has(key) }];
        }),
      record: async (judged) => {
        const first = judged.filter(({ key }) => this.#snapshot.has(key) && !this.#judged.has(key));
        for (const one of judged) this.#judged.set(one.key, one);
        return first.length;
      },
      counts: async () => ({
        verdicts: {
          same: of('same').length,
          different: of('different').length,
          unknown: of('unknown').length,
          moved: of('moved').length,
        },
        missing: missing().length,
        snapshot: this.#snapshot.size,
      }),
      missing: async (limit) => missing().slice(0, limit),
      unknown: async (limit) =>
        of('unknown')
          .slice(0, limit)
          .map(({ key }) => key),
      different: async (limit) =>
        of('different')
          .slice(0, limit)
          .map(({ key, payload }) => ({ key, snapshot: this.#snapshot.get(key) ?? '', hub: payload })),
      repair: async (options) => {
        this.repairs.push(options);
        return { different: 0, withheld: 0, recreated: 0 };
      },
    };
  }
}

function others(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `other-${index}`);
}

const repair = { recreate: false, force: false };
const roomy = { ...sync, guards: { ...sync.guards, maxRemovedPercent: 50 } };

describe('verify, in memory,', () => {
  it('tells who is the same, different, unknown, missing, or was settled in between', async () => {
    const scene = new Scene(['a', 'b', 'new', 'late', ''], { a: null, b: 'Rome', gone: 'Oslo', late: 'Bern' }, [
      'late',
    ]);
    expect(await scene.verify()).to.deep.equal({
      counts: { verdicts: { same: 1, different: 1, unknown: 1, moved: 1 }, missing: 1, snapshot: 4 },
      unusable: 1,
      total: 5,
      whole: true,
      missing: ['gone@example.test'],
      unknown: ['new@example.test'],
      different: [{ email: 'b@example.test', fields: { city: ['Rome', null] } }],
      repair: null,
      error: null,
    });
    expect(scene.logged).to.deep.equal([
      ['verified', { sync: 'panel', whole: true, missing: 1, same: 1, different: 1, unknown: 1, moved: 1 }],
    ]);
    expect(scene.progress).to.deep.equal([[5, 5]]);
    expect([scene.locks, scene.closed, scene.repairs]).to.deep.equal([[false], 1, []]);
  });

  it('looks at a sample only, and calls nobody missing then', async () => {
    const scene = new Scene(['a', ...others(500)], { a: null, gone: null });
    const { whole, missing, counts } = await scene.verify({ sample: 300, repair });
    expect([whole, missing, counts.missing]).to.deep.equal([false, [], 1]);
    expect(scene.hub.requestedNumbers).to.deep.equal([1, 3]);
    expect(scene.progress.at(-1)).to.deep.equal([301, 300]);
    expect(scene.repairs).to.deep.equal([{ recreate: false, complete: false, acceptDifferent: true }]);
    const small = new Scene(['a'], {});
    await small.verify({ sample: 3 });
    expect(small.progress).to.deep.equal([[1, 3]]);
  });

  it('looks a second time before anybody is written off, and no further than it must', async () => {
    const scene = new Scene(['a', 'b', 'c', 'd'], { a: null, gone: null });
    await scene.verify();
    expect(scene.hub.requestedNumbers).to.deep.equal([1]);
    const twice = new Scene(['a', '', 'c', 'd'], { a: null, gone: null });
    const { unusable } = await twice.verify({ repair, sync: roomy });
    expect([twice.hub.requestedNumbers, unusable, twice.locks]).to.deep.equal([[1, 1], 1, [true]]);
    expect(twice.progress, 'nobody is counted twice').to.deep.equal([
      [4, 4],
      [4, 4],
    ]);
    const whole = new Scene(['a', 'b'], { a: null });
    await whole.verify({ repair });
    expect(whole.hub.requestedNumbers).to.deep.equal([1]);
  });

  it('looks a second time when people came or went while it read, until all are found', async () => {
    for (const change of ['shifted', 'grown'] as const) {
      const scene = new Scene([...others(250), 'a', ...others(300).slice(250)], { a: null, gone: null });
      scene.hub.afterRequest = (request) => {
        if (request !== 1) return;
        // Whoever moves from behind to the front is met by no request of the first look.
        const rest = scene.hub.names.filter((name) => name !== 'a');
        scene.hub.names = change === 'shifted' ? ['a', ...rest.slice(5)] : ['a', ...rest, 'last'];
      };
      expect((await scene.verify()).missing, change).to.deep.equal(['gone@example.test']);
      expect(scene.hub.requested.length, change).to.be.above(3);
    }
  });

  it('writes nobody off where more are missing than may be, unless it is forced', async () => {
    const scene = (): Scene => new Scene(['a', 'b'], { a: null, x: null, y: null });
    const stopped = await scene().verify({ repair, sync: roomy });
    expect(stopped.repair).to.equal(null);
    expect(stopped.error).to.include({
      code: 'guard_missing',
      recovery: 'fatal',
      message:
        '2 of 3 people in the snapshot are missing in the Hub, more than guards.maxRemovedPercent (50). Nothing was repaired.',
      hint: 'Check that destination.apiKey and destination.baseUrl belong to the right account. If the Hub is right, pass --force.',
    });
    expect((await scene().verify({ sync: roomy })).error, 'nothing was to be repaired').to.equal(null);
    const forced = scene();
    const done = await forced.verify({ repair: { recreate: true, force: true }, sync: roomy });
    expect([done.error, done.repair]).to.deep.equal([null, { different: 0, withheld: 0, recreated: 0 }]);
    expect(forced.repairs).to.deep.equal([{ recreate: true, complete: true, acceptDifferent: true }]);
    const half = new Scene(['a', 'b'], { a: null, x: null });
    expect((await half.verify({ repair, sync: { ...roomy, mode: 'insert' } })).error).to.equal(null);
    expect(half.repairs).to.deep.equal([{ recreate: false, complete: true, acceptDifferent: false }]);
  });

  it('ends with why the session was lost, and closes it', async () => {
    const scene = new Scene(['a', 'b', 'c'], { a: null });
    scene.hub.afterRequest = () => {
      scene.loss.abort();
      throw new Error('cut');
    };
    expect(await errorCodeOf(scene.verify())).to.equal('lock_lost');
    expect(scene.closed).to.equal(1);
    const failing = new Scene(['a'], {});
    failing.hub.afterRequest = () => {
      throw testError('hub_down', 'retriable');
    };
    expect(await errorCodeOf(failing.verify())).to.equal('hub_down');
    expect(await thrownError(failing.verify({ sync: { ...sync, key: 'id' } })))
      .to.have.property('message')
      .that.matches(/^verify finds people by their e-mail/);
    const stopped = AbortSignal.abort(testError('canceled', 'canceled'));
    expect(await errorCodeOf(new Scene(['a'], {}).verify({ signal: stopped }))).to.equal('canceled');
  });
});
