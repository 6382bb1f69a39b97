import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { Rejection } from '../../../src/core/ports/row-lists.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

/** Twenty months of US legislators (CC0), which are not part of this project. */
const realDates = ['2024-12-15', '2025-02-15', '2026-08-05'].map((date) =>
  fileURLToPath(new URL(`../../../../../shared/data/us-legislators-${date}.csv.gz`, import.meta.url)),
);

/** `note` is the id of the person. */
type Row = WarehouseRow & { readonly email: string; readonly note: string | null };

/**
 * Somebody stays, moves, leaves, comes back, is new, shares an e-mail, has none that is one, has a new one, an id that
 * another has too, or none.
 */
const madeUp: readonly (readonly Row[])[] = [
  ['ada Rome 1', 'bob Rome 2', 'eve Rome 3', 'joe Rome 4', 'bad@ Rome 5', 'ADA Lima 6', 'twin Rome 7', 'twin2 Rome 7'],
  ['ada Rome 1', 'bob2 Oslo 2', 'new Rome 8', 'bad@ Oslo 5', 'twin Rome 7', 'twin3 Rome 7', 'nobody Rome'],
  ['ada2 Rome 1', 'bob2 Oslo 2', 'eve2 Rome 3', 'joe Oslo 4', 'late Rome', 'twin4 Rome 7', 'twin5 Rome 7'],
].map((people) =>
  people.map((text) => {
    const [name = '', city = '', id = null] = text.split(' ');
    return { email: name.endsWith('@') ? name : `${name}@example.test`, first_name: name, city, note: id };
  }),
);

/** What the files say, compared without any of our code: first row of an e-mail, values as they are written. */
class Comparison {
  /** The values that the Hub was sent last, by e-mail. */
  readonly #sent = new Map<string, string>();
  readonly #marked = new Set<string>();
  /** The e-mails that were sent, by the last id that each came with. */
  readonly #emailsOf = new Map<string, Set<string>>();
  readonly #idOf = new Map<string, string>();

  next(rows: readonly Row[], invalid: ReadonlySet<string>): object {
    const model = new Map<string, string>();
    const ids = new Map<string, string>();
    for (const { email, first_name: name, city, note: id } of rows) {
      const key = email.trim().toLowerCase();
      if (key === '' || model.has(key)) continue;
      model.set(key, JSON.stringify([name, city]));
      if (id !== null) ids.set(key, id);
    }
    const counts = { inserted: 0, updated: 0, removed: 0, marked: 0, restored: 0, renamed: 0 };
    counts.renamed = this.#countRenames(model, ids, invalid);
    for (const key of this.#sent.keys()) {
      if (model.has(key)) {
        if (this.#marked.delete(key)) counts.restored += 1;
        continue;
      }
      counts.removed += 1;
      if (!this.#marked.has(key)) counts.marked += 1;
      this.#marked.add(key);
    }
    for (const [key, values] of model) {
      if (invalid.has(key)) continue;
      if (!this.#sent.has(key)) counts.inserted += 1;
      else if (this.#sent.get(key) !== values) counts.updated += 1;
      this.#sent.set(key, values);
    }
    return counts;
  }

  /** Ids of new e-mails that were known, and by no e-mail that is still there. */
  #countRenames(
    model: ReadonlyMap<string, string>,
    ids: ReadonlyMap<string, string>,
    invalid: ReadonlySet<string>,
  ): number {
    const added = [...ids].filter(([key]) => !this.#sent.has(key) && !invalid.has(key));
    const renamed = new Set<string>();
    for (const [, id] of added) {
      const emails = [...(this.#emailsOf.get(id) ?? [])];
      if (emails.length > 0 && emails.every((email) => !model.has(email))) renamed.add(id);
    }
    for (const [key, id] of ids) {
      if (invalid.has(key) && !this.#sent.has(key)) continue;
      this.#emailsOf.get(this.#idOf.get(key) ?? '')?.delete(key);
      this.#idOf.set(key, id);
      this.#emailsOf.set(id, (this.#emailsOf.get(id) ?? new Set<string>()).add(key));
    }
    return renamed.size;
  }

  get marked(): ReadonlySet<string> {
    return this.#marked;
  }
}

describe('a panel over three dates', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await project.configure({
      '    guards: { minRows: ${MIN_ROWS:-1} }\n':
        '    identity: note\n    guards: { maxRemovedPercent: 90, maxInvalidPercent: 90 }\n    removed:\n      action: mark\n' +
        '      set: { characteristics: { in_panel: false } }\n      restore: { characteristics: { in_panel: true } }\n',
    });
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('marks and restores as a comparison of made-up files says', async () => {
    await expectDates(madeUp, [0, 1, 3]);
  });

  it('marks and restores as a comparison of real files says', async function () {
    if (!realDates.every((file) => existsSync(file))) {
      process.stdout.write('    SKIPPED: ../shared/data has no us-legislators-*.csv.gz\n');
      return;
    }
    this.timeout(600_000);
    const dates = await Promise.all(realDates.map(readRows));
    expect(dates.slice(1).map((rows, at) => countNewEmails(dates[at] ?? [], rows))).to.deep.equal([55, 775]);
    // Some of these took over an e-mail that the panel had, gave theirs to a successor, or had none that is valid.
    await expectDates(dates, [0, 42, 769]);
  });

  async function expectDates(dates: readonly (readonly Row[])[], renames: readonly number[]): Promise<void> {
    const comparison = new Comparison();
    const renamedByDate: number[] = [];
    for (const rows of dates) {
      await panel.setPeople(rows);
      const report = parseJsonOutput<RunReport>(await runCli(['run', 'panel', '--json'], project));
      const rejections = parseJsonOutput<readonly Rejection[]>(
        await runInProcess(['rejections', 'panel', '--json'], project),
      );
      const { inserted, updated, removed, rejected, unsent } = report.rows;
      const { marked, restored } = report.removals;
      const expected = comparison.next(rows, new Set(rejections.map(({ key }) => key)));
      const { renamed } = report;
      expect({ inserted, updated, removed, marked, restored, renamed }).to.deep.equal(expected);
      renamedByDate.push(renamed);
      expect([rejected, unsent, report.removals.rejected, report.removals.unsent]).to.deep.equal([0, 0, 0, 0]);
    }
    const markedInHub = Object.entries(panel.people()).filter(([, { in_panel: value }]) => value === false);
    expect(new Set(markedInHub.map(([email]) => email.toLowerCase()))).to.deep.equal(comparison.marked);
    const listed = await runInProcess(['removed', 'panel', '--json'], project);
    expect(parseJsonOutput<readonly object[]>(listed)).to.have.length(comparison.marked.size);
    expect(renamedByDate).to.deep.equal(renames);
    const renamed = await runInProcess(['renames', 'panel', '--json'], project);
    const total = renames.reduce((sum, count) => sum + count, 0);
    expect(parseJsonOutput<readonly object[]>(renamed)).to.have.length(total);
  }
});

/** People who have two different e-mails at two dates, whoever else has them. */
function countNewEmails(before: readonly Row[], after: readonly Row[]): number {
  const emailOf = ({ email }: Row): string => email.trim().toLowerCase();
  const old = new Map(before.map((row) => [row.note, emailOf(row)]));
  return after.filter((row) => {
    const [from = '', to] = [old.get(row.note), emailOf(row)];
    return from !== to && from.includes('@') && to.includes('@');
  }).length;
}

async function readRows(file: string): Promise<readonly Row[]> {
  const [, ...records] = parseCsv(gunzipSync(await readFile(file)).toString('utf8'));
  return records.map(([id = '', email = '', first = '', , , , , , state = '']) => {
    return { email, first_name: first, city: state, note: id };
  });
}

/** RFC 4180, in a few lines of its own. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\n\r]*))(,|\r?\n|$)/g)) {
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (record.length > 1) records.push(record);
    record = [];
  }
  return records;
}
