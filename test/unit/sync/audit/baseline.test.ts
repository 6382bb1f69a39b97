import { expect } from 'chai';
import type { BaselinePage, BaselineState } from '../../../../src/core/ports/hub/baseline.ts';
import { formats } from '../../../../src/core/formats.ts';
import { baselineSync, entriesRead, peopleFound } from '../../../../src/sync/audit/baseline.ts';
import { hubParticipants } from '../../../../src/sync/audit/participant-source.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { firstPage, PagedHub } from '../../../helpers/hub/paged-hub.ts';
import type { ListRange } from '../../../../src/core/model/hub-person.ts';
import { testError, MemoryHub } from '../../../helpers/memory/hub.ts';
import { MemorySource } from '../../../helpers/memory/source.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const none = { added: 0, different: 0, same: 0, kept: 0, keptDifferent: 0, repeated: 0, unusable: 0, returned: 0 };
const begun: BaselineState = {
  id: '3',
  startedAt: 'now',
  position: 0,
  total: null,
  counts: none,
  unusableEntries: [],
  invalidValues: {},
};

/** A baseline of a list in memory; what is merged and logged can be looked at. */
class Scene {
  readonly list: PagedHub;
  readonly parts: BaselinePage[] = [];
  readonly logged: unknown[] = [];
  readonly stop = new AbortController();
  readonly loss = new AbortController();

  constructor(names: readonly string[]) {
    this.list = new PagedHub(names, { maxSize: 1 });
  }

  run(key: string | null = null): Promise<BaselineState> {
    const hub = new MemoryHub();
    hub.participants = async (range?: ListRange) => this.list.participants(range ?? firstPage);
    const never = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const recorder = {
      initial: begun,
      resumption: 'none' as const,
      otherPayloads: async () => new Map<string, string>(),
      merge: async (part: BaselinePage) => {
        this.parts.push(part);
        return begun;
      },
      finish: async () => begun,
    };
    const session = {
      codec: plainCodec,
      forgotten: async () => null,
      lost: this.loss.signal,
      lostError: async () => testError('lock_lost', 'retriable'),
      baseline: async () => recorder,
      comparison: never,
      close: async () => undefined,
    };
    const quiet = (): void => undefined;
    const info = (event: string, told?: unknown): void => void this.logged.push([event, told]);
    const mapping = { fields: { email: 'email', city: 'city' }, characteristics: {} };
    return baselineSync(
      {
        sync: { ...defaultSync, mapping, key },
        people: hubParticipants(hub),
        replace: false,
        restart: false,
        signal: this.stop.signal,
        onStarted: quiet,
        onProgress: quiet,
      },
      {
        state: { openHubSession: async () => session },
        source: new MemorySource(['email', 'city'], []),
        formats,
        log: { info, debug: quiet, warn: quiet, error: quiet },
      },
    );
  }
}

describe('a baseline in memory', () => {
  it('says in the log where it began and what it came to', async () => {
    const scene = new Scene(['a']);
    await scene.run();
    const began = { sync: 'panel', baselineId: '3', from: 'hub', resumption: 'none', place: 0 };
    expect(scene.logged).to.deep.equal([
      ['baseline begun', began],
      ['baseline finished', { sync: 'panel', baselineId: '3', ...none }],
    ]);
  });

  it('tells people who stand for nobody, and who come again within a few pages', async () => {
    const scene = new Scene(['a', 'x'.repeat(400), 'b', 'A', 'c', 'd', 'e', 'B']);
    await scene.run();
    expect(scene.parts.map(({ repeated }) => repeated)).to.deep.equal([0, 0, 0, 1, 0, 0, 0, 0]);
    expect(scene.parts[1]?.unusable).to.deep.equal([
      { place: 'entries 2 to 2', id: null, reason: 'its e-mail is longer than 320 characters' },
    ]);
  });

  it('ends with what stopped it', async () => {
    const stopped = new Scene(['a', 'b']);
    stopped.list.afterRequest = () => stopped.stop.abort();
    expect(await thrownError(stopped.run())).to.include({
      code: 'canceled',
      recovery: 'canceled',
      message: 'The baseline was stopped. What was read is kept.',
      hint: 'Run the same command again to continue.',
    });
    const lost = new Scene(['a', 'b']);
    lost.list.afterRequest = () => lost.loss.abort();
    expect(await thrownError(lost.run())).to.have.property('code', 'lock_lost');
    expect(await thrownError(new Scene([]).run('id')))
      .to.have.property('message')
      .that.matches(/^A baseline finds/);
  });

  it('counts the people that were found, and all that was read', () => {
    const counts = { ...none, added: 1, different: 20, same: 300, kept: 4000, repeated: 50_000, unusable: 600_000 };
    expect([peopleFound(counts), entriesRead(counts)]).to.deep.equal([4321, 654_321]);
  });
});
