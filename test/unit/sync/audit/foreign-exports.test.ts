import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formats } from '../../../../src/core/formats.ts';
import type { UnusableEntry } from '../../../../src/core/model/hub-person.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { csvParticipants } from '../../../../src/sync/audit/participant-source.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';

const sync: SyncSettings = {
  ...defaultSync,
  mapping: {
    fields: { email: 'e', first_name: 'f', last_name: 'l', phone_number: 'p', company: 'c', city: 't', state: 's' },
    characteristics: { newsletter: { column: 'n', type: 'boolean' } },
  },
};

interface Imported {
  /** Each person as the values of their fields. */
  readonly people: readonly (readonly unknown[])[];
  readonly unusable: readonly (readonly [string, string])[];
  readonly ignored: readonly string[];
}

describe('exports of other tools', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-exports-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function imported(csv: string): Promise<Imported> {
    const file = join(folder, 'export.csv');
    await writeFile(file, csv);
    const source = await csvParticipants({ file, delimiter: ',', columnMap: new Map() }, sync, formats);
    const people: unknown[][] = [];
    const unusable: (readonly [string, string])[] = [];
    for await (const page of source.read(0, new AbortController().signal)) {
      people.push(...page.people.map((one) => [...Object.values(one.fields), ...Object.values(one.characteristics)]));
      unusable.push(
        ...page.unusable.map((entry: UnusableEntry & { place: string }) => [entry.place, entry.reason] as const),
      );
    }
    return { people, unusable, ignored: source.columns?.ignored ?? [] };
  }

  it('of HubSpot', async () => {
    const { people, unusable, ignored } = await imported(
      `Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Company Name,City,State/Region,Newsletter
51,Anna,Berg,anna@x.test,(415) 555-2671,Sam (sam@we.test),New,2026-05-01 10:12,Berg AG,Oslo,CA,true
52,Bob,Lee,bob@x.test;robert@x.test,,,,2026-05-01 10:12,,Rome,,\n`,
    );
    expect(people).to.deep.equal([['Anna', 'Berg', 'anna@x.test', '(415) 555-2671', 'Berg AG', 'Oslo', 'CA', 'true']]);
    expect(unusable).to.deep.equal([['line 3', 'there are several e-mails: give one of them']]);
    expect(ignored).to.deep.equal(['Record ID', 'Contact owner', 'Lead Status', 'Create Date']);
  });

  it('of Qualtrics, whose header has three lines', async () => {
    const { people, unusable } = await imported(
      `StartDate,Progress,ResponseId,RecipientLastName,RecipientFirstName,RecipientEmail,City,Q1
Start Date,Progress,Response ID,Recipient Last Name,Recipient First Name,Recipient Email,City,"What do
you use?"
"{""ImportId"":""startDate"",""timeZone"":""Etc/UTC""}","{""ImportId"":""progress""}","{""ImportId"":""_recordId""}","{""ImportId"":""recipientLastName""}","{""ImportId"":""recipientFirstName""}","{""ImportId"":""recipientEmail""}","{""ImportId"":""QID3_TEXT""}","{""ImportId"":""QID1""}"
2026-05-01 10:12:00,100,R_1,Berg,Anna,anna@x.test,Oslo,pens
2026-05-01 10:13:00,100,R_2,,,,Rome,\n`,
    );
    expect(people).to.deep.equal([['Berg', 'Anna', 'anna@x.test', 'Oslo']]);
    expect(unusable).to.deep.equal([['line 6', 'it has no e-mail']]);
  });

  it('of Airtable, with a byte order mark and ticked boxes', async () => {
    const { people, unusable, ignored } = await imported(
      '\uFEFFName,Email,Phone,City,Newsletter,Tags,Attachments\r\n' +
        'Anna Berg,anna@x.test,(415) 555-2671,Oslo,checked,"pro,beta",photo.png (https://dl.airtable.test/1)\r\n' +
        'Bob Lee,mailto:bob@x.test,,Rome,,,\r\n',
    );
    expect(people).to.deep.equal([
      ['anna@x.test', '(415) 555-2671', 'Oslo', 'checked'],
      ['bob@x.test', '', 'Rome', ''],
    ]);
    expect([unusable, ignored]).to.deep.equal([[], ['Name', 'Tags', 'Attachments']]);
  });

  it('of spreadsheets: titles, columns without a name, and blank rows to the end', async () => {
    const { people, unusable, ignored } = await imported(
      'sep=;\r\nPanel of May;;;\r\n;;;\r\nE-mail Address;City;;\r\n' +
        `Anna Berg <anna@x.test>;Oslo;;\r\n"'bob@x.test";Rome;;\r\nnobody@;Rome;;\r\n${';;;\r\n'.repeat(5000)}`,
    );
    expect(people.map(([email]) => email)).to.deep.equal(['anna@x.test', "'bob@x.test"]);
    expect([unusable, ignored]).to.deep.equal([[['line 7', 'its e-mail is malformed']], []]);
  });
});
