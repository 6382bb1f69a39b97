import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { Rejection } from '../../../src/core/ports/row-lists.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

/** Twenty months of US legislators (CC0), which are not part of this project. */
const realDates = ['2024-12-15', '2025-02-15', '2026-08-05'].map((date) =>
  fileURLToPath(new URL(`../../../../../shared/data/us-legislators-${date}.csv.gz`, import.meta.url)),
);

type Row = WarehouseRow & { readonly email: string };

/** Somebody stays, moves, leaves, comes back, is new, shares an e-mail, or has none that is one. */
const madeUp: readonly (readonly Row[])[] = [
  ['ada Rome', 'bob Rome', 'eve Rome', 'joe Rome', 'bad@ Rome', 'ADA Lima'],
  ['ada Rome', 'bob Oslo', 'new Rome', 'bad@ Oslo'],
  ['ada Rome', 'bob Oslo', 'eve Rome', 'joe Oslo', 'late Rome'],
].map((people) =>
  people.map((text) => {
    const [name = '', city = ''] = text.split(' ');
    return { email: name.endsWith('@') ? name : `${name}@example.test`, first_name: name, city };
  }),
);

/** What the files say, compared without any of our code: first row of an e-mail, values as they are written. */
class Comparison {
  /** The values that the Hub was sent last, by e-mail. */
  readonly #sent = new Map<string, string>();
  readonly #marked = new Set<string>();

  next(rows: readonly Row[], invalid: ReadonlySet<string>): object {
    const model = new Map<string, string>();
    for (const { email, first_name: name, city } of rows) {
      const key = email.trim().toLowerCase();
      if (key !== '' && !model.has(key)) model.set(key, JSON.stringify([name, city]));
    }
    const counts = { inserted: 0, updated: 0, removed: 0, marked: 0, restored: 0 };
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
        '    guards: { maxRemovedPercent: 90, maxInvalidPercent: 90 }\n    removed:\n      action: mark\n' +
        '      set: { characteristics: { in_panel: false } }\n      restore: { characteristics: { in_panel: true } }\n',
    });
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('marks and restores as a comparison of made-up files says', async () => {
    await expectDates(madeUp);
  });

  it('marks and restores as a comparison of real files says', async function () {
    if (!realDates.every((file) => existsSync(file))) {
      process.stdout.write('    SKIPPED: ../shared/data has no us-legislators-*.csv.gz\n');
      return;
    }
    this.timeout(600_000);
    await expectDates(await Promise.all(realDates.map(readRows)));
  });

  async function expectDates(dates: readonly (readonly Row[])[]): Promise<void> {
    const comparison = new Comparison();
    for (const rows of dates) {
      await panel.setPeople(rows);
      const report = parseJsonOutput<RunReport>(await runCli(['run', 'panel', '--json'], project));
      const rejections = parseJsonOutput<readonly Rejection[]>(
        await runCli(['rejections', 'panel', '--json'], project),
      );
      const { inserted, updated, removed, rejected, unsent } = report.rows;
      const { marked, restored } = report.removals;
      const expected = comparison.next(rows, new Set(rejections.map(({ key }) => key)));
      expect({ inserted, updated, removed, marked, restored }).to.deep.equal(expected);
      expect([rejected, unsent, report.removals.rejected, report.removals.unsent]).to.deep.equal([0, 0, 0, 0]);
    }
    const markedInHub = Object.entries(panel.people()).filter(([, { in_panel: value }]) => value === false);
    expect(new Set(markedInHub.map(([email]) => email.toLowerCase()))).to.deep.equal(comparison.marked);
    const listed = await runCli(['removed', 'panel', '--json'], project);
    expect(parseJsonOutput<readonly object[]>(listed)).to.have.length(comparison.marked.size);
  }
});

async function readRows(file: string): Promise<readonly Row[]> {
  const [, ...records] = parseCsv(gunzipSync(await readFile(file)).toString('utf8'));
  return records.map(([, email = '', first = '', , , , , , state = '']) => ({ email, first_name: first, city: state }));
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
