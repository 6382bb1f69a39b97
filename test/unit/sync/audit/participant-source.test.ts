import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { formats } from '../../../../src/core/formats.ts';
import { csvParticipants, hubParticipants } from '../../../../src/sync/audit/participant-source.ts';
import type { ParticipantSource, SourcePage } from '../../../../src/sync/audit/participant-source.ts';
import { firstPage, PagedHub } from '../../../helpers/hub/paged-hub.ts';
import type { ListRange } from '../../../../src/core/model/hub-person.ts';
import { MemoryHub } from '../../../helpers/memory/hub.ts';
import { errorCodeOf, thrownError } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const { signal } = new AbortController();
const sync: SyncSettings = {
  ...defaultSync,
  mapping: { fields: { email: 'mail', city: 'town' }, characteristics: { plan: { column: 'plan', type: null } } },
};

async function readings(source: ParticipantSource, from = 0): Promise<readonly SourcePage[]> {
  const all: SourcePage[] = [];
  for await (const reading of source.read(from, signal)) all.push(reading);
  return all;
}

describe('people out of a CSV file', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-people-'));
    file = join(folder, 'panel.csv');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function source(
    csv: string,
    delimiter = ',',
    told: Readonly<Record<string, string>> = {},
  ): Promise<ParticipantSource> {
    await writeFile(file, csv);
    return csvParticipants({ file, delimiter, columnMap: new Map(Object.entries(told)) }, sync, formats);
  }

  it('are found below title rows, and a file may say its delimiter itself', async () => {
    const people = await source('sep=;\nPanel export\n"Made on; 2026-11-25"\n\nE-mail;City\na@x.test;Rome\n');
    const [page] = await readings(people);
    expect(page).to.deep.include({ label: 'lines 6 to 6', position: 1 });
    expect(page?.people.map(({ email, fields }) => [email, fields.city])).to.deep.equal([['a@x.test', 'Rome']]);
    expect(await readings(people, 1)).to.deep.equal([]);
  });

  it('have the values of the columns that are used, and say where they stand', async () => {
    const people = await source('E-mail,City,Other,Plan\na@x.test,Rome,?,pro\nb@x.test,,?,\n');
    expect(people.kind).to.equal('csv');
    expect(people.columns?.ignored).to.deep.equal(['Other']);
    expect(await readings(people)).to.deep.equal([
      {
        people: [
          { email: 'a@x.test', fields: { email: 'a@x.test', city: 'Rome' }, characteristics: { plan: 'pro' } },
          { email: 'b@x.test', fields: { email: 'b@x.test', city: '' }, characteristics: { plan: '' } },
        ],
        unusable: [],
        label: 'lines 2 to 3',
        position: 2,
        total: null,
      },
    ]);
  });

  it('are named by their line when they stand for nobody', async () => {
    const [reading] = await readings(await source('email,city\n ,Rome\na@x.test\n b@x.test ,Oslo\nnobody,Oslo\n'));
    expect(reading?.unusable).to.deep.equal([
      { place: 'line 2', id: null, reason: 'it has no e-mail' },
      { place: 'line 3', id: null, reason: 'its number of values is 1, not 2 as in the header' },
      { place: 'line 5', id: null, reason: 'its e-mail is malformed' },
    ]);
    expect(reading?.people.map(({ email }) => email)).to.deep.equal([' b@x.test ']);
  });

  it('come two thousand at once, and from the place where they were left', async () => {
    const people = await source(`email\n${Array.from({ length: 4000 }, (_, at) => `p${at + 1}@x.test`).join('\n')}\n`);
    const told = (all: readonly SourcePage[]): unknown =>
      all.map(({ people: some, label: where, position: place }) => [some.length, some[0]?.email, where, place]);
    expect(told(await readings(people))).to.deep.equal([
      [2000, 'p1@x.test', 'lines 2 to 2001', 2000],
      [2000, 'p2001@x.test', 'lines 2002 to 4001', 4000],
    ]);
    expect(told(await readings(people, 2000))).to.deep.equal([[2000, 'p2001@x.test', 'lines 2002 to 4001', 4000]]);
    expect(told(await readings(people, 3999))).to.deep.equal([[1, 'p4000@x.test', 'lines 4001 to 4001', 4000]]);
    expect(await readings(people, 4000)).to.deep.equal([]);
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    const work = async (): Promise<void> => {
      for await (const reading of people.read(0, stopped.signal)) void reading;
    };
    expect(await errorCodeOf(work())).to.equal('Error: stopped');
  });

  it('are other people when the file, its delimiter or the meaning of a column is another', async () => {
    await writeFile(file, 'email,town\na@x.test,b\n');
    const markOf = async (delimiter: string, told: Readonly<Record<string, string>>): Promise<string> =>
      (await csvParticipants({ file, delimiter, columnMap: new Map(Object.entries(told)) }, sync, formats)).fingerprint;
    const first = await markOf(',', {});
    expect(await markOf(',', {})).to.equal(first);
    const asCity = await markOf(',', { town: 'city' });
    expect([first, await markOf(',', { town: 'characteristics.plan' })]).not.to.include(asCity);
    await writeFile(file, 'email\na@x.test\n');
    const other = await markOf(',', {});
    expect([first, await markOf(';', {})]).not.to.include(other);
  });

  const unfit = (fault: string, columns: string): readonly [string, string] => [
    `The header of FILE does not match the sync: ${fault}.`,
    `Its columns: ${columns}. Map each of them with --map "Header=field", such as --map "Mail=email" or --map "Plan=characteristics.plan".`,
  ];
  const faults: readonly (readonly [string, string, readonly [string, string]])[] = [
    ['', ',', ['FILE is empty.', 'Export the panel with a header line.']],
    ['mail;city\n', ',', ['The columns of FILE are separated by ";", not by ",".', "Add --delimiter ';'."]],
    ['mail\tcity\n', ',', ['The columns of FILE are separated by tabs, not by ",".', 'Add --delimiter tab.']],
    ['mail|city\n', ';', ['The columns of FILE are separated by "|", not by ";".', "Add --delimiter '|'."]],
    ['mail,city\n', ';', ['The columns of FILE are separated by ",", not by ";".', "Add --delimiter ','."]],
    [' name , city\n', ',', unfit('no column holds the e-mail', '"name", "city"')],
    ['"a;b"\n', ';', unfit('no column holds the e-mail', '"a;b"')],
    ['name\n', ',', unfit('no column holds the e-mail', '"name"')],
    ['a;b,city\n', ',', unfit('no column holds the e-mail', '"a;b", "city"')],
  ];
  for (const [csv, delimiter, [message, hint]] of faults) {
    it(`are not read out of ${JSON.stringify(csv)} with "${delimiter}"`, async () => {
      expect(await thrownError(source(csv, delimiter))).to.include({
        code: 'csv_header',
        recovery: 'usage',
        message: message.replace('FILE', file),
        hint,
      });
    });
  }
});

describe('people out of the list of the Hub', () => {
  it('come part by part, with their places, and without those who came before', async () => {
    const names = Array.from({ length: 300 }, (_, index) => (index === 250 ? '' : `p${index}`));
    const list = new PagedHub(names, { end: 'total' });
    list.afterRequest = (request) => {
      if (request === 1) list.names = list.names.slice(1);
    };
    const hub = new MemoryHub();
    hub.participants = (range?: ListRange) => list.participants(range ?? firstPage);
    const people = hubParticipants(hub);
    expect([people.kind, people.fingerprint, people.columns]).to.deep.equal(['hub', 'memory', null]);
    const parts = (await readings(people)).map(({ people: some, unusable, label, position, total }) => [
      some.length,
      unusable.map(({ place }) => place),
      label,
      position,
      total,
    ]);
    expect(parts).to.deep.equal([
      [200, [], 'entries 1 to 200', 200, 300],
      [1, [], 'entries 1 to 200', 200, 299],
      [98, ['entries 200 to 299'], 'entries 200 to 299', 299, 299],
    ]);
    const rest = await readings(people, 200);
    expect(rest.map(({ people: some, label, position }) => [some.length, label, position])).to.deep.equal([
      [98, 'entries 200 to 299', 299],
    ]);
  });
});
