import { expect } from 'chai';
import * as fc from 'fast-check';
import type { HubPerson, ParticipantPage } from '../../../../src/core/model/hub-person.ts';
import { findParticipants } from '../../../../src/sync/recover/find-participants.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const pageSize = 3;
const { signal } = new AbortController();

function email(person: number): string {
  return `p${person}@example.test`;
}

function hubPerson(person: number): HubPerson {
  return { email: email(person).toUpperCase(), fields: {}, characteristics: {} };
}

/** A list in memory; `between` is what happens in the Hub after each page. */
class List {
  people: number[];
  readonly asked: number[] = [];
  readonly #between: (list: List) => void;
  readonly #counts: boolean;

  constructor(people: readonly number[], between: (list: List) => void = () => undefined, counts = true) {
    this.people = [...people];
    this.#between = between;
    this.#counts = counts;
  }

  async participants(page: number): Promise<ParticipantPage> {
    this.asked.push(page);
    const people = this.people.slice((page - 1) * pageSize, page * pageSize).map(hubPerson);
    const last = this.#counts ? page * pageSize >= this.people.length : people.length === 0;
    const total = this.#counts ? this.people.length : null;
    this.#between(this);
    return { people, unusable: [], total, last };
  }

  async find(...wanted: readonly number[]): Promise<readonly string[]> {
    const found = await findParticipants(this, { wanted: new Set(wanted.map(email)), signal });
    return [...found.keys()].toSorted();
  }
}

function upTo(people: number): readonly number[] {
  return Array.from({ length: people }, (_, at) => at + 1);
}

describe('looking people up in the list of the Hub', () => {
  it('looks at both ends first, and stops when all are found', async () => {
    const list = new List(upTo(20));
    expect(await list.find(20, 1)).to.deep.equal([email(1), email(20)]);
    expect(list.asked).to.deep.equal([1, 7]);
  });

  it('reads all pages for somebody who is not there', async () => {
    const list = new List(upTo(10));
    expect(await list.find(5, 99)).to.deep.equal([email(5)]);
    expect(list.asked).to.deep.equal([1, 4, 2, 3, 4]);
  });

  it('reads on to the end of a list that does not say how long it is', async () => {
    const list = new List(upTo(7), undefined, false);
    expect(await list.find(7, 99)).to.deep.equal([email(7)]);
    expect(list.asked).to.deep.equal([1, 2, 3, 4]);
  });

  it('asks once for each of two pages', async () => {
    const list = new List(upTo(4));
    expect(await list.find(99)).to.deep.equal([]);
    expect(list.asked).to.deep.equal([1, 2]);
  });

  it('says nothing of the end of a list that does not tell it, or that is empty', async () => {
    for (const list of [new List(upTo(4), undefined, false), new List([])]) {
      const told: (number | null)[] = [];
      const onPage = (_done: number, total: number | null): void => void told.push(total);
      await findParticipants(list, { wanted: new Set([email(99)]), signal, onPage });
      expect(new Set(told)).to.deep.equal(new Set([null]));
    }
  });

  it('asks once of a list of one page', async () => {
    const list = new List(upTo(2));
    expect(await list.find(99)).to.deep.equal([]);
    expect(list.asked).to.deep.equal([1]);
  });

  it('gives up on a list that is too long to be read', async () => {
    for (const counts of [true, false]) {
      const look = { wanted: new Set([email(99)]), signal, maxPages: 3 };
      const list = new List(upTo(12), undefined, counts);
      expect(await thrownError(findParticipants(list, look))).to.include({
        code: 'hub_list_too_long',
        recovery: 'retriable',
        message: "The Hub's list has more than 3 pages, too many to look people up in.",
        hint: 'Look the people up in the Hub, and use panelsync resolve.',
      });
      expect(list.asked, 'pages that were read in vain').to.deep.equal(counts ? [1] : [1, 2, 3, 4]);
    }
    const fits = { wanted: new Set([email(9)]), signal, maxPages: 3 };
    expect([...(await findParticipants(new List(upTo(9)), fits)).keys()]).to.deep.equal([email(9)]);
    const open = { wanted: new Set([email(99)]), signal, maxPages: 4 };
    expect([...(await findParticipants(new List(upTo(9), undefined, false), open)).keys()]).to.deep.equal([]);
  });

  it('tells how far it is, by the page', async () => {
    const told: (readonly [number, number | null])[] = [];
    const onPage = (done: number, total: number | null): void => void told.push([done, total]);
    await findParticipants(new List(upTo(7)), { wanted: new Set([email(99)]), signal, onPage });
    expect(told).to.deep.equal([
      [1, 3],
      [2, 3],
      [3, 3],
      [4, 3],
    ]);
  });

  it('finds whoever is there all the time, while people come at either end and others leave', async () => {
    const events = fc.array(fc.tuple(fc.nat(12), fc.constantFrom('first', 'last', 'leaves')), { maxLength: 6 });
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(19), events, async (size, at, plan) => {
      const wanted = (at % size) + 1;
      const list = new List(upTo(size), (hub) => {
        for (const [when, what] of plan) {
          if (when !== hub.asked.length) continue;
          if (what === 'first') hub.people.unshift(1000 + when);
          else if (what === 'last') hub.people.push(2000 + when);
          else hub.people = hub.people.filter((person, place) => person === wanted || place !== 0);
        }
      });
      const found = await list.find(wanted, 99);
      // Somebody who leaves while another comes leaves no trace in the total: that alone can hide a person.
      const leaves = plan.some(([, what]) => what === 'leaves');
      const comes = plan.some(([, what]) => what !== 'leaves');
      if (!leaves || !comes) expect(found).to.deep.equal([email(wanted)]);
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
