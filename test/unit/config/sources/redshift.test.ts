import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeStarter } from '../../../../src/commands/init.ts';
import { loadConfig } from '../../../../src/config/load.ts';
import type { SourceSettings } from '../../../../src/core/settings.ts';
import {
  issuesOf,
  minimalConfig,
  minimalEnvironment,
  parseValidConfig,
  replaceInConfig,
} from '../../../helpers/fixtures/minimal-config.ts';

const config = replaceInConfig('type: postgres', 'type: redshift', minimalConfig);

async function sourceWith(url: string): Promise<SourceSettings | undefined> {
  const { sources } = await parseValidConfig(config, { ...minimalEnvironment, WAREHOUSE_URL: url });
  return sources['warehouse'];
}

describe('a Redshift source', () => {
  it('connects to the port of Redshift unless the address names another', async () => {
    expect(await sourceWith('postgres://reader:p%40ss@cluster.example.test/dev?sslmode=require')).to.include({
      type: 'redshift',
      url: 'postgres://reader:p%40ss@cluster.example.test:5439/dev?sslmode=verify-full',
    });
    expect(await sourceWith('postgres://reader@cluster.example.test:5432/dev')).to.include({
      url: 'postgres://reader@cluster.example.test:5432/dev',
    });
  });

  it('has the TLS settings of Postgres, and cannot compare in the warehouse', async () => {
    const url = 'url: ${WAREHOUSE_URL}';
    const withTls = replaceInConfig(url, `${url}\n    tls: { mode: verify-full, cert: a.pem }`, config);
    const issues = await issuesOf(
      replaceInConfig('    source: warehouse', '    source: warehouse\n    diff: warehouse', withTls),
    );
    expect(issues.map(({ path, message, hint }) => [path, hint ?? message])).to.deep.include.members([
      ['sources.warehouse.tls.cert', 'needs tls.key beside it'],
      ['syncs.people.diff', 'Set diff: fingerprints, or use a source of a type that can: postgres, snowflake, duckdb.'],
    ]);
  });

  it('has a starter, which is valid once its variables are set', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'panelsync-redshift-'));
    try {
      await writeStarter(cwd, 'redshift');
      const env = { USER_INTERVIEWS_API_KEY: 'key', WAREHOUSE_URL: 'postgres://reader@cluster.example.test/dev' };
      const { sources } = await loadConfig({ cwd, env });
      expect(sources['warehouse']).to.deep.include({
        type: 'redshift',
        tls: { mode: 'verify-full', ca: null, cert: null, key: null },
      });
      const variables = await readFile(join(cwd, '.env.example'), 'utf8');
      expect(variables).to.contain('# Redshift warehouse that runs the models: postgres://user:password@host:5439/');
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  });
});
