import { expect } from 'chai';
import { assert, asyncProperty, integer, string } from 'fast-check';
import {
  issuesOf,
  parseValidConfig,
  minimalConfig,
  minimalEnvironment,
  replaceInConfig,
} from '../../helpers/fixtures/minimal-config.ts';

describe('parsing the configuration', () => {
  it('makes every sslmode that verifies certificates explicit', async () => {
    const urlOf = async (query: string): Promise<string | undefined> => {
      const WAREHOUSE_URL = `postgres://reader@localhost/shop?${query}`;
      const { sources, state } = await parseValidConfig(minimalConfig, {
        ...minimalEnvironment,
        WAREHOUSE_URL,
        DATABASE_URL: WAREHOUSE_URL,
      });
      const { warehouse } = sources;
      const url = warehouse?.type === 'postgres' ? warehouse.url : '';
      expect(state.url).to.equal(url);
      return url.split('?')[1];
    };
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      expect(await urlOf(`sslmode=${mode}&a=b`)).to.equal('sslmode=verify-full&a=b');
    }
    for (const kept of ['sslmode=disable', 'sslmode=no-verify', 'uselibpqcompat=true&sslmode=require']) {
      expect(await urlOf(kept)).to.equal(kept);
    }
  });

  it('fills in every default', async () => {
    const { shown: _shown, ...config } = await parseValidConfig(minimalConfig);
    expect(config).to.deep.equal({
      alerts: {},
      file: '/panel/panelsync.yaml',
      state: { url: null, schema: 'panelsync', directory: '/panel/.panelsync', payload: 'full', hashKey: null },
      destination: {
        apiKey: 'key-1',
        baseUrl: 'https://www.userinterviews.com/api',
        batchSize: 100,
        requestsPerMinute: 60,
        concurrency: 1,
        timeoutMs: 30_000,
        maxAttempts: 6,
        retryAfterCapSeconds: 300,
        maxSplitRequests: 1000,
        checkCharacteristics: 'stop',
        wire: { auth: 'apikey-header', envelope: 'participants', fieldCase: 'snake', characteristics: 'nested' },
        tls: { ca: null },
      },
      sources: {
        warehouse: {
          name: 'warehouse',
          type: 'postgres',
          url: 'postgres://reader@localhost/shop',
          statementTimeoutMs: 600_000,
          connectTimeoutMs: 15_000,
          tls: null,
        },
      },
      syncs: {
        people: {
          name: 'people',
          source: 'warehouse',
          model: { sql: 'select email, plan_tier from people', location: 'models/people.sql' },
          mode: 'upsert',
          schedule: null,
          timezone: 'UTC',
          jitterSeconds: 0,
          catchUp: false,
          mapping: { fields: { email: 'email' }, characteristics: { plan: { column: 'plan_tier', type: null } } },
          key: null,
          identity: null,
          freshness: null,
          phone: { defaultCountry: null, invalid: 'omit' },
          duplicates: 'first',
          diff: 'fingerprints',
          nulls: 'omit',
          guards: { minRows: 1, maxRemovedPercent: 50, maxInvalidPercent: 20 },
          tolerate: { invalidPercent: 0, rejectedPercent: 0 },
          removed: { action: 'report' },
        },
      },
      daemon: { shutdownTimeoutMs: 30_000 },
      server: { host: '127.0.0.1', port: 8787, token: null, readToken: null, publicUrl: null },
      log: { level: 'info', format: 'json' },
      retention: { runsDays: 90, skipsDays: 14 },
    });
  });

  it('freezes everything', async () => {
    const config = await parseValidConfig(minimalConfig);
    const check = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).to.equal(true);
      Object.values(value).forEach(check);
    };
    check(config);
  });

  it('finds no sync and no source by the name of an inherited property', async () => {
    const config = await parseValidConfig(minimalConfig);
    expect(config.syncs['constructor']).to.equal(undefined);
    expect(config.sources['toString']).to.equal(undefined);
    const [issue] = await issuesOf(replaceInConfig('source: warehouse', 'source: constructor'));
    expect(issue?.path).to.equal('syncs.people.source');
  });

  it('replaces references inside a flow mapping', async () => {
    const server = 'server: { host: 127.0.0.1, port: ${PORT:-8787}, token: ${TOKEN:-} }\n';
    const config = await parseValidConfig(minimalConfig + server, {
      ...minimalEnvironment,
      TOKEN: 'a}, b: "c'.replace(/ /g, ''),
    });
    expect(config.server).to.deep.equal({
      host: '127.0.0.1',
      port: 8787,
      token: 'a},b:"c',
      readToken: null,
      publicUrl: null,
    });
  });

  it('takes any key from the environment literally', async () => {
    const key = string({
      unit: integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    }).filter((text) => !/^(["']).*\1$/.test(text));
    await assert(
      asyncProperty(key, async (apiKey) => {
        const config = await parseValidConfig(minimalConfig, { ...minimalEnvironment, API_KEY: apiKey });
        expect(config.destination.apiKey).to.equal(apiKey);
      }),
      { numRuns: 50 },
    );
  });

  it('converts references to numbers only where numbers are expected', async () => {
    const text =
      replaceInConfig('  apiKey: ${API_KEY}', '  apiKey: ${API_KEY}\n  batchSize: ${SIZE}') +
      'server: { port: "${PORT}" }\n';
    const config = await parseValidConfig(text, { ...minimalEnvironment, API_KEY: '12345', SIZE: '25', PORT: '0' });
    expect(config.destination.apiKey).to.equal('12345');
    expect(config.destination.batchSize).to.equal(25);
    expect(config.server.port).to.equal(0);
  });

  it('treats a value with an empty default as absent', async () => {
    const text = replaceInConfig(
      '    source: warehouse',
      '    source: warehouse\n    schedule: ${CRON:-}\n    timezone: ${ZONE:-}',
    );
    const sync = (await parseValidConfig(text)).syncs['people'];
    expect(sync?.schedule).to.equal(null);
    expect(sync?.timezone).to.equal('UTC');
  });

  it('takes an inline query, and characteristics with a type', async () => {
    const inline = replaceInConfig('model: models/people.sql', 'sql: |\n      select $${x}\n      from people');
    const text = replaceInConfig('plan: plan_tier', 'score: { column: points, type: number }', inline);
    const sync = (await parseValidConfig(text)).syncs['people'];
    expect(sync?.model).to.deep.equal({ sql: 'select ${x}\nfrom people\n', location: 'syncs.people.sql' });
    expect(sync?.mapping.characteristics).to.deep.equal({ score: { column: 'points', type: 'number' } });
  });

  it('takes a key column instead of the e-mail in mode insert', async () => {
    const text = replaceInConfig(
      '      email: email\n',
      '',
      replaceInConfig('    source: warehouse', '    source: warehouse\n    mode: insert\n    key: id'),
    );
    const sync = (await parseValidConfig(text)).syncs['people'];
    expect(sync?.key).to.equal('id');
    expect(sync?.mapping.fields).to.deep.equal({});
  });

  it('reads the files of TLS settings', async () => {
    const text = replaceInConfig(
      '    type: postgres',
      '    type: postgres\n    tls: { mode: verify-full, ca: ca.pem }',
    );
    const source = (await parseValidConfig(text)).sources['warehouse'];
    const tls = source?.type === 'postgres' ? source.tls : null;
    expect(tls).to.include({ mode: 'verify-full', cert: null, key: null });
    expect(tls?.ca).to.match(/^-----BEGIN CERTIFICATE-----/);
  });

  it('normalizes countries, URLs and days', async () => {
    const phone = replaceInConfig(
      '    source: warehouse',
      '    source: warehouse\n    phone: { defaultCountry: de, invalid: omit }',
    );
    const hub = replaceInConfig('  apiKey:', '  baseUrl: http://127.0.0.1:8080/api/\n  apiKey:', phone);
    const config = await parseValidConfig(`${hub}retention: { runs: 7d }\n`);
    expect(config.syncs['people']?.phone).to.deep.equal({ defaultCountry: 'DE', invalid: 'omit' });
    expect(config.destination.baseUrl).to.equal('http://127.0.0.1:8080/api');
    expect(config.retention).to.deep.equal({ runsDays: 7, skipsDays: 14 });
  });

  it('takes settings shared through an alias', async () => {
    const text = replaceInConfig('    mapping:\n', '    mapping: &mapping\n');
    const second = '  others:\n    source: warehouse\n    sql: select 1\n    mapping: *mapping\n';
    const config = await parseValidConfig(text + second);
    expect(config.syncs['others']?.mapping).to.deep.equal(config.syncs['people']?.mapping);
  });

  it('reads the authorities of the Hub from the file that names them', async () => {
    const withCa = (ca: string): string => replaceInConfig('  apiKey:', `  tls: { ca: ${ca} }\n  apiKey:`);
    expect((await parseValidConfig(minimalConfig)).destination.tls).to.deep.equal({ ca: null });
    expect((await parseValidConfig(withCa('ca.pem'))).destination.tls.ca).to.match(/^-----BEGIN CERTIFICATE-----/);
    expect((await issuesOf(withCa('no.pem')))[0]).to.include({ path: 'destination.tls.ca', line: 4 });
  });
});
