import { expect } from 'chai';
import { PagedHub } from '../../helpers/hub/paged-hub.ts';
import type { ListEnd } from '../../helpers/hub/paged-hub.ts';
import { countPages } from '../../../src/sync/list-end.ts';
import { samplePages } from '../../../src/sync/audit/sample.ts';

const { signal } = new AbortController();

function people(size: number): readonly string[] {
  return Array.from({ length: size }, (_, index) => `p${index}`);
}

async function count(hub: PagedHub, maxPages = 10_000): Promise<number | null> {
  const { entries, total, last } = await hub.participants({ number: 1, size: 200 });
  return countPages({ size: entries.length, total, isLast: last === true }, hub, { signal, maxPages });
}

describe('the end of the list of the Hub', () => {
  for (const end of ['more', 'total', 'nothing'] satisfies readonly ListEnd[]) {
    it(`is found where pages say ${end}`, async () => {
      for (const size of [0, 1, 199, 200, 201, 400, 401, 799, 801, 10_000, 10_001])
        expect(await count(new PagedHub(people(size), { end })), String(size)).to.equal(
          Math.max(1, Math.ceil(size / 200)),
        );
    });
  }

  it('is found with few requests', async () => {
    const hub = new PagedHub(people(100_000));
    expect(await count(hub)).to.equal(500);
    expect(hub.requested.length).to.be.at.most(20);
  });

  it('is not looked for behind the most pages', async () => {
    expect(await count(new PagedHub(people(1001)), 5)).to.equal(null);
    expect(await count(new PagedHub(people(1000)), 5)).to.equal(5);
  });
});

describe('a sample of the list', () => {
  async function sample(hub: PagedHub, minPeople: number, ...draws: readonly number[]): Promise<readonly string[]> {
    let index = 0;
    const random = (): number => draws[index++ % draws.length] ?? 0;
    const firsts: string[] = [];
    for await (const entries of samplePages(hub, { minPeople, signal, random }))
      firsts.push(entries.people[0]?.email.split('@')[0] ?? '');
    return firsts;
  }

  for (const end of ['more', 'total', 'nothing'] satisfies readonly ListEnd[]) {
    it(`is as many whole pages as hold the people that are wanted, where pages say ${end}`, async () => {
      const list = (): PagedHub => new PagedHub(people(1000), { end });
      expect(await sample(list(), 300, 0.99, 0)).to.deep.equal(['p0', 'p600']);
      expect(await sample(list(), 400, 0, 0)).to.deep.equal(['p0', 'p800']);
      expect(await sample(list(), 200, 0.5)).to.deep.equal(['p400']);
      expect(await sample(list(), 5000, 0.7)).to.deep.equal(['p0', 'p200', 'p400', 'p600', 'p800']);
      expect(await sample(new PagedHub(['a'], { end }), 5, 0)).to.deep.equal(['a']);
    });
  }
});
