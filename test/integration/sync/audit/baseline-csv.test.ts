import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { baseline } from '../../../helpers/panel/audit.ts';
import type { BaselineOptions, BaselineResult } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

describe('baseline from a CSV file', () => {
  let panel: TestPanel;
  let directory: string;
  let file: string;
  before(async () => {
    panel = await openPanel();
    directory = await mkdtemp(join(tmpdir(), 'panelsync-csv-'));
    file = join(directory, 'panel.csv');
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await rm(directory, { recursive: true });
    await panel.close();
  });

  async function baselineFrom(csv: string, options: BaselineOptions = {}): Promise<BaselineResult> {
    await writeFile(file, csv);
    return baseline(panel, { ...options, csv: { file, delimiter: ',', columnMap: new Map(), ...options.csv } });
  }

  it('makes its people known in the form of the model, and asks the Hub nothing', async () => {
    await baselineFrom(
      '\uFEFFEmail,First name,City,Plan,Notes\r\n Ada@Example.test ,Ada,"London, UK",pro,x\r\nbob@example.test,Bob,,,\r\n',
    );
    expect(await panel.snapshot()).to.deep.equal({
      'ada@example.test': { email: 'Ada@Example.test', first_name: 'Ada', city: 'London, UK', plan: 'pro' },
      'bob@example.test': { email: 'bob@example.test', first_name: 'Bob' },
    });
    expect(panel.newRequests()).to.equal(0);
    await panel.setPeople([{ email: 'Ada@Example.test', first_name: 'Ada', city: 'London, UK', plan: 'pro' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 1, unchanged: 1, removed: 1 });
  });

  it('reads the exports of other tools, with their headers, links and names around e-mails', async () => {
    const emails = async (csv: string): Promise<readonly string[]> => {
      await panel.reset();
      await baselineFrom(csv);
      return Object.values(await panel.snapshot()).map(
        (person) => `${String(person['email'])} ${String(person['city'])}`,
      );
    };
    const [anna, bob] = ['anna@x.test Oslo', 'bob@x.test Rome'];
    const hubspot =
      'Record ID,First Name,Email,City,State/Region\n1,Anna,mailto:anna@x.test,Oslo,\n2,Bob,bob@x.test,Rome,\n';
    expect(await emails(hubspot)).to.deep.equal([anna, bob]);
    const qualtrics =
      'RecipientFirstName,RecipientEmail,City\nAnna,Anna Berg <anna@x.test>,Oslo\nBob,<bob@x.test>,Rome\n';
    expect(await emails(qualtrics)).to.deep.equal([anna, bob]);
    const spreadsheet =
      'sep=;\nPanel of May;;\nMail;Primary e-mail;Email;City\nx;y;anna@x.test;Oslo\nx;y;mailto:bob@x.test?subject=Hi;Rome\n';
    expect(await emails(spreadsheet)).to.deep.equal([anna, bob]);
  });

  it('counts rows that stand for nobody, with their lines, and people who come twice', async () => {
    const { state } = await baselineFrom(
      'email,city\nada@x.test,Oslo\n,Rome\nbob@x.test\nADA@x.test,Paris\nBob,Rome\n',
    );
    expect(state.counts).to.include({ added: 1, repeated: 1, unusable: 3 });
    expect(state.unusableEntries).to.deep.equal([
      { place: 'line 3', id: null, reason: 'it has no e-mail' },
      { place: 'line 4', id: null, reason: 'its number of values is 1, not 2 as in the header' },
      { place: 'line 6', id: null, reason: 'its e-mail is malformed' },
    ]);
    expect((await panel.snapshot())['ada@x.test']).to.include({ city: 'Oslo' });
  });

  it('finds people again who came some thousand rows before', async () => {
    const rows = Array.from({ length: 4500 }, (_, at) => `p${at % 4400}@x.test`);
    const { state } = await baselineFrom(`email\n${rows.join('\n')}\n`);
    expect(state.counts).to.include({ added: 4400, repeated: 100 });
  });

  it('goes on where it was cut, and begins anew when the file is another', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => `p${at}@x.test,Oslo`);
    const validCsv = `email,city\n${rows.join('\n')}\n`;
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    const cut: unknown = await baselineFrom(validCsv, { signal: stop.signal, onProgress }).catch(
      (error: unknown) => error,
    );
    expect(cut).to.have.property('recovery', 'canceled');
    const known = Object.keys(await panel.snapshot()).length;
    expect(known).to.be.oneOf([2000, 4000]);
    const csv = { file, delimiter: ',', columnMap: new Map<string, string>() };
    const { state, resumption } = await baseline(panel, { csv });
    expect(resumption).to.equal('resumed');
    expect(state.counts).to.include({ added: 5000, repeated: 0, same: 0 });
    expect((await baselineFrom(validCsv)).resumption).to.equal('none');
    await panel.sql('update panelsync.baselines set finished_at = null');
    expect((await baselineFrom(`${validCsv}more@x.test,Oslo\n`)).resumption).to.equal('other_mark');
  });

  it('keeps what came before a broken line, and says where that is', async () => {
    const rows = Array.from({ length: 2500 }, (_, at) => `p${at}@x.test`);
    const error: unknown = await baselineFrom(`email\n${rows.join('\n')}\n"Ada@x.test\n`).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'csv_broken');
    expect(error).to.have.property('message').that.contains('from line 2502 on').and.not.contains('Ada');
    expect(Object.keys(await panel.snapshot())).to.have.length(2000);
    const { state } = await baselineFrom(`email\n${rows.join('\n')}\n`);
    expect(state.counts).to.include({ same: 2000, added: 500 });
  });

  it('says what to do about a file that it does not understand', async () => {
    const cases: readonly [string, RegExp, RegExp][] = [
      ['', /is empty/, /header/],
      ['email;city\na@x.test;Oslo\n', /separated by ";"/, /--delimiter ';'/],
      ['email\tcity\na@x.test\tOslo\n', /separated by tabs/, /--delimiter tab/],
      ['Contact,City\na@x.test,Oslo\n', /no column holds the e-mail/, /--map "Header=field"/],
    ];
    for (const [csv, message, hint] of cases) {
      const error = await thrownError(baselineFrom(csv));
      expect(error).to.have.property('recovery', 'usage');
      expect(error).to.have.property('message').that.matches(message);
      expect(error).to.have.property('hint').that.matches(hint);
    }
  });
});
