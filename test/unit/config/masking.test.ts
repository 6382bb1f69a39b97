import { expect } from 'chai';
import { z } from 'zod';
import { configSchema } from '../../../src/config/schema/schema.ts';
import { maskSecrets } from '../../../src/config/schema/secrets.ts';
import { minimalEnvironment, parseValidConfig, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

/** A value for every setting of a schema, each text being its own path. Of a union one value for each option. */
function valuesOf(schema: z.core.$ZodType, path: string): readonly unknown[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return valuesOf(schema.def.innerType, path);
  if (schema instanceof z.ZodObject) {
    const alternatives = Object.entries(schema.shape).map(
      ([key, setting]) => [key, valuesOf(setting, path === '' ? key : `${path}.${key}`)] as const,
    );
    const count = Math.max(...alternatives.map(([, values]) => values.length));
    return Array.from({ length: count }, (_, index) =>
      Object.fromEntries(alternatives.map(([key, values]) => [key, values[index] ?? values[0]])),
    );
  }
  if (schema instanceof z.ZodRecord) return valuesOf(schema.valueType, `${path}.*`).map((value) => ({ '*': value }));
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => valuesOf(option, path));
  if (schema instanceof z.ZodArray) return valuesOf(schema.element, path).map((value) => [value]);
  if (schema instanceof z.ZodEnum) return [schema.options[0]];
  if (schema instanceof z.ZodLiteral) return [[...schema.values][0]];
  return [schema instanceof z.ZodString ? `<${path}>` : 0];
}

/** Settings that are masked whatever they are. */
const secrets = [
  'alerts.*.routingKey',
  'alerts.*.url',
  'destination.apiKey',
  'server.readToken',
  'server.token',
  'sources.*.password',
  'sources.*.privateKey',
  'sources.*.privateKeyPassphrase',
  'sources.*.token',
  'sources.*.url',
  'state.hashKey',
  'state.url',
];

/** Texts that may be shown. Who adds a setting decides which list it belongs to. */
const plain = [
  'alerts.*.from',
  'alerts.*.syncs',
  'alerts.*.to',
  'destination.baseUrl',
  'destination.tls.ca',
  'retention.runs',
  'retention.skips',
  'server.host',
  'server.publicUrl',
  'sources.*.accessUrl',
  'sources.*.account',
  'sources.*.database',
  'sources.*.memoryLimit',
  'sources.*.privateKeyPath',
  'sources.*.role',
  'sources.*.schema',
  'sources.*.tls.ca',
  'sources.*.tls.cert',
  'sources.*.tls.key',
  'sources.*.username',
  'sources.*.warehouse',
  'state.schema',
  'syncs.*.identity',
  'syncs.*.freshness.column',
  'syncs.*.freshness.maxAge',
  'syncs.*.key',
  'syncs.*.mapping.characteristics.*',
  'syncs.*.mapping.characteristics.*.column',
  'syncs.*.mapping.city',
  'syncs.*.mapping.city.column',
  'syncs.*.mapping.company',
  'syncs.*.mapping.company.column',
  'syncs.*.mapping.country',
  'syncs.*.mapping.country.column',
  'syncs.*.mapping.email',
  'syncs.*.mapping.email.column',
  'syncs.*.mapping.first_name',
  'syncs.*.mapping.first_name.column',
  'syncs.*.mapping.last_name',
  'syncs.*.mapping.last_name.column',
  'syncs.*.mapping.phone_number',
  'syncs.*.mapping.phone_number.column',
  'syncs.*.mapping.state',
  'syncs.*.mapping.state.column',
  'syncs.*.mapping.title',
  'syncs.*.mapping.title.column',
  'syncs.*.model',
  'syncs.*.model.dbt.exposure',
  'syncs.*.model.dbt.manifest',
  'syncs.*.model.dbt.ref',
  'syncs.*.model.dbt.source',
  'syncs.*.model.dbt.version',
  'syncs.*.phone.countryColumn',
  'syncs.*.phone.defaultCountry',
  'syncs.*.removed.restore.characteristics.*',
  'syncs.*.removed.restore.city',
  'syncs.*.removed.restore.company',
  'syncs.*.removed.restore.country',
  'syncs.*.removed.restore.first_name',
  'syncs.*.removed.restore.last_name',
  'syncs.*.removed.restore.phone_number',
  'syncs.*.removed.restore.state',
  'syncs.*.removed.restore.title',
  'syncs.*.removed.set.characteristics.*',
  'syncs.*.removed.set.city',
  'syncs.*.removed.set.company',
  'syncs.*.removed.set.country',
  'syncs.*.removed.set.first_name',
  'syncs.*.removed.set.last_name',
  'syncs.*.removed.set.phone_number',
  'syncs.*.removed.set.state',
  'syncs.*.removed.set.title',
  'syncs.*.schedule',
  'syncs.*.source',
  'syncs.*.sql',
  'syncs.*.timezone',
];

describe('settings that are shown', () => {
  it('are those that are known to be no secret', () => {
    const values = valuesOf(configSchema, '');
    const pathsIn = (documents: readonly unknown[]): readonly string[] =>
      [...new Set(JSON.stringify(documents).match(/(?<=<)[^>]+(?=>)/g))].toSorted();
    expect(pathsIn(values)).to.deep.equal([...secrets, ...plain].toSorted());
    expect(pathsIn(values.map((value) => maskSecrets(configSchema, value)))).to.deep.equal(plain.toSorted());
  });

  it('are YAML with the settings of the source and the destination, without passwords, keys and tokens', async () => {
    const env = {
      ...minimalEnvironment,
      WAREHOUSE_URL: 'postgres://reader:hun%40ter2@db:5433/shop?sslmode=require&sslpassword=hunter2',
    };
    const config = await parseValidConfig(replaceInConfig('${API_KEY}', 'hunter2'), env);
    const { configuration = '', modelFile } = config.shown['people'] ?? {};
    expect(modelFile).to.equal('models/people.sql');
    expect(configuration).to.match(/^destination:\n {2}apiKey: ••••\n {2}environment: production\n/);
    expect(configuration).to.contain('url: postgres://reader:••••@db:5433/shop?sslmode=require&sslpassword=••••');
    expect(configuration).to.contain('syncs:\n  people:\n    source: warehouse\n    model: models/people.sql\n');
    expect(configuration).not.to.match(/hun|ter2/);
  });

  it('leave the SQL out of the configuration, which shows it by itself', async () => {
    const config = await parseValidConfig(replaceInConfig('model: models/people.sql', 'sql: select email from people'));
    expect(config.shown['people']?.modelFile).to.equal(null);
    expect(config.shown['people']?.configuration).not.to.contain('select');
  });
});
