import { expect } from 'chai';
import { parse } from 'yaml';
import { exposuresDocument, exposuresText } from '../../../../src/config/dbt/exposures.ts';
import type { ExposureOptions } from '../../../../src/config/dbt/exposures.ts';
import type { Config } from '../../../../src/core/settings.ts';
import { manifestText } from '../../../helpers/dbt/manifest.ts';
import { minimalConfig, minimalEnvironment, parseConfigText } from '../../../helpers/fixtures/minimal-config.ts';

const owner = { name: 'Research', email: null };

async function configWith(syncs: string): Promise<Config> {
  const text = minimalConfig.replace(/^syncs:[^]*/m, `syncs:\n${syncs.trim().replaceAll(/^/gm, '  ')}`);
  const { config, issues } = await parseConfigText(text, minimalEnvironment, { '/panel/m.json': manifestText() });
  if (config === null) throw new Error(JSON.stringify(issues));
  return config;
}

const mapping = 'mapping: { email: email, city: city, characteristics: { "plan {{x}}": plan } }';

describe('exposures for dbt', () => {
  let config: Config;
  before(async () => {
    config = await configWith(`
research-panel: { source: warehouse, model: { dbt: { manifest: m.json, ref: people, version: 1 } }, ${mapping}, schedule: '0 6 * * *' }
research_panel: { source: warehouse, model: { dbt: { manifest: m.json, source: raw.customers } }, ${mapping} }
plain: { source: warehouse, sql: select 1, ${mapping}, mode: update }`);
  });

  function documentOf(options: Partial<ExposureOptions> = {}) {
    return exposuresDocument(config, { syncs: Object.keys(config.syncs), owner, pageUrl: null, ...options });
  }

  it('have what dbt requires: a name of its own in letters, digits and underscores, a type and an owner', () => {
    const { version, exposures } = documentOf();
    expect([version, exposures.map(({ name }) => name)]).to.deep.equal([
      2,
      ['panelsync_research_panel', 'panelsync_research_panel_2', 'panelsync_plain'],
    ]);
    for (const exposure of exposures) {
      expect(exposure.name).to.match(/^\w+$/);
      expect(exposure).to.deep.include({ type: 'application', owner: { name: 'Research' } });
      expect(exposure.url).to.equal('https://www.userinterviews.com');
      // dbt would render it.
      expect(exposure.description).to.not.match(/[{}]/);
    }
  });

  it('depend on what their model reads, and say what is missing where dbt does not know', () => {
    const { exposures } = documentOf();
    expect(exposures.map(({ depends_on }) => depends_on)).to.deep.equal([
      ["ref('people', v=1)"],
      ["source('raw', 'customers')"],
      undefined,
    ]);
    expect(exposuresText(documentOf()).split('\n').slice(-2).join('\n')).to.match(
      /^ +# .*depends_on.*\n +# depends_on:/,
    );
  });

  it('parse as the same document', () => {
    const document = documentOf({ owner: { name: 'Ops: "R&D"', email: 'ops@example.test' } });
    expect(parse(exposuresText(document))).to.deep.equal(document);
  });

  it('link to the page of panelsync where its address is given', () => {
    const { exposures } = documentOf({ syncs: ['plain'], pageUrl: 'https://panelsync.example.test' });
    expect(exposures.map(({ url }) => url)).to.deep.equal(['https://panelsync.example.test/syncs/plain']);
  });
});
