import { dirname, resolve } from 'node:path';
import { expect } from 'chai';
import type { SourceSettings } from '../../../../src/core/settings.ts';
import { issuesOf, parseValidConfig, replaceInConfig } from '../../../helpers/fixtures/minimal-config.ts';

const withSource = (...lines: readonly string[]): string =>
  replaceInConfig('type: postgres\n    url: ${WAREHOUSE_URL}', ['type: duckdb', ...lines].join('\n    '));

describe('the settings of a DuckDB source', () => {
  it('need nothing but the type, and start paths at the folder of the configuration file', async () => {
    const config = await parseValidConfig(withSource());
    const directory = dirname(config.file);
    const defaults: SourceSettings = {
      name: 'warehouse',
      type: 'duckdb',
      directory,
      database: null,
      memoryLimit: '1GB',
      threads: 4,
      statementTimeoutMs: 600_000,
      connectTimeoutMs: 15_000,
    };
    expect(config.sources['warehouse']).to.deep.equal(defaults);
    const withFile = await parseValidConfig(withSource('database: ../dbt/dev.duckdb', 'memoryLimit: 512MiB'));
    expect(withFile.sources['warehouse']).to.deep.equal({
      ...defaults,
      database: resolve(directory, '../dbt/dev.duckdb'),
      memoryLimit: '512MiB',
    });
  });

  it('refuse a memory limit that is no size', async () => {
    for (const limit of ['lots', '80%', '1', 'GB', '-1GB'])
      expect(await issuesOf(withSource(`memoryLimit: '${limit}'`)), limit).to.have.length(1);
    const [issue] = await issuesOf(withSource("memoryLimit: '80%'"));
    expect(issue?.path).to.equal('sources.warehouse.memoryLimit');
    expect(issue?.message).to.equal('must be a size such as `1GB` or `512MB`');
  });
});
