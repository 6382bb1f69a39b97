import { rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { findChangedFile } from '../../../../src/source/duckdb/changed-files.ts';
import { createDuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import type { DuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';

describe('files that change while a model reads them', () => {
  let folder: DuckDbFolder;
  beforeEach(async () => {
    folder = await createDuckDbFolder();
    await folder.write('people.csv', 'email\n');
  });
  afterEach(() => folder.remove());

  /** `read` are the files that DuckDB has opened. */
  const find = async (startedAt: number, read: readonly string[]): Promise<string | null> => {
    const engine = { temporaryDirectory: join(folder.path, 'tmp'), query: async () => read.map((file) => [file]) };
    return findChangedFile(engine, folder.settings({ database: join(folder.path, 'shop.duckdb') }), startedAt);
  };
  const changedAt = async (file: string): Promise<number> => (await stat(join(folder.path, file))).ctimeMs;

  it('are those written since then, but not by DuckDB itself', async () => {
    const written = await changedAt('people.csv');
    expect(await find(written, ['people.csv'])).to.equal(null);
    expect(await find(written - 1000, ['people.csv'])).to.equal('people.csv');
    await folder.write('shop.duckdb', '');
    expect(await find(written - 1000, [join(folder.path, 'shop.duckdb')])).to.equal(null);
    expect(await find(written - 1000, [join(folder.path, 'tmp/spilled')])).to.equal(null);
  });

  it('are those that another file has replaced, however old that is, and those that are gone', async () => {
    await folder.write('old.csv', 'email\n');
    await utimes(join(folder.path, 'old.csv'), 0, 0);
    await rename(join(folder.path, 'old.csv'), join(folder.path, 'people.csv'));
    expect(await find((await changedAt('people.csv')) - 1000, ['people.csv'])).to.equal('people.csv');
    await rm(join(folder.path, 'people.csv'));
    expect(await find(Date.now(), ['people.csv'])).to.equal('people.csv');
  });
});
