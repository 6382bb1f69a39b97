import { expect } from 'chai';
import { configurationId } from '../../../src/core/model/configuration-id.ts';
import type { ConfigurationParts } from '../../../src/core/model/configuration-id.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';

const warehouse = {
  name: 'warehouse',
  type: 'postgres' as const,
  url: 'postgres://reader:secret@db.test/marts',
  statementTimeoutMs: 1000,
  connectTimeoutMs: 1000,
  tls: null,
};
const parts: ConfigurationParts = {
  sources: { warehouse },
  destination: { baseUrl: 'https://hub.test/api', apiKey: 'key' },
};
const sync = { ...defaultSync, source: 'warehouse' };

function withSource(changes: Partial<typeof warehouse>): ConfigurationParts {
  return { ...parts, sources: { warehouse: { ...warehouse, ...changes } } };
}

describe('the id of a configuration', () => {
  const id = configurationId(parts, sync);

  it('is another one with another model, mapping, key, place or account', () => {
    const others = [
      configurationId(parts, { ...sync, model: { ...sync.model, sql: 'select 1' } }),
      configurationId(parts, { ...sync, mapping: { ...sync.mapping, characteristics: {} } }),
      configurationId(parts, { ...sync, key: 'id' }),
      configurationId(withSource({ url: 'postgres://reader:secret@other.test/marts' }), sync),
      configurationId(withSource({ url: 'postgres://reader:secret@db.test/staging' }), sync),
      configurationId({ ...parts, destination: { ...parts.destination, apiKey: 'other' } }, sync),
    ];
    expect(new Set([id, ...others]).size).to.equal(others.length + 1);
  });

  it('stays with another password, time limit, name of the source, or place of the model file', () => {
    expect(
      configurationId(withSource({ url: 'postgres://other:new@db.test/marts', statementTimeoutMs: 5 }), sync),
    ).to.equal(id);
    expect(
      configurationId(
        { ...parts, sources: { renamed: { ...warehouse, name: 'renamed' } } },
        { ...sync, source: 'renamed' },
      ),
    ).to.equal(id);
    expect(configurationId(parts, { ...sync, model: { ...sync.model, location: 'elsewhere.sql' } })).to.equal(id);
  });
});
