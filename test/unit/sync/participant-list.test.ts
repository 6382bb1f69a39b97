import { expect } from 'chai';
import * as fc from 'fast-check';
import { PagedHub } from '../../helpers/hub/paged-hub.ts';
import type { ListEnd } from '../../helpers/hub/paged-hub.ts';
import { thrownError } from '../../helpers/thrown-error.ts';
import { listParticipants, overlappingRange } from '../../../src/sync/participant-list.ts';

const { signal } = new AbortController();
const ends: readonly ListEnd[] = ['more', 'total', 'nothing'];

function people(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `p${index}`);
}

async function readAll(hub: PagedHub, from = 0): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const part of listParticipants(hub, { from, signal }))
    names.push(...part.people.map(({ email }) => email.replace('@example.test', '')));
  return names;
}

describe('the list of the Hub', () => {
  for (const end of ends) {
    for (const count of [0, 1, 2, 199, 200, 201, 399, 400, 10_000]) {
      it(`of ${count} people, whose pages say ${end}, is read once`, async () => {
        expect(await readAll(new PagedHub(people(count), { end }))).to.deep.equal(people(count));
      });
    }
    it(`of a Hub with small pages that say ${end} is read once`, async () => {
      for (const maxSize of [1, 2, 3, 7, 25])
        expect(await readAll(new PagedHub(people(150), { end, maxSize })), String(maxSize)).to.deep.equal(people(150));
    });
  }

  it('takes no request more than the last page, and about a tenth more than pages side by side', async () => {
    for (const [count, requests] of [
      [0, 1],
      [200, 1],
      [201, 2],
      [10_000, 56],
    ] as const) {
      const hub = new PagedHub(people(count));
      await readAll(hub);
      expect(hub.requested.length, String(count)).to.be.at.most(requests);
    }
  });

  it('misses nobody and gives nobody twice when people in front are deleted between two requests', async () => {
    for (const end of ends) {
      for (const deleted of [1, 2, 150, 199, 200, 900]) {
        const hub = new PagedHub(people(3000), { end });
        hub.afterRequest = (request) => {
          if (request === 6) hub.names = hub.names.slice(deleted);
        };
        expect(await readAll(hub), `${end} ${deleted}`).to.deep.equal(people(3000));
      }
    }
  });

  it('reads everybody again when more people left than it remembers', async () => {
    const hub = new PagedHub(people(9000));
    hub.afterRequest = (request) => {
      if (request === 30) hub.names = hub.names.slice(4000);
    };
    expect(new Set(await readAll(hub))).to.deep.equal(new Set(people(9000)));
  });

  it('gives nobody twice when people come in front', async () => {
    const hub = new PagedHub(people(1000));
    hub.afterRequest = (request) => request === 3 && hub.names.unshift(...people(450).map((name) => `new-${name}`));
    expect(await readAll(hub)).to.deep.equal(people(1000));
  });

  it('ends when everybody is deleted', async () => {
    const hub = new PagedHub(people(500));
    hub.afterRequest = (request) => {
      if (request === 1) hub.names = [];
    };
    expect(await readAll(hub)).to.deep.equal(people(200));
  });

  it('says where it has shifted, and where to continue', async () => {
    const hub = new PagedHub(people(600));
    hub.afterRequest = (request) => {
      if (request === 2) hub.names = hub.names.slice(5);
    };
    const parts: (readonly [number, boolean, boolean])[] = [];
    for await (const { position, hasShifted, isLast } of listParticipants(hub, { signal }))
      parts.push([position, hasShifted, isLast]);
    expect(parts.filter(([, hasShifted]) => hasShifted)).to.have.length(1);
    expect(parts.at(-1)).to.deep.equal([595, false, true]);
    expect(await readAll(new PagedHub(people(600)), 398)).to.deep.equal(people(600).slice(398));
  });

  it('holds entries that stand for nobody', async () => {
    const unusable: unknown[] = [];
    for await (const part of listParticipants(new PagedHub(['a', '', 'c']), { signal }))
      unusable.push(...part.unusable);
    expect(unusable).to.deep.equal([{ id: null, reason: 'it has no e-mail' }]);
  });

  it('cannot be read where the Hub gives the same page for ever, or says for ever that more follow', async () => {
    for (const end of ends) {
      const hub = new PagedHub(people(1000), { end });
      hub.servedNumber = () => 1;
      expect(await thrownError(readAll(hub)), end).to.include({ code: 'hub_list_stuck', recovery: 'fatal' });
    }
    const empty = { participants: async () => ({ entries: [], total: null, last: false }) };
    const read = async (): Promise<void> => {
      for await (const part of listParticipants(empty, { signal })) expect(part.people).to.deep.equal([]);
    };
    expect(await thrownError(read())).to.include({ code: 'hub_list_stuck' });
  });

  it('holds whoever is there all the time, whatever comes and goes', async () => {
    const change = fc.record({
      request: fc.integer({ min: 1, max: 12 }),
      what: fc.constantFrom('delete', 'first', 'last'),
      place: fc.nat(1200),
      count: fc.integer({ min: 1, max: 300 }),
    });
    const property = fc.asyncProperty(
      fc.integer({ min: 30, max: 1500 }),
      fc.array(change, { maxLength: 5 }),
      fc.constantFrom(...ends),
      async (count, changes, end) => {
        const hub = new PagedHub(people(count), { end });
        hub.afterRequest = (request) => {
          for (const { what, place, count: size } of changes.filter((each) => each.request === request)) {
            if (what === 'delete') hub.names.splice(place, size);
            else if (what === 'last') hub.names.push(...people(size).map((name) => `${name}-${request}-last`));
            else hub.names.unshift(...people(size).map((name) => `${name}-${request}-first`));
          }
        };
        const read = new Set(await readAll(hub));
        const missed = hub.names.filter((name) => !name.includes('-') && !read.has(name));
        expect(missed).to.deep.equal([]);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});

describe('a range of the list that overlaps what was read', () => {
  it('begins with a known entry and brings new ones, for any position', () => {
    for (let position = 200; position < 200_000; position += 97) {
      const { number, size } = overlappingRange(position, 200);
      expect((number - 1) * size).to.be.below(position);
      expect(number * size).to.be.above(position + 100);
    }
  });
});
