import { expect } from 'chai';
import type { HubPerson } from '../../../../src/core/model/hub-person.ts';
import { toCharacteristics, toParticipantPage, parseListPage } from '../../../../src/destination/read-api/list-page.ts';
import type { ListPage } from '../../../../src/destination/read-api/list-page.ts';

function listOf(entries: readonly unknown[], meta: unknown = {}, number = 1): ListPage {
  const list = parseListPage(JSON.stringify({ data: entries, meta }), { number, size: 2 });
  if (list === null) throw new Error('no list');
  return list;
}

const two = [{}, {}];

describe('lists of the Hub', () => {
  it('are known from other answers', () => {
    expect(parseListPage('{"data":[]}', { number: 1, size: 2 })).to.deep.equal({
      entries: [],
      total: null,
      last: true,
    });
    for (const other of ['{"data":{}}', '[]', 'null', '<html>', ''])
      expect(parseListPage(other, { number: 1, size: 2 }), other).to.equal(null);
  });

  it('tell their total under any of the names that such servers use', () => {
    for (const name of ['totalCount', 'total_count', 'total']) {
      expect(listOf([], { pagination: { [name]: 1234 } }).total, name).to.equal(1234);
      expect(listOf([], { [name]: 12 }).total, name).to.equal(12);
    }
    expect(listOf([], { pagination: { total: '12' } }).total).to.equal(null);
  });

  it('end where the Hub says that no more follow, whatever it counts besides', () => {
    for (const meta of [
      { pagination: { hasMore: false, totalCount: 9 } },
      { pagination: { has_more: false } },
      { hasMore: false },
    ])
      expect(listOf(two, meta).last, JSON.stringify(meta)).to.equal(true);
    for (const meta of [{ pagination: { hasMore: true, totalPages: 1 } }, { pagination: { has_more: true } }])
      expect(listOf([], meta).last, JSON.stringify(meta)).to.equal(false);
    const linked = (links: unknown): boolean | null | undefined =>
      parseListPage(JSON.stringify({ data: two, links }), { number: 1, size: 2 })?.last;
    expect([linked({ next: '/x?page=2' }), linked({ next: null }), linked({ first: '/x' })]).to.deep.equal([
      false,
      true,
      true,
    ]);
    expect([linked({}), linked({ self: '/x' }), linked(null)]).to.deep.equal([null, null, null]);
  });

  it('end with the last of their pages, wherever these are counted', () => {
    expect(listOf(two, { pagination: { totalPages: 2 } }).last).to.equal(false);
    expect(listOf(two, { pagination: { totalPages: 2 } }, 2).last).to.equal(true);
    expect(listOf(two, { pagination: { total_pages: 2, totalCount: 400 } }, 2).last).to.equal(true);
  });

  it('end with their last person where only people are counted, however few a page holds', () => {
    expect(listOf(two, { pagination: { totalCount: 3 } }).last).to.equal(false);
    expect(listOf([{}], { pagination: { totalCount: 4 } }, 2).last).to.equal(false);
    expect(listOf([{}], { pagination: { totalCount: 3 } }, 2).last).to.equal(true);
    expect(listOf(two, { pagination: { totalCount: 4 } }, 2).last).to.equal(true);
  });

  it('end with an empty page where nothing is counted', () => {
    expect(listOf(two).last).to.equal(null);
    expect(listOf([], {}, 2).last).to.equal(true);
  });
});

function personOf(entry: unknown): HubPerson | null {
  const [first] = toParticipantPage(listOf([entry])).entries;
  return first !== undefined && 'person' in first ? first.person : null;
}

describe('people in a list of the Hub', () => {
  it('are read in camel and in snake case, nested or flat', () => {
    const camel = {
      id: '1',
      type: 'participant',
      attributes: { email: 'a@x.test', firstName: 'Ada', phoneNumber: null },
    };
    const snake = { id: 2, email: 'b@x.test', first_name: 'Bob', characteristics: { plan: 'pro', age: 3, vip: true } };
    expect(toParticipantPage(listOf([camel, snake]))).to.deep.equal({
      entries: [
        {
          id: '1',
          person: {
            email: 'a@x.test',
            fields: { email: 'a@x.test', first_name: 'Ada', phone_number: null },
            characteristics: {},
          },
        },
        {
          id: '2',
          person: {
            email: 'b@x.test',
            fields: { email: 'b@x.test', first_name: 'Bob' },
            characteristics: { plan: 'pro', age: 3, vip: true },
          },
        },
      ],
      total: null,
      last: null,
    });
  });

  it('have their characteristics from a list of slugs, too', () => {
    const characteristics = [
      { slug: 'plan', value: 'pro' },
      { attributes: { slug: 'age', value: 3 } },
      { value: 1 },
      7,
    ];
    const person = personOf({ email: 'a@x.test', characteristics });
    expect(person?.characteristics).to.deep.equal({ plan: 'pro', age: 3 });
  });

  it('have values of an unknown kind as JSON, so that they differ from everything that panelsync sends', () => {
    const entry = { email: 'a@x.test', city: { name: 'Paris' }, state: 7, characteristics: { tags: ['a'] } };
    const person = personOf(entry);
    expect(person?.fields).to.include({ city: '{"name":"Paris"}', state: '7' });
    expect(person?.characteristics).to.deep.equal({ tags: '["a"]' });
  });

  it('keep no field that nobody knows', () => {
    const person = personOf({ email: 'a@x.test', id: '1', nickname: 'x', constructor: 'y' });
    expect(person?.fields).to.deep.equal({ email: 'a@x.test' });
  });

  it('are set aside with the reason and the id of the Hub where they have no e-mail', () => {
    const page = toParticipantPage(listOf([{ id: 7, attributes: { email: ' ' } }, { attributes: {} }, 'x', null]));
    expect(page.entries.map((entry) => 'unusable' in entry && entry.unusable)).to.deep.equal([
      { id: '7', reason: 'it has no e-mail' },
      { id: null, reason: 'it has no e-mail' },
      { id: null, reason: 'it is not an object' },
      { id: null, reason: 'it is not an object' },
    ]);
  });
});

describe('characteristics in a list of the Hub', () => {
  it('have slug, type and name, as far as the Hub tells them', () => {
    const entries = [
      { id: '1', type: 'characteristic', attributes: { slug: 'plan', type: 'text', name: 'Plan' } },
      { slug: 'age' },
      { attributes: { name: 'Nameless' } },
    ];
    expect(toCharacteristics(listOf(entries))).to.deep.equal([
      { slug: 'plan', type: 'text', name: 'Plan' },
      { slug: 'age', type: null, name: null },
    ]);
  });
});
