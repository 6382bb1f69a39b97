import { expect } from 'chai';
import { PagedHub } from '../../helpers/hub/paged-hub.ts';
import { thrownError } from '../../helpers/thrown-error.ts';
import { listPages } from '../../../src/sync/participant-pages.ts';
import { samplePages } from '../../../src/sync/audit/sample.ts';
import { MemoryHub } from '../../helpers/memory/hub.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';

const { signal } = new AbortController();

/** The pages that were given, such as `1: 1 2 3`; pages that are read once more stand in brackets. */
async function read(hub: PagedHub, from = 1): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const { page, people, isReread: again } of listPages(hub, { firstPage: from, signal })) {
    const text = `${page}: ${people.map(({ email }) => email.split('@')[0]).join(' ')}`;
    told.push(again ? `(${text})` : text);
  }
  return told;
}

describe('reading the list of the Hub', () => {
  it('gives every page once, from the one that is asked for', async () => {
    expect(await read(new PagedHub(['a', 'b', 'c', 'd', 'e'], 2))).to.deep.equal(['1: a b', '2: c d', '3: e']);
    expect(await read(new PagedHub(['a', 'b', 'c', 'd', 'e'], 2), 2)).to.deep.equal(['2: c d', '3: e']);
    expect(await read(new PagedHub([], 2))).to.deep.equal(['1: ']);
  });

  it('reads as many pages once more as people may have moved over when some leave', async () => {
    const three = new PagedHub(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 2);
    three.afterRequest = (request) => {
      if (request === 2) three.names = three.names.slice(3);
    };
    expect(await read(three)).to.deep.equal(['1: a b', '2: c d', '3: ', '(1: d e)', '(2: f g)']);
    const one = new PagedHub(['a', 'b', 'c', 'd', 'e'], 2);
    one.afterRequest = (request) => {
      if (request === 2) one.names = one.names.slice(1);
    };
    expect(await read(one)).to.deep.equal(['1: a b', '2: c d', '3: ', '(2: d e)']);
  });

  it('reads the whole list once more when all moved, and no page before the first', async () => {
    const hub = new PagedHub(['a', 'b', 'c', 'd', 'e'], 2);
    hub.afterRequest = (request) => {
      if (request === 2) hub.names = [];
    };
    expect(await read(hub)).to.deep.equal(['1: a b', '2: c d', '3: ', '(1: )', '(2: )']);
    expect(hub.requestedPages).to.deep.equal([1, 2, 3, 1, 2]);
  });

  it('reads nothing once more when people come, or where the Hub does not tell its total', async () => {
    const grows = new PagedHub(['a', 'b', 'c'], 2);
    grows.afterRequest = () => grows.names.push('x');
    expect(await read(grows)).to.deep.equal(['1: a b', '2: c x']);
    const silent = new PagedHub(['a', 'b', 'c', 'd', 'e'], 2);
    silent.total = () => null;
    silent.afterRequest = (request) => {
      if (request === 2) silent.names = silent.names.slice(1);
    };
    expect(await read(silent)).to.deep.equal(['1: a b', '2: c d', '3: ']);
  });

  it('counts entries that stand for nobody as people of a page', async () => {
    const hub = new PagedHub(['a', 'b', '', 'd', 'e', 'f'], 2);
    hub.afterRequest = (request) => {
      if (request === 2) hub.names = hub.names.slice(2);
    };
    expect(await read(hub)).to.deep.equal(['1: a b', '2: d', '3: ', '(2: e f)']);
  });

  it('takes no total for what it is not when it comes and goes', async () => {
    const hub = new PagedHub(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 2);
    hub.total = (request) => (request === 2 ? null : 7);
    expect(await read(hub)).to.have.length(4);
  });

  it('ends with an error when the Hub gives the same page for ever', async () => {
    const hub = new PagedHub(['a', 'b', 'c', 'd', 'e'], 2);
    hub.servedPage = (page) => Math.min(page, 2);
    expect(await thrownError(read(hub))).to.include({
      code: 'hub_list_stuck',
      recovery: 'fatal',
      message: 'The Hub returned page 2 of its list again when asked for page 3.',
      hint: 'Its list cannot be read page by page. Use panelsync baseline --from csv with an export of it.',
    });
  });

  it('goes on when just a page of people came at the front', async () => {
    const hub = new PagedHub(['a', 'b', 'c'], 2);
    hub.afterRequest = (request) => request === 1 && hub.names.unshift('x', 'y');
    expect(await read(hub)).to.deep.equal(['1: a b', '2: a b', '3: c']);
  });

  it('goes on over pages that hold nobody', async () => {
    const hub = new PagedHub(['', '', '', 'd'], 1);
    expect(await read(hub)).to.deep.equal(['1: ', '2: ', '3: ', '4: d']);
  });
});

describe('a sample of the list', () => {
  async function sampled(hub: PagedHub, people: number, ...draws: readonly number[]): Promise<readonly string[]> {
    let at = 0;
    const random = (): number => draws[at++ % draws.length] ?? 0;
    const destination: Destination = new MemoryHub();
    destination.participants = (page) => hub.participants(page);
    const pages: string[] = [];
    for await (const page of samplePages(destination, { minPeople: people, signal, random })) {
      pages.push(page.people.map(({ email }) => email.split('@')[0]).join(''));
    }
    return pages;
  }
  const ten = (): PagedHub => new PagedHub('abcdefghij'.split(''), 2);

  it('is as many whole pages as hold the people that are wanted, in their order', async () => {
    expect(await sampled(ten(), 3, 0.99, 0)).to.deep.equal(['ab', 'gh']);
    expect(await sampled(ten(), 4, 0, 0)).to.deep.equal(['ab', 'ij']);
    expect(await sampled(ten(), 2, 0.5)).to.deep.equal(['ef']);
    expect(await sampled(ten(), 1, 0.99)).to.deep.equal(['ij']);
  });

  it('is all of a list that holds no more, each page asked for once', async () => {
    const hub = ten();
    expect(await sampled(hub, 100, 0.7)).to.deep.equal(['ab', 'cd', 'ef', 'gh', 'ij']);
    expect(hub.requestedPages).to.deep.equal([1, 2, 3, 4, 5]);
    const short = new PagedHub(['a'], 2);
    short.total = () => null;
    expect(await sampled(short, 5, 0)).to.deep.equal(['a']);
  });

  it('cannot be drawn where the Hub does not tell its total', async () => {
    const hub = ten();
    hub.total = () => null;
    expect(await thrownError(sampled(hub, 3, 0))).to.include({
      code: 'hub_no_total',
      recovery: 'fatal',
      message: 'The Hub does not say how many people it has, so no sample can be drawn from its list.',
      hint: 'Run verify without --sample.',
    });
  });
});
