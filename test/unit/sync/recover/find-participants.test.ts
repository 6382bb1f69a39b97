import { expect } from 'chai';
import * as fc from 'fast-check';
import { findParticipants } from '../../../../src/sync/recover/find-participants.ts';
import { PagedHub } from '../../../helpers/hub/paged-hub.ts';
import type { ListEnd } from '../../../helpers/hub/paged-hub.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const { signal } = new AbortController();
const ends: readonly ListEnd[] = ['more', 'total', 'nothing'];

function email(person: number | string): string {
  return `p${person}@example.test`;
}

function upTo(people: number): readonly string[] {
  return Array.from({ length: people }, (_, index) => `P${index + 1}`);
}

async function find(hub: PagedHub, ...wanted: readonly number[]): Promise<readonly string[]> {
  const found = await findParticipants(hub, { wanted: new Set(wanted.map(email)), signal });
  return [...found.keys()].toSorted();
}

describe('looking people up in the list of the Hub', () => {
  it('looks at both ends first, and stops when all are found', async () => {
    const hub = new PagedHub(upTo(4001), { end: 'total' });
    expect(await find(hub, 4001, 1)).to.deep.equal([email(1), email(4001)]);
    expect(hub.requestedNumbers).to.deep.equal([1, 21]);
  });

  it('looks for the end of a list that does not say how long it is, and takes whoever it meets on the way', async () => {
    for (const end of ['more', 'nothing'] as const) {
      const hub = new PagedHub(upTo(4001), { end });
      expect(await find(hub, 4001, 1), end).to.deep.equal([email(1), email(4001)]);
      expect(hub.requested.length, end).to.be.at.most(11);
      const met = new PagedHub(upTo(4001), { end });
      expect(await find(met, 700)).to.deep.equal([email(700)]);
      expect(met.requestedNumbers).to.deep.equal([1, 2, 4]);
    }
  });

  it('reads all of the list for somebody who is not there', async () => {
    for (const end of ends) {
      for (const people of [0, 1, 199, 200, 201, 1001])
        expect(await find(new PagedHub(upTo(people), { end }), 1, 99_999), `${end} ${people}`).to.deep.equal(
          people === 0 ? [] : [email(1)],
        );
    }
  });

  it('asks once of a list of one page', async () => {
    const hub = new PagedHub(upTo(200));
    expect(await find(hub, 999)).to.deep.equal([]);
    expect(hub.requestedNumbers).to.deep.equal([1]);
  });

  it('gives up on a list that is too long to be read', async () => {
    for (const end of ends) {
      const look = { wanted: new Set([email(99_999)]), signal, maxPages: 3 };
      const hub = new PagedHub(upTo(801), { end });
      expect(await thrownError(findParticipants(hub, look)), end).to.include({
        code: 'hub_list_too_long',
        recovery: 'retriable',
        message: "The Hub's list has more than 3 pages, too many to look people up in.",
        hint: 'Look the people up in the Hub, and use panelsync resolve.',
      });
      expect(hub.requested.length, end).to.be.at.most(4);
      expect(await findParticipants(new PagedHub(upTo(600), { end }), look)).to.have.property('size', 0);
    }
  });

  it('reports how many people it has read, of how many where that is known', async () => {
    for (const end of ['total', 'more'] as const) {
      const progress: (readonly [number, number | null])[] = [];
      const onProgress = (done: number, total: number | null): void => void progress.push([done, total]);
      await findParticipants(new PagedHub(upTo(250), { end }), { wanted: new Set([email(999)]), signal, onProgress });
      const total = end === 'total' ? 250 : null;
      expect(progress).to.deep.equal([
        [200, total],
        [250, total],
      ]);
    }
  });

  it('finds whoever is there all the time, while people come at either end and others leave', async () => {
    const events = fc.array(fc.tuple(fc.nat(8), fc.constantFrom('first', 'last', 'leaves'), fc.nat(250)), {
      maxLength: 6,
    });
    const property = fc.asyncProperty(
      fc.integer({ min: 30, max: 900 }),
      fc.nat(899),
      events,
      fc.constantFrom(...ends),
      async (size, index, plan, end) => {
        const wanted = (index % size) + 1;
        const hub = new PagedHub(upTo(size), { end });
        hub.afterRequest = (request) => {
          for (const [event, [when, what, count]] of plan.entries()) {
            if (when !== request) continue;
            // No two people have one id.
            const others = upTo(count).map((name) => `${what}-${event}-${name}`);
            if (what === 'first') hub.names.unshift(...others);
            else if (what === 'last') hub.names.push(...others);
            else hub.names = hub.names.filter((name, place) => name === `P${wanted}` || place >= count);
          }
        };
        expect(await find(hub, wanted, 99_999)).to.deep.equal([email(wanted)]);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
